// Goal: every request ends exactly once, in time, and is repeated only where that is safe.
// Method: the engine alone, with made-up time and answers; what it wants to send is looked at.
#include "tests/unit/client_engine_fixture.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace sqlcast::client::test;
using namespace std::chrono_literals;

TEST_CASE("engine: one endpoint gets the request at once and its answer ends it") {
  Fixture f({kOne});
  f.engine.submit(f.query(false), f.now);
  f.look();
  REQUIRE(f.sends.size() == 1);
  CHECK(f.sends[0].endpoint == kOne);
  CHECK(std::get<proto::QueryRequest>(f.sends[0].message).timeout_ms == 10'000);
  f.now += 3ms;
  f.reply(f.sends[0]);
  f.reply(f.sends[0]);  // a duplicate answer is nobody's
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.ok());
  CHECK(f.outcomes[0].endpoint == kOne);
  CHECK(f.outcomes[0].round_trip == 3ms);
  CHECK(f.engine.next_tick() == TimePoint::max());
}

TEST_CASE("engine: reads prefer live slaves, writes the master") {
  Fixture f({kOne, kTwo, kThree});
  f.alive = {{kOne, "master"}, {kTwo, "slave"}, {kThree, "slave"}};
  f.engine.submit(f.query(false), f.now);
  f.pass(1ms);
  for (int i = 0; i < 4; ++i) f.engine.submit(f.query(false), f.now);
  f.engine.submit(f.query(true), f.now);
  f.pass(1ms);
  REQUIRE(f.sends.size() == 6);
  std::map<std::string, int> reads;
  for (std::size_t i = 1; i < 5; ++i) ++reads[f.sends[i].endpoint];
  CHECK(reads[kTwo] == 2);
  CHECK(reads[kThree] == 2);
  CHECK(f.sends[5].endpoint == kOne);
}

TEST_CASE("engine: a first write waits for the master to show itself, but not long") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(100ms);
  CHECK(f.sends.empty());
  f.pass(200ms);
  REQUIRE(f.sends.size() == 1);
}

TEST_CASE("engine: a silent node is given up, and its requests go elsewhere with the same key") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  const std::string first = f.sends[0].endpoint;
  f.alive.erase(first);
  f.pass(3s);
  REQUIRE(f.sends.size() == 2);
  CHECK(f.sends[1].endpoint != first);
  CHECK(request_id(f.sends[1]) == request_id(f.sends[0]));
  CHECK(sent_since(f.sends[0]) == Sequence{77});
  CHECK(sent_since(f.sends[1]) == Sequence{77});
  CHECK(std::get<proto::QueryRequest>(f.sends[1].message).timeout_ms < 8'500);
  CHECK(f.resets == std::vector<std::string>{first});
  f.reply(f.sends[1]);
  CHECK(f.outcomes.size() == 1);
  // Left alone while it backs off.
  f.engine.submit(f.query(false), f.now);
  f.look();
  CHECK(f.sends.back().endpoint != first);
}

TEST_CASE("engine: a node that speaks keeps its slow read; a keyed write is sent again, less and less often") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  Exchange read = f.query(false);
  Exchange write = f.query(true);
  read.timeout = write.timeout = 25s;
  f.engine.submit(std::move(read), f.now);
  f.engine.submit(std::move(write), f.now);
  f.pass(20s);
  CHECK(f.resets.empty());
  int reads = 0;
  int writes = 0;
  for (const Engine::Send& send : f.sends) ++(request_id(send) == 1 ? reads : writes);
  CHECK(reads == 1);
  CHECK(writes == 4);  // at 0, 2, 6, 14 s
}

TEST_CASE("engine: a read is sent again to a node that has started anew since") {
  Fixture f({kOne});
  f.alive = {{kOne, "slave"}};
  f.engine.submit(f.query(false), f.now);
  f.pass(500ms);
  f.started = f.now;
  f.pass(2500ms);
  CHECK(f.sends.size() == 2);
  CHECK(f.resets.empty());
}

