// ClientBackend: the Backend on client::Client. Callbacks of the library's threads become tasks of the UI thread.
//
// Calls that block in the library (cluster status, reading the log, opening the tail) run on one thread of its own.
// Replies are never lost: at most as many requests are under way as the mailbox has room for. Does not block but in the
// destructor, for a call that is under way. UI thread only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/gui/backend.h"
#include "client/gui/mailbox.h"
#include "client/gui/worker.h"

namespace sqlcast::gui {

class ClientBackend : public Backend {
 public:
  // bad_request when an endpoint cannot be parsed. `wake`: makes the window draw soon; any thread.
  static Result<std::unique_ptr<Backend>> open(std::vector<std::string> endpoints, std::function<void()> wake);
  ~ClientBackend() override;

  bool drain(std::chrono::microseconds budget) override;
  std::uint64_t submit(client::Request request, ReplyCallback callback) override;
  void cancel(std::uint64_t request_id, std::function<void(Result<bool>)> callback) override;
  void fetch(const client::Cursor& cursor, std::uint32_t page_rows, ReplyCallback callback) override;
  void close(const client::Cursor& cursor) override;
  void explain(std::vector<std::string> statements, std::string database, std::string endpoint,
               ExplainCallback callback) override;
  bool poll_cluster(ClusterCallback callback) override;
  void requests(const std::string& endpoint, RequestsCallback callback) override;
  void cancel_at(const std::string& endpoint, std::uint64_t number,
                 std::function<void(Result<bool>)> callback) override;
  void read_log(Sequence first, std::uint64_t max_bytes, LogCallback callback) override;
  void start_tail() override;
  Tailed take_tail(std::size_t most) override;
  Sequence session_position() const override;

 private:
  ClientBackend(std::unique_ptr<client::Client> client, std::vector<std::string> endpoints, std::function<void()> wake);

  struct TailBuffer;
  template <typename Answer>
  std::function<void(Answer)> deliver(std::function<void(Answer)> callback);
  bool room();  // for one more request

  std::vector<std::string> endpoints_;
  std::shared_ptr<Mailbox> mailbox_;  // library threads may still post while this object ends
  std::shared_ptr<TailBuffer> tail_buffer_;
  std::size_t under_way_ = 0;  // callbacks still to come
  bool polling_ = false;
  std::atomic<bool> tail_wanted_{false};  // opening or open
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<client::Tail> tail_;  // made and ended by the helper threads
  Worker helper_;                       // status
  Worker log_helper_;                   // the log and the tail: a slow one does not keep the status waiting
};

}  // namespace sqlcast::gui
