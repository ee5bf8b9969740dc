// ReadBatch: several small reads that share one round trip to the database, of one reader. They run one after the
// other; should one of them take its time after all, those behind it are taken away, for another reader. Thread-safe.
// Does not block.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/mutex.h"
#include "node/reads_under_way.h"

namespace sqlcast::node {

class ReadBatch {
 public:
  using Clock = ReadJob::Clock;
  static constexpr std::chrono::milliseconds kPatience{50};

  explicit ReadBatch(std::vector<ReadJob> jobs) : jobs_(std::move(jobs)), since_(Clock::now()) {}

  // The reader's. The job in hand is its own until the next is.
  const ReadJob& job(std::size_t index) const SQLCAST_NOT_ANALYSED { return jobs_[index]; }  // only its end is cut off
  std::size_t size() const {
    const MutexLock lock(mutex_);
    return jobs_.size();
  }
  // The next is in hand; false: there is none, or none is left.
  bool advance() {
    const MutexLock lock(mutex_);
    since_ = Clock::now();
    return ++at_ < jobs_.size();
  }
  std::size_t at() const {
    const MutexLock lock(mutex_);
    return at_;
  }

  // Those behind the one in hand, when it has taken too long by `now`.
  std::vector<ReadJob> take_away(Clock::time_point now) {
    const MutexLock lock(mutex_);
    if (now - since_ < kPatience || at_ + 1 >= jobs_.size()) return {};
    const auto first = jobs_.begin() + static_cast<std::ptrdiff_t>(at_ + 1);
    std::vector<ReadJob> taken(std::make_move_iterator(first), std::make_move_iterator(jobs_.end()));
    jobs_.erase(first, jobs_.end());
    return taken;
  }

 private:
  mutable Mutex mutex_;
  std::vector<ReadJob> jobs_ SQLCAST_GUARDED_BY(mutex_);
  std::size_t at_ SQLCAST_GUARDED_BY(mutex_) = 0;
  Clock::time_point since_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
