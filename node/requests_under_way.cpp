#include "node/requests_under_way.h"

#include <utility>

#include "base/mutex.h"

namespace sqlcast::node {

Status cancelled_status() { return Status::error(Code::cancelled, "the request was cancelled; nothing was changed"); }

void RequestsUnderWay::enter(const RequestKey& key) {
  const MutexLock lock(mutex_);
  ++requests_[key].copies;
}

void RequestsUnderWay::begin_execution(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  if (it != requests_.end()) it->second.state = State::running;
}

bool RequestsUnderWay::make_unstoppable(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  if (it == requests_.end()) return true;
  if (it->second.cancelled) return false;
  it->second.state = State::unstoppable;
  return true;
}

bool RequestsUnderWay::cancelled(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  return it != requests_.end() && it->second.cancelled;
}

void RequestsUnderWay::leave(const RequestKey& key, std::optional<Failure> failure) {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  if (it == requests_.end()) return;
  it->second.state = State::queued;
  if (failure) it->second.failure = std::move(failure);
  if (--it->second.copies == 0) requests_.erase(it);
}

void RequestsUnderWay::remove_copy(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  if (it != requests_.end() && --it->second.copies == 0) requests_.erase(it);
}

bool RequestsUnderWay::under_way(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  return requests_.contains(key);
}

std::optional<Failure> RequestsUnderWay::failure(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  return it == requests_.end() ? std::nullopt : it->second.failure;
}

RequestsUnderWay::Answer RequestsUnderWay::cancel(const RequestKey& key, const std::function<bool()>& executed) {
  const MutexLock lock(mutex_);
  const auto it = requests_.find(key);
  // Looked at with the mutex held: a write that is being committed leaves only when it is in the log.
  const bool under_way = it != requests_.end() && it->second.state != State::queued;
  if (!under_way && executed()) return Answer::too_late;
  if (it == requests_.end()) return Answer::unknown;
  if (it->second.state == State::unstoppable) return Answer::too_late;
  // Once is enough: what is stopped a second time may be another's.
  const bool already = std::exchange(it->second.cancelled, true);
  return it->second.state == State::running && !already ? Answer::stopping_running : Answer::stopping_queued;
}

}  // namespace sqlcast::node
