// Goal: what is said of a write at its deadline is true of all of its copies. Method: pure calls, times by hand.
#include <algorithm>

#include "master/overdue.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

namespace {

const auto never = [](const RequestKey&) { return false; };

}  // namespace

TEST_CASE("overdue: a write that was not begun is left out at its deadline; of one that was nobody knows") {
  Overdue overdue(never);
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
  Overdue overdue(never);
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

TEST_CASE("overdue: of a write that is left out after another copy of it was executed, nobody says that nothing was") {
  const RequestKey done{"c", 1};
  Overdue overdue([&done](const RequestKey& key) { return key == done; });
  const auto now = Overdue::Clock::now();
  std::vector<std::string> answers;
  const auto note = [&](const node::Caller& caller, const Status& status, Sequence since) {
    answers.push_back(std::to_string(caller.exchange) + " " + std::string(code_name(status.code)) + " " +
                      std::to_string(since));
  };
  const auto key_of_all = std::make_shared<const access::Grant>();
  const auto enter = [&](std::uint64_t exchange, const RequestKey& key) {
    node::Caller caller;
    caller.exchange = exchange;
    caller.who = key_of_all;
    return overdue.enter(caller, key, now + 100ms, 40, false);
  };
  const node::Caller late = enter(1, done);
  const node::Caller other = enter(2, {"c", 2});
  overdue.tick(now + 100ms, true, note);
  CHECK(answers == std::vector<std::string>{"1 OUTCOME_UNKNOWN 40", "2 TIMEOUT 0"});
  answers.clear();
  const node::Caller revoked = enter(3, done);
  const node::Caller revoked_too = enter(4, {"c", 2});
  const auto status = [](const node::Who&) { return Status::error(Code::not_allowed, "revoked"); };
  overdue.end({key_of_all->key}, status, note);
  CHECK(answers == std::vector<std::string>{"3 OUTCOME_UNKNOWN 40", "4 NOT_ALLOWED 0"});
}
