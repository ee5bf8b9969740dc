// Goal: what a slave takes is written to its log, and from there applied: what follows, each once, and nothing else.
// Method: relay and applier alone, in this process, on a database of their own; groups made by hand.
#include "slave/applier.h"

#include <csignal>
#include <fstream>
#include <mutex>

#include "slave/relay.h"
#include "storage/log.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

class LoneSlave {
 public:
  LoneSlave()
      : database_(options()),
        applier_(database_, log_, counters_, rate_, conditions_, applier_hooks()),
        relay_(log_, conditions_, relay_hooks()) {
    if (const Status status = database_.start(); !status.ok()) throw std::runtime_error(status.message);
    must("CREATE DATABASE d");
    must("CREATE TABLE d.t (id INT PRIMARY KEY)");
    if (const Result<slave::Applier::Start> at = applier_.open(); !at) throw std::runtime_error(at.status().message);
  }
  ~LoneSlave() {
    relay_.stop();
    applier_.stop();
    database_.stop();
    log_.stop();
  }
  LoneSlave(const LoneSlave&) = delete;
  LoneSlave& operator=(const LoneSlave&) = delete;

  void start() {
    relay_.start();
    applier_.start();
  }
  void take(const proto::Group& group) { relay_.submit({group}, false); }
  void take_awaited(std::vector<proto::Group> groups) { relay_.submit(std::move(groups), true); }
  storage::Database& database() { return database_; }
  node::NodeLog& log() { return log_; }
  std::string ask(const std::string& sql) {
    const Result<std::optional<std::string>> cell = administrator()->scalar(sql);
    if (!cell) throw std::runtime_error(cell.status().message);
    return cell->value_or("NULL");
  }
  void must(const std::string& sql) {
    if (const Status status = administrator()->execute(sql); !status.ok()) throw std::runtime_error(status.message);
  }
  void kill_server() {
    const pid_t server = server_process();
    REQUIRE(server > 0);
    ::kill(server, SIGKILL);
  }
  // What was told, by the applier and by the relay.
  std::vector<std::string> failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  Sequence applied() {
    const std::lock_guard lock(mutex_);
    return applied_;
  }
  bool went_back() {
    const std::lock_guard lock(mutex_);
    return went_back_;
  }

 private:
  storage::Database::Options options() const {
    storage::Database::Options options;
    options.managed = storage::ManagedServer::Options{(folder_.path() / "mariadb").string(), 32, 24};
    return options;
  }
  slave::Applier::Hooks applier_hooks() {
    slave::Applier::Hooks hooks;
    hooks.applied = [this](const Position& position, std::optional<std::uint64_t>) {
      const std::lock_guard lock(mutex_);
      went_back_ = went_back_ || position.sequence < applied_;
      applied_ = position.sequence;
    };
    hooks.failed = [this](const std::string& why) { note(why); };
    hooks.mend = [](Sequence) { return Status::error(Code::database_unavailable, "nobody is asked"); };
    hooks.make_way = [] {};
    hooks.disk_full = [] { return false; };
    return hooks;
  }
  slave::Relay::Hooks relay_hooks() {
    slave::Relay::Hooks hooks;
    hooks.logged = [this](const Position&) { applier_.wake(); };
    hooks.failed = [this](const std::string& why) { note(why); };
    hooks.no_room = [] { return std::string(); };
    return hooks;
  }
  void note(const std::string& why) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(why);
  }
  std::unique_ptr<storage::Connection> administrator() {
    auto administrator = database_.open_administrator();
    if (!administrator) throw std::runtime_error(administrator.status().message);
    return std::move(*administrator);
  }
  pid_t server_process() {
    std::ifstream file(ask("SELECT @@pid_file"));
    pid_t process = 0;
    file >> process;
    return process;
  }

  TemporaryFolder folder_;
  std::mutex mutex_;
  std::vector<std::string> failures_;  // guarded by mutex_
  Sequence applied_ = 0;               // guarded by mutex_
  bool went_back_ = false;             // guarded by mutex_
  node::Counters counters_;
  node::Rate rate_;
  storage::Database database_;
  node::NodeLog log_{{(folder_.path() / "log").string(), 1U << 20U}};
  node::Conditions conditions_;
  slave::Applier applier_;
  slave::Relay relay_;
};

