// Goal: what a node's log promises to who writes and who waits: nothing is told before it is durable, in order; a group
// is appended whatever was begun before it. Method: real files in a temporary folder.
#include "node/node_log.h"

#include <atomic>
#include <memory>
#include <vector>

#include "node/recovery.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"
#include "tests/unit/log_memory_fs.h"
#include "tests/unit/model_database.h"
#include "tests/unit/node_groups.h"

using namespace sqlcast;
using node::NodeLog;
using node::test::group_behind;
using node::test::kCluster;
using support::TemporaryFolder;
using support::wait_for;

namespace {

const Position kStart{0, 0, kCluster};

Position end_of(const proto::Group& group) { return {group.epoch, group.last, group.hash}; }

// A log whose last record is a definition's begin, as a crash between that and its end leaves it.
void begin_and_leave(const std::string& folder, const proto::Group& definition) {
  log::LogSettings settings;
  settings.folder = folder;
  settings.cluster = kCluster;
  settings.file_bytes = 64U << 10U;
  log::SparseIndex index;
  Result<log::OpenedLog> opened = log::open_log(log::real_file_system(), settings, kStart, index);
  REQUIRE(opened.ok());
  log::GroupBegin begin;
  begin.ddl = true;
  begin.epoch = definition.epoch;
  begin.first = definition.first;
  begin.last = definition.last;
  begin.bytes = definition.body;
  REQUIRE(opened->writer->append(begin).ok());
  REQUIRE(opened->writer->close().ok());
}

}  // namespace

TEST_CASE("node log: a definition that was begun and is not the database's is void, and the next group is there") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "log").string();
  begin_and_leave(path, group_behind(kStart, proto::GroupState::ddl_done));
  NodeLog log({path, 64U << 10U});
  REQUIRE(log.open().ok());
  // Another body than the definition's: of the same sequence, but not it.
  proto::Group other = group_behind(kStart);
  other.commit_time_us = 7;
  REQUIRE(log.append(other).ok());
  CHECK(log.end() == end_of(other));
  const proto::Group next = group_behind(log.end());
  REQUIRE(log.append(next).ok());
  REQUIRE(log.sync().ok());
  CHECK(log.durable() == end_of(next));
  CHECK(*log.has(end_of(other)));
  log.stop();
  NodeLog again({path, 64U << 10U});
  REQUIRE(again.open().ok());
  CHECK(again.end() == end_of(next));
}

TEST_CASE("node log: a definition that was begun is ended when it comes from the database") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "log").string();
  const proto::Group definition = group_behind(kStart, proto::GroupState::ddl_done);
  begin_and_leave(path, definition);
  NodeLog log({path, 64U << 10U});
  REQUIRE(log.open().ok());
  CHECK(log.end().sequence == 0);
  REQUIRE(log.append(definition).ok());
  CHECK(log.end() == end_of(definition));
  REQUIRE(log.sync().ok());
  CHECK(*log.has(end_of(definition)));
}

TEST_CASE("node log: what waits is told in order, and when it is durable") {
  const TemporaryFolder folder;
  NodeLog log({(folder.path() / "log").string(), 64U << 10U});
  REQUIRE(log.open().ok());
  REQUIRE(log.begin(kCluster, kStart).ok());
  std::vector<Sequence> told;  // by one at a time
  std::atomic<bool> early{false};
  for (int i = 0; i < 200; ++i) {
    const proto::Group group = group_behind(log.end());
    const auto then = [&, sequence = group.last] {
      if (log.durable().sequence < sequence) early = true;
      told.push_back(sequence);
    };
    REQUIRE(log.append(group, then, i % 3 == 0 ? NodeLog::Sync::at_once : NodeLog::Sync::behind).ok());
  }
  REQUIRE(log.sync().ok());
  CHECK_FALSE(early);
  REQUIRE(told.size() == 200);
  for (std::size_t i = 0; i < told.size(); ++i) CHECK(told[i] == i + 1);
}

TEST_CASE("node log: what goes with the next group is made durable by who appends that, at once") {
  const TemporaryFolder folder;
  NodeLog::Options options{(folder.path() / "log").string(), 64U << 10U};
  options.threads = false;  // so nobody else does
  NodeLog log(options);
  REQUIRE(log.begin(kCluster, kStart).ok());
  const proto::Group first = group_behind(kStart);
  const proto::Group second = group_behind(end_of(first));
  std::vector<int> told;
  REQUIRE(log.append(
                 first, [&] { told.push_back(1); }, NodeLog::Sync::with_next)
              .ok());
  CHECK(log.end() == end_of(first));
  CHECK(log.durable() == kStart);
  CHECK(told.empty());
  REQUIRE(log.append(
                 second, [&] { told.push_back(2); }, NodeLog::Sync::at_once)
              .ok());
  CHECK(log.durable() == end_of(second));
  CHECK(told == std::vector<int>{1, 2});
}

