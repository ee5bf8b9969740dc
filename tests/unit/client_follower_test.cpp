// Goal: tail gives every sequence once and in order, whatever PUB loses. Method: made-up groups and time.
#include "client/log_follower.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace std::chrono_literals;

namespace {

const TimePoint kStart{std::chrono::hours(1)};

proto::Group group(Sequence first, Sequence last) {
  proto::Group result;
  result.first = first;
  result.last = last;
  return result;
}

std::vector<Sequence> taken(LogFollower& follower) {
  std::vector<Sequence> firsts;
  while (auto next = follower.take()) firsts.push_back(next->first);
  return firsts;
}

}  // namespace

TEST_CASE("log follower: live groups in order pass through, repeats do not") {
  LogFollower follower(5, false);
  follower.live(group(3, 4), kStart);
  follower.live(group(5, 6), kStart);
  follower.live(group(5, 6), kStart);
  follower.live(group(7, 7), kStart);
  CHECK(taken(follower) == std::vector<Sequence>{5, 7});
  CHECK_FALSE(follower.wants_log(kStart));
}

TEST_CASE("log follower: a gap is filled from the log, and what came meanwhile follows it") {
  LogFollower follower(1, false);
  follower.live(group(1, 1), kStart);
  follower.live(group(4, 5), kStart);
  follower.live(group(6, 6), kStart);
  CHECK(taken(follower) == std::vector<Sequence>{1});
  CHECK(follower.wants_log(kStart));
  CHECK(follower.next() == 2);
  follower.log({group(2, 2), group(3, 3)}, 6, kStart);
  CHECK(taken(follower) == std::vector<Sequence>{2, 3, 4, 6});
  CHECK_FALSE(follower.wants_log(kStart));
}

TEST_CASE("log follower: a beacon reveals a lost last group, after a moment's patience") {
  LogFollower follower(3, false);
  follower.head(3, kStart);
  CHECK_FALSE(follower.wants_log(kStart));
  follower.head(3, kStart + 400ms);
  CHECK(follower.wants_log(kStart + 400ms));
  follower.log({group(3, 3)}, 3, kStart + 400ms);
  CHECK(taken(follower) == std::vector<Sequence>{3});
  CHECK_FALSE(follower.wants_log(kStart + 10s));
}

TEST_CASE("log follower: from the past, it reads on until the log's head") {
  LogFollower follower(1, true);
  CHECK(follower.wants_log(kStart));
  follower.log({group(1, 10)}, 20, kStart);
  CHECK(follower.wants_log(kStart));
  follower.log({group(11, 20)}, 20, kStart);
  CHECK_FALSE(follower.wants_log(kStart));
  CHECK(taken(follower) == std::vector<Sequence>{1, 11});
}

TEST_CASE("log follower: a log that gives nothing or fails is asked again after a pause") {
  LogFollower follower(1, true);
  follower.log({}, 5, kStart);
  CHECK_FALSE(follower.wants_log(kStart));
  CHECK(follower.wants_log(kStart + 1s));
  follower.log_failed(kStart + 1s);
  CHECK_FALSE(follower.wants_log(kStart + 1s));
  CHECK(follower.wants_log(kStart + 2s));
}

TEST_CASE("log follower: what is kept during a gap is bounded, and still comes") {
  LogFollower follower(1, false);
  for (Sequence sequence = 10; sequence < 10 + 2 * LogFollower::kMostKept; ++sequence)
    follower.live(group(sequence, sequence), kStart);
  std::vector<proto::Group> log;
  for (Sequence sequence = 1; sequence < 10; ++sequence) log.push_back(group(sequence, sequence));
  const Sequence head = 9 + 2 * LogFollower::kMostKept;
  follower.log(std::move(log), head, kStart);
  CHECK(taken(follower).size() == 9 + LogFollower::kMostKept);
  CHECK(follower.wants_log(kStart));
}
