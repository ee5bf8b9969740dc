// Requester: one request, one reply, waiting for it: a REQ socket that does not stick. RELAXED and CORRELATE keep
// late replies away; after a time-out the socket is replaced, so that nothing stale is ever delivered.
// One object belongs to one thread, interrupt() excepted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "net/limits.h"
#include "proto/codec.h"

namespace sqlcast::net {

class Requester {
 public:
  struct Options {
    std::string endpoint;
    std::uint64_t max_message_bytes = kDefaultMaxMessageBytes;
  };

  // Does not wait for the peer. bad_request: the endpoint; io: sockets.
  static Result<std::unique_ptr<Requester>> open(Options options);
  ~Requester();
  Requester(const Requester&) = delete;
  Requester& operator=(const Requester&) = delete;

  // Blocks until the reply, the time-out, or interrupt(). timeout: the request may or may not have arrived (it will
  // not arrive later once this call has returned, unless it was on its way). too_large: the reply is over the limit.
  // shutting_down: interrupted. not_allowed: the node does not let this process in, or is not the one that is known
  // here. The request is given up. `go_on` is asked now and then: false ends the wait as the
  // time-out does.
  Result<proto::Frames> request(proto::Frames frames, std::chrono::milliseconds timeout,
                                const std::function<bool()>& go_on = nullptr);

  // A new socket, to this endpoint when it is not empty. On an error the old one stays.
  Status reset(std::string endpoint = {});
  const std::string& endpoint() const;

  // Any thread: the request under way and all later ones end at once with shutting_down.
  void interrupt();

 private:
  class Impl;
  explicit Requester(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::net
