// Goal: who waits for slaves is told once, by enough of them or at the deadline. Method: pure calls, times by hand.
#include "master/acks.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

TEST_CASE("acks: each level waits for as many slaves as it says") {
  Acks acks;
  const Acks::Clock::time_point later = Acks::Clock::now() + 1h;
  acks.report("a", 5);
  acks.report("b", 5);
  acks.report("c", 5);
  std::map<proto::Ack, std::vector<std::string>> done;
  for (const proto::Ack ack :
       {proto::Ack::unset, proto::Ack::local, proto::Ack::one, proto::Ack::majority, proto::Ack::all})
    acks.when_acked(ack, 6, later, [&done, ack](const Acks::Outcome& outcome) {
      CHECK(outcome.enough);
      done[ack] = outcome.acked_by;
    });
  CHECK(done.size() == 2);  // unset and local wait for nobody
  acks.report("b", 6);
  CHECK(done.count(proto::Ack::one) == 1);
  CHECK(done.at(proto::Ack::one) == std::vector<std::string>{"b"});
  CHECK(done.count(proto::Ack::majority) == 0);  // two of four nodes are half
  acks.report("c", 9);
  CHECK(done.count(proto::Ack::majority) == 1);
  CHECK(done.count(proto::Ack::all) == 0);
  acks.report("a", 6);
  CHECK(done.count(proto::Ack::all) == 1);
}

TEST_CASE("acks: no more wait than can be looked after; the others are told at once") {
  Acks acks;
  acks.report("a", 1);
  int told = 0;
  const auto later = Acks::Clock::now() + 1h;
  for (int i = 0; i < 10'001; ++i)
    acks.when_acked(proto::Ack::one, 2, later,
                    [&told](const Acks::Outcome& outcome) { told += outcome.enough ? 0 : 1; });
  CHECK(told == 1);
}

TEST_CASE("acks: without enough in time the waiter is told who has it") {
  Acks acks;
  acks.report("a", 5);
  acks.report("b", 4);
  const Acks::Clock::time_point now = Acks::Clock::now();
  int calls = 0;
  acks.when_acked(proto::Ack::all, 5, now + 1s, [&](const Acks::Outcome& outcome) {
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
  acks.report("b", 5);
  acks.tick(now + 3s);
  CHECK(calls == 1);
}

TEST_CASE("acks: a slave that is expected counts before its first report") {
  Acks acks;
  acks.expect("a");
  acks.report("a", 7);
  acks.expect("a");  // takes nothing back
  acks.expect("b");
  std::map<proto::Ack, bool> enough;
  const auto ask = [&] {
    for (const proto::Ack ack : {proto::Ack::majority, proto::Ack::all})
      acks.when_acked(ack, 7, Acks::Clock::now(),
                      [&enough, ack](const auto& outcome) { enough[ack] = outcome.enough; });
    acks.tick(Acks::Clock::now() + 1s);
  };
  ask();
  CHECK(enough == std::map<proto::Ack, bool>{{proto::Ack::majority, true}, {proto::Ack::all, false}});
  acks.report("b", 7);
  ask();
  CHECK(enough.at(proto::Ack::all));
}

TEST_CASE("acks: `one` without any slave waits for the first, and misses its time without") {
  Acks acks;
  const Acks::Clock::time_point now = Acks::Clock::now();
  int calls = 0;
  acks.when_acked(proto::Ack::one, 1, now + 1s, [&](const Acks::Outcome& outcome) {
    ++calls;
    CHECK_FALSE(outcome.enough);
  });
  acks.tick(now + 2s);
  CHECK(calls == 1);
}
