// Goal: the time of entries follows the clock, and never goes back a little. Method: pure calls, times by hand.
#include "master/imposed_time.h"

using namespace sqlcast;
using namespace sqlcast::master;

TEST_CASE("imposed time: follows the clock, and does not show its small steps back") {
  ImposedTime time;
  CHECK(time.next(1'000'000).time_us == 1'000'000);
  CHECK(time.next(3'000'000).time_us == 3'000'000);
  const ImposedTime::Step held = time.next(2'500'000);
  CHECK(held.time_us == 3'000'000);
  CHECK(held.back_us == 0);
  CHECK(time.next(3'000'001).time_us == 3'000'001);
}

TEST_CASE("imposed time: after a clock that was far ahead it comes back, and says so once") {
  constexpr std::uint64_t kHour = 3'600'000'000U;
  ImposedTime time;
  CHECK(time.next(10 * kHour).time_us == 10 * kHour);
  CHECK(time.next(19 * kHour).time_us == 19 * kHour);
  const ImposedTime::Step back = time.next(10 * kHour + 7);
  CHECK(back.time_us == 10 * kHour + 7);
  CHECK(back.back_us == 9 * kHour - 7);
  const ImposedTime::Step on = time.next(10 * kHour + 8);
  CHECK(on.time_us == 10 * kHour + 8);
  CHECK(on.back_us == 0);
}

TEST_CASE("imposed time: a log that ends in the future does not stop time after a restart") {
  constexpr std::uint64_t kYear = 31'536'000'000'000U;
  ImposedTime time;
  time.continue_from(80 * kYear);
  const ImposedTime::Step step = time.next(56 * kYear);
  CHECK(step.time_us == 56 * kYear);
  CHECK(step.back_us == 24 * kYear);
  // What is only a little ahead is kept: no entry is older than the one before it.
  ImposedTime near;
  near.continue_from(1'000'000 + ImposedTime::kMostAheadUs);
  CHECK(near.next(1'000'000).time_us == 1'000'000 + ImposedTime::kMostAheadUs);
}
