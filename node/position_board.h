// PositionBoard: what this node has applied, and who waits for it to have applied more.
//
// The thread that commits (sequencer or applier) posts; reads with `after` park here instead of holding a reader.
// Thread-safe. Does not block. Callbacks run on the posting or ticking thread and must be quick.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <vector>

#include "base/mutex.h"
#include "base/types.h"

namespace sqlcast::node {

class PositionBoard {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Wait {
    reached,
    too_late,  // the deadline came first
    beyond,    // nobody has such an entry: the log ends before it, at end_of_log()
  };
  using Ready = std::function<void(Wait)>;

  Position position() const {
    const MutexLock lock(mutex_);
    return position_;
  }

  void post(const Position& position);

  // The hash that the log's chain begins with, which no other cluster has; hex, empty while it is not known.
  void begin(const Hash& cluster) {
    const MutexLock lock(mutex_);
    cluster_ = to_hex(cluster);
  }
  std::string cluster() const {
    const MutexLock lock(mutex_);
    return cluster_;
  }

  // Calls `ready` once: at once when the node is there already. False, and no call, when too many wait.
  bool when_reached(Sequence sequence, Clock::time_point deadline, Ready ready);

  // The master's log ended at `end` when it was asked at `asked`: lets those go who have waited since before for an
  // entry beyond. Whoever told of that entry knew another history.
  void give_up_beyond(const Position& end, Clock::time_point asked);
  Position end_of_log() const {
    const MutexLock lock(mutex_);
    return end_;
  }

  // Lets those go whose time is over. Call several times a second.
  void tick(Clock::time_point now);

 private:
  struct Waiter {
    Clock::time_point since;
    Clock::time_point deadline;
    Ready ready;
  };
  static constexpr std::size_t kMaxWaiters = 10'000;

  mutable Mutex mutex_;
  Position position_ SQLCAST_GUARDED_BY(mutex_);
  Position end_ SQLCAST_GUARDED_BY(mutex_);  // of the master's log, as of the last give_up_beyond()
  std::string cluster_ SQLCAST_GUARDED_BY(mutex_);
  std::multimap<Sequence, Waiter> waiters_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
