#include "net/connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <vector>

namespace sqlcast::net {
namespace {

// The other end of a connection to this port. Nothing: the descriptor is no such connection (any more).
std::optional<std::string> peer_of(int descriptor, std::uint16_t port) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t size_here = sizeof here;
  socklen_t size_there = sizeof there;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&here), &size_here) != 0 ||
      ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&there), &size_there) != 0)
    return std::nullopt;
  if (here.ss_family == AF_UNIX) return port == 0 ? std::optional<std::string>(std::string()) : std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (here.ss_family == AF_INET && ntohs(reinterpret_cast<const sockaddr_in&>(here).sin_port) == port) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(there).sin_addr, text.data(), text.size());
  } else if (here.ss_family == AF_INET6 && ntohs(reinterpret_cast<const sockaddr_in6&>(here).sin6_port) == port) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(there).sin6_addr, text.data(), text.size());
  } else {
    return std::nullopt;
  }
  return std::string(text.data());
}

}  // namespace

bool cut_connection(int descriptor, std::uint16_t port) {
  return peer_of(descriptor, port).has_value() && ::shutdown(descriptor, SHUT_RDWR) == 0;
}

void Connections::listens_at(std::uint16_t port) {
  port_ = port;
  by_descriptor_.clear();
  of_address_.clear();
}

bool Connections::is_one_too_many(const std::string& address) const {
  return by_descriptor_.size() > limits_.all || (!address.empty() && of_address_.at(address) > limits_.of_address);
}

bool Connections::accepted(int descriptor, std::string& address) {
  ended(descriptor);
  const std::optional<std::string> peer = peer_of(descriptor, port_);
  if (!peer) return true;  // it has gone already
  address = *peer;
  by_descriptor_[descriptor] = address;
  ++of_address_[address];
  if (!is_one_too_many(address)) return true;
  look_again();
  if (!by_descriptor_.contains(descriptor) || !is_one_too_many(address)) return true;
  // It stays in the table until libzmq tells of its end.
  ::shutdown(descriptor, SHUT_RDWR);
  return false;
}

void Connections::ended(int descriptor) {
  const auto found = by_descriptor_.find(descriptor);
  if (found == by_descriptor_.end()) return;
  const auto of_address = of_address_.find(found->second);
  if (--of_address->second == 0) of_address_.erase(of_address);
  by_descriptor_.erase(found);
}

// Should an end not have been told: a descriptor that is no connection of ours any more is no reason to cut others.
void Connections::look_again() {
  std::vector<int> gone;
  for (const auto& [descriptor, address] : by_descriptor_)
    if (const auto peer = peer_of(descriptor, port_); !peer || *peer != address) gone.push_back(descriptor);
  for (const int descriptor : gone) ended(descriptor);
}

}  // namespace sqlcast::net
