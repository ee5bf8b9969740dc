#include "master/retry_window.h"

#include <algorithm>

#include "base/mutex.h"
#include "sql/row_plan.h"

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
  position_ = {};
  group_begun_ = true;
}

bool RetryWindow::restore(const Place& place, std::vector<ClientMemory> clients) {
  const MutexLock lock(mutex_);
  floor_ = place.floor;
  position_ = place.position;
  group_begun_ = false;
  for (ClientMemory& part : clients) {
    const auto [client, new_client] = clients_.try_emplace(std::move(part.client_id));
    if (part.requests.empty() || (!new_client && client->second.floor != part.floor)) return false;
    client->second.floor = part.floor;
    std::int64_t weight = 0;
    for (Remembered& one : part.requests) {
      weight += weight_of(one.outcome);
      const bool new_place = client->second.order.emplace(one.outcome.first, one.request_id).second;
      if (!new_place || !client->second.outcomes.emplace(one.request_id, std::move(one.outcome)).second) return false;
    }
    weigh(*client, weight);
  }
  for (Named& client : clients_)
    if (!by_oldest_.emplace(client.second.order.begin()->first, &client).second) return false;
  while (weight_ > capacity_) forget_one();
  return true;
}

void RetryWindow::add(const proto::Entry& entry, Epoch epoch, bool is_ddl) {
  const MutexLock lock(mutex_);
  group_begun_ = true;
  if (entry.key.client_id.empty()) return;
  const auto [client, new_client] = clients_.try_emplace(entry.key.client_id);
  if (new_client) client->second.floor = floor_;
  const auto [it, new_request] = client->second.outcomes.try_emplace(entry.key.request_id);
  Outcome& outcome = it->second;
  if (new_request) {
    outcome.first = entry.sequence;
    client->second.order.emplace(entry.sequence, entry.key.request_id);
    if (new_client) by_oldest_.emplace(entry.sequence, &*client);
  } else {
    copy_early(*client, entry.key.request_id, outcome);
    weigh(*client, -weight_of(outcome));
  }
  outcome.epoch = epoch;
  outcome.sequence = entry.sequence;
  outcome.digest = entry.digest;
  outcome.effects.clear();
  outcome.effects.reserve(entry.statements.size());
  for (const proto::Statement& statement : entry.statements) {
    if (outcome.effects.empty() || !statement.sql.starts_with(sql::kFurtherRows)) {
      outcome.effects.push_back(statement.effect);
      continue;
    }
    // Of one statement of the request, as all of them are told.
    proto::Effect& sum = outcome.effects.back();
    const bool known =
        sum.affected_rows != proto::kRowsNotKnown && statement.effect.affected_rows != proto::kRowsNotKnown;
    sum.affected_rows = known ? sum.affected_rows + statement.effect.affected_rows : proto::kRowsNotKnown;
    if (sum.insert_id == 0) sum.insert_id = statement.effect.insert_id;
  }
  ++outcome.entries;
  if (is_ddl) outcome.definitions.push_back(hash_of(entry.statements.front().sql));
  weigh(*client, weight_of(outcome));
  while (weight_ > capacity_) forget_one();
}

void RetryWindow::end_group(const Position& position) {
  const MutexLock lock(mutex_);
  position_ = position;
  group_begun_ = false;
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
  // Of two that weigh the same, the one with the newer oldest request.
  const auto lighter = [](const Named* a, const Named* b) {
    if (a->second.weight != b->second.weight) return a->second.weight < b->second.weight;
    return a->second.order.begin()->first > b->second.order.begin()->first;
  };
  Named* const named =
      large_.empty() ? by_oldest_.begin()->second : *std::max_element(large_.begin(), large_.end(), lighter);
  Client& client = named->second;
  const auto oldest = client.order.begin();
  const auto outcome = client.outcomes.find(oldest->second);
  weigh(*named, -weight_of(outcome->second));
  copy_early(*named, oldest->second, outcome->second);
  client.floor = std::max(client.floor, outcome->second.sequence);
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

std::optional<RetryWindow::Place> RetryWindow::begin_copy() {
  const MutexLock lock(mutex_);
  if (group_begun_) return std::nullopt;
  ++copy_;
  copying_ = true;
  copy_of_ = position_.sequence;
  copied_to_ = 0;
  copied_early_.clear();
  changed_.clear();
  return Place{position_, floor_};
}

// Of a client that this copy has not met yet.
void RetryWindow::meet(Client& client) {
  if (client.copy == copy_) return;
  client.copy = copy_;
  client.copied_to = 0;
  client.floor_then = client.floor;
}

// Before the request changes or goes.
void RetryWindow::copy_early(Named& named, std::uint64_t request_id, const Outcome& outcome) {
  if (!copying_) return;
  meet(named.second);
  const bool copied = outcome.first <= named.second.copied_to;
  if (outcome.first > copy_of_ || copied || !changed_.insert(outcome.first).second) return;
  copied_early_.push_back({named.first, named.second.floor_then, {{request_id, outcome}}});
}

// As many requests as given, at most; how many.
std::size_t RetryWindow::copy_client(Named& named, std::size_t requests, std::vector<ClientMemory>& copy) {
  Client& client = named.second;
  meet(client);
  ClientMemory part{named.first, client.floor_then, {}};
  auto next = client.order.upper_bound(client.copied_to);
  std::size_t seen = 0;
  for (; next != client.order.end() && next->first <= copy_of_ && seen < requests; ++next, ++seen) {
    client.copied_to = next->first;
    if (changed_.contains(next->first)) continue;
    part.requests.push_back({next->second, client.outcomes.at(next->second)});
  }
  if (next == client.order.end() || next->first > copy_of_) client.copied_to = copy_of_;
  if (!part.requests.empty()) copy.push_back(std::move(part));
  return seen;
}

// By the clients' oldest requests. While the copy is taken these become newer, never older: nobody is passed by.
bool RetryWindow::copy_some(std::size_t requests, std::vector<ClientMemory>& copy) {
  const MutexLock lock(mutex_);
  for (ClientMemory& early : copied_early_) copy.push_back(std::move(early));
  copied_early_.clear();
  auto next = by_oldest_.upper_bound(copied_to_);
  for (std::size_t left = requests; next != by_oldest_.end() && next->first <= copy_of_;) {
    if (left == 0) return true;
    Named& client = *next->second;
    left -= std::max<std::size_t>(copy_client(client, left, copy), 1);
    if (client.second.copied_to < copy_of_) return true;  // there is more of it
    copied_to_ = next->first;
    ++next;
  }
  copying_ = false;
  return false;
}

Position RetryWindow::position() const {
  const MutexLock lock(mutex_);
  return position_;
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
