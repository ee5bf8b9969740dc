#include "node/position_board.h"

namespace sqlcast::node {

void PositionBoard::post(const Position& position) {
  std::vector<Ready> ready;
  {
    const std::lock_guard lock(mutex_);
    position_ = position;
    const auto end = waiters_.upper_bound(position.sequence);
    for (auto it = waiters_.begin(); it != end; ++it) ready.push_back(std::move(it->second.ready));
    waiters_.erase(waiters_.begin(), end);
  }
  for (const Ready& call : ready) call(true);
}

bool PositionBoard::when_reached(Sequence sequence, Clock::time_point deadline, Ready ready) {
  {
    const std::lock_guard lock(mutex_);
    if (position_.sequence < sequence) {
      if (waiters_.size() >= kMaxWaiters) return false;
      waiters_.emplace(sequence, Waiter{deadline, std::move(ready)});
      return true;
    }
  }
  ready(true);
  return true;
}

void PositionBoard::tick(Clock::time_point now) {
  std::vector<Ready> late;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      late.push_back(std::move(it->second.ready));
      it = waiters_.erase(it);
    }
  }
  for (const Ready& call : late) call(false);
}

}  // namespace sqlcast::node
