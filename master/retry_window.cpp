#include "master/retry_window.h"

#include <algorithm>

#include "base/mutex.h"

namespace sqlcast::master {
namespace {

std::int64_t weight_of(const RetryWindow::Outcome& outcome) {
  return 1 + static_cast<std::int64_t>(outcome.effects.size() / 8 + outcome.definitions.size() / 8);
}

}  // namespace

void RetryWindow::begin_after(Sequence sequence) {
  const MutexLock lock(mutex_);
  large_.clear();
  by_oldest_.clear();
  clients_.clear();
  weight_ = 0;
  floor_ = sequence;
}

void RetryWindow::add(const proto::Entry& entry, Epoch epoch, bool is_ddl) {
  const MutexLock lock(mutex_);
  if (entry.key.client_id.empty()) return;
  const auto [client, new_client] = clients_.try_emplace(entry.key.client_id);
  if (new_client) client->second.floor = floor_;
  const auto [it, new_request] = client->second.outcomes.try_emplace(entry.key.request_id);
  Outcome& outcome = it->second;
  if (new_request) {
    client->second.order.emplace(entry.sequence, entry.key.request_id);
    if (new_client) by_oldest_.emplace(entry.sequence, &*client);
  } else {
    weigh(*client, -weight_of(outcome));
  }
  outcome.epoch = epoch;
  outcome.sequence = entry.sequence;
  outcome.digest = entry.digest;
  outcome.effects.clear();
  outcome.effects.reserve(entry.statements.size());
  for (const proto::Statement& statement : entry.statements) outcome.effects.push_back(statement.effect);
  ++outcome.entries;
  if (is_ddl) outcome.definitions.push_back(hash_of(entry.statements.front().sql));
  weigh(*client, weight_of(outcome));
  while (weight_ > capacity_) forget_one();
}

void RetryWindow::weigh(Named& client, std::int64_t change) {
  client.second.weight += static_cast<std::uint64_t>(change);
  weight_ += static_cast<std::uint64_t>(change);
  if (client.second.weight > share_) {
    large_.insert(&client);
  } else {
    large_.erase(&client);
  }
}

void RetryWindow::forget_one() {
  const auto lighter = [](const Named* a, const Named* b) { return a->second.weight < b->second.weight; };
  Named* const named =
      large_.empty() ? by_oldest_.begin()->second : *std::max_element(large_.begin(), large_.end(), lighter);
  Client& client = named->second;
  const auto oldest = client.order.begin();
  const auto outcome = client.outcomes.find(oldest->second);
  client.floor = std::max(client.floor, outcome->second.sequence);
  weigh(*named, -weight_of(outcome->second));
  by_oldest_.erase(oldest->first);
  client.outcomes.erase(outcome);
  client.order.erase(oldest);
  if (client.order.empty()) {
    floor_ = std::max(floor_, client.floor);
    clients_.erase(clients_.find(named->first));
  } else {
    by_oldest_.emplace(client.order.begin()->first, named);
  }
}

bool RetryWindow::executed(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  return find(key) != nullptr;
}

const RetryWindow::Outcome* RetryWindow::find(const RequestKey& key) const {
  const auto client = clients_.find(key.client_id);
  if (client == clients_.end()) return nullptr;
  const auto outcome = client->second.outcomes.find(key.request_id);
  return outcome == client->second.outcomes.end() ? nullptr : &outcome->second;
}

bool RetryWindow::none_forgotten(const RequestKey& key, std::optional<Sequence> sent_since, Sequence head) const {
  const auto client = clients_.find(key.client_id);
  const Sequence floor = client == clients_.end() ? floor_ : client->second.floor;
  if (floor == 0) return true;
  return sent_since && *sent_since <= head && *sent_since >= floor;
}

}  // namespace sqlcast::master
