#include "master/recent_history.h"

#include <algorithm>

#include "base/mutex.h"

namespace sqlcast::master {

void RecentHistory::add(Sequence last, const Hash& hash) {
  const MutexLock lock(mutex_);
  if (ends_.size() == kGroups) ends_.pop_front();
  ends_.push_back({last, hash});
}

bool RecentHistory::holds(Sequence sequence, const std::string& hash) const {
  if (sequence == 0) return true;
  const MutexLock lock(mutex_);
  const auto end = std::lower_bound(ends_.begin(), ends_.end(), sequence,
                                    [](const End& one, Sequence wanted) { return one.last < wanted; });
  return end != ends_.end() && end->last == sequence && to_hex(end->hash) == hash;
}

}  // namespace sqlcast::master
