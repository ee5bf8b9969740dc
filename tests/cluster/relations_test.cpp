// Goal: rows that others refer to, and conditions that fail at some rows, come to the same on a node whose plan is
// another one. Method: the slave's table lacks the index by which the master finds its rows, so that it scans; the rows
// of both are compared, or the plain MariaDB's error.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

constexpr int kOthers = 2000;  // rows that the index leaves out, so that it is used

// The first slave finds rows by a scan from now on.
void drop_index_at_slave(Cluster& cluster, const std::string& table, const std::string& index) {
  cluster.wait_until_equal();
  REQUIRE(cluster.slave(0).open_database()->execute("ALTER TABLE " + table + " DROP INDEX " + index).ok());
}

void check_same(Cluster& cluster, const std::string& query) {
  cluster.wait_until_equal();
  const std::string expected = cluster.master().ask_database(query);
  for (Node* node : cluster.nodes()) CHECK(node->ask_database(query) == expected);
}

}  // namespace

TEST_CASE("relations: rows that a cascade takes along do not depend on which row of the parent is first",
          "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE cascade_order");
  Answer answer;
  const auto run = [&](const std::string& sql) {
    INFO(sql);
    answer = cluster.master().run(in("cascade_order", query_of(sql)));
    INFO(show(answer.status));
    REQUIRE(answer.ok());
  };
  run("CREATE TABLE p (id INT PRIMARY KEY, k INT NOT NULL, x INT NOT NULL, KEY (k), KEY x (x))");
  run("CREATE TABLE c (id INT PRIMARY KEY, k INT, KEY (k), FOREIGN KEY (k) REFERENCES p (k) ON UPDATE CASCADE)");
  std::string rows = "INSERT INTO p VALUES (1,1,20), (2,2,10)";
  for (int id = 3; id < kOthers; ++id) {
    const std::string text = std::to_string(id + 5000);
    rows += ",(" + text + "," + text + "," + text + ")";
  }
  run(rows);
  run("INSERT INTO c VALUES (1,1)");
  drop_index_at_slave(cluster, "cascade_order.p", "x");
  run("UPDATE p SET k = k + 1 WHERE x IN (10, 20)");
  CHECK(answer.at(0).affected_rows == 2);
  check_same(cluster, "SELECT k FROM cascade_order.c");
  check_same(cluster, "SELECT k FROM cascade_order.p WHERE id < 3 ORDER BY id");
  cluster.must("DROP DATABASE cascade_order");
}

TEST_CASE("relations: rows that refer to each other do not move in an order that is not determined", "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE own_order");
  cluster.must(
      "CREATE TABLE own_order.t (tenant INT, id INT, ptenant INT, pid INT, x INT NOT NULL, PRIMARY KEY (tenant, id), "
      "KEY (ptenant, pid), KEY (x), FOREIGN KEY (ptenant, pid) REFERENCES own_order.t (tenant, id))");
  cluster.must("INSERT INTO own_order.t VALUES (4,1,NULL,NULL,20), (4,2,4,1,10)");
  const std::string update = "UPDATE own_order.t SET tenant=5, ptenant=NULL, pid=NULL WHERE x<100";
  CHECK(cluster.master().run(update).status.reason == "UNORDERED_ROWS");
  CHECK(cluster.master().run(update + " ORDER BY tenant, id").status.database_errno == 1451);
  CHECK(cluster.must(update + " ORDER BY tenant, id DESC").at(0).affected_rows == 2);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE own_order");
}

TEST_CASE("relations: a function that warns of rows which an index leaves out is executed once", "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE warned");
  cluster.must(
      "CREATE TABLE warned.jobs (id INT PRIMARY KEY, state VARCHAR(8) NOT NULL, started DATETIME NOT NULL, stale INT, "
      "KEY state (state))");
  std::string rows = "INSERT INTO warned.jobs VALUES (1, 'run', NOW() - INTERVAL 2 HOUR, NULL)";
  for (int id = 2; id < kOthers; ++id) rows += ",(" + std::to_string(id) + ",'done',NOW() - INTERVAL 60 DAY,NULL)";
  cluster.must(rows);
  drop_index_at_slave(cluster, "warned.jobs", "state");
  const Answer answer =
      cluster.must("UPDATE warned.jobs SET stale=1 WHERE TIMEDIFF(NOW(), started) > '01:00:00' AND state='run'");
  CHECK(answer.at(0).affected_rows == 1);
  check_same(cluster, "SELECT id, stale FROM warned.jobs WHERE stale IS NOT NULL");
  cluster.must("DROP DATABASE warned");
}

