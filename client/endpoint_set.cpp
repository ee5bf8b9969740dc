#include "client/endpoint_set.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"

namespace sqlcast::client {

EndpointSet::EndpointSet(const std::vector<std::string>& addresses, std::uint64_t seed) : random_(seed) {
  for (const std::string& address : addresses) entry(address).listed = true;
  turns_.fill(static_cast<std::size_t>(random_() % 1024));
}

Endpoint& EndpointSet::entry(const std::string& address) {
  for (Endpoint& endpoint : endpoints_)
    if (endpoint.address == address) return endpoint;
  endpoints_.emplace_back().address = address;
  return endpoints_.back();
}

const Endpoint* EndpointSet::find(std::string_view address) const {
  for (const Endpoint& endpoint : endpoints_)
    if (endpoint.address == address) return &endpoint;
  return nullptr;
}

// Smaller is better.
int EndpointSet::rank(const Endpoint& endpoint, Route route, TimePoint now) {
  const bool working = endpoint.state == "Live" || endpoint.state == "Serving";
  const bool level = route != Route::read || endpoint.behind_until <= now;
  int rank = 0;
  if (route == Route::read) {
    if (endpoint.role == Role::slave) rank = working && level ? 0 : 4;
    if (endpoint.role == Role::master) rank = working ? 2 : 5;
    if (endpoint.role == Role::unknown) rank = 3;
  } else {
    if (endpoint.role == Role::master) rank = 0;
    if (endpoint.role == Role::unknown) rank = 1;
    if (endpoint.role == Role::slave) rank = working ? 2 : 3;
    if (endpoint.role == Role::slave && route != Route::write) return 30;
  }
  return endpoint.answered ? rank : rank + 10;
}

EndpointSet::Choice EndpointSet::choose(Route route, TimePoint now) {
  std::vector<const Endpoint*> best;
  int best_rank = 0;
  const Endpoint* soonest = nullptr;
  for (const Endpoint& endpoint : endpoints_) {
    const bool as_master = route == Route::master && endpoint.role == Role::master;
    if (!endpoint.listed && !as_master) continue;
    if (endpoint.failures > 0 && endpoint.retry_at > now) {
      if (soonest == nullptr || endpoint.retry_at < soonest->retry_at) soonest = &endpoint;
      continue;
    }
    const int endpoint_rank = rank(endpoint, route, now);
    if (best.empty() || endpoint_rank < best_rank) {
      best.clear();
      best_rank = endpoint_rank;
    }
    if (endpoint_rank == best_rank) best.push_back(&endpoint);
  }
  if (!best.empty()) return {best[turns_.at(static_cast<std::size_t>(route))++ % best.size()]->address, now};
  SQLCAST_CHECK(soonest != nullptr);
  return {soonest->address, soonest->retry_at};
}

std::size_t EndpointSet::listed() const {
  return static_cast<std::size_t>(
      std::count_if(endpoints_.begin(), endpoints_.end(), [](const Endpoint& endpoint) { return endpoint.listed; }));
}

bool EndpointSet::guessing(Route route) const {
  for (const Endpoint& endpoint : endpoints_)
    if (endpoint.listed && endpoint.answered && endpoint.role == (route == Route::read ? Role::slave : Role::master))
      return false;
  return listed() > 1;
}

void EndpointSet::heard(const std::string& address, TimePoint now) {
  Endpoint& endpoint = entry(address);
  endpoint.answered = true;
  endpoint.failures = 0;
  endpoint.last_heard = now;
}

void EndpointSet::learn(const std::string& address, std::string_view role, std::string_view state,
                        std::string_view master, std::chrono::milliseconds uptime, TimePoint now) {
  {
    Endpoint& endpoint = entry(address);
    endpoint.role = role == "master" ? Role::master : role == "slave" ? Role::slave : Role::unknown;
    endpoint.state = state;
    endpoint.started_at = now - uptime;
  }
  const std::string master_address = canonical_endpoint(master);
  if (role != "slave" || master_address.empty()) return;
  // A node that says it is the master itself knows better than a slave that was set up long ago.
  Endpoint& its_master = entry(master_address);
  if (its_master.role == Role::unknown) its_master.role = Role::master;
}

void EndpointSet::failed(const std::string& address, TimePoint now) {
  Endpoint& endpoint = entry(address);
  endpoint.answered = false;
  endpoint.failures = std::min(endpoint.failures + 1, 32U);
  const std::uint32_t doublings = std::min(endpoint.failures - 1, 16U);
  const auto full = std::min<std::int64_t>(kFirstBackOff.count() << doublings, kLongestBackOff.count());
  std::uniform_int_distribution<std::int64_t> jitter(full / 2, full);
  endpoint.retry_at = now + std::chrono::milliseconds(jitter(random_));
}

std::optional<std::string> EndpointSet::known_master() const {
  for (const Endpoint& endpoint : endpoints_)
    if (endpoint.role == Role::master) return endpoint.address;
  return std::nullopt;
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
