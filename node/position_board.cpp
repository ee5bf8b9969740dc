#include "node/position_board.h"

#include "base/mutex.h"

namespace sqlcast::node {

void PositionBoard::post(const Position& position) {
  std::vector<Ready> ready;
  {
    const MutexLock lock(mutex_);
    position_ = position;
    const auto end = waiters_.upper_bound(position.sequence);
    for (auto it = waiters_.begin(); it != end; ++it) ready.push_back(std::move(it->second.ready));
    waiters_.erase(waiters_.begin(), end);
  }
  for (const Ready& call : ready) call(Wait::reached);
}

bool PositionBoard::when_reached(Sequence sequence, Clock::time_point deadline, Ready ready) {
  {
    const MutexLock lock(mutex_);
    if (position_.sequence < sequence) {
      if (waiters_.size() >= kMaxWaiters) return false;
      waiters_.emplace(sequence, Waiter{Clock::now(), deadline, std::move(ready)});
      return true;
    }
  }
  ready(Wait::reached);
  return true;
}

void PositionBoard::give_up_beyond(const Position& end, Clock::time_point asked) {
  std::vector<Ready> in_vain;
  {
    const MutexLock lock(mutex_);
    end_ = end;
    for (auto it = waiters_.upper_bound(end.sequence); it != waiters_.end();) {
      if (it->second.since > asked) {
        ++it;
        continue;
      }
      in_vain.push_back(std::move(it->second.ready));
      it = waiters_.erase(it);
    }
  }
  for (const Ready& call : in_vain) call(Wait::beyond);
}

void PositionBoard::tick(Clock::time_point now) {
  std::vector<Ready> late;
  {
    const MutexLock lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      late.push_back(std::move(it->second.ready));
      it = waiters_.erase(it);
    }
  }
  for (const Ready& call : late) call(Wait::too_late);
}

}  // namespace sqlcast::node
