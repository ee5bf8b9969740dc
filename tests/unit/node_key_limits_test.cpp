// Goal: one key never has more of a node than its part, another one is not held back by it, and what it gives back it
// has again. Method: the limits alone, at times of the test's choice.
#include "node/key_limits.h"

#include <catch2/catch.hpp>

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

config::Limits limits_of(std::uint32_t requests, std::uint64_t memory, std::uint32_t rate, std::uint32_t burst) {
  config::Limits limits;
  limits.key_requests = requests;
  limits.key_memory = memory;
  limits.key_rate = rate;
  limits.key_burst = burst;
  return limits;
}

const KeyLimits::Clock::time_point kNow{100h};

}  // namespace

TEST_CASE("key limits: one request too many is busy, for its key alone, until one of its own is over") {
  KeyLimits limits(limits_of(2, 1000, 0, 1));
  auto first = limits.enter("app", true, false, kNow);
  const auto second = limits.enter("app", true, false, kNow);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  const auto third = limits.enter("app", true, false, kNow);
  CHECK(third.status().code == Code::busy);
  CHECK(third.status().retry_after_ms > 0);
  CHECK_THAT(third.status().message, Contains("'app'") && Contains("limits.key_requests"));
  CHECK(limits.enter("web", true, false, kNow).ok());
  // What gives room back needs none.
  CHECK(limits.enter("app", true, true, kNow).ok());
  first->reset();
  CHECK(limits.enter("app", true, false, kNow).ok());
}

TEST_CASE("key limits: bytes are those of all of a key's requests, and one alone has as many as it likes") {
  KeyLimits limits(limits_of(10, 1000, 0, 1));
  const auto first = limits.enter("app", true, false, kNow).value();
  const auto second = limits.enter("app", true, false, kNow).value();
  CHECK(limits.hold(*first, "app", 5'000).ok());
  CHECK(limits.hold(*first, "app", 900).ok());  // what it was said to hold before does not count
  CHECK(limits.hold(*second, "app", 100).ok());
  const Status status = limits.hold(*second, "app", 101);
  CHECK(status.code == Code::busy);
  CHECK_THAT(status.message, Contains("limits.key_memory"));
  auto other = limits.enter("web", true, false, kNow).value();
  CHECK(limits.hold(*other, "web", 999).ok());
}

TEST_CASE("key limits: so many at once, then so many a second; a node's reports are not counted") {
  KeyLimits limits(limits_of(1'000, 1000, 10, 3));
  std::vector<KeyLimits::Held> held;
  const auto taken = [&](int tries, KeyLimits::Clock::time_point at, bool rated) {
    int count = 0;
    for (int i = 0; i < tries; ++i)
      if (auto one = limits.enter("app", rated, false, at); one.ok()) {
        held.push_back(*one);
        ++count;
      }
    return count;
  };
  CHECK(taken(10, kNow, true) == 3);
  const auto refused = limits.enter("app", true, false, kNow);
  CHECK(refused.status().code == Code::busy);
  CHECK_THAT(refused.status().message, Contains("limits.key_rate"));
  CHECK(refused.status().retry_after_ms >= 100);
  CHECK(taken(10, kNow, false) == 10);
  CHECK(taken(10, kNow + 250ms, true) == 2);
  CHECK(taken(10, kNow + 200ms, true) == 0);  // an earlier time, of another thread
  CHECK(taken(10, kNow + 1h, true) == 3);
}

TEST_CASE("key limits: names that come and go leave nothing behind, and tickets may outlive the limits") {
  KeyLimits::Held last;
  {
    KeyLimits limits(limits_of(1, 1000, 0, 1));
    for (int i = 0; i < 10'000; ++i) {
      auto one = limits.enter("key-" + std::to_string(i), true, false, kNow);
      REQUIRE(one.ok());
      last = *one;
    }
    CHECK_FALSE(limits.enter("key-9999", true, false, kNow).ok());
  }
  last.reset();
}
