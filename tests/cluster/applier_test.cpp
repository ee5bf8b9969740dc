// Goal: the applier applies what follows, and nothing else. Method: the applier alone, in this process, on a database
// of its own; groups made by hand.
#include "slave/applier.h"

#include <mutex>

#include "storage/log.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

class LoneApplier {
 public:
  LoneApplier() : database_(options()), applier_(database_, log_, counters_, rate_, conditions_, hooks()) {
    if (const Status status = database_.start(); !status.ok()) throw std::runtime_error(status.message);
    auto administrator = database_.open_administrator();
    if (!administrator) throw std::runtime_error(administrator.status().message);
    administrator_ = std::move(*administrator);
    must("CREATE DATABASE d");
    must("CREATE TABLE d.t (id INT PRIMARY KEY)");
    if (const Result<Position> end = applier_.open(); !end) throw std::runtime_error(end.status().message);
  }
  ~LoneApplier() {
    applier_.stop();
    administrator_.reset();
    database_.stop();
  }
  LoneApplier(const LoneApplier&) = delete;
  LoneApplier& operator=(const LoneApplier&) = delete;

  slave::Applier& applier() { return applier_; }
  std::string ask(const std::string& sql) {
    const Result<std::optional<std::string>> cell = administrator_->scalar(sql);
    if (!cell) throw std::runtime_error(cell.status().message);
    return cell->value_or("NULL");
  }
  std::string failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  storage::Database::Options options() const {
    storage::Database::Options options;
    options.managed = storage::ManagedServer::Options{(folder_.path() / "mariadb").string(), 32, 24};
    return options;
  }
  slave::Applier::Hooks hooks() {
    slave::Applier::Hooks hooks;
    hooks.applied = [](const Position&) {};
    hooks.failed = [this](const std::string& why) {
      const std::lock_guard lock(mutex_);
      failure_ = why;
    };
    hooks.make_way = [] {};
    hooks.disk_full = [] { return false; };
    return hooks;
  }
  void must(const std::string& sql) {
    if (const Status status = administrator_->execute(sql); !status.ok()) throw std::runtime_error(status.message);
  }

  TemporaryFolder folder_;
  std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
  node::Counters counters_;
  node::Rate rate_;
  storage::Database database_;
  node::NodeLog log_{{(folder_.path() / "log").string(), 1U << 20U}};
  std::unique_ptr<storage::Connection> administrator_;
  node::Conditions conditions_;
  slave::Applier applier_;
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

TEST_CASE("applier: what comes behind a hole is not applied, although it came together with what is before it",
          "[applier]") {
  LoneApplier lone;
  const std::vector<proto::Group> groups = history(4);
  // All are there when it starts: one batch.
  for (const std::size_t index : {0U, 1U, 3U}) lone.applier().submit(groups[index]);
  lone.applier().start();
  wait_for("the applier to notice", [&] { return !lone.failure().empty(); });
  INFO(lone.failure());
  CHECK(lone.failure().find("entry 4 does not follow") != std::string::npos);
  CHECK(lone.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t") == "1,2");
  CHECK(lone.ask("SELECT GROUP_CONCAT(last ORDER BY last) FROM sqlcast.log") == "1,2");
}

TEST_CASE("applier: a group of another history is not applied, although its number is the next", "[applier]") {
  LoneApplier lone;
  std::vector<proto::Group> groups = history(3);
  groups[2].previous_hash[0] ^= 1U;
  for (const proto::Group& group : groups) lone.applier().submit(group);
  lone.applier().start();
  wait_for("the applier to notice", [&] { return !lone.failure().empty(); });
  INFO(lone.failure());
  CHECK(lone.failure().find("entry 3 does not follow") != std::string::npos);
  CHECK(lone.ask("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t") == "1,2");
}
