#include "client/endpoint_set.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"

namespace sqlcast::client {

EndpointSet::EndpointSet(const std::vector<std::string>& addresses, std::uint64_t seed) : random_(seed) {
  for (const std::string& address : addresses) entry(address).listed = true;
  turns_.fill(static_cast<std::size_t>(random_() % 1024));
}

KnownNode& EndpointSet::entry(const std::string& address) {
  for (KnownNode& node : nodes_)
    if (node.address == address) return node;
  nodes_.emplace_back().address = address;
  return nodes_.back();
}

const KnownNode* EndpointSet::find(std::string_view address) const {
  for (const KnownNode& node : nodes_)
    if (node.address == address) return &node;
  return nullptr;
}

// Smaller is better.
int EndpointSet::rank(const KnownNode& node, Route route, TimePoint now) {
  const bool working = node.state == "Live" || node.state == "Serving";
  const bool level = route != Route::read || node.behind_until <= now;
  int rank = 0;
  if (route == Route::read) {
    if (node.role == Role::slave) rank = working && level ? 0 : 4;
    if (node.role == Role::master) rank = working ? 2 : 5;
    if (node.role == Role::unknown) rank = 3;
  } else {
    if (node.role == Role::master) rank = 0;
    if (node.role == Role::unknown) rank = 1;
    if (node.role == Role::slave) rank = working ? 2 : 3;
    if (node.role == Role::slave && route != Route::write) return 30;
  }
  return node.answered ? rank : rank + 10;
}

EndpointSet::Choice EndpointSet::choose(Route route, TimePoint now) {
  std::vector<const KnownNode*> best;
  int best_rank = 0;
  const KnownNode* soonest = nullptr;
  for (const KnownNode& node : nodes_) {
    const bool as_master = route == Route::master && node.role == Role::master;
    if (!node.listed && !as_master) continue;
    if (node.failures > 0 && node.retry_at > now) {
      if (soonest == nullptr || node.retry_at < soonest->retry_at) soonest = &node;
      continue;
    }
    const int node_rank = rank(node, route, now);
    if (best.empty() || node_rank < best_rank) {
      best.clear();
      best_rank = node_rank;
    }
    if (node_rank == best_rank) best.push_back(&node);
  }
  if (!best.empty()) return {best[turns_.at(static_cast<std::size_t>(route))++ % best.size()]->address, now};
  SQLCAST_CHECK(soonest != nullptr);
  return {soonest->address, soonest->retry_at};
}

std::optional<EndpointSet::Choice> EndpointSet::master(TimePoint now) const {
  for (const KnownNode& node : nodes_)
    if (node.listed && node.role == Role::master)
      return Choice{node.address, node.failures > 0 ? std::max(node.retry_at, now) : now};
  return std::nullopt;
}

std::size_t EndpointSet::listed() const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const KnownNode& node) { return node.listed; }));
}

bool EndpointSet::guessing(Route route) const {
  for (const KnownNode& node : nodes_)
    if (node.listed && node.answered && node.role == (route == Route::read ? Role::slave : Role::master)) return false;
  return listed() > 1;
}

void EndpointSet::heard(const std::string& address, TimePoint now) {
  KnownNode& node = entry(address);
  node.answered = true;
  node.failures = 0;
  node.last_heard = now;
}

void EndpointSet::learn(const std::string& address, std::string_view role, std::string_view state,
                        std::string_view master, std::chrono::milliseconds uptime, TimePoint now) {
  {
    KnownNode& node = entry(address);
    node.role = role == "master" ? Role::master : role == "slave" ? Role::slave : Role::unknown;
    node.state = state;
    node.started_at = now - uptime;
  }
  const std::string master_address = canonical_endpoint(master);
  if (role != "slave" || master_address.empty()) return;
  // A node that says it is the master itself knows better than a slave that was set up long ago.
  KnownNode& its_master = entry(master_address);
  if (its_master.role == Role::unknown) its_master.role = Role::master;
}

void EndpointSet::failed(const std::string& address, TimePoint now) {
  KnownNode& node = entry(address);
  node.answered = false;
  node.failures = std::min(node.failures + 1, 32U);
  const std::uint32_t doublings = std::min(node.failures - 1, 16U);
  const auto full = std::min<std::int64_t>(kFirstBackOff.count() << doublings, kLongestBackOff.count());
  std::uniform_int_distribution<std::int64_t> jitter(full / 2, full);
  node.retry_at = now + std::chrono::milliseconds(jitter(random_));
}

std::string canonical_endpoint(std::string_view text) {
  while (text.ends_with('/') && !text.ends_with("//")) text.remove_suffix(1);
  for (const std::string_view scheme : {"ipc://", "inproc://"})
    if (text.starts_with(scheme)) return text.size() > scheme.size() ? std::string(text) : std::string();
  constexpr std::string_view kTcp = "tcp://";
  if (!text.starts_with(kTcp)) return {};
  text.remove_prefix(kTcp.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return {};
  if (host == "*" || host == "0.0.0.0" || host.find_first_of(" /@") != std::string_view::npos) return {};
  if (host == "localhost") host = "127.0.0.1";
  return std::string(kTcp) + std::string(host) + ":" + std::to_string(port);
}

}  // namespace sqlcast::client
