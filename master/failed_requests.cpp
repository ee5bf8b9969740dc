#include "master/failed_requests.h"

#include <utility>

#include "base/mutex.h"
#include "storage/errors.h"

namespace sqlcast::master {
namespace {

std::uint64_t weight_of(const Failure& failure) { return 1 + failure.status.message.size() / 128; }

}  // namespace

bool FailedRequests::is_final(const Status& status) {
  switch (status.code) {
    case Code::sql_error: return !storage::passes_by_itself(status);
    case Code::expectation_failed:
    case Code::refused:
    case Code::too_large:
    case Code::cancelled: return true;
    default: return false;
  }
}

void FailedRequests::add(const RequestKey& key, Failure failure) {
  const std::uint64_t weight = weight_of(failure);
  const MutexLock lock(mutex_);
  Client& client = clients_[key.client_id];
  const auto [kept, is_new] = client.failures.try_emplace(key.request_id, Kept{std::move(failure), next_number_});
  if (!is_new) return;
  client.order.emplace(next_number_, key.request_id);
  order_.emplace(next_number_, key.client_id);
  ++next_number_;
  client.weight += weight;
  weight_ += weight;
  if (client.weight > share_) forget_oldest_of(key.client_id);
  while (weight_ > capacity_) forget_oldest_of(order_.begin()->second);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a caller's own may be in what is erased
void FailedRequests::forget_oldest_of(std::string client_id) {
  const auto named = clients_.find(client_id);
  Client& client = named->second;
  const auto oldest = client.order.begin();
  const auto kept = client.failures.find(oldest->second);
  const std::uint64_t weight = weight_of(kept->second.failure);
  client.weight -= weight;
  weight_ -= weight;
  order_.erase(oldest->first);
  client.failures.erase(kept);
  client.order.erase(oldest);
  if (client.order.empty()) clients_.erase(named);
}

std::optional<Failure> FailedRequests::find(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  const auto client = clients_.find(key.client_id);
  if (client == clients_.end()) return std::nullopt;
  const auto kept = client->second.failures.find(key.request_id);
  return kept == client->second.failures.end() ? std::nullopt : std::optional(kept->second.failure);
}

}  // namespace sqlcast::master
