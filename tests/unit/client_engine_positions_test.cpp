// Goal: a write says since when it is under way, and no position of another history. Method: the engine alone, with
// made-up time and answers.
#include "tests/unit/client_engine_fixture.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace sqlcast::client::test;
using namespace std::chrono_literals;

TEST_CASE("engine: a write's first copy says since when, and waits for a node's word on that") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.pass(100ms);
  CHECK(f.sends.empty());
  f.alive = {{kOne, "slave"}};
  f.head = 90;  // beyond the slave's own position
  f.pass(3s);
  REQUIRE(f.sends.size() == 1);
  CHECK(sent_since(f.sends[0]) == Sequence{90});
  // What it hears of later is no matter for this one; the next one has it at once.
  proto::QueryResult result;
  result.wrote = true;
  result.sequence = 95;
  f.engine.received(kOne, f.sends[0].exchange, result, f.now);
  f.engine.submit(f.query(true), f.now);
  f.look();
  REQUIRE(f.sends.size() == 2);
  CHECK(sent_since(f.sends[1]) == Sequence{95});
  f.engine.received(kOne, f.sends[1].exchange, result, f.now);
  // Old news is no news.
  f.pass(5s);
  f.head = 200;
  f.engine.submit(f.query(true), f.now);
  f.look();
  CHECK(f.sends.size() == 2);
  f.pass(1ms);
  REQUIRE(f.sends.size() == 3);
  CHECK(sent_since(f.sends[2]) == Sequence{200});
}

TEST_CASE("engine: a node that is starting does not know yet where the log stands") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.state = "Starting";
  f.engine.submit(f.query(true), f.now);
  f.pass(1s);
  CHECK(f.sends.empty());
  f.state.clear();
  f.pass(250ms);
  REQUIRE(f.sends.size() == 1);
  CHECK(sent_since(f.sends[0]) == Sequence{77});
}

TEST_CASE("engine: a write that no node's word let go out has had no effect, and says so") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.pass(12s);
  CHECK(f.sends.empty());
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::timeout);
}

TEST_CASE("engine: what its caller sends again is not called new") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  Exchange again = f.query(true);
  again.first_sent_here = false;
  f.engine.submit(again, f.now);
  f.look();
  REQUIRE(f.sends.size() == 1);
  CHECK_FALSE(sent_since(f.sends[0]).has_value());
  std::get<proto::QueryRequest>(again.message).sent_since = 5;
  f.engine.submit(again, f.now);
  f.look();
  REQUIRE(f.sends.size() == 2);
  CHECK(sent_since(f.sends[1]) == Sequence{5});
}

TEST_CASE("engine: only when every copy came back BUSY does the next say a newer position") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(1ms);
  REQUIRE(f.sends.size() == 1);
  f.head = 150;
  f.refuse(f.sends[0], Code::busy, 1'500);
  f.pass(2s);
  REQUIRE(f.sends.size() == 2);
  CHECK(sent_since(f.sends[1]) == Sequence{150});
  f.pass(4'100ms);  // no answer to it, though the node lives: sent again
  REQUIRE(f.sends.size() == 3);
  f.head = 190;
  f.refuse(f.sends[2], Code::busy, 1'500);
  f.pass(2s);
  REQUIRE(f.sends.size() == 4);
  CHECK(sent_since(f.sends[3]) == Sequence{150});
}

TEST_CASE("engine: writes that wait for a position are not overtaken by one that is submitted when it has come") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.engine.submit(f.query(true), f.now);
  f.look();
  REQUIRE(f.sends.empty());
  REQUIRE(f.probes.size() == 1);
  f.engine.received(kOne, f.probes[0].exchange, f.status("master"), f.now);
  f.engine.submit(f.query(true), f.now);
  f.engine.tick(f.now);
  f.look();
  REQUIRE(f.sends.size() == 3);
  CHECK(request_id(f.sends[0]) == 1);
  CHECK(request_id(f.sends[1]) == 2);
  CHECK(request_id(f.sends[2]) == 3);
}

TEST_CASE("engine: a position of another history is forgotten when a node says where the log ends") {
  Fixture f({kOne});
  const auto read = [&](Sequence after, bool own) {
    Exchange exchange = f.query(false);
    std::get<proto::QueryRequest>(exchange.message).after = after;
    exchange.after_own = own;
    f.engine.submit(std::move(exchange), f.now);
    f.look();
  };
  const auto after = [](const Engine::Send& send) { return std::get<proto::QueryRequest>(send.message).after; };
  const auto beyond = [&](const Engine::Send& to, Sequence end) {
    proto::ErrorReply error;
    error.status = Status::error(Code::not_caught_up, "no");
    error.epoch = 1;
    error.sequence = end;
    f.engine.received(to.endpoint, to.exchange, error, f.now);
    f.engine.tick(f.now);
    f.look();
  };
  read(0, false);
  proto::QueryResult result;
  result.node_position = 50;
  f.engine.received(f.sends[0].endpoint, f.sends[0].exchange, result, f.now);
  read(50, true);
  REQUIRE(f.sends.size() == 2);
  CHECK(after(f.sends[1]) == 50);
  // The caller's own word stays as it is, and the node's is the answer.
  read(60, false);
  REQUIRE(f.sends.size() == 3);
  beyond(f.sends[2], 50);
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[1].status.code == Code::not_caught_up);
  // What the client itself knew is forgotten, and the read goes out again; once.
  beyond(f.sends[1], 20);
  REQUIRE(f.sends.size() == 4);
  CHECK(after(f.sends[3]) == 20);
  CHECK(request_id(f.sends[3]) == request_id(f.sends[1]));
  beyond(f.sends[3], 10);
  REQUIRE(f.outcomes.size() == 3);
  CHECK(f.outcomes[2].status.code == Code::not_caught_up);
}

