// Goal: a node that dies at the worst moments ends what it began, once. Method: crash points (SQLCAST_TEST_CRASH), at
// which the node kills itself; then it is started again, and what it did is compared.
#include <atomic>
#include <thread>

#include "log/walker.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

void arm(Node& node, const std::string& point) {
  node.stop();
  node.environment["SQLCAST_TEST_CRASH"] = point;
  node.start();
  node.wait_until_answering();
}

void revive(Node& node) {
  node.wait_until_ended();
  node.environment.clear();
  node.start();
  node.wait_until_answering();
}

proto::QueryRequest numbered(const std::string& sql, std::uint64_t id, const std::string& database = "crashed") {
  proto::QueryRequest request = keyed("crash-test", id, sql);
  request.database = database;
  return request;
}

// The answer is not waited for: the node dies.
void send(Node& node, const proto::QueryRequest& request) {
  Session session(node.endpoint());
  CHECK_FALSE(session.run(request, 500ms).ok());
}

// Of a node that does not run.
struct InLog {
  Sequence begun = 0;  // the definition that has no end, the last of all; 0 = none
  unsigned voids = 0;  // definitions
};
InLog definitions_in_log(const Node& node) {
  auto walker = log::LogWalker::open(log::real_file_system(), (node.data_folder() / "log").string());
  REQUIRE(walker.ok());
  InLog found;
  while (true) {
    const auto group = walker->next();
    REQUIRE(group.ok());
    if (!*group) return found;
    if ((*group)->group.state == proto::GroupState::committed) continue;
    if ((*group)->outcome == log::Outcome::none) ++found.voids;
    if ((*group)->outcome == log::Outcome::begun) found.begun = (*group)->group.first;
  }
}

struct Step {
  const char* sql;
  const char* database;
  const char* master_point;
  const char* slave_point;
};

// With databases, tables and views, each kind dies at one step or another, on one node or the other.
constexpr Step kSteps[] = {
    {"CREATE DATABASE crashed", "", "ddl_ran", "ddl_pending"},
    {"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "crashed", "ddl_pending", "ddl_ran"},
    {"ALTER TABLE t ADD COLUMN w INT NOT NULL DEFAULT 5", "crashed", "ddl_ran", "ddl_pending"},
    {"ALTER TABLE t ADD COLUMN x INT", "crashed", "ddl_pending", "ddl_ran"},
    {"ALTER TABLE t ADD COLUMN y INT", "crashed", "ddl_begun", "ddl_done"},
    // Afterwards the table looks as it did before, and does so when it is done twice.
    {"ALTER TABLE t DROP COLUMN y, ADD COLUMN y INT", "crashed", "ddl_ran", "ddl_ran"},
    // Done twice, it would succeed twice.
    {"ALTER TABLE t ADD INDEX (v)", "crashed", "ddl_done", "ddl_ran"},
    {"CREATE SQL SECURITY INVOKER VIEW s AS SELECT v FROM t", "crashed", "ddl_ran", "ddl_done"},
    {"DROP VIEW s", "crashed", "ddl_done", "ddl_ran"},
    {"RENAME TABLE t TO u", "crashed", "ddl_ran", "ddl_ran"},
    {"CREATE TABLE t LIKE u", "crashed", "ddl_ran", "ddl_ran"},
    // Two tables of the same definition change places: done twice, it would be undone.
    {"RENAME TABLE t TO x, u TO t, x TO u", "crashed", "ddl_ran", "ddl_ran"},
    {"TRUNCATE TABLE t", "crashed", "ddl_ran", "ddl_ran"},
    {"DROP TABLE t", "crashed", "ddl_ran", "ddl_ran"},
    {"DROP TABLE u", "crashed", "ddl_begun", "ddl_pending"},
    {"DROP DATABASE crashed", "", "ddl_pending", "ddl_ran"},
};

}  // namespace

TEST_CASE("crash: DDL interrupted before or after it ran is ended by the next start, on master and slave", "[crash]") {
  Cluster cluster(2);
  std::uint64_t id = 0;
  for (const Step& step : kSteps) {
    INFO(step.sql);
    const Sequence before = cluster.wait_until_equal();
    arm(cluster.master(), step.master_point);
    arm(cluster.slave(0), step.slave_point);
    const proto::QueryRequest request = numbered(step.sql, ++id, step.database);
    send(cluster.master(), request);
    cluster.master().wait_until_ended();
    CHECK(definitions_in_log(cluster.master()).begun == before + 1);
    revive(cluster.master());
    const Answer again = cluster.master().run(request);
    INFO(show(again.status));
    REQUIRE(again.ok());
    CHECK(again.result.replayed);
    CHECK(again.result.sequence == before + 1);
    revive(cluster.slave(0));
    CHECK(cluster.wait_until_equal() == before + 1);
    cluster.check_same_everywhere();
    if (std::string(step.sql).find("RENAME TABLE t TO x") == 0)
      CHECK(cluster.master().run("SELECT (SELECT COUNT(*) FROM crashed.t), (SELECT COUNT(*) FROM crashed.u)").text() ==
            "2|0");
    if (id == 2) REQUIRE(cluster.master().run(numbered("INSERT INTO t(v) VALUES (1),(2)", 100)).ok());
  }
  CHECK(cluster.master().run("SHOW DATABASES LIKE 'crashed'").text().empty());
}

