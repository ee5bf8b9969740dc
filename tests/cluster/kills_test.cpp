// Goal: a KILL QUERY, the end of the session, or an answer that never comes, at each step of a write's script, leaves
// the write done once and the nodes equal. Method: the step is made to wait for a lock, past the node, and is struck
// there.
#include <pwd.h>
#include <unistd.h>

#include <functional>
#include <future>

#include "storage/managed_server.h"
#include "tests/support/cluster.h"
#include "tests/support/cuttable_wire.h"
#include "tests/support/external.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// Where a script can be held, and how it is let go.
struct Step {
  std::string name;
  std::vector<std::string> hold;
  std::string let_go;
};

const std::vector<Step> kSteps{
    {"its first statement", {"LOCK TABLES kills.a READ"}, "UNLOCK TABLES"},
    {"its second statement", {"LOCK TABLES kills.b READ"}, "UNLOCK TABLES"},
    {"its third statement", {"LOCK TABLES kills.c READ"}, "UNLOCK TABLES"},
    {"its row of the log", {"LOCK TABLES sqlcast.log READ"}, "UNLOCK TABLES"},
    {"its commit",
     {"BACKUP STAGE START", "BACKUP STAGE FLUSH", "BACKUP STAGE BLOCK_DDL", "BACKUP STAGE BLOCK_COMMIT"},
     "BACKUP STAGE END"},
};

proto::QueryRequest write_of(std::uint64_t id) {
  proto::QueryRequest request =
      query_of_all({"UPDATE kills.a SET v=v+1", "INSERT INTO kills.b(v) VALUES (1)", "UPDATE kills.c SET v=v+1"});
  request.key = keyed("killed", id, "SELECT 1").key;
  request.sent_since = 0;
  request.timeout_ms = 200'000;
  return request;
}

using Strike = std::function<void(storage::Connection& administrator, const std::string& writer)>;

Strike with(const std::string& kill) {
  return [kill](storage::Connection& administrator, const std::string& writer) {
    REQUIRE(administrator.execute(kill + " " + writer).ok());
  };
}

// Strikes when the node's writer waits at the step; then lets others have the lock.
void strike_at(Node& node, const Step& step, const Strike& strike, const std::function<void()>& begin) {
  const auto holder = node.open_database();
  const auto administrator = node.open_database();
  for (const std::string& sql : step.hold) {
    const Status status = holder->execute(sql);
    INFO(sql << ": " << show(status));
    REQUIRE(status.ok());
  }
  begin();
  std::string writer;
  wait_for("the script to wait at " + step.name, [&] {
    const auto waiting = administrator->scalar(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer' AND STATE LIKE 'Waiting for%'");
    if (waiting.ok() && waiting->has_value()) writer = **waiting;
    return !writer.empty();
  });
  strike(*administrator, writer);
  REQUIRE(holder->execute(step.let_go).ok());
}

void check_at_master(Cluster& cluster, const Step& step, const Strike& strike, std::uint64_t id) {
  const proto::QueryRequest request = write_of(id);
  std::future<Answer> answer;
  strike_at(cluster.master(), step, strike, [&] {
    answer = std::async(std::launch::async, [&] { return Session(cluster.master().endpoint()).run(request, 200s); });
  });
  const Answer done = answer.get();
  INFO(show(done.status));
  CHECK(done.ok());
  const Answer again = cluster.must(request);
  CHECK(again.result.replayed);
  CHECK(again.result.sequence == done.result.sequence);
  cluster.wait_until_equal();
}

void prepare(Cluster& cluster) {
  cluster.must("CREATE DATABASE kills");
  for (const std::string name : {"a", "b", "c"})
    cluster.must("CREATE TABLE kills." + name + " (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)");
  for (const std::string name : {"a", "c"}) cluster.must("INSERT INTO kills." + name + "(v) VALUES (0)");
  cluster.wait_until_equal();
}

void check_done_once(Cluster& cluster, std::uint64_t writes) {
  const std::string count = std::to_string(writes);
  for (Node* node : cluster.nodes())
    CHECK(node->run("SELECT (SELECT v FROM kills.a),(SELECT COUNT(*) FROM kills.b),(SELECT v FROM kills.c)").text() ==
          count + "|" + count + "|" + count);
  cluster.check_same_everywhere();
}

}  // namespace

TEST_CASE("kills: a script that is killed at any of its steps is carried out once, at the master and at a slave",
          "[kills]") {
  Cluster cluster(1);
  prepare(cluster);
  std::uint64_t writes = 0;
  for (const std::string kill : {"KILL QUERY", "KILL CONNECTION"})
    for (const Step& step : kSteps) {
      INFO(kill << " at " << step.name);
      check_at_master(cluster, step, with(kill), ++writes);
      const proto::QueryRequest at_slave = write_of(++writes);
      strike_at(cluster.slave(0), step, with(kill), [&] { cluster.must(at_slave); });
      cluster.wait_until_equal();
    }
  check_done_once(cluster, writes);
}

TEST_CASE("kills: a script whose answers never come, from any of its steps on, is carried out once", "[kills]") {
  const TemporaryFolder folder;
  const std::string relay = (folder.path() / "relay").string();
  Cluster::Options options;
  options.slaves = 1;
  options.start = false;
  options.master_settings =
      "database:\n  mode: external\n  socket: " + relay + "\n  user: " + getpwuid(geteuid())->pw_name + "\n";
  Cluster cluster(options);
  storage::ManagedServer server({cluster.master().data_folder() / "mariadb", 32, 24});
  REQUIRE(server.start(120s, [](const std::string&) {}).ok());
  make_external(server);
  CuttableWire wire(server.address().socket, relay);
  for (Node* node : cluster.nodes()) node->start();
  for (Node* node : cluster.nodes()) node->wait_until_answering();
  prepare(cluster);
  std::uint64_t writes = 0;
  for (const Step& step : kSteps) {
    INFO("from " << step.name << " on");
    check_at_master(
        cluster, step, [&](auto&, const auto&) { wire.swallow(); }, ++writes);
  }
  check_done_once(cluster, writes);
}
