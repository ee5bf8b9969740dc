#include "net/unfinished.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace sqlcast::net {
namespace {

// A handshake, and the many messages of somebody who is read: nothing to look at closely.
constexpr std::uint64_t kUnremarkable = 64U << 10U;

// Nothing: it is no TCP connection (any more), or the kernel does not count.
std::optional<std::uint64_t> bytes_received(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < kNeeded) return std::nullopt;
  return info.tcpi_bytes_received;
}

struct Suspect {
  int descriptor = 0;
  std::uint64_t since = 0;
  std::uint64_t bytes = 0;
};

}  // namespace

void Unfinished::delivered(int descriptor) {
  if (const auto found = connections_.find(descriptor); found != connections_.end()) found->second.delivered = true;
}

std::vector<int> Unfinished::look(std::chrono::steady_clock::time_point now) {
  if (!is_due(now)) return {};
  next_ = now + kLook;
  ++looks_;
  std::vector<Suspect> suspects;
  std::uint64_t of_all = 0;
  watches_ = false;
  for (auto& [descriptor, connection] : connections_) {
    const std::optional<std::uint64_t> received = bytes_received(descriptor);
    if (!received) continue;
    if (connection.delivered) connection = {*received, 0, false};
    const std::uint64_t bytes = *received - std::min(connection.from, *received);
    if (connection.since == 0) {
      // What has come until now may have been messages.
      if (bytes > kUnremarkable) connection = {*received, looks_, false};
    } else {
      suspects.push_back({descriptor, connection.since, bytes});
      of_all += bytes;
    }
    watches_ = watches_ || connection.since != 0;
  }
  std::sort(suspects.begin(), suspects.end(), [](const Suspect& a, const Suspect& b) { return a.since < b.since; });
  std::vector<int> cut;
  for (const Suspect& suspect : suspects) {
    if (suspect.bytes <= limits_.of_connection && of_all <= limits_.of_all) continue;
    cut.push_back(suspect.descriptor);
    of_all -= suspect.bytes;
    connections_.erase(suspect.descriptor);
  }
  return cut;
}

}  // namespace sqlcast::net