TEST_CASE("engine: an unanswered write ends as outcome unknown, a read as timeout, each once and in time") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.engine.submit(f.query(false), f.now);
  f.alive = {{kOne, "master"}};
  f.pass(1ms);
  f.alive.clear();
  f.pass(9899ms);
  CHECK(f.outcomes.empty());
  f.pass(700ms);
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
  CHECK(f.outcomes[0].status.message.find("request id, 1,") != std::string::npos);
  // And where in the log to look for it: after what was known when it was sent.
  REQUIRE(f.outcomes[0].message.has_value());
  CHECK(std::get<proto::ErrorReply>(*f.outcomes[0].message).sequence == 77);
  CHECK(f.outcomes[1].status.code == Code::timeout);
  f.pass(20s);
  CHECK(f.outcomes.size() == 2);
  CHECK(f.engine.open_requests() == 0);
}

TEST_CASE("engine: BUSY is retried after the hint, and is the answer when time does not allow another try") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(0ms);
  REQUIRE(f.sends.size() == 1);
  f.refuse(f.sends[0], Code::busy, 200);
  f.pass(199ms);
  CHECK(f.sends.size() == 1);
  f.pass(1ms);
  REQUIRE(f.sends.size() == 2);
  CHECK(request_id(f.sends[1]) == 1);
  f.refuse(f.sends[1], Code::busy, 60'000);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::busy);
}

TEST_CASE("engine: BUSY after an attempt that was never answered leaves the outcome unknown") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(0ms);
  f.alive.clear();
  f.pass(4s);  // silence: given up and sent again
  REQUIRE(f.sends.size() >= 2);
  f.refuse(f.sends.back(), Code::busy, 60'000);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
}

TEST_CASE("engine: what one node says of a copy says nothing of another copy that is out") {
  for (const Code code : {Code::timeout, Code::disk_full, Code::read_only, Code::diverged}) {
    INFO(code_name(code));
    // Of the only copy it is the answer.
    Fixture alone({kOne, kTwo});
    alone.alive = {{kOne, "master"}, {kTwo, "slave"}};
    alone.engine.submit(alone.query(true), alone.now);
    alone.pass(0ms);
    REQUIRE(alone.sends.size() == 1);
    alone.refuse(alone.sends[0], code);
    REQUIRE(alone.outcomes.size() == 1);
    CHECK(alone.outcomes[0].status.code == code);

    // The first copy's node falls silent; it may carry it out yet.
    Fixture f({kOne, kTwo});
    f.alive = {{kOne, "master"}, {kTwo, "slave"}};
    f.engine.submit(f.query(true), f.now);
    f.pass(0ms);
    REQUIRE(f.sends.size() == 1);
    f.alive.erase(f.sends[0].endpoint);
    f.pass(4s);
    REQUIRE(f.sends.size() == 2);
    REQUIRE(f.sends[1].endpoint != f.sends[0].endpoint);
    CHECK(request_id(f.sends[1]) == request_id(f.sends[0]));
    f.refuse(f.sends[1], code);
    REQUIRE(f.outcomes.size() == 1);
    CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
  }
}

TEST_CASE("engine: a node that is shutting down hands its request to another") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}, {kTwo, "slave"}};
  f.engine.submit(f.query(false), f.now);
  f.pass(10ms);
  REQUIRE(f.sends.size() == 1);
  f.refuse(f.sends[0], Code::shutting_down);
  f.pass(100ms);
  REQUIRE(f.sends.size() == 2);
  CHECK(f.sends[1].endpoint != f.sends[0].endpoint);
}

