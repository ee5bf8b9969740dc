// Goal: RETURNING is the client's alone. No slave runs it, whatever it does; what older logs have of it still replays.
// Method: statements whose RETURNING fails, or gives something else, on a slave; the log's text; an entry put into the
// master's log as older releases wrote it.
#include "proto/entry.h"
#include "storage/log.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

std::vector<std::string> logged_statements(Node& node, Sequence after) {
  const std::unique_ptr<storage::Connection> administrator = node.open_database();
  const auto groups = storage::read_groups(*administrator, after, node.status()->position, 1U << 24U);
  REQUIRE(groups.ok());
  std::vector<std::string> texts;
  for (const proto::Group& group : *groups) {
    const auto entries = proto::decode_entries(group.body);
    REQUIRE(entries.ok());
    for (const proto::Entry& entry : *entries)
      for (const proto::Statement& statement : entry.statements) texts.push_back(statement.sql);
  }
  return texts;
}

}  // namespace

TEST_CASE("returning: it is not in the log, and no slave runs it", "[returning]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE returning_log");
  cluster.must("CREATE TABLE returning_log.t (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v VARCHAR(100))");
  const Sequence before = cluster.wait_until_equal();
  // It fails every other time, wherever it is run.
  const std::string lottery = " RETURNING id, (SELECT 1 UNION SELECT CRC32(UUID()) % 2)";
  int succeeded = 0;
  for (int k = 1; succeeded < 12; ++k) {
    REQUIRE(k < 1000);
    const Answer answer = cluster.master().run("INSERT INTO returning_log.t (k, v) VALUES (" + std::to_string(k) +
                                               ", UUID())" + lottery + " -- and a comment");
    if (!answer.ok()) continue;
    CHECK(answer.at(0).affected_rows == 1);
    CHECK(answer.text() == std::to_string(answer.at(0).insert_id) + "|1");
    ++succeeded;
  }
  cluster.wait_until_equal();
  for (const std::string& text : logged_statements(cluster.master(), before)) {
    INFO(text);
    CHECK(text.find("RETURNING") == std::string::npos);
    CHECK(text.ends_with(" AS UUID))"));
  }
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE returning_log");
}

TEST_CASE("returning: rows that are counted twice or left out are counted on no slave", "[returning]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE returning_counts");
  cluster.must("CREATE TABLE returning_counts.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO returning_counts.t VALUES (1, 1), (2, 2), (3, 3)");
  CHECK(cluster.must("REPLACE INTO returning_counts.t VALUES (1, 10), (4, 40) RETURNING v").text() == "10\n40");
  CHECK(cluster
            .must("INSERT INTO returning_counts.t VALUES (2, 0), (5, 50) ON DUPLICATE KEY UPDATE v = v + 1 "
                  "RETURNING id, v")
            .text() == "2|3\n5|50");
  CHECK(cluster.must("INSERT IGNORE INTO returning_counts.t VALUES (2, 0), (6, 60) RETURNING id").text() == "6");
  CHECK(cluster.must("DELETE FROM returning_counts.t WHERE v > 40 RETURNING id").text() == "5\n6");
  cluster.must(query_of_all({"INSERT INTO returning_counts.t VALUES (7, 70) RETURNING id",
                             "UPDATE returning_counts.t SET v = v + 1",
                             "DELETE FROM returning_counts.t WHERE id = 7 RETURNING v"}));
  // Again under its ids: the outcome without its rows, and without a count that nobody has.
  const proto::QueryRequest request =
      keyed("returning-counts", 1, "REPLACE INTO returning_counts.t VALUES (1, 0) RETURNING v");
  cluster.must(request);
  const Answer replayed = cluster.must(request);
  CHECK(replayed.result.replayed);
  CHECK(replayed.at(0).affected_rows == 0);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE returning_counts");
}

TEST_CASE("returning: what an older release left in the log still replays", "[returning]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("CREATE TABLE d.r (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO d.r VALUES (1, 1)");
  cluster.wait_until_equal();
  const proto::NodeStatus master = *cluster.master().status();
  {
    const std::unique_ptr<storage::Connection> administrator = cluster.master().open_database();
    // Effects as they were then: a row each that RETURNING gave.
    const std::vector<proto::Statement> statements = {
        {"INSERT INTO d.t (v) VALUES (7), (8) RETURNING id, v", 1, {2, 1}},
        {"REPLACE INTO d.r VALUES (1, 2), (2, 2) RETURNING id", std::nullopt, {2, 0}},
        {"DELETE FROM d.t WHERE v = 8 RETURNING v -- gone", std::nullopt, {1, 0}}};
    std::vector<proto::Entry> entries;
    for (const proto::Statement& statement : statements) {
      proto::Entry& entry = entries.emplace_back();
      entry.sequence = master.position + entries.size();
      entry.context.timestamp_us = 1'700'000'000'000'000;
      entry.statements = {statement};
    }
    proto::Group group;
    group.first = entries.front().sequence;
    group.last = entries.back().sequence;
    group.epoch = master.epoch;
    const auto head = storage::read_position(*administrator);
    REQUIRE(head.ok());
    group.previous_hash = head->hash;
    group.body = proto::encode_entries(entries);
    group.hash = proto::chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
    REQUIRE(administrator->execute("SET GLOBAL innodb_flush_log_at_trx_commit=1").ok());  // it is to survive the kill
    REQUIRE(administrator->execute("START TRANSACTION").ok());
    for (const proto::Statement& statement : statements)
      REQUIRE(administrator->execute(statement.sql.substr(0, statement.sql.find(" RETURNING"))).ok());
    REQUIRE(administrator->execute(storage::append_sql({group})).ok());
    REQUIRE(administrator->execute("COMMIT").ok());
  }
  cluster.master().kill();
  cluster.master().start();
  cluster.master().wait_until_answering();
  CHECK(cluster.wait_until_equal() == master.position + 3);
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT id, v FROM d.t").text() == "1|7");
  CHECK(cluster.must("INSERT INTO d.t (v) VALUES (9) RETURNING id").text() == "3");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
