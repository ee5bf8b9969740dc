// Goal: the master's cancellations, acks and time keep their promises. Method: pure calls, times by hand.
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "master/acks.h"
#include "master/cancellations.h"
#include "master/imposed_time.h"
#include "master/keeper.h"
#include "master/known_slaves.h"
#include "master/overdue.h"
#include "master/recent_history.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

TEST_CASE("cancellations: a write can be stopped until its commit begins") {
  using Answer = Cancellations::Answer;
  Cancellations all;
  const auto never = [] { return false; };
  const RequestKey key{"c", 1};
  CHECK(all.cancel(key, never) == Answer::unknown);
  all.enter(key);
  CHECK(all.cancel(key, never) == Answer::stopping_queued);
  CHECK(all.cancelled(key));
  CHECK_FALSE(all.begin_commit(key));
  all.leave(key);
  CHECK(all.cancel(key, never) == Answer::unknown);

  all.enter(key);
  CHECK_FALSE(all.cancelled(key));
  all.begin_execution(key);
  CHECK(all.cancel(key, never) == Answer::stopping_running);
  CHECK_FALSE(all.begin_commit(key));
  all.leave(key);

  all.enter(key);
  all.begin_execution(key);
  CHECK(all.begin_commit(key));
  CHECK(all.cancel(key, never) == Answer::too_late);
  CHECK_FALSE(all.cancelled(key));
  all.leave(key);
}

TEST_CASE("cancellations: a request that is queued twice is known until both have gone") {
  Cancellations all;
  const auto never = [] { return false; };
  const RequestKey key{"c", 1};
  all.enter(key);
  all.enter(key);
  all.begin_execution(key);
  CHECK(all.begin_commit(key));
  all.leave(key);
  CHECK(all.cancel(key, never) == Cancellations::Answer::stopping_queued);
  all.leave(key);
  CHECK(all.cancel(key, never) == Cancellations::Answer::unknown);
}

TEST_CASE("cancellations: what has been carried out is past stopping, however many copies of it wait") {
  using Answer = Cancellations::Answer;
  Cancellations all;
  const RequestKey key{"c", 1};
  bool in_log = false;
  const auto executed = [&] { return in_log; };
  all.enter(key);
  all.enter(key);
  all.begin_execution(key);
  CHECK(all.begin_commit(key));
  all.enter(key);
  all.turn_away(key);  // a third copy found the queue full, while the first commits
  CHECK(all.cancel(key, executed) == Answer::too_late);
  in_log = true;
  all.leave(key);
  CHECK(all.cancel(key, executed) == Answer::too_late);
  CHECK_FALSE(all.cancelled(key));
  all.leave(key);
  CHECK(all.cancel(key, executed) == Answer::too_late);  // nothing waits, and it is in the log
}

TEST_CASE("cancellations: a failure is the outcome of the copies that wait, and of no later one") {
  Cancellations all;
  const RequestKey key{"c", 1};
  all.enter(key);
  all.enter(key);
  CHECK_FALSE(all.failure(key));
  all.leave(key, Failure{7, Status::error(Code::sql_error, "no"), 2});
  REQUIRE(all.failure(key));
  CHECK(all.failure(key)->digest == 7);
  CHECK(all.failure(key)->status.message == "no");
  CHECK(all.failure(key)->statement == 2U);
  all.leave(key);
  all.enter(key);
  CHECK_FALSE(all.failure(key));
  all.leave(key);
}

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

TEST_CASE("known slaves: outlive the master, each once; a line taken out is forgotten") {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("sqlcast-known-" + std::to_string(getpid()))).string();
  std::filesystem::create_directories(folder);
  {
    Result<KnownSlaves> known = KnownSlaves::load(folder);
    REQUIRE(known.ok());
    CHECK(known->names().empty());
    for (const char* name : {"slave-2", "slave-1", "slave-2"}) CHECK(known->add({name}).ok());
  }
  Result<KnownSlaves> again = KnownSlaves::load(folder);
  REQUIRE(again.ok());
  CHECK(again->names() == std::set<std::string>{"slave-1", "slave-2"});
  std::ofstream(folder + "/slaves") << "slave-2\n";
  CHECK(KnownSlaves::load(folder)->names() == std::set<std::string>{"slave-2"});
  std::filesystem::remove_all(folder);
  CHECK(again->add({"slave-3"}).code == Code::io);
}