TEST_CASE("engine: a read that a slave is too far behind for goes to another node, at last to the master") {
  Fixture f({kOne, kTwo, kThree});
  f.alive = {{kOne, "master"}, {kTwo, "slave"}, {kThree, "slave"}};
  f.engine.submit(f.query(false), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  CHECK(std::get<proto::QueryRequest>(f.sends[0].message).wait_ms == 500);
  std::set<std::string> asked;
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(f.sends.size() == i + 1);
    asked.insert(f.sends[i].endpoint);
    f.refuse(f.sends[i], Code::not_caught_up);
    f.pass(200ms);
  }
  CHECK(asked == std::set<std::string>{kTwo, kThree});
  REQUIRE(f.sends.size() == 3);
  CHECK(f.sends[2].endpoint == kOne);
  f.reply(f.sends[2]);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.ok());
  // After a while the slaves have another chance.
  f.pass(2s);
  f.engine.submit(f.query(false), f.now);
  f.pass(1ms);
  CHECK(f.sends.back().endpoint != kOne);
}

TEST_CASE("engine: a pinned read waits at its node, and the node's word is the answer") {
  Fixture f({kOne, kTwo});
  f.engine.submit(f.query(false, kTwo), f.now);
  f.look();
  REQUIRE(f.sends.size() == 1);
  CHECK(std::get<proto::QueryRequest>(f.sends[0].message).wait_ms == 0);
  f.refuse(f.sends[0], Code::not_caught_up);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::not_caught_up);
}

TEST_CASE("engine: DDL refused by a slave goes to the master; with no master about, the refusal is the answer") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "slave"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  if (f.sends[0].endpoint == kOne) {
    f.refuse(f.sends[0], Code::master_only);
    f.pass(10ms);
    REQUIRE(f.sends.size() == 2);
    CHECK(f.sends[1].endpoint == kTwo);
    f.refuse(f.sends[1], Code::master_only);
  } else {
    f.refuse(f.sends[0], Code::master_only);
  }
  f.pass(10ms);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::master_only);
}

TEST_CASE("engine: DDL that the master may have begun waits for that, and is sent again when it is back") {
  Fixture f({kOne, kTwo});
  f.alive = {{kOne, "master"}, {kTwo, "slave"}};
  f.engine.submit(f.query(true), f.now);
  f.pass(300ms);
  REQUIRE(f.sends.size() == 1);
  REQUIRE(f.sends[0].endpoint == kOne);
  f.alive.erase(kOne);
  f.pass(2'500ms);
  REQUIRE(f.sends.size() == 2);
  REQUIRE(f.sends[1].endpoint == kTwo);
  f.refuse(f.sends[1], Code::master_only);
  CHECK(f.outcomes.empty());
  f.alive[kOne] = "master";
  f.pass(1s);
  REQUIRE(f.sends.size() == 3);
  CHECK(f.sends[2].endpoint == kOne);
  CHECK(request_id(f.sends[2]) == request_id(f.sends[0]));
  f.reply(f.sends[2]);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.ok());
}

TEST_CASE("engine: a pinned request stays with its node, and its node's refusal is the answer") {
  Fixture f({kOne, kTwo});
  f.alive = {{kThree, "master"}};
  f.engine.submit(f.query(true, kThree), f.now);
  f.pass(0ms);
  f.alive.clear();
  f.pass(9s);
  REQUIRE(f.sends.size() >= 3);
  for (const Engine::Send& send : f.sends) CHECK(send.endpoint == kThree);
  f.refuse(f.sends.back(), Code::shutting_down);
  CHECK(f.outcomes.size() == 1);
}

TEST_CASE("engine: a fetch is never repeated") {
  Fixture f({kOne});
  Exchange fetch = f.query(false, kOne);
  fetch.message = proto::FetchRequest{"me", 7, 0};
  fetch.repeat = Repeat::never;
  f.engine.submit(std::move(fetch), f.now);
  f.pass(9s);
  CHECK(f.sends.size() == 1);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::timeout);
}

