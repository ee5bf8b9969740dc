// Goal: who waits for slaves is told once, by enough of them or at the deadline. Method: pure calls, times by hand.
#include "master/acks.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

TEST_CASE("acks: each level waits for as many slaves as it says") {
  Acks acks;
  const Acks::Clock::time_point later = Acks::Clock::now() + 1h;
  acks.report("a", {5, 5});
  acks.report("b", {5, 5});
  acks.report("c", {5, 5});
  std::map<proto::Ack, std::vector<std::string>> done;
  for (const proto::Ack ack :
       {proto::Ack::unset, proto::Ack::local, proto::Ack::one, proto::Ack::majority, proto::Ack::all})
    acks.when_acked({ack, proto::AckFor::durable, 6}, later, [&done, ack](const Acks::Outcome& outcome) {
      CHECK(outcome.enough);
      done[ack] = outcome.acked_by;
    });
  CHECK(done.size() == 2);  // unset and local wait for nobody
  acks.report("b", {6, 6});
  CHECK(done.count(proto::Ack::one) == 1);
  CHECK(done.at(proto::Ack::one) == std::vector<std::string>{"b"});
  CHECK(done.count(proto::Ack::majority) == 0);  // two of four nodes are half
  acks.report("c", {9, 9});
  CHECK(done.count(proto::Ack::majority) == 1);
  CHECK(done.count(proto::Ack::all) == 0);
  acks.report("a", {6, 6});
  CHECK(done.count(proto::Ack::all) == 1);
}

TEST_CASE("acks: what is on disk in a slave's log is not yet applied, and counts for what was asked") {
  Acks acks;
  const Acks::Clock::time_point later = Acks::Clock::now() + 1h;
  std::map<proto::AckFor, std::vector<std::string>> done;
  acks.report("a", {5, 5});
  acks.report("b", {6, 4});
  for (const proto::AckFor what : {proto::AckFor::durable, proto::AckFor::applied})
    acks.when_acked({proto::Ack::all, what, 6}, later, [&done, what](const Acks::Outcome& outcome) {
      CHECK(outcome.enough);
      done[what] = outcome.acked_by;
    });
  CHECK(done.empty());
  acks.report("a", {7, 6});
  CHECK(done.size() == 1);
  CHECK(done.at(proto::AckFor::durable) == std::vector<std::string>{"a", "b"});
  acks.report("b", {9, 5});
  CHECK(done.size() == 1);
  acks.report("b", {9, 6});
  CHECK(done.at(proto::AckFor::applied) == std::vector<std::string>{"a", "b"});
  // One that has failed shows nothing of what it has.
  acks.report("b", {10, 0});
  acks.when_acked({proto::Ack::all, proto::AckFor::applied, 6}, Acks::Clock::now() + 1h,
                  [](const Acks::Outcome& outcome) { CHECK(outcome.missing == std::vector<std::string>{"b"}); });
  acks.tick(Acks::Clock::time_point::max());
}

TEST_CASE("acks: no more wait than can be looked after; the others are told at once") {
  Acks acks;
  acks.report("a", {1, 1});
  int told = 0;
  const auto later = Acks::Clock::now() + 1h;
  for (int i = 0; i < 10'001; ++i)
    acks.when_acked({proto::Ack::one, proto::AckFor::durable, 2}, later,
                    [&told](const Acks::Outcome& outcome) { told += outcome.enough ? 0 : 1; });
  CHECK(told == 1);
}

// It would take hours if each report looked at each slave for each that waits.
TEST_CASE("acks: many slaves and many that wait") {
  Acks acks;
  constexpr int kSlaves = 1'000;
  for (int i = 0; i < kSlaves; ++i) acks.report("slave-" + std::to_string(i), {1, 1});
  std::size_t told = 0;
  for (Sequence i = 0; i < 5'000; ++i)
    acks.when_acked({proto::Ack::all, proto::AckFor::durable, 2 + i}, Acks::Clock::time_point::max(),
                    [&told](const Acks::Outcome& outcome) { told += outcome.enough ? 1 : 0; });
  for (int i = 0; i < kSlaves; ++i) acks.report("slave-" + std::to_string(i), {4, 4});
  CHECK(told == 3);
}

TEST_CASE("acks: without enough in time the waiter is told who has it") {
  Acks acks;
  acks.report("a", {5, 5});
  acks.report("b", {4, 4});
  const Acks::Clock::time_point now = Acks::Clock::now();
  int calls = 0;
  acks.when_acked({proto::Ack::all, proto::AckFor::durable, 5}, now + 1s, [&](const Acks::Outcome& outcome) {
    ++calls;
    CHECK_FALSE(outcome.enough);
    CHECK(outcome.acked_by == std::vector<std::string>{"a"});
    CHECK(outcome.needed == 2);
    CHECK(outcome.missing == std::vector<std::string>{"b"});
  });
  acks.tick(now);
  CHECK(calls == 0);
  acks.tick(now + 2s);
  CHECK(calls == 1);
  acks.report("b", {5, 5});
  acks.tick(now + 3s);
  CHECK(calls == 1);
}

TEST_CASE("acks: a slave that is expected counts before its first report") {
  Acks acks;
  acks.expect("a");
  acks.report("a", {7, 7});
  acks.expect("a");  // takes nothing back
  acks.expect("b");
  std::map<proto::Ack, bool> enough;
  const auto ask = [&] {
    for (const proto::Ack ack : {proto::Ack::majority, proto::Ack::all})
      acks.when_acked({ack, proto::AckFor::durable, 7}, Acks::Clock::now(),
                      [&enough, ack](const auto& outcome) { enough[ack] = outcome.enough; });
    acks.tick(Acks::Clock::now() + 1s);
  };
  ask();
  CHECK(enough == std::map<proto::Ack, bool>{{proto::Ack::majority, true}, {proto::Ack::all, false}});
  acks.report("b", {7, 7});
  ask();
  CHECK(enough.at(proto::Ack::all));
}

TEST_CASE("acks: `one` without any slave waits for the first, and misses its time without") {
  Acks acks;
  const Acks::Clock::time_point now = Acks::Clock::now();
  int calls = 0;
  acks.when_acked({proto::Ack::one, proto::AckFor::durable, 1}, now + 1s, [&](const Acks::Outcome& outcome) {
    ++calls;
    CHECK_FALSE(outcome.enough);
  });
  acks.tick(now + 2s);
  CHECK(calls == 1);
}

TEST_CASE("acks: slaves are told what is waited for, and a moment longer") {
  Acks acks;
  const Acks::Clock::time_point now = Acks::Clock::now();
  acks.report("a", {5, 5});
  CHECK(acks.awaited(now) == proto::AckFor::unset);
  acks.when_acked({proto::Ack::one, proto::AckFor::durable, 5}, now + 1h, [](const Acks::Outcome&) {});
  CHECK(acks.awaited(now) == proto::AckFor::unset);  // it did not wait
  acks.when_acked({proto::Ack::one, proto::AckFor::durable, 6}, now + 1h, [](const Acks::Outcome&) {});
  CHECK(acks.awaited(now) == proto::AckFor::durable);
  acks.when_acked({proto::Ack::one, proto::AckFor::applied, 6}, now + 1h, [](const Acks::Outcome&) {});
  acks.report("a", {6, 6});
  CHECK(acks.awaited(now) == proto::AckFor::applied);
  CHECK(acks.awaited(now + 1h) == proto::AckFor::unset);
}
