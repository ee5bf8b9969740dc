// Goal: CREATE TABLE … SELECT makes the table and the rows that a plain MariaDB makes, at every node, once, and leaves
// nothing where it fails. Method: the same statements in a database of the master's server that no node knows; a master
// that ends between the two entries; a table whose rows cannot follow it.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

std::string tables_of(Cluster& cluster, const std::string& database) {
  return cluster
      .must("SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES WHERE TABLE_SCHEMA='" +
            database + "'")
      .text();
}

}  // namespace

TEST_CASE("create: a table made of a SELECT is the one that a plain MariaDB makes", "[create_select]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "made_alike");
  beside.both(
      "CREATE TABLE s (id INT AUTO_INCREMENT PRIMARY KEY, n VARCHAR(20) DEFAULT 'x', f FLOAT, x DOUBLE(10,2), d "
      "DOUBLE, "
      "e ENUM('a','b'), b VARBINARY(5), at DATETIME(3), h TIME(6), j JSON, y YEAR, bits BIT(9), "
      "l VARCHAR(9) CHARACTER SET latin1, z INT(5) ZEROFILL, g INT AS (id + 1))");
  beside.both(
      "INSERT INTO s (n, f, x, d, e, b, at, h, j, y, bits, l, z) VALUES ('one', 0.1, 1.25, 1e300, 'a', x'00FF', "
      "'2026-01-01 10:00:00.123', '-99:00:00.5', '{}', 2026, b'101', 'größe', 7), (NULL, NULL, NULL, NULL, NULL, NULL, "
      "NULL, NULL, NULL, NULL, NULL, NULL, NULL), ('größe', 3e10, 2, -0.0, 'b', 'x', '0000-00-00', '1:2:3', '[1]', 0, "
      "0, '', 0)");
  beside.both("CREATE TABLE words (e ENUM('a', ''))");
  beside.both("INSERT INTO words VALUES ('a'), ('')");
  const std::vector<std::string> alike = {
      "SELECT * FROM s",
      "AS SELECT n, COUNT(*) AS c, SUM(id) FROM s GROUP BY n",
      "(k INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(5), UNIQUE (t)) IGNORE SELECT n AS t, id FROM s ORDER BY id DESC",
      "(a INT PRIMARY KEY, y CHAR(3) CHECK (y <> 'no')) REPLACE SELECT 1 AS a, 'y' AS y UNION ALL SELECT 1, 'z'",
      "(e ENUM('a'), other INT DEFAULT 5) IGNORE SELECT 'zzz' AS e",
      "(id BIGINT, twice BIGINT AS (id * 2) STORED) COMMENT='it''s' SELECT id FROM s",
      "(SELECT id, RANK() OVER (ORDER BY n) AS place FROM s LIMIT 2)",
      "WITH q AS (SELECT 5 AS five) SELECT * FROM q",
      "SELECT id FROM s WHERE FALSE",
      "SELECT e, e + 0 AS n FROM words",
      "CHARACTER SET latin1 SELECT 'a' AS a, NOW() > '2020-01-01' AS later"};
  for (std::size_t i = 0; i < alike.size(); ++i) {
    const std::string name = "made" + std::to_string(i);
    beside.both("CREATE TABLE " + name + " " + alike[i]);
    INFO(alike[i]);
    beside.same(name);
    const auto plain = cluster.master().open_database();
    const auto definition = [&](const std::string& database) {
      const std::string shown = plain->rows("SHOW CREATE TABLE " + database + "." + name)->at(0).at(1).value_or("");
      return storage::without_auto_increment(shown);  // which is by an estimate of the rows
    };
    CHECK(definition("made_alike") == definition("plain_made_alike"));
  }
  CHECK(beside.both("CREATE TABLE counted SELECT id FROM s").at(0).affected_rows == 3);
  const Sequence before = cluster.wait_until_equal();
  for (const char* failing : {"SELECT missing FROM s", "SELECT id, id FROM s", "SELECT 1 AS a FROM nowhere",
                              "(a INT PRIMARY KEY) SELECT 1 AS a UNION ALL SELECT 1", "(a TINYINT) SELECT 300 AS a"})
    CHECK_FALSE(beside.both("CREATE TABLE fails " + std::string(failing)).ok());
  CHECK_FALSE(beside.both("CREATE TABLE made0 SELECT 7").ok());
  CHECK(cluster.wait_until_equal() == before);
  beside.both("CREATE TABLE IF NOT EXISTS made0 SELECT 7");
  beside.same("made0");
  beside.both("CREATE OR REPLACE TABLE made0 SELECT 7 AS seven");
  beside.same("made0");
  beside.both("INSERT INTO made0 VALUES (8)");
  beside.same("made0");
  for (const char* refused : {"(a INT, FOREIGN KEY (a) REFERENCES s (id)) SELECT 1 AS a", "SELECT USER() AS u",
                              "(a INT) PARTITION BY HASH (a) SELECT 1 AS a", "SELECT LAST_INSERT_ID() AS l"})
    CHECK(beside.here("CREATE TABLE refused " + std::string(refused)).status.reason == "CREATE_SELECT");
  CHECK(beside.here("CREATE OR REPLACE TABLE s SELECT * FROM s").status.reason == "CREATE_SELECT");
  beside.finish();
}