TEST_CASE("crash: DDL that fails leaves no entry, and the next one runs", "[crash]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE failing");
  cluster.must("CREATE TABLE failing.t (id INT PRIMARY KEY, v VARCHAR(10))");
  cluster.must("INSERT INTO failing.t VALUES (1,'a'),(2,'a')");
  const Sequence before = cluster.wait_until_equal();
  CHECK(cluster.master().run("ALTER TABLE failing.t ADD UNIQUE KEY (v)").status.database_errno == 1062);
  CHECK(cluster.master().run("CREATE TABLE failing.t (id INT PRIMARY KEY)").status.database_errno == 1050);
  CHECK(cluster.master().run("DROP TABLE failing.nothing").status.database_errno == 1051);
  CHECK(cluster.master().run("ALTER TABLE failing.t CHANGE id v INT, CHANGE v id VARCHAR(10) FIRST").status.reason ==
        "COLUMN_EXCHANGE");
  CHECK(cluster.wait_until_equal() == before);
  CHECK(cluster.must("ALTER TABLE failing.t ADD UNIQUE KEY (id, v)").result.sequence == before + 1);
  CHECK(cluster.must("DROP DATABASE failing").result.sequence == before + 2);
  cluster.check_same_everywhere();
}

TEST_CASE("crash: DDL that the database refuses is void in the master's log, wherever the master dies meanwhile",
          "[crash]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE crashed");
  cluster.must("CREATE TABLE crashed.t (id INT PRIMARY KEY)");
  std::uint64_t id = 0;
  for (const char* point : {"ddl_begun", "ddl_pending", "ddl_ran", "ddl_refused"}) {
    INFO(point);
    const Sequence before = cluster.wait_until_equal();
    arm(cluster.master(), point);
    const proto::QueryRequest refused = numbered("CREATE TABLE t (id INT)", ++id);
    send(cluster.master(), refused);
    cluster.master().wait_until_ended();
    const InLog died = definitions_in_log(cluster.master());
    CHECK(died.begun == before + 1);
    revive(cluster.master());
    CHECK(cluster.master().status()->position == before);
    CHECK(cluster.master().run(refused).status.database_errno == 1050);
    cluster.master().kill();
    CHECK(definitions_in_log(cluster.master()).voids == died.voids + 2);  // at the start, and when it came again
    cluster.master().start();
    cluster.master().wait_until_answering();
    CHECK(cluster.master().status()->position == before);
    const std::string column = "c" + std::to_string(++id);
    const proto::QueryRequest next = numbered("ALTER TABLE t ADD COLUMN " + column + " INT", id);
    CHECK(cluster.master().run(next).result.sequence == before + 1);
    CHECK(cluster.wait_until_equal() == before + 1);
    cluster.check_same_everywhere();
  }
}

TEST_CASE("crash: a master that dies around a commit answers the resend with the one outcome", "[crash]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE crashed");
  cluster.must("CREATE TABLE crashed.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO crashed.t(v) VALUES (1)");
  std::uint64_t id = 0;
  for (const char* point : {"group_begun", "group_executed", "group_committed", "group_durable"}) {
    // An insert whose effects are known beforehand goes with its commit in one trip; an update does not.
    for (const char* sql : {"UPDATE t SET v=v+1 WHERE id=1", "INSERT INTO t(v) VALUES (7)"}) {
      INFO(point << " " << sql);
      const bool in_one_trip = std::string(sql).find("INSERT") == 0;
      if (in_one_trip && std::string(point) == "group_executed") continue;
      const Sequence before = cluster.wait_until_equal();
      arm(cluster.master(), point);
      const proto::QueryRequest request = numbered(sql, ++id);
      send(cluster.master(), request);
      revive(cluster.master());
      // What is committed and not durable may be there or not: the database had not synced it.
      const bool committed = cluster.master().status()->position == before + 1;
      if (std::string(point) == "group_executed") CHECK_FALSE(committed);
      if (std::string(point) == "group_durable" || std::string(point) == "group_begun") CHECK(committed);
      const Answer again = cluster.master().run(request);
      INFO(show(again.status));
      REQUIRE(again.ok());
      CHECK(again.result.replayed == committed);
      CHECK(again.result.sequence == before + 1);
      CHECK(again.at(0).affected_rows == 1);
      // And once more, by way of the slave.
      const Answer third = cluster.slave(0).run(request);
      INFO(show(third.status));
      CHECK(third.result.replayed);
      CHECK(third.result.sequence == before + 1);
      proto::QueryRequest other = request;
      other.statements[0].sql = "UPDATE t SET v=0 WHERE id=1";
      CHECK(cluster.master().run(other).status.code == Code::request_id_reused);
      cluster.check_same_everywhere();
    }
  }
  CHECK(cluster.master().run("SELECT v FROM crashed.t ORDER BY id").text() == "5\n7\n7\n7");
}

