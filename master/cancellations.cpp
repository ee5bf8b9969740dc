#include "master/cancellations.h"

#include <utility>

#include "base/mutex.h"

namespace sqlcast::master {

Status cancelled_status() { return Status::error(Code::cancelled, "the request was cancelled; nothing was changed"); }

void Cancellations::enter(const RequestKey& key) {
  const MutexLock lock(mutex_);
  ++entries_[key].users;
}

void Cancellations::begin_execution(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it != entries_.end()) it->second.state = State::running;
}

bool Cancellations::begin_commit(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return true;
  if (it->second.cancelled) return false;
  it->second.state = State::committing;
  return true;
}

bool Cancellations::cancelled(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  return it != entries_.end() && it->second.cancelled;
}

void Cancellations::leave(const RequestKey& key, std::optional<Failure> failure) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  it->second.state = State::queued;
  if (failure) it->second.failure = std::move(failure);
  if (--it->second.users == 0) entries_.erase(it);
}

void Cancellations::turn_away(const RequestKey& key) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  if (it != entries_.end() && --it->second.users == 0) entries_.erase(it);
}

bool Cancellations::under_way(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  return entries_.contains(key);
}

std::optional<Failure> Cancellations::failure(const RequestKey& key) const {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  return it == entries_.end() ? std::nullopt : it->second.failure;
}

Cancellations::Answer Cancellations::cancel(const RequestKey& key, const std::function<bool()>& executed) {
  const MutexLock lock(mutex_);
  const auto it = entries_.find(key);
  // Looked at with the mutex held: a write that is being committed leaves only when it is in the log.
  const bool under_way = it != entries_.end() && it->second.state != State::queued;
  if (!under_way && executed()) return Answer::too_late;
  if (it == entries_.end()) return Answer::unknown;
  if (it->second.state == State::committing) return Answer::too_late;
  // Once is enough: what is stopped a second time may be another's.
  const bool already = std::exchange(it->second.cancelled, true);
  return it->second.state == State::running && !already ? Answer::stopping_running : Answer::stopping_queued;
}

}  // namespace sqlcast::master
