// SparseIndex: where in the files some of the groups end, so that a reader need not walk a file from its beginning.
// Filled by who walks the log anyway; bounded; losing it costs time alone. Any thread. Does not block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "base/types.h"

namespace sqlcast::log {

class SparseIndex {
 public:
  struct Point {
    Sequence file = 0;         // first sequence of the file
    std::uint64_t offset = 0;  // in it, behind the group
    Position position;         // the end of the group
  };

  // Kept when it is far enough from the points that are there. Only of groups that will never be void.
  void note(const Point& point) SQLCAST_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto after = points_.lower_bound(point.position.sequence);
    if (after != points_.end() && near(after->second, point)) return;
    if (after != points_.begin() && near(std::prev(after)->second, point)) return;
    points_.insert_or_assign(point.position.sequence, point);
    if (points_.size() <= kMostPoints) return;
    spacing_ *= 2;
    for (auto each = points_.begin(); each != points_.end();) {
      each = points_.erase(each);
      if (each != points_.end()) ++each;
    }
  }

  // A file was written anew.
  void clear() SQLCAST_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    points_.clear();
  }

  // The last point in that file that is not behind the end of `after`.
  std::optional<Point> before(Sequence file, Sequence after) const SQLCAST_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    auto found = points_.upper_bound(after);
    if (found == points_.begin()) return std::nullopt;
    --found;
    if (found->second.file != file) return std::nullopt;
    return found->second;
  }

 private:
  static constexpr std::size_t kMostPoints = 16384;  // 2 MiB
  bool near(const Point& one, const Point& other) const SQLCAST_REQUIRES(mutex_) {
    const std::uint64_t apart = one.offset > other.offset ? one.offset - other.offset : other.offset - one.offset;
    return one.file == other.file && apart < spacing_;
  }

  mutable Mutex mutex_;
  std::uint64_t spacing_ SQLCAST_GUARDED_BY(mutex_) = 64U << 10U;
  std::map<Sequence, Point> points_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::log
