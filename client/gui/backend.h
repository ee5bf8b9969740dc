// Backend: all that the desktop client asks of the cluster, asynchronously.
//
// Does not block. Callbacks run on the UI thread, inside drain(), exactly once each; after the
// Backend is gone none runs. One implementation stands on client::Client (client_backend.h), one on canned
// data for tests. UI thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.h"

namespace sqlcast::gui {

// What the tail brings, live or from the log.
struct LogEntry {
  Epoch epoch = 0;
  std::uint64_t commit_time_us = 0;
  proto::Entry entry;
  bool ddl = false;
};

class Backend {
 public:
  using ReplyCallback = std::function<void(client::Reply)>;
  using ExplainCallback = std::function<void(Result<proto::ExplainReply>)>;
  using ClusterCallback = std::function<void(Result<std::vector<proto::NodeStatus>>)>;
  using LogCallback = std::function<void(Result<std::vector<LogEntry>>)>;

  virtual ~Backend() = default;

  // Runs the callbacks of what has arrived, for about `budget` at most; true when something ran.
  virtual bool drain(std::chrono::microseconds budget) = 0;

  // The id is for cancel(). Too many requests under way: the callback gets Code::busy.
  virtual std::uint64_t submit(client::Request request, ReplyCallback callback) = 0;
  virtual void cancel(std::uint64_t request_id, std::function<void(Result<bool>)> callback) = 0;
  virtual void fetch(const client::Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback) = 0;
  virtual void close(const client::Cursor& cursor) = 0;
  virtual void explain(std::vector<std::string> statements, std::string database, std::string endpoint,
                       ExplainCallback callback) = 0;

  // Every node, each asked itself. One poll is under way at a time; a second call meanwhile is ignored (false).
  virtual bool poll_cluster(ClusterCallback callback) = 0;

  // What is under way at a node, and who asks there, as far as this window's key may see it.
  using RequestsCallback = std::function<void(Result<proto::RequestsReply>)>;
  virtual void requests(const std::string& endpoint, RequestsCallback callback) = 0;
  // Stops one of them.
  virtual void cancel_at(const std::string& endpoint, std::uint64_t number,
                         std::function<void(Result<bool>)> callback) = 0;

  // Entries from `first` on, from a node's log; at most about `max_bytes` of them.
  virtual void read_log(Sequence first, std::uint64_t max_bytes, LogCallback callback) = 0;

  // Live statements, kept in a bounded buffer until taken; `dropped` counts those that did not fit.
  struct Tailed {
    std::vector<LogEntry> entries;
    std::uint64_t dropped = 0;
    std::optional<std::string> problem;
  };
  // Does nothing when the tail is open or being opened; may be called again and again.
  virtual void start_tail() = 0;
  virtual Tailed take_tail(std::size_t most) = 0;

  virtual Sequence session_position() const = 0;
};

}  // namespace sqlcast::gui
