// LogFollower: puts live groups and groups read from a log into one stream without holes or repeats.
//
// Live groups come in order but may be missing; a beacon tells when the last one is. What is missing is asked for
// from the log; live groups meanwhile are kept, up to a bound, and read from the log too beyond it.
// Pure: time comes in. Owned by one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/types.h"
#include "client/endpoint_set.h"
#include "proto/entry.h"

namespace sqlcast::client {

class LogFollower {
 public:
  static constexpr std::size_t kMostKept = 1'000;             // live groups kept while the log is read
  static constexpr std::chrono::milliseconds kPatience{300};  // before a head that we have not seen counts as lost
  static constexpr std::chrono::milliseconds kRetry{500};     // after a log read that failed or gave nothing

  // read_first: what is before the first live group is wanted from the log, at once.
  LogFollower(Sequence first, bool read_first) : first_(first), next_(first), behind_(read_first) {}

  void live(proto::Group group, TimePoint now);
  void head(Sequence sequence, TimePoint now);  // of a beacon
  void log(std::vector<proto::Group> groups, Sequence head, TimePoint now);
  void log_failed(TimePoint now) { not_before_ = now + kRetry; }

  // Ask for the log after next() - 1, now.
  bool wants_log(TimePoint now) const;

  Sequence first_wanted() const { return first_; }
  Sequence next() const { return next_; }  // first sequence not handed out

  // The next group in order, each once. The first may begin before first_wanted().
  std::optional<proto::Group> take();

 private:
  void accept(proto::Group group);
  void join_kept();

  const Sequence first_;
  Sequence next_;
  bool behind_;                       // known to lack something that a log has
  std::optional<TimePoint> missing_;  // since when a beacon has been ahead of us
  TimePoint not_before_{};
  std::map<Sequence, proto::Group> kept_;
  std::deque<proto::Group> ready_;
};

}  // namespace sqlcast::client
