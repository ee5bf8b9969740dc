#include "net/turns.h"

namespace sqlcast::net {

bool Turns::take() {
  MutexLock lock(mutex_);
  ++waiting_;
  unsigned quiet = 0;
  std::uint64_t seen = begun_;
  while (!closed_) {
    if (!held_ || (long_ && Clock::now() - since_ >= kMoment)) {
      held_ = true;
      long_ = false;
      ++turn_;
      --waiting_;
      return true;
    }
    quiet = begun_ == seen && !long_ ? quiet + 1 : 0;
    seen = begun_;
    if (quiet < kQuietLooks) {
      changed_.wait_for(lock, kMoment);
    } else {
      asleep_ = true;
      changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return closed_ || !held_ || !asleep_; });
      asleep_ = false;
      quiet = 0;
    }
  }
  --waiting_;
  return false;
}

std::uint64_t Turns::begin_long() {
  const MutexLock lock(mutex_);
  if (waiting_ == 0) return 0;
  long_ = true;
  ++begun_;
  since_ = Clock::now();
  if (asleep_) {
    asleep_ = false;
    changed_.notify_all();
  }
  return turn_;
}

bool Turns::end_long(std::uint64_t turn) {
  const MutexLock lock(mutex_);
  if (turn != turn_) return false;
  long_ = false;
  return true;
}

void Turns::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  held_ = false;
  changed_.notify_all();
}

}  // namespace sqlcast::net