TEST_CASE("relations: which rows go is decided before the first of them takes a reference from another",
          "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE lost_reference");
  cluster.must(
      "CREATE TABLE lost_reference.t (id INT PRIMARY KEY, up INT, x INT, KEY up (up), KEY x (x), FOREIGN KEY (up) "
      "REFERENCES lost_reference.t (id) ON DELETE SET NULL)");
  std::string rows = "INSERT INTO lost_reference.t VALUES (1,NULL,0),(2,1,1),(3,2,1),(4,3,1)";
  for (int id = 5; id < kOthers; ++id) rows += ",(" + std::to_string(id) + ",NULL,0)";
  cluster.must(rows);
  drop_index_at_slave(cluster, "lost_reference.t", "x");
  CHECK(cluster.master()
            .run("DELETE FROM lost_reference.t WHERE up IS NOT NULL AND x=1 ORDER BY id LIMIT 2")
            .status.reason == "UNORDERED_ROWS");
  const Answer answer = cluster.must("DELETE FROM lost_reference.t WHERE up IS NOT NULL AND x=1 ORDER BY id");
  CHECK(answer.at(0).affected_rows == 3);
  check_same(cluster, "SELECT COUNT(*) FROM lost_reference.t");
  cluster.must("DROP DATABASE lost_reference");
}

TEST_CASE("relations: a cascade that is too deep fails at every node or at none", "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE deep");
  cluster.must("CREATE TABLE deep.users (id INT PRIMARY KEY, created INT, KEY created (created))");
  cluster.must(
      "CREATE TABLE deep.comments (id INT PRIMARY KEY, uid INT, parent INT, FOREIGN KEY (uid) REFERENCES deep.users "
      "(id) "
      "ON DELETE CASCADE, FOREIGN KEY (parent) REFERENCES deep.comments (id) ON DELETE CASCADE)");
  std::string users = "INSERT INTO deep.users VALUES (1,2),(2,1)";
  for (int id = 3; id < kOthers; ++id) users += ",(" + std::to_string(id) + "," + std::to_string(id) + ")";
  cluster.must(users);
  std::string comments = "INSERT INTO deep.comments VALUES (1,1,NULL)";
  for (int id = 2; id <= 20; ++id)
    comments += ",(" + std::to_string(id) + "," + (id < 10 ? "1" : "2") + "," + std::to_string(id - 1) + ")";
  cluster.must(comments);
  drop_index_at_slave(cluster, "deep.users", "created");
  (void)cluster.master().run("DELETE FROM deep.users WHERE created < 3");
  check_same(cluster, "SELECT COUNT(*) FROM deep.users");
  check_same(cluster, "SELECT COUNT(*) FROM deep.comments");
  cluster.must("DROP DATABASE deep");
}

TEST_CASE("relations: a unique key over what is too long for an index orders and finds nothing", "[relations]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hashed");
  cluster.must(
      "CREATE TABLE hashed.h (body TEXT NOT NULL, v VARCHAR(4000) NOT NULL, x INT, UNIQUE (body), UNIQUE (v))");
  cluster.must("INSERT INTO hashed.h VALUES ('b', 'w', 1), ('a', 'q', 0)");
  const auto reason = [&](const std::string& sql) { return cluster.master().run(sql).status.reason; };
  CHECK(reason("ALTER TABLE hashed.h ADD id INT AUTO_INCREMENT PRIMARY KEY") == "UNORDERED_NUMBERING");
  cluster.must("UPDATE hashed.h SET x=2 WHERE body='b' LIMIT 1");
  cluster.must("DELETE FROM hashed.h ORDER BY body LIMIT 1");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE hashed");
}

TEST_CASE("relations: a number that an insert has not used is none of the next one's", "[relations]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "unused_number");
  beside.both("CREATE TABLE t1 (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  beside.both("CREATE TABLE t2 (id INT AUTO_INCREMENT PRIMARY KEY, v DOUBLE)");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, a INT, b INT)");
  beside.both("INSERT INTO t1 (v) VALUES (1), (2), (3), (4)");
  beside.both("INSERT INTO t2 (v) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)");
  beside.both("INSERT INTO s VALUES (1,1,1), (2,1,0)");
  for (const char* select :
       {"SELECT DISTINCT a / b FROM s ORDER BY b DESC", "SELECT s.a / s.b FROM s, s u WHERE u.id=1"}) {
    beside.both("INSERT INTO t1 (v) SELECT a FROM s WHERE a > 100");
    CHECK(beside.both("INSERT INTO t2 (v) " + std::string(select)).status.database_errno == 1365);
  }
  beside.same("t2");
  beside.finish();
}
