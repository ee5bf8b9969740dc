// Goal: of a write that was sent more than once nobody is told that it has no effect while one of its copies may have
// one; who sends it again can say since when; what is cancelled is not sent any more. Method: the engine alone, with
// made-up time and answers.
#include "master/failed_requests.h"
#include "tests/unit/client_engine_fixture.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace sqlcast::client::test;
using namespace std::chrono_literals;

namespace {

const Status kNotSent = Status::error(Code::master_unavailable, "nothing was done: the master is away");

// The first copy is answered with `first`, and all others with `others`, until that is the end.
Outcome end_of(Fixture& f, Exchange exchange, const Status& first, const Status& others) {
  f.engine.submit(std::move(exchange), f.now);
  std::size_t answered = 0;
  for (int look = 0; look < 300 && f.outcomes.empty(); ++look) {
    f.pass(50ms);
    for (; answered < f.sends.size(); ++answered) f.say(f.sends[answered], answered == 0 ? first : others);
  }
  REQUIRE(f.outcomes.size() == 1);
  return f.outcomes[0];
}

// The node of a write's first copy falls silent, so that another one gets the second, which is returned.
Engine::Send second_copy(Fixture& f) {
  f.engine.submit(f.query(true), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  f.alive.erase(f.sends[0].endpoint);
  f.pass(3s);
  REQUIRE(f.sends.size() == 2);
  REQUIRE(f.sends[1].endpoint != f.sends[0].endpoint);
  return f.sends[1];
}

Sequence told_sequence(const Outcome& outcome) {
  REQUIRE(outcome.message);
  REQUIRE(std::holds_alternative<proto::ErrorReply>(*outcome.message));
  return std::get<proto::ErrorReply>(*outcome.message).sequence;
}

std::size_t queries(const Fixture& f) {
  std::size_t count = 0;
  for (const Engine::Send& send : f.sends) count += std::holds_alternative<proto::QueryRequest>(send.message) ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("engine: a node that does not know what became of its copy leaves a write unknown, whatever others say") {
  struct Case {
    Status first;
    Code end;
  };
  const std::vector<Case> cases{
      {Status::error(Code::shutting_down, "this node is stopping, and what became of the request is not known to it"),
       Code::outcome_unknown},
      {Status::error(Code::master_unavailable, "the master did not answer, so it may not have been carried out"),
       Code::outcome_unknown},
      {Status::error(Code::shutting_down, "the master is stopping; nothing was changed; try again"),
       Code::master_unavailable},
      {Status::error(Code::database_unavailable, "this node is starting"), Code::master_unavailable},
      {kNotSent, Code::master_unavailable},
  };
  for (const Case& one : cases) {
    INFO(one.first.message);
    Fixture f({kOne, kTwo});
    f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
    const Outcome end = end_of(f, f.query(true), one.first, kNotSent);
    INFO(end.status.message);
    CHECK(f.sends.size() > 2);
    CHECK(end.status.code == one.end);
  }
}

TEST_CASE("engine: that one copy is not allowed says nothing of another one of the same write") {
  for (const bool again : {false, true}) {
    for (const bool write : {false, true}) {
      Fixture f({kOne});
      f.alive = {{kOne, "master"}};
      Exchange exchange = f.query(write);
      exchange.repeat = Repeat::freely;
      f.engine.submit(std::move(exchange), f.now);
      f.pass(again ? 3s : 1ms);
      REQUIRE(f.sends.size() == (again ? 2 : 1));
      f.say(f.sends.back(), Status::error(Code::not_allowed, "the key 'a' may not write"), "master");
      REQUIRE(f.outcomes.size() == 1);
      CHECK(f.outcomes[0].status.code == (again && write ? Code::outcome_unknown : Code::not_allowed));
      if (again && write) CHECK(told_sequence(f.outcomes[0]) == 77);
    }
  }
}

TEST_CASE("engine: that a slave has stopped its copy says nothing of another one that is out; the master's word does") {
  for (const bool of_master : {false, true}) {
    Fixture f({kOne, kTwo});
    f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
    const Engine::Send second = second_copy(f);
    f.say(second, Status::error(Code::cancelled, "the request was cancelled"), of_master ? "master" : "slave");
    REQUIRE(f.outcomes.size() == 1);
    CHECK(f.outcomes[0].status.code == (of_master ? Code::cancelled : Code::outcome_unknown));
  }
}

TEST_CASE("engine: a write that its master has stopped is cancelled, however often it was sent there") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(3s);
  REQUIRE(f.sends.size() == 2);
  f.say(f.sends[0], Status::error(Code::cancelled, "the request was cancelled"), "master");
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::cancelled);
}

TEST_CASE("engine: a cancel that one node confirms says nothing of another copy that is out") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
  const Engine::Send second = second_copy(f);
  const auto ignore = [](const Result<bool>&) {};
  f.engine.cancel("me", 1, ignore, f.now);
  f.look();
  REQUIRE(f.sends.size() == 3);
  REQUIRE(std::holds_alternative<proto::CancelRequest>(f.sends[2].message));
  CHECK(f.sends[2].endpoint == second.endpoint);
  f.engine.received(second.endpoint, f.sends[2].exchange, proto::CancelReply{true}, f.now);
  f.pass(1s);  // its own answer never comes
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
}

