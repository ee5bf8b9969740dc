// Goal: every request ends exactly once, in time, and is repeated only where that is safe.
// Method: the engine alone, with made-up time and answers; what it wants to send is looked at.
#include <set>

#include "client/engine.h"

using namespace sqlcast;
using namespace sqlcast::client;
using namespace std::chrono_literals;

namespace {

const std::string kOne = "tcp://127.0.0.1:1001";
const std::string kTwo = "tcp://127.0.0.1:1002";
const std::string kThree = "tcp://127.0.0.1:1003";

struct Fixture {
  explicit Fixture(std::vector<std::string> endpoints) : engine(endpoints, Engine::Settings{}) {}

  Exchange query(bool write, std::string pinned = {}) {
    Exchange exchange;
    proto::QueryRequest request;
    request.key = {"me", ++last_request};
    request.statements.emplace_back().sql = write ? "insert into t values (1)" : "select 1";
    exchange.message = request;
    exchange.route = write ? Route::write : Route::read;
    exchange.repeat = write ? Repeat::freely : Repeat::if_lost;
    exchange.is_write = write;
    exchange.request_id = last_request;
    exchange.timeout = 10s;
    exchange.pinned = std::move(pinned);
    exchange.done = [this](Outcome outcome) { outcomes.push_back(std::move(outcome)); };
    return exchange;
  }

  // What the engine wants done, kept apart: sends of queries, probes, resets.
  void look() {
    for (Engine::Action& action : engine.take_actions()) {
      if (const auto* reset = std::get_if<Engine::Reset>(&action)) {
        resets.push_back(reset->endpoint);
        continue;
      }
      auto& send = std::get<Engine::Send>(action);
      (std::holds_alternative<proto::StatusRequest>(send.message) ? probes : sends).push_back(std::move(send));
    }
  }

  // Lets time pass in the engine's own steps; every endpoint in `alive` answers probes.
  void pass(std::chrono::milliseconds time) {
    const TimePoint end = now + time;
    look();
    answer_probes();
    while (engine.next_tick() <= end) {
      const TimePoint due = engine.next_tick();
      if (due <= now) REQUIRE(++idle < 100);  // no busy loop
      now = std::max(now, due);
      engine.tick(now);
      look();
      answer_probes();
    }
    now = end;
    idle = 0;
  }

  void answer_probes() {
    for (const Engine::Send& probe : probes)
      if (const auto it = alive.find(probe.endpoint); it != alive.end())
        engine.received(probe.endpoint, probe.exchange, status(it->second), now);
    probes.clear();
    engine.tick(now);
    look();
  }

  proto::StatusReply status(const std::string& role) const {
    proto::StatusReply reply;
    reply.self.role = role;
    reply.self.state = role == "master" ? "Serving" : "Live";
    reply.self.position = 77;
    reply.self.head = head;
    if (!state.empty()) reply.self.state = state;
    reply.self.uptime_ms =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - started).count());
    return reply;
  }

  void reply(const Engine::Send& to) { engine.received(to.endpoint, to.exchange, proto::QueryResult{}, now); }
  void refuse(const Engine::Send& to, Code code, std::uint32_t retry_after_ms = 0) {
    proto::ErrorReply error;
    error.status = Status::error(code, "no");
    error.status.retry_after_ms = retry_after_ms;
    engine.received(to.endpoint, to.exchange, error, now);
  }

  Engine engine;
  TimePoint now{std::chrono::hours(100)};
  TimePoint started = now - std::chrono::hours(1);
  std::map<std::string, std::string> alive;  // endpoint → role
  std::vector<Engine::Send> sends;
  std::vector<Engine::Send> probes;
  std::vector<std::string> resets;
  std::vector<Outcome> outcomes;
  std::uint64_t last_request = 0;
  Sequence head = 0;
  std::string state;  // instead of the role's usual one
  int idle = 0;
};

std::uint64_t request_id(const Engine::Send& send) {
  return std::get<proto::QueryRequest>(send.message).key.request_id;
}

std::optional<Sequence> sent_since(const Engine::Send& send) {
  return std::get<proto::QueryRequest>(send.message).sent_since;
}

}  // namespace

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
  f.engine.received(kOne, 0, f.status("master"), f.now);
  f.engine.submit(f.query(true), f.now);
  f.engine.submit(f.query(false), f.now);
  f.pass(9900ms);
  CHECK(f.outcomes.empty());
  f.pass(700ms);
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[0].status.code == Code::outcome_unknown);
  CHECK(f.outcomes[0].status.message.find("request id 1") != std::string::npos);
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

TEST_CASE("engine: at the end everything that is open ends, once") {
  Fixture f({kOne});
  f.engine.submit(f.query(true), f.now);
  f.engine.submit(f.query(false), f.now);
  f.engine.finish_all(Status::error(Code::cancelled, "closing"), f.now);
  CHECK(f.outcomes.size() == 2);
  CHECK(f.engine.open_requests() == 0);
}
