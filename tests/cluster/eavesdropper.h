// Eavesdropper: who stands in the network between a client and a node, and writes down what both say; and what he does
// with it. For tests of what is of no use to him. The thread that made it owns it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <poll.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/keys.h"

namespace sqlcast::support {

inline sockaddr_in address_of(const std::string& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1))));
  return address;
}

inline int connect_to(const std::string& endpoint) {
  const sockaddr_in address = address_of(endpoint);
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no connection to " + endpoint);
  return descriptor;
}

// Who stands in the network: everything goes through it, and is written down.
class Eavesdropper {
 public:
  explicit Eavesdropper(const std::string& node)
      : node_(node), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the relay cannot listen");
    endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    know_relay(node, endpoint_);
    thread_ = std::thread([this] { run(); });
  }
  ~Eavesdropper() {
    end();
    forget_keys(endpoint_);
  }
  Eavesdropper(const Eavesdropper&) = delete;
  Eavesdropper& operator=(const Eavesdropper&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  // When the client has gone; what it has said, and what it was told.
  std::pair<std::string, std::string> end() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    return {said_, told_};
  }

 private:
  void run() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const int node = connect_to(node_);
    pollfd both[] = {{client, POLLIN, 0}, {node, POLLIN, 0}};
    while (::poll(both, 2, -1) > 0) {
      if (both[0].revents != 0 && !pass(client, node, said_)) break;
      if (both[1].revents != 0 && !pass(node, client, told_)) break;
    }
    ::close(client);
    ::close(node);
  }
  static bool pass(int from, int to, std::string& record) {
    char bytes[4'096];
    const ssize_t size = ::recv(from, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    record.append(bytes, static_cast<std::size_t>(size));
    return ::send(to, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  const std::string node_;
  int listener_;
  std::string endpoint_;
  std::thread thread_;
  std::string said_, told_;  // the thread's until end()
};

// The same bytes once more, and whatever comes until the node ends it.
inline std::string replay(const std::string& endpoint, const std::string& bytes) {
  const int descriptor = connect_to(endpoint);
  (void)::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string came;
  char buffer[4'096];
  for (ssize_t size = 0; (size = ::recv(descriptor, buffer, sizeof buffer, 0)) > 0;)
    came.append(buffer, static_cast<std::size_t>(size));
  ::close(descriptor);
  return came;
}

}  // namespace sqlcast::support
