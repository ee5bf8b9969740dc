// Goal: a KILL QUERY, or the end of the session, at each step of a write's script, at the master and at a slave, leaves
// the write done once and the nodes equal. Method: the step is made to wait for a lock, past the node, and is killed
// there.
#include <future>

#include "tests/cluster/cluster.h"

using namespace sqlcast;
using namespace sqlcast::cluster_test;
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

// Kills what the node's writer does as soon as it waits at the step; then lets others have the lock.
void kill_at(Node& node, const Step& step, const std::string& kill, const std::function<void()>& begin) {
  const auto holder = node.open_database();
  const auto killer = node.open_database();
  for (const std::string& sql : step.hold) {
    const Status status = holder->execute(sql);
    INFO(sql << ": " << show(status));
    REQUIRE(status.ok());
  }
  begin();
  std::string writer;
  wait_for("the script to wait at " + step.name, [&] {
    const auto waiting = killer->scalar(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer' AND STATE LIKE 'Waiting for%'");
    if (waiting.ok() && waiting->has_value()) writer = **waiting;
    return !writer.empty();
  });
  REQUIRE(killer->execute(kill + " " + writer).ok());
  REQUIRE(holder->execute(step.let_go).ok());
}

}  // namespace

TEST_CASE("kills: a script that is killed at any of its steps is carried out once, at the master and at a slave",
          "[kills]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE kills");
  for (const std::string name : {"a", "b", "c"})
    cluster.must("CREATE TABLE kills." + name + " (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)");
  for (const std::string name : {"a", "c"}) cluster.must("INSERT INTO kills." + name + "(v) VALUES (0)");
  cluster.wait_until_equal();
  std::uint64_t writes = 0;
  for (const std::string kill : {"KILL QUERY", "KILL CONNECTION"})
    for (const Step& step : kSteps) {
      INFO(kill << " at " << step.name);
      const proto::QueryRequest at_master = write_of(++writes);
      std::future<Answer> answer;
      kill_at(cluster.master(), step, kill, [&] {
        answer =
            std::async(std::launch::async, [&] { return Session(cluster.master().endpoint()).run(at_master, 200s); });
      });
      const Answer done = answer.get();
      INFO(show(done.status));
      CHECK(done.ok());
      const Answer again = cluster.must(at_master);
      CHECK(again.result.replayed);
      CHECK(again.result.sequence == done.result.sequence);
      cluster.wait_until_equal();

      const proto::QueryRequest at_slave = write_of(++writes);
      kill_at(cluster.slave(0), step, kill, [&] { cluster.must(at_slave); });
      cluster.wait_until_equal();
    }
  for (Node* node : cluster.nodes())
    CHECK(node->run("SELECT (SELECT v FROM kills.a),(SELECT COUNT(*) FROM kills.b),(SELECT v FROM kills.c)").text() ==
          std::to_string(writes) + "|" + std::to_string(writes) + "|" + std::to_string(writes));
  cluster.check_same_everywhere();
}
