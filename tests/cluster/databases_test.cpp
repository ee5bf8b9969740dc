// Goal: what a statement works on follows from its text and its request's database, never from what a session did
// before. Method: requests with one database, another, and none, at every node; answers and nodes compared.
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

proto::QueryRequest in_database(const std::string& database, const std::string& sql) {
  proto::QueryRequest request = query_of(sql);
  request.database = database;
  return request;
}

}  // namespace

TEST_CASE("databases: a request without one does not run in the one before", "[databases]") {
  Cluster& cluster = shared_cluster();
  for (const std::string name : {"here", "there"}) {
    cluster.must("CREATE DATABASE " + name);
    cluster.must("CREATE TABLE " + name + ".t (id INT PRIMARY KEY, v INT)");
    cluster.must("INSERT INTO " + name + ".t VALUES (1, 0)");
  }
  REQUIRE(cluster.master().run(in_database("here", "UPDATE t SET v=1 WHERE id=1")).ok());
  // Fails, so that it is not in the log: only the master's session has been there.
  CHECK(cluster.master().run(in_database("there", "UPDATE nowhere SET v=1")).status.database_errno == 1146);
  CHECK(cluster.master().run("UPDATE t SET v=99 WHERE id=1").status.reason == "NO_DATABASE");
  CHECK(cluster.master().run("CREATE TABLE u (id INT)").status.reason == "NO_DATABASE");
  CHECK(cluster.slave(0).run("UPDATE t SET v=99 WHERE id=1").status.reason == "NO_DATABASE");
  REQUIRE(cluster.master().run("UPDATE here.t SET v=2 WHERE id=1").ok());
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    // Each of the readers' sessions has been in a database.
    for (int i = 0; i < 40; ++i) REQUIRE(node->run(in_database("there", "SELECT v FROM t")).text() == "0");
    CHECK(node->run("SELECT v FROM t").status.reason == "NO_DATABASE");
    CHECK(node->run("SHOW TABLES").status.reason == "NO_DATABASE");
    CHECK(node->run("SELECT DATABASE()").status.reason == "NO_DATABASE");
    CHECK(node->run(in_database("here", "SELECT DATABASE(), v FROM t")).text() == "here|2");
    CHECK(node->run("SELECT v FROM there.t").text() == "0");
    // Past the policy, in a view, there is nothing of anybody's either.
    CHECK(node->run("SHOW TABLES FROM here").text() == "t");
  }
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE here");
  cluster.must("DROP DATABASE there");
}

TEST_CASE("databases: foreign keys and missing databases, where there is no default one", "[databases]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE related");
  cluster.must("CREATE TABLE related.p (id INT PRIMARY KEY)");
  cluster.must("CREATE TABLE related.c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
  cluster.must(in_database("related", "CREATE TABLE related.e (id INT PRIMARY KEY, p INT REFERENCES p (id))"));
  cluster.must("DROP TABLE IF EXISTS no_such_database.t");
  CHECK(cluster.master().run("DROP TABLE no_such_database.t").status.database_errno == 1051);
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes())
    CHECK(node->run("SELECT REFERENCED_TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                    "CONSTRAINT_SCHEMA='related' ORDER BY TABLE_NAME")
              .text() == "p\np");
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE related");
}

TEST_CASE("databases: one that was dropped is gone for every session, and new when it comes again", "[databases]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE passing CHARACTER SET latin1");
  cluster.wait_until_equal();
  const auto collation = [](Node& node) { return node.run(in_database("passing", "SELECT @@collation_database")); };
  for (Node* node : cluster.nodes())
    for (int i = 0; i < 40; ++i) REQUIRE(collation(*node).text() == "latin1_swedish_ci");
  cluster.must(in_database("passing", "DROP DATABASE passing"));
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    for (int i = 0; i < 40; ++i) CHECK(collation(*node).status.database_errno == 1049);
  }
  CHECK(cluster.master().run(in_database("passing", "UPDATE t SET v=1")).status.database_errno == 1049);
  cluster.must("CREATE DATABASE passing CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    for (int i = 0; i < 40; ++i) CHECK(collation(*node).text() == "utf8mb4_bin");
  }
  cluster.must("DROP DATABASE passing");
}
