#include "tests/support/cuttable_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "tests/support/keys.h"

namespace sqlcast::support {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

sockaddr_un local(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  path.copy(address.sun_path, path.size());
  return address;
}

// False when the connection has ended. Blocks while the other side does not read, which is back-pressure.
bool carry(int from, int to, bool swallow = false) {
  std::array<char, 65'536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return got < 0 && errno == EINTR;
  if (swallow) return true;
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t now = send(to, buffer.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (now < 0 && errno != EINTR) return false;
    if (now > 0) sent += now;
  }
  return true;
}

}  // namespace

CuttableWire::CuttableWire(const std::string& node_endpoint)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      node_port_(static_cast<std::uint16_t>(std::stoi(node_endpoint.substr(node_endpoint.rfind(':') + 1)))) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 || getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the relay cannot listen");
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  know_relay(node_endpoint, endpoint_);
  thread_ = std::thread([this] { run(); });
}

CuttableWire::CuttableWire(const std::string& server_path, const std::string& path)
    : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), server_path_(server_path) {
  const sockaddr_un address = local(path);
  if (listener_ < 0 || bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0)
    throw std::runtime_error("the relay cannot listen at " + path);
  endpoint_ = path;
  thread_ = std::thread([this] { run(); });
}

CuttableWire::~CuttableWire() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

void CuttableWire::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int node = connect_to_node();
  if (node >= 0) {
    pairs_.push_back({client, node});
  } else {
    close(client);
  }
}

int CuttableWire::connect_to_node() const {
  const int node = socket(server_path_.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int failed = -1;
  if (server_path_.empty()) {
    const sockaddr_in address = loopback(node_port_);
    failed = connect(node, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    const sockaddr_un address = local(server_path_);
    failed = connect(node, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (failed == 0) return node;
  close(node);
  return -1;
}

void CuttableWire::run() {
  while (!stopping_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      watched.push_back({pair.client, POLLIN, 0});
      watched.push_back({pair.node, POLLIN, 0});
    }
    constexpr int kLookMs = 10;
    if (poll(watched.data(), watched.size(), kLookMs) < 0 && errno != EINTR) break;
    const bool cut = cut_.exchange(false);
    if (swallow_.exchange(false))
      for (Pair& pair : pairs_) pair.swallows = true;
    std::vector<Pair> kept;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      bool whole = !cut;
      if (whole && watched[2 * i + 1].revents != 0) whole = carry(pairs_[i].client, pairs_[i].node);
      if (whole && watched[2 * i + 2].revents != 0) whole = carry(pairs_[i].node, pairs_[i].client, pairs_[i].swallows);
      if (whole) {
        kept.push_back(pairs_[i]);
      } else {
        close(pairs_[i].client);
        close(pairs_[i].node);
      }
    }
    pairs_ = std::move(kept);
    if (watched[0].revents != 0) accept_one();
  }
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.node);
  }
}

}  // namespace sqlcast::support
