// Goal: what a slave says of a write that it has sent more than once, or not at all, holds for every copy; and it is
// said in time. Method: a front door that plays the master and leaves what comes first without an answer.
#include "slave/forwarder.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "base/mutex.h"
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

// Answers nothing until it is told to; knows what has come.
struct SlowMaster {
  node::Counters counters;
  node::Front front{"master", counters, config::Limits()};
  std::atomic<bool> answers{false};
  Mutex mutex;
  std::set<std::string> clients SQLCAST_GUARDED_BY(mutex);
  SlowMaster() {
    REQUIRE(front.open("tcp://127.0.0.1:*", kMessageBytes).ok());
    front.start([this](const node::Caller& caller, const proto::Message& message) {
      {
        const MutexLock lock(mutex);
        clients.insert(std::get<proto::QueryRequest>(message).key.client_id);
      }
      if (answers) front.reply(caller, proto::QueryResult{});
    });
  }
  ~SlowMaster() { front.stop(); }
  std::set<std::string> heard_of() {
    const MutexLock lock(mutex);
    return clients;
  }
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
      auto request = std::get<proto::QueryRequest>(std::move(message));
      const bool is_write = writes && request.consistency != proto::Consistency::master;
      forwarder->submit(std::move(caller), std::move(request), is_write, slave::Forwarder::Clock::now() + kPatience);
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
  for (const Code code : {Code::timeout, Code::disk_full, Code::not_allowed, Code::diverged}) {
    const proto::ErrorReply error = answer_of(code, true, 42);
    CHECK(error.status.code == Code::outcome_unknown);
    CHECK(error.sequence == 42);
  }
  CHECK(answer_of(Code::timeout, true, 60).sequence == 50);  // no further than the log of its master
  CHECK(answer_of(Code::timeout, true, std::nullopt).sequence == 0);
}

TEST_CASE("forwarder: who waits for others is answered when his time is over, and not sent any more") {
  SlowMaster master;
  Slave slave(master.front.endpoint(), true);
  const auto send = [&slave](const proto::QueryRequest& request) {
    return std::async(std::launch::async, [&slave, request] {
      support::Session client(slave.front.endpoint());
      return client.run(request, kPatience);
    });
  };
  auto first = send(support::keyed("first", 1, "DELETE FROM a.b"));  // on the only socket
  support::wait_for("the first to be sent", [&] { return !master.heard_of().empty(); });
  auto write = send(support::keyed("write", 1, "DELETE FROM a.b"));
  auto nameless = send(support::query_of("DELETE FROM a.b"));
  proto::QueryRequest select = support::keyed("read", 1, "SELECT 1");
  select.consistency = proto::Consistency::master;
  auto read = send(select);
  support::wait_for("them to wait", [&] { return slave.forwarder->queue_depth() == 3; });
  slave.forwarder->tick(slave::Forwarder::Clock::now());
  CHECK(write.wait_for(0s) == std::future_status::timeout);
  slave.forwarder->tick(slave::Forwarder::Clock::now() + kPatience);
  // Of another copy of the write, that its client may have sent elsewhere, nobody here can speak.
  CHECK(write.get().status.code == Code::busy);
  CHECK(nameless.get().status.code == Code::timeout);
  CHECK(read.get().status.code == Code::timeout);
  // What was sent keeps its time by the master's word.
  CHECK(first.wait_for(0s) == std::future_status::timeout);
  master.answers = true;
  CHECK(first.get().ok());
  CHECK(send(support::keyed("last", 1, "DELETE FROM a.b")).get().ok());
  CHECK(master.heard_of() == std::set<std::string>{"first", "last"});
}

TEST_CASE("forwarder: a read's time, and what the database says of a write, hold for every copy") {
  CHECK(answer_of(Code::timeout, false, std::nullopt).status.code == Code::timeout);
  CHECK(answer_of(Code::sql_error, true, 42).status.code == Code::sql_error);
}
