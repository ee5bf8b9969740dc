// Goal: rates are over their window. Method: pure calls, times by hand.
#include "node/counters.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

TEST_CASE("rate: events a second over the last five seconds") {
  Rate rate;
  const Rate::Clock::time_point start{1h};
  CHECK(rate.per_second(start) == 0.0);
  for (int i = 0; i < 50; ++i) rate.add(10, start + i * 100ms);
  CHECK(rate.per_second(start + 4900ms) == Approx(100.0));
  CHECK(rate.per_second(start + 20s) == 0.0);
}