TEST_CASE("crash: what a master had begun and its database refuses is void at the next start, and a resend is told so",
          "[crash]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE crashed");
  cluster.must("CREATE TABLE crashed.t (id INT PRIMARY KEY, v INT, UNIQUE KEY (v))");
  cluster.must("INSERT INTO crashed.t VALUES (1,1)");
  std::uint64_t id = 0;
  for (const char* point : {"group_begun", "group_refused"}) {
    INFO(point);
    const Sequence before = cluster.wait_until_equal();
    arm(cluster.master(), point);
    const proto::QueryRequest refused = numbered("INSERT INTO t VALUES (7,1)", ++id);
    send(cluster.master(), refused);
    revive(cluster.master());
    CHECK(cluster.master().status()->position == before);
    CHECK(cluster.master().run(refused).status.database_errno == 1062);
    const std::string value = std::to_string(++id);
    const proto::QueryRequest next = numbered("INSERT INTO t VALUES (" + value + "," + value + ")", id);
    CHECK(cluster.master().run(next).result.sequence == before + 1);
    // Told, it stays so after a crash as well, which loses what the database had not synced.
    cluster.master().kill();
    cluster.master().start();
    cluster.master().wait_until_answering();
    CHECK(cluster.master().status()->position == before + 1);
    cluster.check_same_everywhere();
  }
}

TEST_CASE("crash: a slave that dies around its commit applies each entry once", "[crash]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE crashed");
  cluster.must("CREATE TABLE crashed.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO crashed.t(v) VALUES (0)");
  for (const char* point : {"batch_executed", "batch_committed"}) {
    INFO(point);
    const Sequence before = cluster.wait_until_equal();
    arm(cluster.slave(0), point);
    cluster.must("UPDATE crashed.t SET v=v+1 WHERE id=1");
    cluster.must("INSERT INTO crashed.t(v) VALUES (5)");
    revive(cluster.slave(0));
    CHECK(cluster.wait_until_equal() == before + 2);
    cluster.check_same_everywhere();
  }
  CHECK(cluster.slave(0).run("SELECT v FROM crashed.t WHERE id=1 ORDER BY id").text() == "2");
}

TEST_CASE("crash: a definition that ends the database's server each time is given up, and the next write goes on",
          "[crash]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE crashed");
  cluster.must("CREATE TABLE crashed.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO crashed.t (v) VALUES (10), (11), (12), (13), (14), (15), (16), (17)");
  while (cluster.must("INSERT INTO crashed.t (v) SELECT v FROM crashed.t").at(0).affected_rows < 4'096) continue;
  const Sequence before = cluster.wait_until_equal();
  // It takes its time.
  const proto::QueryRequest request =
      numbered("ALTER TABLE t ADD COLUMN h CHAR(128) AS (SHA2(REPEAT(v, 40000), 512)) STORED", 1);
  std::atomic<bool> answered = false;
  Answer answer;
  std::jthread client([&] {
    proto::QueryRequest patient = request;
    patient.timeout_ms = 100'000;
    answer = Session(cluster.master().endpoint()).run(patient, 110s);
    answered = true;
  });
  unsigned killed = 0;
  wait_for("the definition to be given up", [&] {
    try {
      if (cluster.master().ask_database(
              "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE t%'") != "0") {
        cluster.master().kill_database();
        ++killed;
      }
    } catch (const std::runtime_error&) {  // it is being started
    }
    return answered.load();
  });
  client.join();
  INFO(show(answer.status));
  CHECK(answer.status.code == Code::sql_error);
  CHECK(killed >= 3);
  CHECK(cluster.master().run(request).status.code == Code::sql_error);
  CHECK(cluster.must("INSERT INTO crashed.t (v) VALUES (1)").result.sequence == before + 1);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
