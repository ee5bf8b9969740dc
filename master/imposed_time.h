// ImposedTime: the time that the statements of a group are given. It follows the clock, and small steps back of the
// clock, as time services make them, do not show. A time that lies further ahead of the clock than they go came from a
// clock that was wrong then: it is not held on to, or one jump forward would stop time for as long as it was wide.
// Pure. Belongs to one thread. Does not block.
// Why so: docs/decisions/0022-imposed-context.md.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sqlcast::master {

class ImposedTime {
 public:
  static constexpr std::uint64_t kMostAheadUs = 5'000'000;

  struct Step {
    std::uint64_t time_us = 0;
    std::uint64_t back_us = 0;  // of the time before, when it was given up; said once a step
  };

  // For the next group; all times in microseconds since 1970 UTC.
  Step next(std::uint64_t clock_us) {
    Step step{std::max(clock_us, last_us_), 0};
    if (step.time_us - clock_us > kMostAheadUs) step = {clock_us, last_us_ - clock_us};
    last_us_ = step.time_us;
    return step;
  }

  // The log's last entry has this time.
  void continue_from(std::uint64_t time_us) { last_us_ = time_us; }

 private:
  std::uint64_t last_us_ = 0;
};

}  // namespace sqlcast::master
