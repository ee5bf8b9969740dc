// Subscriber: a SUB socket to one publisher. Messages can be missing, never reordered or damaged.
// One object belongs to one thread; a Poller of that thread may wait for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/limits.h"
#include "proto/codec.h"

namespace sqlcast::net {

class Socket;

class Subscriber {
 public:
  struct Options {
    std::string endpoint;             // the publisher's
    std::vector<std::string> topics;  // prefixes
    std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
  };
  struct Received {
    std::string topic;
    proto::Frames frames;
  };

  // Does not wait for the publisher; reconnects by itself for ever. bad_request: the endpoint; io: sockets.
  static Result<std::unique_ptr<Subscriber>> open(Options options);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // The next message; nothing when none came in time, a signal handler ran, or take_refusal() has something. Over-size
  // messages are dropped and counted.
  std::optional<Received> receive(std::chrono::milliseconds timeout);

  // A new socket, to this endpoint when it is not empty: after the publisher was replaced. What had been received
  // but not read is gone. On an error the old socket stays.
  Status reset(std::string endpoint = {});

  // As Dealer's. Never blocks.
  std::optional<Status> take_refusal();

  std::uint64_t dropped() const;

  Socket& socket() const;  // for Poller

 private:
  class Impl;
  explicit Subscriber(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::net
