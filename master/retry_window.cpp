#include "master/retry_window.h"

namespace sqlcast::master {

void RetryWindow::add(const proto::Entry& entry, Epoch epoch) {
  if (!entry.key.client_id.empty()) {
    Outcome outcome;
    outcome.epoch = epoch;
    outcome.sequence = entry.sequence;
    outcome.digest = entry.digest;
    outcome.effects.reserve(entry.statements.size());
    for (const proto::Statement& statement : entry.statements) outcome.effects.push_back(statement.effect);
    order_.push_back({entry.sequence, entry.key});
    outcomes_[entry.key] = std::move(outcome);
  }
  const Sequence oldest = entry.sequence > capacity_ ? entry.sequence - capacity_ : 0;
  if (oldest > reaches_back_to_) reaches_back_to_ = oldest;
  while (!order_.empty() && order_.front().sequence <= reaches_back_to_) {
    outcomes_.erase(order_.front().key);
    order_.pop_front();
  }
}

const RetryWindow::Outcome* RetryWindow::find(const RequestKey& key) const {
  const auto it = outcomes_.find(key);
  return it == outcomes_.end() ? nullptr : &it->second;
}

}  // namespace sqlcast::master
