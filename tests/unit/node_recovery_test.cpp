// Goal: a definition is carried out once, or never when the database refuses it, whatever is lost at whatever of its
// steps, and by each node's log and database as they are then. Method: the log as it is, on a disk in memory, and a
// model of a database that is lost at each of its steps in turn.
#include "node/recovery.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "tests/unit/model_database.h"

using namespace sqlcast;
using namespace sqlcast::node::test;
using node::DecodedGroup;
using node::NodeLog;

namespace {

const Hash kCluster = proto::genesis_hash("a cluster");

struct Crash {};

enum class Loss { server, power };

DecodedGroup group_behind(const Position& end, const std::string& sql, bool ddl) {
  DecodedGroup made;
  proto::Entry entry;
  entry.sequence = end.sequence + 1;
  entry.key = {"client", entry.sequence};
  entry.statements.push_back({sql, std::nullopt, {1, entry.sequence}});
  proto::Group& group = made.group;
  group.first = group.last = entry.sequence;
  group.epoch = 1;
  group.state = ddl ? proto::GroupState::ddl_done : proto::GroupState::committed;
  group.previous_hash = end.hash;
  made.entries.push_back(std::move(entry));
  group.body = proto::encode_entries(made.entries);
  group.hash = proto::chain_hash(end.hash, 1, group.first, group.last, group.body);
  return made;
}

// A node with some groups that its database has not synced.
class Node {
 public:
  explicit Node(bool master) : master_(master), database_(random_, [this] { moment(); }) {
    open_log();
    REQUIRE(log_->begin(kCluster, {0, 0, kCluster}).ok());
    REQUIRE(database_.open());
    for (int i = 0; i < 3; ++i) {
      const DecodedGroup group = group_behind(log_->end(), "INSERT", false);
      REQUIRE(database_.commit({&group.group, 1}, tags_of(group.entries)).ok());
      REQUIRE(log_->append(group.group, {}, NodeLog::Sync::at_once).ok());
    }
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() { moments_left_ = 0; }

  bool begun = false;  // a definition, durably
  NodeLog& log() { return *log_; }
  ModelDatabase& database() { return database_; }

  // False: it went through. The loss comes at that of its moments.
  bool lose(Loss loss, int at, const std::function<void()>& what) {
    loss_ = loss;
    moments_left_ = at;
    disk_.plan = [this](std::uint64_t, log::test::Call) {
      moment();
      return log::test::Fault::none;
    };
    try {
      what();
    } catch (const Crash&) {
      disk_.crash(random_);
      database_.disconnect();
      log_.reset();
      open_log();
    }
    disk_.plan = nullptr;
    return std::exchange(moments_left_, 0) == 0;
  }
  void restart_log() {
    disk_.crash(random_);
    log_.reset();
    open_log();
  }
  Status recover() {
    if (!database_.usable()) REQUIRE(database_.open());
    if (master_) return node::reconcile(*log_, database_, kCluster);
    if (Status status = node::complete_log(*log_, database_, kCluster); !status.ok()) return status;
    const Result<Position> found = node::find_database(*log_, database_);
    if (!found.ok()) return found.status();
    node::BatchReader reader(*log_, {});
    if (Status status = reader.seek(*found); !status.ok()) return status;
    for (;;) {
      const Result<std::vector<DecodedGroup>> batch = reader.next(log_->end());
      if (!batch.ok()) return batch.status();
      if (batch->empty()) return ok_status();
      if (const node::Applied applied = database_.apply(*batch); !applied.why.ok()) return applied.why;
    }
  }
  void check(Sequence end) {
    REQUIRE(log_->sync().ok());
    CHECK(log_->end().sequence == end);
    CHECK(log_->durable().sequence == end);
    CHECK(database_.end() == log_->end());
    CHECK(database_.tags().size() == end);
    if (master_) CHECK_FALSE(log_->ahead());
  }

 private:
  void open_log() {
    NodeLog::Options options{"log", 64U << 10U};
    options.threads = false;
    options.writes_ahead = master_;
    log_ = std::make_unique<NodeLog>(options, disk_);
    REQUIRE(log_->open().ok());
  }
  void moment() {
    if (moments_left_ == 0 || --moments_left_ > 0) return;
    database_.lose();
    if (loss_ == Loss::power) throw Crash();
  }

  const bool master_;
  int moments_left_ = 0;
  Loss loss_ = Loss::server;
  log::test::Random random_{1};
  log::test::MemoryFileSystem disk_;
  ModelDatabase database_;
  std::unique_ptr<NodeLog> log_;
};

// Not within a macro, which would take the end of the process for its own.
void must(bool ok) {
  if (!ok) FAIL("it is refused");
}

// As master::Sequencer does it.
void define(Node& node, const DecodedGroup& definition) {
  proto::Group group = definition.group;
  group.state = proto::GroupState::ddl_pending;
  const Status status = node.database().define(group, definition.entries.front(), [&](const std::string& fingerprint) {
    must(node.log().begin_definition(group, fingerprint));
    node.begun = true;
  });
  if (status.code == Code::database_unavailable) return;
  must((status.ok() ? node.log().append(definition.group, {}, NodeLog::Sync::at_once) : node.log().take_back()).ok());
}

// What is tried, losing the server and losing power, at the first step, the second and so on, until it says that
// nothing was lost: it had ended before.
template <typename Trial>
void at_each_step(const Trial& trial) {
  for (const Loss loss : {Loss::server, Loss::power})
    for (int at = 1;; ++at) {
      INFO("lost " << (loss == Loss::power ? "power" : "the server") << " at step " << at);
      if (!trial(loss, at)) break;
    }
}

}  // namespace

TEST_CASE("recovery: a definition of a master is carried out once, whatever is lost at whatever step", "[recovery]") {
  at_each_step([](Loss loss, int at) {
    Node node(true);
    const DecodedGroup definition = group_behind(node.log().end(), "CREATE TABLE", true);
    const bool lost = node.lose(loss, at, [&] { define(node, definition); });
    const std::optional<NodeLog::Unsure> ahead = node.log().ahead();
    const bool begun = (ahead && ahead->group.last == 4) || node.log().end().sequence == 4;
    CHECK((begun || !node.begun));
    CHECK((begun || node.database().rows().size() <= 3));
    REQUIRE(node.recover().ok());
    // Nobody had been told: without a begin it was never there.
    node.check(begun ? 4 : 3);
    return lost;
  });
}

TEST_CASE("recovery: a definition that the database refuses is void, whatever is lost at whatever step", "[recovery]") {
  at_each_step([](Loss loss, int at) {
    Node node(true);
    const DecodedGroup definition = group_behind(node.log().end(), kRefused, true);
    const bool lost = node.lose(loss, at, [&] { define(node, definition); });
    REQUIRE(node.recover().ok());
    node.check(3);
    // Its sequence is free, also for what is on disk.
    const DecodedGroup next = group_behind(node.log().end(), "CREATE TABLE", true);
    define(node, next);
    node.restart_log();
    REQUIRE(node.recover().ok());
    node.check(4);
    CHECK(node.log().end() == end_of(next.group));
    return lost;
  });
}

TEST_CASE("recovery: a definition that no server survives is void, unless the database has it", "[recovery]") {
  at_each_step([](Loss loss, int at) {
    Node node(true);
    const DecodedGroup definition = group_behind(node.log().end(), "CREATE TABLE", true);
    const bool lost = node.lose(loss, at, [&] { define(node, definition); });
    const bool in_database = node.database().rows().size() > 3;
    node.database().weary = true;
    REQUIRE(node.recover().ok());
    node.check(in_database ? 4 : 3);
    return lost;
  });
}

TEST_CASE("recovery: a group that was written ahead is carried out, however many servers it takes", "[recovery]") {
  Node node(true);
  const DecodedGroup group = group_behind(node.log().end(), "INSERT", false);
  REQUIRE(node.log().write_ahead(group.group));
  node.database().weary = true;
  REQUIRE(node.recover().ok());
  node.check(4);
}

TEST_CASE("recovery: a slave has a definition in its log first, and carries it out once", "[recovery]") {
  at_each_step([](Loss loss, int at) {
    Node node(false);
    const DecodedGroup definition = group_behind(node.log().end(), "CREATE TABLE", true);
    const bool lost = node.lose(loss, at, [&] {
      must(node.log().append(definition.group, {}, NodeLog::Sync::at_once).ok());
      (void)node.database().apply({&definition, 1});
    });
    const bool logged = node.log().end().sequence == 4;
    CHECK((logged || node.database().rows().size() <= 3));
    REQUIRE(node.recover().ok());
    node.check(logged ? 4 : 3);
    // It comes again from the master, whole, whatever of it was on disk.
    if (!logged) {
      REQUIRE(node.log().append(definition.group, {}, NodeLog::Sync::at_once).ok());
      REQUIRE(node.recover().ok());
      node.check(4);
    }
    return lost;
  });
}

TEST_CASE("recovery: a definition that is done in part stays begun, and nothing is written behind it", "[recovery]") {
  Node node(true);
  const DecodedGroup definition = group_behind(node.log().end(), "DROP DATABASE", true);
  REQUIRE(node.log().begin_definition(definition.group, "behind tag 3"));
  node.database().stuck = true;
  const Status stopped = node.recover();
  CHECK(stopped.code == Code::diverged);
  CHECK(node.log().ahead());
  node.database().stuck = false;
  REQUIRE(node.recover().ok());
  node.check(4);
}

TEST_CASE("recovery: a database that was put back from a copy gets what was before a begun definition, and that one",
          "[recovery]") {
  Node node(true);
  node.database().sync();  // the copy
  const DecodedGroup before = group_behind(node.log().end(), "CREATE TABLE", true);
  REQUIRE(node.log().append(before.group, {}, NodeLog::Sync::at_once).ok());
  const DecodedGroup definition = group_behind(node.log().end(), "CREATE TABLE", true);
  REQUIRE(node.log().begin_definition(definition.group, "of tables that this one has otherwise"));
  REQUIRE(node.recover().ok());
  node.check(5);
}
