// Socket: a libzmq socket with our options, frames in and out. Internal to net/: includes zmq.hpp.
// One thread. Throws zmq::error_t only for a broken environment; what peers do is a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <zmq.hpp>

#include "base/status.h"
#include "net/endpoint.h"
#include "net/limits.h"
#include "net/socket_options.h"
#include "proto/codec.h"

namespace sqlcast::net {

struct UnsentBytes;

enum class Sent {
  yes,
  full,  // a high-water mark; nothing was sent
  gone,  // ROUTER: no such peer (any more)
};

enum class Received {
  nothing,
  message,
  over_limit,  // too many bytes or frames: the rest was thrown away; the frames are those up to the empty delimiter
};

class Socket {
 public:
  Socket(zmq::socket_type type, const SocketOptions& options);

  // The Status names the endpoint and what to do. bound_endpoint() then has the port that was chosen.
  Status bind(const Endpoint& endpoint);
  std::string bound_endpoint();
  Status connect(const Endpoint& endpoint);

  // Never waits. `frames` is given up, whatever the outcome. A prefix goes before them. `unsent` counts what is large
  // of them until it has gone, or its peer.
  Sent send(const proto::Frames& prefix, proto::Frames&& frames, const UnsentBytes* unsent = nullptr);

  // Never waits. `max_frames` counts all frames of the message.
  Received receive(proto::Frames& frames, std::size_t max_frames);

  // Whether receive() would give something.
  bool has_message();

  // Waits for a message, or for a readable file descriptor (-1 = none). False when neither came in time, or when
  // a signal handler ran.
  bool wait(int fd, int timeout_ms);

  // Readable when something may have come since the socket was last seen to be empty: libzmq signals changes, and any
  // call may use the signal up. So wait for it only while is_settled(), and look with has_message() or receive() then.
  int descriptor() const { return descriptor_; }
  bool is_settled() const { return settled_; }

  // What has not been sent by now never will be.
  void discard_unsent() { socket_.set(zmq::sockopt::linger, 0); }

  zmq::socket_t& raw() { return socket_; }

 private:
  std::shared_ptr<zmq::context_t> context_;  // before the socket: outlives it
  zmq::socket_t socket_;
  SocketOptions options_;
  const int descriptor_;
  bool settled_ = false;  // seen to be empty, and not used since
};

// The Status (io) of an exception that opening a socket or an eventfd has thrown.
Status environment_error(const std::exception& error);

}  // namespace sqlcast::net
