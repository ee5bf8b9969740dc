// Goal: files go from the front only, for a reason, and never one that is needed; whatever fails or crashes while they
// go, what is left is a log. Method: the decider on tables of files; the trimmer on a file system that crashes.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "log/retention.h"
#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

TEST_CASE("log retention: age and size let files go, the node and its slaves hold them", "[log]") {
  // Four files of ten entries and 100 bytes; each was begun 10 later than the one before.
  const std::vector<LogFileInfo> files = {{1, 100, 0}, {11, 100, 10}, {21, 100, 20}, {31, 100, 30}};
  RetentionRules rules;
  RetentionFacts facts;
  facts.now_us = 35;
  facts.own = 40;
  const auto count = [&] { return plan_trim(files, rules, facts).files; };
  CHECK(count() == 0);  // no reason
  rules.max_age_us = 14;
  CHECK(count() == 2);  // the last group of the third is 5 old
  rules.max_age_us = 1;
  CHECK(count() == 3);  // never the last
  rules = {};
  rules.max_bytes = 250;
  CHECK(count() == 2);
  rules.max_bytes = 1;
  CHECK(count() == 3);
  facts.own = 20;
  CHECK(count() == 2);
  facts.own = 19;
  CHECK(count() == 1);
  facts.own = 40;
  facts.slaves = {{"a", 40, 35}, {"b", 12, 30}};
  CHECK(count() == 1);
  rules.hold_us = 4;
  CHECK(count() == 3);  // it has not reported for 5
  rules.hold_us = 0;
  rules.hold_bytes = 300;
  CHECK(count() == 1);
  rules.hold_bytes = 299;
  CHECK(count() == 2);  // 300 bytes are too many to hold, 200 are not
  facts.now_us = 0;     // the clock went back
  rules = {};
  rules.max_age_us = 1;
  facts.slaves.clear();
  CHECK(count() == 0);
  CHECK(plan_trim({}, rules, facts).files == 0);
}

TEST_CASE("log retention: whoever needs most of what is due holds the log back, and nobody does when nothing is due",
          "[log]") {
  const std::vector<LogFileInfo> files = {{1, 100, 0}, {11, 100, 10}, {21, 100, 20}, {31, 100, 30}};
  RetentionRules rules;
  RetentionFacts facts;
  facts.now_us = 35;
  facts.own = 40;
  facts.slaves = {{"a", 5, 35}, {"b", 3, 25}, {"c", 40, 35}};
  const auto held_by = [&] { return plan_trim(files, rules, facts).held_by; };
  CHECK(held_by() == std::nullopt);  // nothing is due
  rules.max_bytes = 250;
  CHECK(held_by() == Holder{"b", 3});
  rules.hold_us = 9;  // b has not reported for 10
  CHECK(held_by() == Holder{"a", 5});
  facts.slaves[0].has = 20;
  CHECK(held_by() == std::nullopt);  // two files go, the third is not due
  CHECK(plan_trim(files, rules, facts).files == 2);
  facts.slaves[0].has = 19;
  CHECK(held_by() == Holder{"a", 19});
  CHECK(plan_trim(files, rules, facts).files == 1);
  facts.own = 12;
  CHECK(held_by() == Holder{"", 12});
  rules.hold_bytes = 100;  // so much no slave may hold; the node's own database always does
  CHECK(held_by() == Holder{"", 12});
  facts.own = 40;
  CHECK(held_by() == std::nullopt);
  rules = {};
  rules.max_age_us = 24;
  facts.slaves[0].has = 0;
  CHECK(held_by() == Holder{"a", 0});
}

TEST_CASE("log retention: what was removed is gone for good, a dry run only says so", "[log]") {
  const auto fill = [](TestLog& log) {
    for (unsigned i = 0; i < 6; ++i) REQUIRE(log.group(std::string(100, 'a'), "E").ok());
    REQUIRE(log.files().size() == 6);
  };
  RetentionRules rules;
  rules.max_bytes = 1;
  RetentionFacts facts;
  facts.own = 4;
  TestLog dry(kHeaderBytes + 200);
  fill(dry);
  const auto said = trim_log(dry.system, kFolder, cluster_hash(), rules, facts, true);
  REQUIRE(said.ok());
  CHECK(dry.files().size() == 6);
  for (std::uint64_t k = 1; k <= 9; ++k) {
    TestLog log(kHeaderBytes + 200);
    fill(log);
    REQUIRE(log.writer->sync().ok());
    const Position end = log.writer->durable().end;
    log.system.calls = 0;
    log.system.plan = [&](std::uint64_t number, Call) { return number == k ? Fault::io_error : Fault::none; };
    const auto trimmed = trim_log(log.system, kFolder, cluster_hash(), rules, facts, false);
    CHECK(trimmed.ok() == (k == 9));
    if (trimmed.ok()) CHECK(trimmed->removed == said->removed);
    if (trimmed.ok()) CHECK(trimmed->bytes == said->bytes);
    if (trimmed.ok()) CHECK(trimmed->last == 4);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed);
      log.writer.reset();
      log.system.crash(random);
      const OpenedLog opened = log.reopen();
      REQUIRE(opened.end == end);
      REQUIRE(opened.first <= 5);
      if (trimmed.ok()) REQUIRE(opened.first == 5);
      REQUIRE(log.read(end, opened.first - 1).ok());
      CHECK(has(log.read(end, 0).status(), "begins at entry") == (opened.first > 1));
    }
  }
}
