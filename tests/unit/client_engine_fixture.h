// The engine alone, with made-up time and answers; what it wants to send is kept apart. Belongs to one thread.
#pragma once

#include <set>

#include "client/engine.h"

namespace sqlcast::client::test {

inline const std::string kOne = "tcp://127.0.0.1:1001";
inline const std::string kTwo = "tcp://127.0.0.1:1002";
inline const std::string kThree = "tcp://127.0.0.1:1003";

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
    exchange.timeout = std::chrono::seconds(10);
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
    reply.self.name = role;
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

  // `node`: under which name that is said.
  void say(const Engine::Send& to, const Status& status, const std::string& node = {}) {
    proto::ErrorReply error;
    error.status = status;
    error.node = node;
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

inline std::uint64_t request_id(const Engine::Send& send) {
  return std::get<proto::QueryRequest>(send.message).key.request_id;
}

inline std::optional<Sequence> sent_since(const Engine::Send& send) {
  return std::get<proto::QueryRequest>(send.message).sent_since;
}

}  // namespace sqlcast::client::test
