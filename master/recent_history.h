// RecentHistory: where the newest groups of the master's log end, to tell whether a position that a slave reports is
// really one of this log. Thread-safe. Does not block.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "base/mutex.h"
#include "base/types.h"

namespace sqlcast::master {

class RecentHistory {
 public:
  // In order; only the newest are kept.
  void add(Sequence last, const Hash& hash);

  // Whether a group of the log ends at `sequence` with this hash (hex). False also for one that is no longer kept: so
  // far back nobody is asked for an ack. The beginning, 0, is everybody's.
  bool holds(Sequence sequence, const std::string& hash) const;

 private:
  struct End {
    Sequence last;
    Hash hash;
  };
  static constexpr std::size_t kGroups = 65'536;
  mutable Mutex mutex_;
  std::deque<End> ends_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::master