TEST_CASE("create: what each node would decide otherwise is decided once", "[create_select]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE made_once");
  cluster.must("CREATE TABLE made_once.s (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO made_once.s VALUES (1, 1), (2, 2), (3, 3)");
  cluster.must(
      "CREATE TABLE made_once.t SELECT UUID() AS u, RAND() AS r, NOW(6) AS n, SYSDATE(6) AS s, v FROM made_once.s "
      "LIMIT 2");
  CHECK(cluster.must("SELECT COUNT(DISTINCT u), COUNT(DISTINCT r) FROM made_once.t").text() == "2|2");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE made_once");
}

TEST_CASE("create: a master that ends in the middle has the rows once when it is asked again", "[create_select]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE made");
  cluster.must("CREATE TABLE made.s (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO made.s VALUES (1), (2), (3)");
  std::uint64_t id = 0;
  for (const std::string point :
       {"ddl_pending", "ddl_ran", "ddl_done", "table_created", "group_executed", "group_committed"}) {
    INFO(point);
    const std::string name = "made." + point;
    const proto::QueryRequest request =
        keyed("makes", ++id, "CREATE TABLE " + name + " SELECT id, UUID() AS u FROM made.s");
    cluster.crash_master(point, request, 1);
    CHECK(cluster.must(request).at(0).affected_rows == 3);
    CHECK(cluster.must(request).result.replayed);
    CHECK(cluster.must("SELECT COUNT(*), MAX(id) FROM " + name).text() == "3|3");
  }
  const proto::QueryRequest there = keyed("makes", ++id, "CREATE TABLE IF NOT EXISTS made.s SELECT 4 AS id");
  cluster.must(there);
  cluster.must("DROP TABLE made.s");
  CHECK(cluster.must(there).result.replayed);
  CHECK(tables_of(cluster, "made") == "ddl_done,ddl_pending,ddl_ran,group_committed,group_executed,table_created");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("create: a table whose rows cannot follow is taken away again", "[create_select]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "limits:\n  max_statement_bytes: 1KiB\n  max_materialised_rows: 3\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE taken");
  cluster.must("CREATE TABLE taken.s (id INT PRIMARY KEY)");
  const Answer answer = cluster.master().run("CREATE TABLE taken.t SELECT REPEAT('x', 5000) AS a");
  CHECK(answer.status.code == Code::too_large);
  cluster.must("INSERT INTO taken.s VALUES (1), (2), (3), (4)");
  CHECK(cluster.master().run("CREATE TABLE taken.t SELECT * FROM taken.s").status.code == Code::too_large);
  CHECK(tables_of(cluster, "taken") == "s");
  cluster.must("CREATE TABLE taken.t SELECT id FROM taken.s LIMIT 3");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("create: a request that comes again after a crash leaves a table alone that another made meanwhile",
          "[create_select]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE taken");
  const auto interrupted = [&](std::uint64_t id, const std::string& how, const std::string& name) {
    const proto::QueryRequest request = keyed("makes", id, how + " taken." + name + " SELECT 1 AS a");
    cluster.crash_master("table_created", request, 1);
    cluster.must("DROP TABLE taken." + name);
    cluster.must("CREATE TABLE taken." + name + " (a INT NOT NULL)");
    return cluster.master().run(request);
  };
  CHECK(interrupted(1, "CREATE TABLE", "t").status.database_errno == 1050);
  CHECK(interrupted(2, "CREATE TABLE IF NOT EXISTS", "i").ok());
  CHECK(interrupted(3, "CREATE OR REPLACE TABLE", "r").at(0).affected_rows == 1);
  CHECK(cluster.must("SELECT (SELECT COUNT(*) FROM taken.t), (SELECT COUNT(*) FROM taken.i)").text() == "0|0");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("create: rows that are too many for what is replicated are too many before they have filled the disk",
          "[create_select]") {
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = "limits:\n  max_materialised_bytes: 1MiB\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE wide");
  cluster.must("CREATE TABLE wide.s (id INT PRIMARY KEY)");
  cluster.must(
      "INSERT INTO wide.s WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 900) "
      "SELECT id FROM n");
  const Answer answer =
      cluster.master().run("CREATE TABLE wide.t SELECT REPEAT('x', 400) AS x FROM wide.s a, wide.s b, wide.s c");
  INFO(show(answer.status));
  CHECK(answer.status.code == Code::too_large);
  CHECK(cluster.master().ask_database("SELECT FILE_SIZE <= 72 << 20 FROM information_schema.INNODB_SYS_TABLESPACES "
                                      "WHERE NAME = 'innodb_temporary'") == "1");
  CHECK(cluster.master().status()->state == "Serving");
  CHECK(cluster.must("CREATE TABLE wide.t SELECT REPEAT('x', 400) AS x FROM wide.s").at(0).affected_rows == 900);
  CHECK(tables_of(cluster, "wide") == "s,t");
}
