// Monitor: what libzmq tells of a socket's handshakes that have failed, which to the peers is silence; of one that is
// bound its connections, too. Of the thread that owns the socket. Internal to net/.
#pragma once

#include <cstdint>
#include <optional>
#include <zmq.hpp>

namespace sqlcast::net {

class Monitor {
 public:
  struct Event {
    int kind = 0;             // ZMQ_EVENT_HANDSHAKE_FAILED_…, …_ACCEPTED, …_DISCONNECTED
    std::uint32_t value = 0;  // an errno, a ZMQ_PROTOCOL_ERROR_…, or the ZAP status; a descriptor
  };

  // Before the socket binds or connects.
  Monitor(zmq::context_t& context, zmq::socket_t& watched, bool connections);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Never waits.
  std::optional<Event> next();
  // As Socket::descriptor(): may be readable when next() has not been nothing since.
  int descriptor() const { return descriptor_; }

 private:
  zmq::socket_t& watched_;
  zmq::socket_t events_;
  int descriptor_;
};

}  // namespace sqlcast::net