TEST_CASE("engine: a write does not say a position of another history when the master has told of its own") {
  for (const bool from_slave : {false, true}) {
    Fixture f({kOne});
    f.alive = {{kOne, from_slave ? "slave" : "master"}};
    f.head = 100;  // and its own position is 77
    f.engine.submit(f.query(true), f.now);
    f.pass(1ms);
    REQUIRE(f.sends.size() == 1);
    CHECK(sent_since(f.sends[0]) == 100U);
    f.reply(f.sends[0]);
    f.head = 80;
    f.pass(2s);
    f.engine.submit(f.query(true), f.now);
    f.pass(1ms);
    REQUIRE(f.sends.size() == 2);
    // A slave may not have heard the newest yet.
    CHECK(sent_since(f.sends[1]) == (from_slave ? 100U : 80U));
    f.reply(f.sends[1]);
    f.pass(10s);
    f.engine.submit(f.query(true), f.now);
    f.pass(1ms);
    REQUIRE(f.sends.size() == 3);
    CHECK(sent_since(f.sends[2]) == 80U);
    // One whose data was put back, and which nobody has accepted yet, may get its newest again.
    f.reply(f.sends[2]);
    f.head = 78;
    f.state = from_slave ? "CatchingUp" : "ReadOnly";
    f.pass(10s);
    f.engine.submit(f.query(true), f.now);
    f.pass(1ms);
    REQUIRE(f.sends.size() == 4);
    CHECK(sent_since(f.sends[3]) == 80U);
  }
}

TEST_CASE("engine: an answer that has lain unread is as old as its question") {
  Fixture f({kOne});
  f.engine.submit(f.query(false), f.now);
  f.look();
  REQUIRE(f.probes.size() == 1);  // how the node is
  REQUIRE(f.sends.size() == 1);
  f.reply(f.sends[0]);
  // The answer came then, and nobody read it until there was something to do again.
  const Engine::Send old = f.probes[0];
  f.probes.clear();
  f.now += 10s;
  f.engine.received(kOne, old.exchange, f.status("master"), f.now);
  f.engine.submit(f.query(true), f.now);
  f.look();
  CHECK(f.sends.size() == 1);
  REQUIRE(f.probes.size() == 1);
  f.head = 200;
  f.alive = {{kOne, "master"}};
  f.pass(1ms);
  REQUIRE(f.sends.size() == 2);
  CHECK(sent_since(f.sends[1]) == Sequence{200});
  // A write's result that nobody waits for any more is of any age.
  f.reply(f.sends[1]);
  f.now += 10s;
  proto::QueryResult late;
  late.wrote = true;
  late.sequence = 201;
  f.engine.received(kOne, f.sends[1].exchange, late, f.now);
  f.engine.submit(f.query(true), f.now);
  f.look();
  CHECK(f.sends.size() == 2);
  CHECK(f.probes.size() == 1);
}

TEST_CASE("engine: where each answer takes longer than a position is fresh, a write goes out all the same") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.look();
  REQUIRE(f.probes.size() == 1);
  const Engine::Send asked = f.probes[0];
  f.probes.clear();
  f.pass(1'500ms);
  REQUIRE(f.sends.empty());
  f.engine.received(kOne, asked.exchange, f.status("master"), f.now);
  f.look();
  REQUIRE(f.sends.size() == 1);
  CHECK(sent_since(f.sends[0]) == Sequence{77});
  // Not for what is submitted behind it.
  f.engine.submit(f.query(true), f.now);
  f.look();
  CHECK(f.sends.size() == 1);
}