TEST_CASE("keeper: who wakes it never waits; what could not be kept is tried again, and once more at the end") {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  bool hangs = true;
  bool fails = true;
  Keeper keeper(
      [&] {
        std::unique_lock lock(mutex);
        ++calls;
        changed.notify_all();
        changed.wait(lock, [&] { return !hangs; });
        return !fails;
      },
      1ms);
  keeper.start();
  std::unique_lock lock(mutex);
  keeper.wake();
  changed.wait(lock, [&] { return calls == 1; });
  for (int i = 0; i < 1'000; ++i) keeper.wake();  // while the disk hangs
  CHECK(calls == 1);
  hangs = false;
  changed.notify_all();
  changed.wait(lock, [&] { return calls >= 5; });  // it fails again and again
  fails = false;
  const int by_now = calls;
  changed.wait(lock, [&] { return calls > by_now; });
  lock.unlock();
  keeper.wake();
  keeper.stop();
  const int at_the_end = calls;
  CHECK(at_the_end > by_now);
  keeper.wake();
  CHECK(calls == at_the_end);
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

TEST_CASE("overdue: a write that was not begun is left out at its deadline; of one that was nobody knows") {
  Overdue overdue;
  const auto now = Overdue::Clock::now();
  std::vector<std::string> answers;
  const auto tick = [&](std::chrono::milliseconds at, bool database_answers = true) {
    overdue.tick(now + at, database_answers, [&](const node::Caller& caller, const Status& status, Sequence since) {
      CHECK(caller.take());  // to be answered by the plain way
      answers.push_back(std::to_string(caller.exchange) + " " + std::string(code_name(status.code)) + " " +
                        std::to_string(since));
    });
  };
  const auto enter = [&](std::uint64_t exchange, bool ddl = false) {
    node::Caller caller;
    caller.exchange = exchange;
    return overdue.enter(caller, {}, now + 100ms, 40 + exchange, ddl);
  };
  const node::Caller waiting = enter(1);
  const node::Caller begun = enter(2);
  const node::Caller done = enter(3);
  const node::Caller definition = enter(4, true);
  (void)enter(5);  // its answer has been sent: nobody has it any more
  for (const node::Caller& caller : {begun, done, definition}) CHECK(caller.begin());
  CHECK(begun.begin());  // a group may be run again
  CHECK(done.take());
  CHECK_FALSE(done.take());
  tick(99ms);
  CHECK(answers.empty());
  tick(100ms);
  tick(900ms);
  CHECK(answers == std::vector<std::string>{"1 TIMEOUT 0"});
  CHECK_FALSE(waiting.begin());  // so it is not carried out
  CHECK_FALSE(waiting.take());
  answers.clear();
  tick(1'200ms);
  tick(1'300ms);
  CHECK(answers == std::vector<std::string>{"2 OUTCOME_UNKNOWN 42"});
  CHECK_FALSE(begun.take());
  answers.clear();
  tick(60'000ms);
  CHECK(answers.empty());  // DDL runs to its end …
  tick(60'000ms, false);
  CHECK(answers == std::vector<std::string>{"4 OUTCOME_UNKNOWN 44"});  // … where there is an end in sight
}

TEST_CASE("overdue: of a write that is left out while another copy of it is not, nobody knows") {
  Overdue overdue;
  const auto now = Overdue::Clock::now();
  const RequestKey key{"c", 1};
  const auto enter = [&](std::uint64_t exchange, const RequestKey& of, std::chrono::milliseconds left) {
    node::Caller caller;
    caller.exchange = exchange;
    return overdue.enter(caller, of, now + left, 40, false);
  };
  std::vector<std::string> answers;
  const auto tick = [&](std::chrono::milliseconds at) {
    answers.clear();
    overdue.tick(now + at, true, [&](const node::Caller& caller, const Status& status, Sequence since) {
      answers.push_back(std::to_string(caller.exchange) + " " + std::string(code_name(status.code)) + " " +
                        std::to_string(since));
    });
    std::sort(answers.begin(), answers.end());
  };
  {
    const node::Caller first = enter(1, key, 100ms);
    const node::Caller second = enter(2, key, 200ms);
    const node::Caller third = enter(3, key, 200ms);
    const node::Caller other = enter(4, {"c", 2}, 100ms);
    const node::Caller keyless = enter(5, {}, 100ms);
    const node::Caller keyless_too = enter(6, {}, 5'000ms);
    CHECK(overdue.has_other_copy(key, first));
    CHECK_FALSE(overdue.has_other_copy({"c", 2}, other));
    CHECK_FALSE(overdue.has_other_copy({}, keyless));
    tick(100ms);
    CHECK(answers == std::vector<std::string>{"1 OUTCOME_UNKNOWN 40", "4 TIMEOUT 0", "5 TIMEOUT 0"});
    // Now none of them is executed any more.
    tick(200ms);
    CHECK(answers == std::vector<std::string>{"2 TIMEOUT 0", "3 TIMEOUT 0"});
    CHECK_FALSE(overdue.has_other_copy(key, third));
    CHECK_FALSE(second.begin());
  }
  const node::Caller begun = enter(7, key, 5'000ms);
  CHECK(begun.begin());
  const node::Caller late = enter(8, key, 100ms);
  tick(100ms);
  CHECK(answers == std::vector<std::string>{"8 OUTCOME_UNKNOWN 40"});
}

TEST_CASE("recent history: holds what was added with its hash, and forgets the oldest") {
  RecentHistory history;
  const auto hash_of = [](Sequence sequence) {
    Hash hash{};
    hash[0] = static_cast<std::uint8_t>(sequence);
    hash[1] = static_cast<std::uint8_t>(sequence >> 8U);
    return hash;
  };
  CHECK(history.holds(0, {}));
  CHECK_FALSE(history.holds(1, to_hex(hash_of(1))));
  constexpr Sequence kLast = 3 * 70'000;
  for (Sequence last = 3; last <= kLast; last += 3) history.add(last, hash_of(last));
  CHECK(history.holds(kLast, to_hex(hash_of(kLast))));
  CHECK(history.holds(kLast - 3, to_hex(hash_of(kLast - 3))));
  CHECK_FALSE(history.holds(kLast, to_hex(hash_of(kLast - 3))));
  CHECK_FALSE(history.holds(kLast, {}));
  CHECK_FALSE(history.holds(kLast - 1, to_hex(hash_of(kLast - 1))));  // inside a group
  CHECK_FALSE(history.holds(kLast + 3, to_hex(hash_of(kLast + 3))));
  CHECK_FALSE(history.holds(3, to_hex(hash_of(3))));
}

TEST_CASE("imposed time: follows the clock, and does not show its small steps back") {
  ImposedTime time;
  CHECK(time.next(1'000'000).time_us == 1'000'000);
  CHECK(time.next(3'000'000).time_us == 3'000'000);
  const ImposedTime::Step held = time.next(2'500'000);
  CHECK(held.time_us == 3'000'000);
  CHECK(held.back_us == 0);
  CHECK(time.next(3'000'001).time_us == 3'000'001);
}

TEST_CASE("imposed time: after a clock that was far ahead it comes back, and says so once") {
  constexpr std::uint64_t kHour = 3'600'000'000U;
  ImposedTime time;
  CHECK(time.next(10 * kHour).time_us == 10 * kHour);
  CHECK(time.next(19 * kHour).time_us == 19 * kHour);
  const ImposedTime::Step back = time.next(10 * kHour + 7);
  CHECK(back.time_us == 10 * kHour + 7);
  CHECK(back.back_us == 9 * kHour - 7);
  const ImposedTime::Step on = time.next(10 * kHour + 8);
  CHECK(on.time_us == 10 * kHour + 8);
  CHECK(on.back_us == 0);
}

TEST_CASE("imposed time: a log that ends in the future does not stop time after a restart") {
  constexpr std::uint64_t kYear = 31'536'000'000'000U;
  ImposedTime time;
  time.continue_from(80 * kYear);
  const ImposedTime::Step step = time.next(56 * kYear);
  CHECK(step.time_us == 56 * kYear);
  CHECK(step.back_us == 24 * kYear);
  // What is only a little ahead is kept: no entry is older than the one before it.
  ImposedTime near;
  near.continue_from(1'000'000 + ImposedTime::kMostAheadUs);
  CHECK(near.next(1'000'000).time_us == 1'000'000 + ImposedTime::kMostAheadUs);
}
