#include "tests/support/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace sqlcast::support {
namespace {

constexpr std::uint16_t kFirst = 15'000;
constexpr std::uint16_t kLast = 32'000;  // Linux gives 32768 and up to outgoing connections
constexpr int kTries = 1'000;

bool can_listen(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any(kFirst, kLast);
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<std::uint16_t>(any(random));
    if (can_listen(port)) return port;
  }
  throw std::runtime_error("no free port between 15000 and 32000");
}

}  // namespace sqlcast::support
