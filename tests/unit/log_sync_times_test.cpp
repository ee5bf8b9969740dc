// Goal: the percentiles are those of the newest syncs, and the writer counts each of its syncs. Method: times by hand,
// beside a sorted copy; a writer on a file system in memory.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "log/sync_times.h"
#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;
using namespace std::chrono_literals;

TEST_CASE("log: sync times are the nearest ranks of the newest syncs", "[log]") {
  SyncTimes times;
  CHECK(times.view().count == 0);
  CHECK(times.view().p99_us == 0);
  times.add(7us);
  CHECK(times.view().p50_us == 7);
  CHECK(times.view().p99_us == 7);
  SyncTimes hundred;
  for (int i = 100; i >= 1; --i) hundred.add(std::chrono::microseconds(i));
  CHECK(hundred.view().count == 100);
  CHECK(hundred.view().p50_us == 50);
  CHECK(hundred.view().p99_us == 99);
  hundred.add(-1s);  // no clock's
  hundred.add(24h);  // more than is kept
  CHECK(hundred.view().p50_us == 50);
  CHECK(hundred.view().p99_us == 100);

  std::deque<std::uint64_t> newest;
  std::mt19937 random(1);
  for (int i = 1; i <= 5'000; ++i) {
    const std::uint64_t us = random() % (i < 2'500 ? 1'000'000 : 1'000);
    times.add(std::chrono::microseconds(us));
    newest.push_back(us);
    if (newest.size() > SyncTimes::kKept) newest.pop_front();
    if (i % 500 != 0 || newest.size() < SyncTimes::kKept) continue;
    std::deque<std::uint64_t> sorted = newest;
    std::sort(sorted.begin(), sorted.end());
    CHECK(times.view().p50_us == sorted[511]);
    CHECK(times.view().p99_us == sorted[1'013]);
  }
}

TEST_CASE("log: each sync of the disk counts, what needs none does not", "[log]") {
  TestLog log;
  const std::uint64_t before = log.writer->sync_times().count;
  REQUIRE(log.group("a", "A").ok());
  REQUIRE(log.writer->sync().ok());
  CHECK(log.writer->sync_times().count == before + 1);
  REQUIRE(log.writer->sync().ok());  // nothing is new
  CHECK(log.writer->sync_times().count == before + 1);
}
