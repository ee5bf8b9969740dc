// SyncTimes: how long the newest syncs of a log took (fsync latency). add() takes no memory. Any thread. Does not
// block.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/mutex.h"

namespace sqlcast::log {

class SyncTimes {
 public:
  static constexpr std::size_t kKept = 1'024;

  struct View {
    std::uint64_t count = 0;   // of all syncs
    std::uint64_t p50_us = 0;  // of the newest kKept: so many percent of them took no longer; 0 = there was none
    std::uint64_t p99_us = 0;
  };

  void add(std::chrono::nanoseconds took) SQLCAST_EXCLUDES(mutex_);
  View view() const SQLCAST_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::array<std::uint32_t, kKept> newest_us_ SQLCAST_GUARDED_BY(mutex_){};  // a ring
  std::uint64_t count_ SQLCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace sqlcast::log
