// Goal: what a slave says of a write that it has sent more than once holds for every copy. Method: a front door that
// plays the master and leaves the first copy without an answer.
#include "slave/forwarder.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/support/session.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace std::chrono_literals;
using support::kPatience;

namespace {

constexpr std::uint64_t kMessageBytes = 1U << 20U;

// Answers the second copy that comes with `code`, the first one never.
struct FakeMaster {
  node::Counters counters;
  node::Front front{"master", counters, config::Limits()};
  std::atomic<int> copies{0};
  explicit FakeMaster(Code code) {
    REQUIRE(front.open("tcp://127.0.0.1:*", kMessageBytes).ok());
    front.start([this, code](const node::Caller& caller, const proto::Message&) {
      if (++copies > 1) front.fail(caller, Status::error(code, "nothing was changed"));
    });
  }
  ~FakeMaster() { front.stop(); }
};

struct Slave {
  node::Counters counters;
  node::Front front{"slave", counters, config::Limits()};
  node::PositionBoard board;
  std::unique_ptr<slave::Forwarder> forwarder;
  Slave(const std::string& master, bool writes) {
    config::NodeConfig config;
    config.role = config::Role::slave;
    config.name = "slave";
    config.master = master;
    config.limits.forwarders = 1;
    forwarder =
        std::make_unique<slave::Forwarder>(config, front, board, counters, [] { return std::optional<Sequence>(50); });
    REQUIRE(front.open("tcp://127.0.0.1:*", kMessageBytes).ok());
    REQUIRE(forwarder->start().ok());
    front.start([this, writes](node::Caller caller, proto::Message message) {
      forwarder->submit(std::move(caller), std::get<proto::QueryRequest>(std::move(message)), writes,
                        slave::Forwarder::Clock::now() + kPatience);
    });
  }
  ~Slave() {
    front.stop();
    forwarder->stop();
  }
};

proto::ErrorReply answer_of(Code code, bool writes, std::optional<Sequence> sent_since) {
  FakeMaster master(code);
  Slave slave(master.front.endpoint(), writes);
  support::Session client(slave.front.endpoint());
  proto::QueryRequest request = support::keyed("c", 1, "DELETE FROM a.b");
  request.sent_since = sent_since;
  const auto reply = client.exchange(request, kPatience);
  REQUIRE(reply.ok());
  CHECK(master.copies == 2);
  const auto* error = std::get_if<proto::ErrorReply>(&*reply);
  REQUIRE(error != nullptr);
  return *error;
}

}  // namespace

TEST_CASE("forwarder: that one copy of a write has changed nothing says nothing of the other") {
  for (const Code code : {Code::timeout, Code::disk_full}) {
    const proto::ErrorReply error = answer_of(code, true, 42);
    CHECK(error.status.code == Code::outcome_unknown);
    CHECK(error.sequence == 42);
  }
  CHECK(answer_of(Code::timeout, true, 60).sequence == 50);  // no further than the log of its master
  CHECK(answer_of(Code::timeout, true, std::nullopt).sequence == 0);
}

TEST_CASE("forwarder: a read's time, and what the database says of a write, hold for every copy") {
  CHECK(answer_of(Code::timeout, false, std::nullopt).status.code == Code::timeout);
  CHECK(answer_of(Code::sql_error, true, 42).status.code == Code::sql_error);
}
