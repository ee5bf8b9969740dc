// Outbox: what other threads leave for the one thread that owns a socket. Bounded in items and bytes; a whole batch
// costs one lock and at most one wake-up. Internal to net/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/wake_up.h"
#include "proto/codec.h"

namespace sqlcast::net {

inline std::uint64_t byte_size(const proto::Frames& frames) {
  std::uint64_t size = 0;
  for (const std::string& frame : frames) size += frame.size();
  return size;
}

template <typename Item>  // has byte_size()
class Outbox {
 public:
  Outbox(std::size_t max_items, std::uint64_t max_bytes) : max_items_(max_items), max_bytes_(max_bytes) {}

  // Any thread. How many of the items, from the first, were taken; none after close().
  // An item that is larger than max_bytes is taken when nothing else waits.
  std::size_t push(std::vector<Item>&& items) {
    std::size_t taken = 0;
    {
      const MutexLock lock(mutex_);
      while (taken < items.size() && take(std::move(items[taken]))) ++taken;
    }
    if (taken > 0) wake();
    return taken;
  }
  bool push(Item&& item) {
    {
      const MutexLock lock(mutex_);
      if (!take(std::move(item))) return false;
    }
    wake();
    return true;
  }
  // Any thread. Ends the owner's wait although there may be nothing.
  void wake() { wake_up_.signal(); }

  // The owner. Everything that waits, in order. Once it is closed his next wait ends at once, too: he may have asked
  // closed() just before, and taken the one wake-up that told of it.
  std::vector<Item> drain() {
    wake_up_.clear();
    const MutexLock lock(mutex_);
    if (closed_) wake();
    bytes_ = 0;
    return std::exchange(items_, {});
  }

  // Any thread. What waits can still be drained; the owner is woken up.
  void close() {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    wake();
  }
  bool closed() const {
    const MutexLock lock(mutex_);
    return closed_;
  }
  // Nothing waits, and more would be taken.
  bool is_idle() const {
    const MutexLock lock(mutex_);
    return !closed_ && items_.empty();
  }
  int fd() const { return wake_up_.fd(); }

 private:
  bool take(Item&& item) {
    const std::uint64_t size = item.byte_size();
    if (closed_ || items_.size() >= max_items_ || (!items_.empty() && bytes_ + size > max_bytes_)) return false;
    bytes_ += size;
    items_.push_back(std::move(item));
    return true;
  }

  const std::size_t max_items_;
  const std::uint64_t max_bytes_;
  mutable Mutex mutex_;
  std::vector<Item> items_;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
  WakeUp wake_up_;
};

}  // namespace sqlcast::net
