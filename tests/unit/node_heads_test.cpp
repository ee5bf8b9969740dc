// Goal: whatever the two heads of a node say, what is done is what decision 0033 says. Pure.
#include "node/heads.h"

#include <catch2/catch.hpp>

#include "node/log_tail.h"
#include "proto/entry.h"

using namespace sqlcast;
using node::decide_database;
using node::decide_log;
using node::Decision;
using node::Heads;
using node::LogTail;
using Step = node::Decision::Step;

namespace {

const Hash kOurs = proto::genesis_hash("a cluster");
const Hash kOther = proto::genesis_hash("another one");
const Hash kSome = proto::genesis_hash("of some group");

Heads heads_of(Sequence log, Sequence database, bool common) {
  Heads heads;
  heads.log = Heads::Log{kOurs, {1, log, log == 0 ? kOurs : kSome}};
  if (database > 0) heads.database = {1, database, kSome};
  if (log == 0 && database > 0) heads.tail = storage::TailStart{1, kOurs};
  heads.common = common;
  return heads;
}

}  // namespace

TEST_CASE("heads: without a log and without data a node waits, or begins the log of a new cluster", "[node]") {
  CHECK(decide_log({}, std::nullopt).step == Step::nothing);
  const Decision decision = decide_log({}, kOurs);
  CHECK(decision.step == Step::begin_log);
  CHECK(decision.begin_with == kOurs);
}

TEST_CASE("heads: a log that has no file begins with what the database has, when that is all of it", "[node]") {
  Heads heads;
  heads.database = {1, 9, kSome};
  heads.tail = storage::TailStart{1, kOurs};
  const Decision decision = decide_log(heads, kOther);
  CHECK(decision.step == Step::begin_log);
  CHECK(decision.begin_with == kOurs);
  heads.tail = storage::TailStart{4, kSome};
  const Decision refused = decide_log(heads, kOther);
  CHECK(refused.step == Step::refuse);
  CHECK(refused.why.code == Code::io);
  CHECK(refused.why.message.find("begins with entry 4") != std::string::npos);
}

TEST_CASE("heads: the longer one gives the other what it lacks", "[node]") {
  for (const Heads& heads :
       {heads_of(0, 0, false), heads_of(5, 5, true), heads_of(5, 3, true), heads_of(5, 0, false)}) {
    CHECK(decide_log(heads, kOther).step == Step::nothing);
    CHECK(decide_database(heads).ok());
  }
  CHECK(decide_log(heads_of(3, 5, true), kOther).step == Step::complete_log);
  CHECK(decide_log(heads_of(0, 5, false), kOther).step == Step::complete_log);
}

TEST_CASE("heads: what does not continue the other is refused, whichever is longer", "[node]") {
  std::vector<Heads> forks = {heads_of(5, 5, false), heads_of(5, 3, false), heads_of(3, 5, false)};
  Heads& of_another_cluster = forks.emplace_back(heads_of(0, 5, false));
  of_another_cluster.tail->previous_hash = kOther;
  Heads& begins_later = forks.emplace_back(heads_of(0, 5, false));
  begins_later.tail->first = 3;
  for (const Heads& heads : forks) {
    const Decision decision = decide_log(heads, kOurs);
    CHECK(decision.step == Step::refuse);
    CHECK(decision.why.code == Code::diverged);
    CHECK(decision.why.message.find("log ends at entry " + std::to_string(heads.log->end.sequence)) !=
          std::string::npos);
    CHECK(decision.why.message.find("database at entry " + std::to_string(heads.database.sequence)) !=
          std::string::npos);
  }
}

TEST_CASE("heads: a database that is nowhere in the log, whichever is longer, gets nothing from it", "[node]") {
  for (const Heads& heads : {heads_of(5, 5, false), heads_of(5, 3, false)}) {
    const Status refused = decide_database(heads);
    CHECK(refused.code == Code::diverged);
    CHECK(refused.message.find("of another history") != std::string::npos);
  }
  Heads without_log = heads_of(0, 2, true);
  without_log.log.reset();
  for (const Heads& heads : {heads_of(3, 5, true), heads_of(3, 5, false), heads_of(0, 5, true), without_log}) {
    const Status refused = decide_database(heads);
    CHECK(refused.code == Code::diverged);
    CHECK(refused.message.find("its data was exchanged; restart the node") != std::string::npos);
  }
  CHECK(decide_database({}).ok());
}

TEST_CASE("log tail: the newest groups stay, and whatever is not durable", "[node]") {
  LogTail tail(2);
  for (Sequence last = 1; last < 10; ++last) CHECK_FALSE(tail.committed(last, last));
  CHECK(tail.committed(10, 9) == Sequence{2});  // four times two stay
  CHECK_FALSE(tail.committed(11, 3));
  CHECK_FALSE(tail.committed(12, 3));  // up to 4 it would be
  CHECK_FALSE(tail.committed(13, 12));
  CHECK(tail.committed(14, 12) == Sequence{4});
}

TEST_CASE("log tail: what the database has lost and got again does not count twice", "[node]") {
  LogTail tail(2);
  for (Sequence last = 1; last < 10; ++last) CHECK_FALSE(tail.committed(last, 9));
  for (Sequence last = 4; last < 11; ++last) CHECK_FALSE(tail.committed(last, 10));  // its ends: 2 5 7 9
  CHECK(tail.committed(11, 11) == Sequence{2});
  CHECK_FALSE(tail.committed(12, 12));
  CHECK(tail.committed(13, 13) == Sequence{5});
}