TEST_CASE("engine: an SQL error that the master does not remember says nothing of another copy that is out") {
  constexpr std::size_t kNumbers = 5'100;
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  for (std::size_t i = 0; i < kNumbers; ++i) f.engine.submit(f.query(true), f.now);
  f.pass(3s);
  REQUIRE(f.sends.size() == 2 * kNumbers);  // each of them again
  for (std::size_t i = 0; i < kNumbers; ++i) {
    Status status = Status::error(Code::sql_error, "no");
    status.database_errno = static_cast<int>(i + 1);
    INFO(status.database_errno);
    f.say(f.sends[i], status, "master");
    REQUIRE(f.outcomes.size() == i + 1);
    const Code end = master::FailedRequests::is_final(status) ? Code::sql_error : Code::outcome_unknown;
    CHECK(f.outcomes[i].status.code == end);
  }
}

TEST_CASE("engine: an error says since when a write has been under way, for who sends it again") {
  // The last word of a node, and the end of the time before the next try.
  for (const auto timeout : {1'000ms, 1'500ms}) {
    Fixture f({kOne});
    f.alive = {{kOne, "slave"}};
    Exchange write = f.query(true);
    write.timeout = timeout;
    const Outcome end = end_of(f, std::move(write), kNotSent, kNotSent);
    CHECK(end.status.code == Code::master_unavailable);
    CHECK(told_sequence(end) == 77);
  }
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  Exchange again = f.query(true, kOne);
  again.first_sent_here = false;  // its caller alone knows
  f.engine.submit(std::move(again), f.now);
  f.engine.submit(f.query(false, kOne), f.now);
  f.engine.submit(f.query(true, kOne), f.now);
  f.engine.submit(f.query(true, kOne), f.now);
  f.pass(1ms);
  REQUIRE(f.sends.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) f.say(f.sends[i], Status::error(Code::shutting_down, "the node is stopping"));
  proto::ErrorReply committed;
  committed.status = Status::error(Code::committed_not_acked, "one of two");
  committed.sequence = 90;
  f.engine.received(kOne, f.sends[3].exchange, committed, f.now);
  REQUIRE(f.outcomes.size() == 4);
  CHECK(told_sequence(f.outcomes[0]) == 0);
  CHECK(told_sequence(f.outcomes[1]) == 0);
  CHECK(told_sequence(f.outcomes[2]) == 77);
  CHECK(told_sequence(f.outcomes[3]) == 90);
}

TEST_CASE("engine: what is cancelled between two attempts is not sent again, and has no effect if it is new") {
  for (const bool is_new : {false, true}) {
    Fixture f({kOne});
    f.alive = {{kOne, "master"}};
    Exchange write = f.query(true);
    write.first_sent_here = is_new;
    f.engine.submit(std::move(write), f.now);
    f.pass(1ms);
    REQUIRE(f.sends.size() == 1);
    f.refuse(f.sends[0], Code::busy, 200);
    std::optional<bool> stopped;
    const auto note = [&stopped](const Result<bool>& result) { stopped = result.ok() && *result; };
    f.engine.cancel("me", 1, note, f.now);
    CHECK(stopped == is_new);
    REQUIRE(f.outcomes.size() == 1);
    CHECK(f.outcomes[0].status.code == (is_new ? Code::cancelled : Code::outcome_unknown));
    f.pass(1s);
    CHECK(f.sends.size() == 1);
  }
}

TEST_CASE("engine: a write that is cancelled while one of its copies may run is not sent again, and is unknown") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  f.say(f.sends[0], Status::error(Code::shutting_down, "what became of the request is not known"));
  std::optional<bool> stopped;
  const auto note = [&stopped](const Result<bool>& result) { stopped = result.ok() && *result; };
  f.engine.cancel("me", 1, note, f.now);
  f.pass(1s);
  CHECK(queries(f) == 1);
  CHECK_FALSE(stopped.has_value());  // the node that had it is asked
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
}
