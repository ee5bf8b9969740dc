// Socket: a libzmq socket with our options, frames in and out. Internal to net/: includes zmq.hpp.
// One thread. Throws zmq::error_t only for a broken environment; what peers do is a result.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <zmq.hpp>

#include "base/status.h"
#include "net/connections.h"
#include "net/endpoint.h"
#include "net/key_ring.h"
#include "net/limits.h"
#include "net/monitor.h"
#include "net/socket_options.h"
#include "net/unfinished.h"
#include "net/zap.h"
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

  // The Status names the endpoint and what to do. bound_endpoint() then has the port that was chosen. With a gate, only
  // what it lets in, by CURVE, gets as far as a message.
  Status bind(const Endpoint& endpoint, const std::shared_ptr<Gate>& gate = nullptr,
              Gate::Door door = Gate::Door::requests);
  std::string bound_endpoint();
  // Nobody new comes in any more.
  void unbind(const std::string& bound_endpoint);
  // Of a socket that was bound with a gate: listens anew, with the key that the gate has now. May wait for a moment,
  // until libzmq has let go of the port.
  Status bind_anew(const Endpoint& endpoint);
  // With the key that the process's key ring has for the endpoint; in clear where it has none.
  Status connect(const Endpoint& endpoint);

  // Why the peer was not connected to: not_allowed; timeout: it has another key than the one that was tried, and there
  // is a next one to try, on a new socket. Once for each: it is a sentence for a person. Never waits; looks at
  // what wait() and look_at_monitor() have found. Timeout also while is_outdated().
  std::optional<Status> take_refusal();
  bool is_refused() const { return refusal_.has_value(); }
  // This process's own key was replaced since it connected: a new socket has the one of now.
  bool is_outdated() const { return pin_ && key_ring().replaced(*pin_); }
  // Finds refusals; with a gate that is told of failed handshakes instead. Never waits, and is not for nothing: a
  // system call. So for when monitor_descriptor() is readable, which it then stays until this.
  void look_at_monitor();
  // As descriptor(), of what look_at_monitor() looks at; -1: there is none.
  int monitor_descriptor() const { return monitor_ ? monitor_->descriptor() : -1; }

  // Never waits. `frames` is given up, whatever the outcome. A prefix goes before them. `unsent` counts what is large
  // of them until it has gone, or its peer.
  Sent send(const proto::Frames& prefix, proto::Frames&& frames, const UnsentBytes* unsent = nullptr);

  // Never waits. `max_frames` counts all frames of the message. `key`: with which the peer's connection was let in, in
  // hexadecimal; empty without a gate. `connection`: its descriptor, for cut_connection(); -1: it is not known.
  Received receive(proto::Frames& frames, std::size_t max_frames, std::string* key = nullptr,
                   int* connection = nullptr);

  // Of one that is bound with a gate: cuts who sends without an end, and who is one too many, as look_at_monitor()
  // does. To be called at least every Unfinished::kLook; never waits.
  void look_at_unfinished();

  // Whether receive() would give something.
  bool has_message();

  // Waits for a message, for a readable file descriptor (-1 = none), or for a refusal. False when neither came in time,
  // or when a signal handler ran.
  bool wait(int fd, int timeout_ms);

  // Readable when something may have come since the socket was last seen to be empty: libzmq signals changes, and any
  // call may use the signal up. So wait for it only while is_settled(), and look with has_message() or receive() then.
  int descriptor() const { return descriptor_; }
  bool is_settled() const { return settled_; }

  // What has not been sent by now never will be.
  void discard_unsent() { socket_.set(zmq::sockopt::linger, 0); }

  zmq::socket_t& raw() { return socket_; }

 private:
  Status secure_connection(const Endpoint& endpoint);
  void note(const Monitor::Event& event);
  void note_at_gate(const Monitor::Event& event);
  void listens();

  std::shared_ptr<zmq::context_t> context_;  // before the socket: outlives it
  zmq::socket_t socket_;
  std::optional<ZapDoor> zap_;
  std::optional<Monitor> monitor_;
  std::optional<Connections> connections_;  // of one that is bound with a gate
  std::optional<Unfinished> unfinished_;    // likewise
  std::chrono::steady_clock::time_point next_warning_;
  SocketOptions options_;
  std::string peer_;                 // that is connected to
  std::optional<KeyRing::Pin> pin_;  // and with which keys
  unsigned broken_off_ = 0;          // handshakes, since the last message
  std::optional<Status> refusal_;
  const int descriptor_;
  bool settled_ = false;  // seen to be empty, and not used since
};

// The Status (io) of an exception that opening a socket or an eventfd has thrown.
Status environment_error(const std::exception& error);

}  // namespace sqlcast::net
