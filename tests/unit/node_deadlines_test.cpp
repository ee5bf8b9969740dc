// Goal: who waits for what has no end of its own is answered once, when his time is over, and forgotten when he has
// been answered. Method: a clock of the test's own.
#include "node/deadlines.h"

#include <vector>

using namespace sqlcast::node;
using namespace std::chrono_literals;

namespace {

Caller numbered(std::uint64_t exchange) {
  Caller caller;
  caller.exchange = exchange;
  return caller;
}

// Those who are answered at `now`, as the front door answers: nobody twice.
std::vector<std::uint64_t> answered(Deadlines& deadlines, Deadlines::Clock::time_point now) {
  std::vector<std::uint64_t> exchanges;
  deadlines.tick(now, [&](const Caller& caller) {
    if (caller.take()) exchanges.push_back(caller.exchange);
  });
  return exchanges;
}

using Exchanges = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("deadlines: a caller is answered when his time is over, once, and what he asked for is not begun then") {
  Deadlines deadlines;
  const auto start = Deadlines::Clock::now();
  const Caller early = deadlines.enter(numbered(1), start + 1s);
  const Caller late = deadlines.enter(numbered(2), start + 3s);
  CHECK(answered(deadlines, start).empty());
  CHECK(early.begin());  // under way: that keeps nobody from being answered
  CHECK(answered(deadlines, start + 2s) == Exchanges{1});
  CHECK(answered(deadlines, start + 2s).empty());
  CHECK_FALSE(early.take());
  CHECK_FALSE(early.begin());
  CHECK(late.begin());
  CHECK(answered(deadlines, Deadlines::Clock::time_point::max()) == Exchanges{2});
}

TEST_CASE("deadlines: who has had an answer, or is gone, is not answered") {
  Deadlines deadlines;
  const auto start = Deadlines::Clock::now();
  const Caller caller = deadlines.enter(numbered(1), start);
  CHECK(caller.take());
  (void)deadlines.enter(numbered(2), start);
  CHECK(answered(deadlines, start + 1s).empty());
}
