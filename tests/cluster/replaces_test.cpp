// Goal: CREATE OR REPLACE comes to the same on every node as in a plain MariaDB, also when its second half fails or the
// master dies between the two; what the server cannot even read replaces nothing. Method: the same statements in a
// database of the master's server that no node knows; every node's rows; crash points behind the first half.
#include "tests/cluster/beside.h"
#include "tests/cluster/tables_of.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("replaces: a table is replaced, or gone on every node when the new one cannot be made", "[replaces]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "replaced");
  const auto old = [&] {
    beside.both("DROP TABLE IF EXISTS t");
    beside.both("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
    beside.both("INSERT INTO t (v) VALUES (1), (2), (3)");
  };
  const auto same_tables = [&] {
    cluster.wait_until_equal();
    const std::string plain = tables_of(cluster.master(), "plain_replaced");
    for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "replaced") == plain);
    return plain;
  };
  beside.both("CREATE TABLE parent (id INT PRIMARY KEY)");
  beside.both("CREATE TABLE child (id INT, FOREIGN KEY (id) REFERENCES parent (id))");
  for (const char* works :
       {"CREATE OR REPLACE TABLE t (a INT, b VARCHAR(9) DEFAULT 'x')", "CREATE OR REPLACE TABLE t LIKE parent",
        "create or replace table `t`(a int) comment='x' -- why", "CREATE OR REPLACE TABLE anew (a INT)"}) {
    old();
    CHECK(beside.both(works).at(0).warnings.empty());
    beside.same("t");
    same_tables();
  }
  // Made, the server does not make it: the old one is gone.
  for (const char* fails : {"CREATE OR REPLACE TABLE t (id INT, FOREIGN KEY (id) REFERENCES nosuch (id))",
                            "CREATE OR REPLACE TABLE t LIKE nosuch"}) {
    INFO(fails);
    old();
    CHECK_FALSE(beside.both(fails).ok());
    same_tables();
  }
  // Refused at once: it stays.
  for (const char* fails :
       {"CREATE OR REPLACE TABLE parent (a INT)", "CREATE OR REPLACE TABLE t (a INT) CHARACTER SET nosuch",
        "CREATE OR REPLACE TABLE IF NOT EXISTS t (a INT)", "CREATE OR REPLACE TABLE t (a INT, b)"}) {
    INFO(fails);
    old();
    const Answer answer = beside.here(fails);
    CHECK_FALSE(answer.ok());
    cluster.wait_until_equal();
    for (Node* node : cluster.nodes()) {
      CHECK(node->ask_database("SELECT COUNT(*) FROM replaced.t") == "3");
      CHECK(node->ask_database("SELECT COUNT(*) FROM replaced.parent") == "0");
    }
  }
  // In use by somebody past the nodes for longer than the request's time: the second half fails, on all of them.
  old();
  {
    const auto somebody = cluster.master().open_database();
    REQUIRE(somebody->execute("LOCK TABLES replaced.parent WRITE").ok());
    proto::QueryRequest hasty = query_of("CREATE OR REPLACE TABLE t LIKE parent");
    hasty.timeout_ms = 500;
    CHECK_FALSE(cluster.master().run(in("replaced", hasty)).ok());
    REQUIRE(somebody->execute("UNLOCK TABLES").ok());
  }
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "replaced") == tables_of(cluster.master(), "replaced"));
  CHECK(beside.here("CREATE OR REPLACE TABLE t LIKE T").status.reason == "DUPLICATE_TARGET");
  // The next number is the new table's.
  old();
  beside.both("CREATE OR REPLACE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) SELECT 41 AS id, 7 AS v");
  beside.both("INSERT INTO t (v) VALUES (8)");
  beside.same("t");
  old();
  beside.both("CREATE OR REPLACE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT=7");
  beside.both("INSERT INTO t (v) VALUES (8)");
  beside.same("t");
  beside.finish();
}

TEST_CASE("replaces: a database is replaced, also the default one, and stays when foreign keys need it", "[replaces]") {
  Cluster& cluster = shared_cluster();
  for (const char* sql : {"CREATE DATABASE whole", "CREATE TABLE whole.aa (v INT)", "INSERT INTO whole.aa VALUES (1)",
                          "CREATE TABLE whole.p (id INT PRIMARY KEY)", "CREATE DATABASE beyond",
                          "CREATE TABLE beyond.c (id INT, FOREIGN KEY (id) REFERENCES whole.p (id))"})
    cluster.must(sql);
  const auto everywhere = [&](const std::string& tables) {
    cluster.wait_until_equal();
    for (Node* node : cluster.nodes()) CHECK(tables_of(*node, "whole") == tables);
  };
  CHECK(cluster.master().run("CREATE OR REPLACE DATABASE whole").status.database_errno == 1451);
  everywhere("aa,p");
  CHECK_FALSE(cluster.master().run("CREATE OR REPLACE DATABASE whole CHARACTER SET nosuch").ok());
  everywhere("aa,p");
  cluster.must("DROP DATABASE beyond");
  CHECK_FALSE(cluster.master().run("CREATE OR REPLACE DATABASE whole CHARACTER SET nosuch").ok());
  everywhere("aa,p");
  const Answer answer =
      cluster.master().run(in("whole", query_of("CREATE OR REPLACE DATABASE whole CHARACTER SET latin1")));
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  everywhere("NULL");
  cluster.must("CREATE TABLE whole.made (a VARCHAR(9))");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE whole");
}

TEST_CASE("replaces: interrupted between its halves it is ended when it is sent again", "[replaces]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE halves");
  cluster.must("CREATE TABLE halves.t (id INT PRIMARY KEY)");
  cluster.must("CREATE TABLE halves.s (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO halves.t VALUES (1), (2)");
  const proto::QueryRequest plain = keyed("halves", 1, "CREATE OR REPLACE TABLE halves.t (a INT)");
  cluster.crash_master("ddl_done", plain, 1);
  CHECK(tables_of(cluster.master(), "halves") == "s");
  CHECK(cluster.master().run(plain).ok());
  const proto::QueryRequest made = keyed("halves", 2, "CREATE OR REPLACE TABLE halves.s SELECT 5 AS five");
  cluster.crash_master("ddl_done", made, 1);
  CHECK(tables_of(cluster.master(), "halves") == "t");
  CHECK(cluster.master().run(made).ok());
  CHECK(cluster.master().run(made).result.replayed);
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    CHECK(node->ask_database("SELECT COUNT(*) FROM halves.t") == "0");
    CHECK(node->ask_database("SELECT five FROM halves.s") == "5");
  }
  cluster.check_same_everywhere();
}
