#include "net/monitor.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

namespace sqlcast::net {
namespace {

constexpr int kEvents =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

constexpr int kConnections = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED;

std::string next_address() {
  static std::atomic<std::uint64_t> number{0};
  return "inproc://sqlcast-monitor-" + std::to_string(++number);
}

}  // namespace

Monitor::Monitor(zmq::context_t& context, zmq::socket_t& watched, bool connections)
    : watched_(watched), events_(context, zmq::socket_type::pair) {
  const std::string address = next_address();
  // No limit: at one, libzmq's own thread would wait here for us. They are small, a few a connection.
  events_.set(zmq::sockopt::rcvhwm, 0);
  events_.set(zmq::sockopt::linger, 0);
  if (zmq_socket_monitor(watched_.handle(), address.c_str(), connections ? kEvents | kConnections : kEvents) != 0)
    throw zmq::error_t();
  events_.connect(address);
  descriptor_ = events_.get(zmq::sockopt::fd);
  // Uses up what connecting has signalled: only then does the descriptor tell of what comes.
  static_cast<void>(events_.get(zmq::sockopt::events));
}

Monitor::~Monitor() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

std::optional<Monitor::Event> Monitor::next() {
  zmq::message_t event;
  zmq::message_t address;
  try {
    if (!events_.recv(event, zmq::recv_flags::dontwait)) return std::nullopt;
    if (event.more()) (void)events_.recv(address, zmq::recv_flags::dontwait);
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw;
  }
  std::uint16_t kind = 0;
  Event found;
  if (event.size() < sizeof kind + sizeof found.value) return std::nullopt;
  std::memcpy(&kind, event.data(), sizeof kind);
  std::memcpy(&found.value, event.data<char>() + sizeof kind, sizeof found.value);
  found.kind = kind;
  return found;
}

}  // namespace sqlcast::net