// The groups of a history, one insert each: the k-th inserts k.
std::vector<proto::Group> history(Sequence length) {
  std::vector<proto::Group> groups;
  Hash end = proto::genesis_hash("a cluster");
  for (Sequence sequence = 1; sequence <= length; ++sequence) {
    proto::Entry entry;
    entry.sequence = sequence;
    entry.context.timestamp_us = 1'700'000'000'000'000;
    entry.statements.push_back({"INSERT INTO d.t VALUES (" + std::to_string(sequence) + ")", std::nullopt, {1, 0}});
    proto::Group group;
    group.first = group.last = sequence;
    group.epoch = 1;
    group.previous_hash = end;
    group.body = proto::encode_entries({entry});
    group.hash = end = proto::chain_hash(end, 1, sequence, sequence, group.body);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

TEST_CASE("relay: what comes behind a hole is neither logged nor applied, although it came with what is before it",
          "[applier]") {
  LoneSlave lone;
  const std::vector<proto::Group> groups = history(4);
  for (const std::size_t index : {0U, 1U, 3U}) lone.take(groups[index]);
  lone.start();
  wait_for("the relay to notice", [&] { return !lone.failures().empty(); });
  INFO(lone.failures()[0]);
  CHECK(lone.failures()[0].find("entry 4 cannot be added to this node's log") == 0);
  wait_for("the others to be applied", [&] { return lone.applied() == 2; });
  CHECK(lone.log().end().sequence == 2);
  CHECK(lone.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t") == "1,2");
  CHECK(lone.ask("SELECT GROUP_CONCAT(last ORDER BY last) FROM sqlcast.log") == "1,2");
}

TEST_CASE("relay: a group of another history is neither logged nor applied, although its number is the next",
          "[applier]") {
  LoneSlave lone;
  std::vector<proto::Group> groups = history(4);
  groups[2].previous_hash[0] ^= 1U;
  groups[2].hash = proto::chain_hash(groups[2].previous_hash, 1, 3, 3, groups[2].body);
  for (const proto::Group& group : groups) lone.take(group);
  lone.start();
  wait_for("the relay to notice", [&] { return !lone.failures().empty(); });
  INFO(lone.failures()[0]);
  CHECK(lone.failures()[0].find("entry 3 cannot be added to this node's log") == 0);
  wait_for("the others to be applied", [&] { return lone.applied() == 2; });
  CHECK(lone.log().end().sequence == 2);
  CHECK(lone.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t") == "1,2");
}

TEST_CASE("relay: what acks wait for is written by who brings it, where nothing is in front of it", "[applier]") {
  LoneSlave lone;
  const std::vector<proto::Group> groups = history(7);
  const Hash& before = groups[0].previous_hash;
  REQUIRE(lone.log().begin(before, {0, 0, before}).ok());
  // The relay's thread has not been started.
  lone.take_awaited({groups[0], groups[1]});
  CHECK(lone.log().end().sequence == 2);
  wait_for("them to be durable", [&] { return lone.log().durable().sequence == 2; });
  lone.take(groups[2]);
  lone.take_awaited({groups[3]});  // behind the one that waits
  CHECK(lone.log().end().sequence == 2);
  lone.start();
  wait_for("all to be applied", [&] { return lone.applied() == 4; });
  lone.take_awaited({groups[4], groups[6]});
  wait_for("the hole to be noticed", [&] { return !lone.failures().empty(); });
  CHECK(lone.failures()[0].find("entry 7 cannot be added to this node's log") == 0);
  lone.take_awaited({groups[5]});  // nothing more is taken
  wait_for("the last to be applied", [&] { return lone.applied() == 5; });
  CHECK(lone.log().end().sequence == 5);
  CHECK(lone.failures().size() == 1);
  CHECK(lone.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t") == "1,2,3,4,5");
}

TEST_CASE("applier: a difference stops it there for good, while the log goes on; what the server loses comes back",
          "[applier][two_heads]") {
  LoneSlave lone;
  lone.must("INSERT INTO d.t VALUES (1501)");  // which the history inserts, too
  const std::vector<proto::Group> groups = history(2'000);
  lone.start();
  for (const proto::Group& group : groups) lone.take(group);
  wait_for("the applier to fail", [&] { return !lone.failures().empty(); });
  CHECK(lone.failures()[0].find("entry 1501, statement 1 of 1") == 0);
  wait_for("all of it to be in the log", [&] { return lone.log().durable().sequence == 2'000; });
  CHECK(lone.applied() == 1'500);
  const auto rows = [&] { return lone.ask("SELECT CONCAT(COUNT(*),' ',MAX(id)) FROM d.t WHERE id<>1501"); };
  CHECK(rows() == "1500 1500");
  // Nothing is in its way any more; but it has said that it stops there.
  lone.must("DELETE FROM d.t WHERE id=1501");
  lone.must("SET GLOBAL innodb_flush_log_at_trx_commit=0");
  const std::uint64_t before = lone.database().restarts();
  lone.kill_server();
  wait_for("the server to be back, with what was told of",
           [&] { return lone.database().restarts() > before && lone.database().up() && lone.database().admitted(); });
  CHECK(rows() == "1500 1500");
  CHECK(lone.applied() == 1'500);
  CHECK_FALSE(lone.went_back());
  CHECK(lone.failures().size() == 1);
}