TEST_CASE("node log: who has read waits for the commit that he may have seen") {
  const TemporaryFolder folder;
  NodeLog log({(folder.path() / "log").string(), 64U << 10U});
  REQUIRE(log.begin(kCluster, kStart).ok());
  std::atomic<int> told{0};
  log.when_settled([&] { ++told; });
  CHECK(told == 1);  // at once: nothing is under way
  log.commit_begins();
  log.when_settled([&] { ++told; });
  CHECK(told == 1);
  REQUIRE(log.append(group_behind(kStart)).ok());
  CHECK(told == 1);
  log.commit_ended();
  wait_for("it to be told", [&] { return told == 2; });
  CHECK(log.durable().sequence == 1);
}

TEST_CASE("node log: what still waits when the node stops is told once it is durable, and nothing is appended then") {
  const TemporaryFolder folder;
  NodeLog log({(folder.path() / "log").string(), 64U << 10U});
  REQUIRE(log.begin(kCluster, kStart).ok());
  const proto::Group group = group_behind(kStart);
  bool told = false;
  log.prepare_to_stop();
  REQUIRE(log.append(group, [&] { told = true; }).ok());
  log.stop();
  CHECK(told);
  CHECK(log.append(group_behind(end_of(group))).code == Code::shutting_down);
}

TEST_CASE("node log: a read that saw a commit which found no room when the node was to stop is not told", "[node]") {
  log::test::MemoryFileSystem disk;
  NodeLog log({"log", 64U << 10U}, disk);
  REQUIRE(log.begin(kCluster, kStart).ok());
  bool told = false;
  log.commit_begins();
  log.when_settled([&] { told = true; });
  disk.plan = [](std::uint64_t, log::test::Call call) {
    return call == log::test::Call::write ? log::test::Fault::disk_full : log::test::Fault::none;
  };
  log.prepare_to_stop();
  REQUIRE(log.append(group_behind(kStart)).code == Code::shutting_down);
  log.commit_ended();
  log.when_settled([&] { told = true; });
  log.stop();
  CHECK_FALSE(told);
}

TEST_CASE("node log: what is written ahead counts when it is committed, whether the sync or the commit ends first") {
  const TemporaryFolder folder;
  NodeLog::Options options{(folder.path() / "log").string(), 64U << 10U};
  options.writes_ahead = true;
  NodeLog log(options);
  REQUIRE(log.begin(kCluster, kStart).ok());
  for (const bool synced_first : {true, false}) {
    const Position before = log.end();
    const proto::Group group = group_behind(before);
    std::atomic<bool> told{false};
    REQUIRE(log.write_ahead(group));
    if (synced_first) REQUIRE(log.sync().ok());
    CHECK(log.end() == before);
    CHECK(log.durable() == before);
    CHECK(log.ahead()->group.body == group.body);
    CHECK(log.append(group_behind(end_of(group))).code == Code::diverged);  // not that one
    REQUIRE(log.append(
                   group, [&] { told = true; }, NodeLog::Sync::at_once)
                .ok());
    CHECK_FALSE(log.ahead());
    wait_for("it to be told", [&] { return told.load(); });
    CHECK(log.durable() == end_of(group));
  }
}

TEST_CASE("node log: what is taken back is gone, durably, and its sequence is free") {
  log::test::MemoryFileSystem disk;
  NodeLog::Options options{"log", 64U << 10U};
  options.threads = false;
  options.writes_ahead = true;
  NodeLog log(options, disk);
  REQUIRE(log.begin(kCluster, kStart).ok());
  REQUIRE(log.take_back().ok());  // nothing
  REQUIRE(log.write_ahead(group_behind(kStart)));
  REQUIRE(log.take_back().ok());
  CHECK_FALSE(log.ahead());
  log::test::Random random(1);
  disk.crash(random);
  NodeLog again(options, disk);
  REQUIRE(again.open().ok());
  CHECK_FALSE(again.ahead());
  CHECK(again.end().sequence == 0);
  proto::Group other = group_behind(kStart);
  REQUIRE(again.append(other).ok());
  CHECK(again.end() == end_of(other));
}

