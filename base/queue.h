// BoundedQueue: how threads hand values to each other. Never grows past its capacity.
//
// Any number of producers and consumers. After close() pushes fail and pops drain what is left. `Items` holds the
// values and says which is next: in the order in which they came, or InTurns.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/mutex.h"

namespace sqlcast {

template <typename T, typename Items = std::deque<T>>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False at once when full or closed; `value` is then untouched.
  [[nodiscard]] bool try_push(T&& value) {
    {
      const MutexLock lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(value));
      if (items_.size() < wanted_) return true;
    }
    not_empty_.notify_one();
    return true;
  }

  // Waits up to `wait` for a value; nothing on time-out, or when closed and drained.
  std::optional<T> pop(std::chrono::milliseconds wait) {
    MutexLock lock(mutex_);
    not_empty_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return closed_ || !items_.empty(); });
    return take_front();
  }

  // Waits up to `wait` for so many values to be there, and takes none. For the only consumer: it sleeps through the
  // arrival of the others.
  void wait_for(std::size_t count, std::chrono::microseconds wait) {
    MutexLock lock(mutex_);
    wanted_ = std::min(count, capacity_);
    not_empty_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return closed_ || items_.size() >= wanted_; });
    wanted_ = 1;
  }

  // Waits up to `wait`, whatever is pushed; true at once when closed.
  bool wait_until_closed(std::chrono::milliseconds wait) {
    MutexLock lock(mutex_);
    return closing_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return closed_; });
  }

  // What is there now, without waiting.
  std::optional<T> try_pop() {
    const MutexLock lock(mutex_);
    return take_front();
  }

  // The same, when the value in front is one for which `fits`, which is asked under the lock and must be quick.
  template <typename Fits>
  std::optional<T> try_pop_if(const Fits& fits) {
    const MutexLock lock(mutex_);
    if (items_.empty() || !fits(items_.front())) return std::nullopt;
    return take_front();
  }

  void close() {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    closing_.notify_all();
  }

  std::size_t size() const {
    const MutexLock lock(mutex_);
    return items_.size();
  }
  bool closed() const {
    const MutexLock lock(mutex_);
    return closed_;
  }
  std::size_t capacity() const { return capacity_; }

 private:
  std::optional<T> take_front() SQLCAST_REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    return value;
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  ConditionVariable not_empty_;
  ConditionVariable closing_;  // of its own: who waits for the end takes no value's wake-up from a consumer
  Items items_ SQLCAST_GUARDED_BY(mutex_);
  std::size_t wanted_ SQLCAST_GUARDED_BY(mutex_) = 1;  // a push that makes it so many wakes the consumer
  bool closed_ SQLCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace sqlcast
