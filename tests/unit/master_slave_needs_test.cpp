// Goal: what the machine's clock does lets no file go that a slave still needs. Method: pure calls, times by hand.
#include "master/slave_needs.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kDayUs = 86'400'000'000;
constexpr std::uint64_t kNowUs = 20'000 * kDayUs;

}  // namespace

TEST_CASE("slave needs: as last reported, and all of the log by who has not reported yet") {
  SlaveNeeds needs;
  const SlaveNeeds::Clock::time_point start = SlaveNeeds::Clock::now();
  needs.note("a", 10, start + 1s);
  needs.note("a", 12, start + 4s);
  needs.note("gone", 1, start + 1s);
  CHECK(needs.has("a", 12));
  CHECK_FALSE(needs.has("a", 10));
  CHECK_FALSE(needs.has("b", 0));
  const std::vector<log::SlaveNeed> found = needs.of({"a", "b"}, start, start + 10s, kNowUs);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "a");
  CHECK(found[0].has == 12);
  CHECK(found[0].reported_us == kNowUs - 6'000'000);
  CHECK(found[1].name == "b");
  CHECK(found[1].has == 0);
  CHECK(found[1].reported_us == kNowUs - 10'000'000);
  // Of a clock that shows 1970.
  CHECK(needs.of({"a"}, start, start + 10s, 1'000'000)[0].reported_us == 0);
}

TEST_CASE("slave needs: a clock that is put right by two weeks makes nobody silent, three days without a word do") {
  const std::vector<log::LogFileInfo> files = {{1, 100, kNowUs - 2 * kDayUs}, {11, 100, kNowUs - kDayUs}};
  log::RetentionRules rules;
  rules.max_age_us = 7 * kDayUs;
  rules.hold_us = 3 * kDayUs;
  log::RetentionFacts facts;
  facts.own = 20;
  facts.now_us = kNowUs + 14 * kDayUs;  // the clock was that much behind when the node began
  SlaveNeeds needs;
  const SlaveNeeds::Clock::time_point start = SlaveNeeds::Clock::now();
  const auto files_that_go = [&](std::chrono::seconds later) {
    facts.slaves = needs.of({"slave"}, start, start + later, facts.now_us);
    return log::plan_trim(files, rules, facts).files;
  };
  CHECK(files_that_go(5s) == 0);
  needs.note("slave", 5, start + 6s);
  CHECK(files_that_go(10s) == 0);
  CHECK(files_that_go(std::chrono::hours(71)) == 0);
  CHECK(files_that_go(std::chrono::hours(73)) == 1);
  needs.note("slave", 10, start + std::chrono::hours(73));
  CHECK(files_that_go(std::chrono::hours(73)) == 1);  // it has all of that
}