TEST_CASE(
    "node log: after a crash a master's last group is unsure, a slave's is not, nor one behind which a mark stands") {
  for (const bool idle : {false, true}) {
    log::test::MemoryFileSystem disk;
    NodeLog::Options options{"log", 64U << 10U};
    options.threads = false;
    options.writes_ahead = true;
    const proto::Group group = group_behind(kStart);
    auto log = std::make_unique<NodeLog>(options, disk);
    REQUIRE(log->begin(kCluster, kStart).ok());
    REQUIRE(log->append(group, {}, NodeLog::Sync::at_once).ok());
    if (idle) log->stop();
    disk.end_process();
    options.writes_ahead = false;
    NodeLog slave(options, disk);
    REQUIRE(slave.open().ok());
    CHECK(slave.durable() == end_of(group));
    disk.end_process();
    options.writes_ahead = true;
    NodeLog master(options, disk);
    REQUIRE(master.open().ok());
    CHECK(master.ahead().has_value() == !idle);
    CHECK(master.durable().sequence == (idle ? 1U : 0U));
    if (!idle) REQUIRE(master.append(group).ok());
    CHECK(master.durable() == end_of(group));
    CHECK(*master.has(end_of(group)));
  }
}

TEST_CASE(
    "node log: a definition has begun durably, with its fingerprint, before it is carried out, and is done later") {
  log::test::MemoryFileSystem disk;
  NodeLog::Options options{"log", 64U << 10U};
  options.threads = false;
  options.writes_ahead = true;
  proto::Group definition = group_behind(kStart, proto::GroupState::ddl_pending);
  log::test::Random random(GENERATE(range(1U, 20U)));
  {
    NodeLog log(options, disk);
    REQUIRE(log.begin(kCluster, kStart).ok());
    REQUIRE(log.begin_definition(definition, "as it was"));
    CHECK(log.end() == kStart);
    CHECK(log.durable() == kStart);
    disk.crash(random);
  }
  NodeLog log(options, disk);
  REQUIRE(log.open().ok());
  CHECK(log.end() == kStart);
  definition.state = proto::GroupState::ddl_done;
  REQUIRE(log.ahead());
  CHECK(log.ahead()->group == definition);
  CHECK(log.ahead()->fingerprint == "as it was");
  REQUIRE(log.append(definition, {}, NodeLog::Sync::at_once).ok());
  CHECK_FALSE(log.ahead());
  CHECK(log.durable() == end_of(definition));
  CHECK(*log.has(end_of(definition)));
  // The next one is refused.
  const proto::Group next = group_behind(log.end(), proto::GroupState::ddl_pending);
  REQUIRE(log.begin_definition(next, "as it was then"));
  REQUIRE(log.take_back().ok());
  CHECK_FALSE(log.ahead());
  disk.crash(random);
  NodeLog again(options, disk);
  REQUIRE(again.open().ok());
  CHECK_FALSE(again.ahead());
  CHECK(again.end() == end_of(definition));
}

TEST_CASE("node log: a definition for whose begin there is no room is in the log once it is done") {
  log::test::MemoryFileSystem disk;
  NodeLog::Options options{"log", 64U << 10U};
  options.threads = false;
  options.writes_ahead = true;
  NodeLog log(options, disk);
  REQUIRE(log.begin(kCluster, kStart).ok());
  disk.plan = [](std::uint64_t, log::test::Call call) {
    return call == log::test::Call::write ? log::test::Fault::disk_full : log::test::Fault::none;
  };
  proto::Group definition = group_behind(kStart, proto::GroupState::ddl_pending);
  CHECK_FALSE(log.begin_definition(definition, "as it was"));
  CHECK_FALSE(log.ahead());
  disk.plan = nullptr;
  definition.state = proto::GroupState::ddl_done;
  REQUIRE(log.append(definition, {}, NodeLog::Sync::at_once).ok());
  CHECK(log.durable() == end_of(definition));
}

TEST_CASE("node log: a damaged table makes nothing void of which somebody may have been told") {
  log::test::MemoryFileSystem disk;
  NodeLog::Options options{"log", 64U << 10U};
  options.threads = false;
  options.writes_ahead = true;
  const proto::Group group = group_behind(kStart);
  {
    NodeLog log(options, disk);
    REQUIRE(log.begin(kCluster, kStart).ok());
    REQUIRE(log.append(group, {}, NodeLog::Sync::at_once).ok());
    disk.end_process();
  }
  NodeLog log(options, disk);
  REQUIRE(log.open().ok());
  REQUIRE(log.ahead());
  log::test::Random random(1);
  node::test::ModelDatabase database(random, [] {});
  REQUIRE(database.open());
  database.damaged = 1194;
  const Status refused = node::reconcile(log, database, std::nullopt);
  CHECK(refused.code == Code::diverged);
  CHECK(refused.message.find("Repair the table") != std::string::npos);
  CHECK(log.ahead());
  // Of its data, as a duplicate key: it was never carried out.
  database.damaged = 1062;
  CHECK(node::reconcile(log, database, std::nullopt).ok());
  CHECK_FALSE(log.ahead());
  CHECK(log.end().sequence == 0);
}