TEST_CASE("engine: cancel before sending has no node to ask; after, the node says whether it took effect") {
  Fixture f({kOne, kTwo});
  std::vector<bool> stopped;
  const auto note = [&stopped](Result<bool> result) { stopped.push_back(result.ok() && *result); };
  f.engine.submit(f.query(true), f.now);  // waits for a node to show itself
  f.engine.cancel("me", 1, note, f.now);
  CHECK(stopped == std::vector<bool>{true});
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::cancelled);

  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true, kOne), f.now);
  f.pass(0ms);
  f.alive.clear();
  f.engine.cancel("me", 2, note, f.now);
  f.look();
  REQUIRE(f.sends.size() == 2);
  CHECK(std::get<proto::CancelRequest>(f.sends[1].message).key == RequestKey{"me", 2});
  f.engine.received(kOne, f.sends[1].exchange, proto::CancelReply{true}, f.now);
  CHECK(stopped.size() == 2);
  f.pass(1s);  // its own answer never comes
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[1].status.code == Code::cancelled);

  f.engine.cancel("me", 2, note, f.now);
  CHECK(stopped == std::vector<bool>{true, true, false});
}

TEST_CASE("engine: garbage from a node ends the request it belongs to") {
  Fixture f({kOne});
  f.engine.submit(f.query(false), f.now);
  f.look();
  f.engine.received_garbage(kOne, f.sends[0].exchange, Status::error(Code::bad_message, "truncated"), f.now);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.code == Code::bad_message);
}

TEST_CASE("engine: a node that does not understand one frame gets the request, and all that follow, in frames") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.pass(std::chrono::milliseconds(1));
  if (f.sends.empty()) {
    f.alive[kOne] = "master";
    f.pass(std::chrono::seconds(3));
  }
  REQUIRE(f.sends.size() == 1);
  CHECK(f.sends[0].joined);
  f.refuse(f.sends[0], Code::bad_message);
  f.look();
  REQUIRE(f.sends.size() == 2);
  CHECK(f.outcomes.empty());
  CHECK(!f.sends[1].joined);
  CHECK(f.sends[1].exchange == f.sends[0].exchange);
  CHECK(request_id(f.sends[1]) == request_id(f.sends[0]));
  f.reply(f.sends[1]);
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0].status.ok());
  f.engine.submit(f.query(false), f.now);
  f.look();
  REQUIRE(f.sends.size() == 3);
  CHECK(!f.sends[2].joined);
  // In frames it is the node's word on the request.
  f.refuse(f.sends[2], Code::bad_message);
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[1].status.code == Code::bad_message);
}

TEST_CASE("engine: at the end everything that is open ends, once") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.engine.submit(f.query(false), f.now);
  f.engine.finish_all(Status::error(Code::cancelled, "closing"), f.now);
  CHECK(f.outcomes.size() == 2);
  CHECK(f.engine.open_requests() == 0);
}

TEST_CASE("engine: at the end a write that is out is not said to have failed") {
  Fixture f({kOne});
  f.alive = {{kOne, "master"}};
  f.engine.submit(f.query(true), f.now);   // 1: out
  f.engine.submit(f.query(true), f.now);   // 2: out, and refused for now
  f.engine.submit(f.query(false), f.now);  // 3: a read
  f.pass(1ms);
  REQUIRE(f.sends.size() == 3);
  for (const Engine::Send& send : f.sends)
    if (request_id(send) == 2) f.refuse(send, Code::busy, 1'000);
  f.now += 5s;
  f.engine.submit(f.query(true), f.now);  // 4: waits for a position
  f.engine.finish_all(Status::error(Code::cancelled, "closed"), f.now);
  REQUIRE(f.outcomes.size() == 4);
  unsigned unknown = 0;
  for (const Outcome& outcome : f.outcomes) {
    if (outcome.status.code == Code::cancelled) continue;
    ++unknown;
    CHECK(outcome.status.code == Code::outcome_unknown);
    CHECK(outcome.status.message.find("request id, 1,") != std::string::npos);
    REQUIRE(outcome.message);
    CHECK(std::get<proto::ErrorReply>(*outcome.message).sequence == 77);  // where to look
  }
  CHECK(unknown == 1);
}
