#include "log/sync_times.h"

#include <algorithm>
#include <limits>

namespace sqlcast::log {

void SyncTimes::add(std::chrono::nanoseconds took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();  // more than an hour
  const auto kept = static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, kMost));
  const MutexLock lock(mutex_);
  newest_us_[count_++ % kKept] = kept;
}

SyncTimes::View SyncTimes::view() const {
  std::array<std::uint32_t, kKept> times{};
  View view;
  {
    const MutexLock lock(mutex_);
    times = newest_us_;
    view.count = count_;
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(view.count, kKept));
  if (size == 0) return view;
  // The nearest rank: the smallest of them that is no less than so many percent of all.
  const auto percentile = [&](std::size_t percent) {
    const auto rank = times.begin() + static_cast<std::ptrdiff_t>((size * percent + 99) / 100 - 1);
    std::nth_element(times.begin(), rank, times.begin() + static_cast<std::ptrdiff_t>(size));
    return *rank;
  };
  view.p50_us = percentile(50);
  view.p99_us = percentile(99);
  return view;
}

}  // namespace sqlcast::log
