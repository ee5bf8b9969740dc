// Goal: a materialised statement does what a plain MariaDB does where a SELECT is not quite the statement that it
// stands for. Method: the same statements in a database of the master's server that no node knows.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("materialise: ORDER BY means columns, whatever the new values look like", "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_order");
  beside.both("CREATE TABLE jobs (id INT PRIMARY KEY, kind VARCHAR(20), priority INT)");
  beside.both("INSERT INTO jobs VALUES (1, 'a', 9), (2, 'b', 1), (3, 'c', 5)");
  beside.both("UPDATE jobs SET kind = 'priority' ORDER BY priority LIMIT 1");
  beside.same("jobs");
  beside.both("UPDATE jobs SET kind = 'x', priority = 7 ORDER BY `priority` DESC LIMIT 1");
  beside.same("jobs");
  CHECK(beside.here("DELETE FROM jobs ORDER BY 1 LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  CHECK(beside.here("UPDATE jobs SET kind = 'y' ORDER BY 2 LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.same("jobs");
  beside.finish();
}

TEST_CASE("materialise: a DOUBLE keeps all of its digits", "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_double");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, i INT, m DOUBLE(10,2), d DOUBLE, f FLOAT)");
  beside.both("INSERT INTO s VALUES (1, 1, 0.1, 1e300, 0.1), (2, 2, 99.25, 0.1, 16777217), (3, 3, 7.33, -0.0, 2.5)");
  beside.both("CREATE TABLE r (n INT AUTO_INCREMENT PRIMARY KEY, v DOUBLE, c DECIMAL(30,20), t VARCHAR(40))");
  const std::string exact = "v,c,t,v*1e15";  // a gap in the ids is no difference
  beside.both("INSERT INTO r (v) SELECT STDDEV(i) FROM s");
  CHECK(beside.here("SELECT v FROM r").text() == "0.81649658092772603");
  beside.both("INSERT INTO r (v, c, t) SELECT STDDEV(i), STDDEV(i) AS c, STDDEV(i) FROM s");
  beside.both("INSERT INTO r (v) SELECT AVG(m) AS `the mean` FROM s LIMIT 1");
  beside.both(
      "INSERT INTO r (v, c, t) SELECT FLOOR(d)/3, FLOOR(m)/3, FLOOR(m)/3 FROM s WHERE id > 1 ORDER BY i LIMIT 9");
  beside.both("INSERT INTO r (v) SELECT ROUND(d, 2) * 0.001 * s.i FROM s WHERE id > 1 ORDER BY i LIMIT 9");
  beside.both("INSERT INTO r (v, t) SELECT m, m FROM s ORDER BY i LIMIT 9");
  beside.both("INSERT INTO r (v) SELECT f FROM s HAVING f > 1 ORDER BY f LIMIT 9");
  beside.same("r", exact);
  beside.both("UPDATE s SET d = (SELECT STDDEV(x.i) FROM s AS x) ORDER BY i LIMIT 2");
  beside.both("UPDATE s SET d = FLOOR(m) / 7 ORDER BY i DESC LIMIT 1");
  beside.same("s", "id,d,d*1e15");
  CHECK(beside.here("INSERT INTO r (v) SELECT STDDEV(i) s FROM s").status.message.find("CAST it AS DOUBLE") !=
        std::string::npos);
  beside.finish();
}

TEST_CASE("materialise: a number goes into text as MariaDB puts it there", "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_shown");
  beside.both(
      "CREATE TABLE s (id INT PRIMARY KEY, z INT(6) ZEROFILL, c DECIMAL(8,2) ZEROFILL, y YEAR, x DOUBLE(10,2), w "
      "DOUBLE(10,2) ZEROFILL, d DOUBLE, f FLOAT, b BIT(64))");
  beside.both(
      "INSERT INTO s VALUES (1, 42, 4.5, 0, 1.5, 1.5, 1e20, 0.1, x'FFFFFFFFFFFFFFFF'), (2, 0, 0.5, 2026, -0.25, 0, "
      "0.1, "
      "16777217, 5)");
  beside.both("CREATE TABLE t (ch CHAR(30), vc VARCHAR(30), vb VARBINARY(30), tx TEXT, bl MEDIUMBLOB, de DECIMAL(20))");
  for (const std::string number : {"z", "c", "y", "x", "w", "d", "COALESCE(z)", "COALESCE(y)", "COALESCE(x)"}) {
    INFO(number);
    for (const std::string column : {"ch", "vc", "vb", "tx", "bl"})
      beside.both("INSERT INTO t (" + column + ") SELECT " + number + " FROM s ORDER BY id + 0.5 LIMIT 5");
    beside.both("INSERT INTO t (tx) VALUES ((SELECT " + number + " FROM s ORDER BY id LIMIT 1))");
  }
  beside.both("INSERT INTO t (tx, bl) SELECT f, f FROM s LIMIT 5");
  beside.both("INSERT INTO t (de) SELECT b FROM s LIMIT 5");
  beside.both("INSERT INTO t (tx) SELECT y FROM (SELECT MAX(y) AS y FROM s) AS q");
  beside.same("t");
  beside.both("ALTER TABLE s ADD COLUMN tx TEXT");
  for (const std::string number : {"z", "y", "x", "(x)"}) {
    beside.both("UPDATE s SET tx = " + number + " ORDER BY d LIMIT 5");
    beside.same("s", "id, tx");
  }
  beside.both("UPDATE s JOIN s AS o ON o.id = s.id + 1 SET s.tx = o.y");
  beside.same("s", "id, tx");
  beside.finish();
}

TEST_CASE("materialise: several rows of VALUES are refused where each would see those before it",
          "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_before");
  beside.both("CREATE TABLE t (n INT, m INT)");
  beside.both("INSERT INTO t (n) VALUES ((SELECT COUNT(*) FROM t x))");
  beside.both("INSERT INTO t () SELECT COUNT(*), 5 FROM t");
  beside.both("INSERT INTO t () SELECT 1, 2");
  beside.same("t");
  const Answer refused =
      beside.here("INSERT INTO t (n) VALUES ((SELECT COUNT(*) FROM t x)), ((SELECT COUNT(*) FROM t x))");
  CHECK(refused.status.reason == "PLAN_DEPENDENT");
  CHECK(refused.status.message.find("a statement of its own") != std::string::npos);
  beside.finish();
}

TEST_CASE("materialise: forms of a statement that are as good as the plain ones", "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_forms");
  beside.both("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
  beside.both("INSERT INTO t (VALUES (1, 10), (2, 20), (3, 30))");
  beside.both("INSERT IGNORE INTO t ((VALUES (3, 31), (4, 40)))");
  beside.both("REPLACE t (VALUES (4, 41))");
  beside.both("INSERT INTO t VALUES ((SELECT COUNT(*) + 1 FROM (SELECT * FROM t) AS q), 50)");
  beside.both("DELETE t FROM t, t AS other WHERE t.id = other.id - 3");
  beside.both("DELETE other FROM t, t AS other WHERE t.id = other.id - 2");
  beside.same("t");
  beside.both(
      "INSERT INTO t SELECT id, v + 1 FROM t WHERE id < 4 LIMIT 9 ON DUPLICATE KEY UPDATE v = 7 RETURNING id, v");
  beside.both("REPLACE INTO t SELECT id + 1, v + 1 FROM t ORDER BY id + 0 LIMIT 2 RETURNING id, v");
  beside.both("INSERT IGNORE INTO t SELECT id + 1, 8 FROM t ORDER BY id + 0 LIMIT 9 RETURNING id");
  beside.both("DELETE IGNORE FROM t WHERE v + 0.5 < 8 RETURNING id");
  beside.same("t");
  const proto::QueryRequest request = in(
      "rows_forms", keyed("forms", 1, "REPLACE INTO t SELECT id, v + 1 FROM t ORDER BY id + 0 LIMIT 2 RETURNING id"));
  CHECK(cluster.must(request).rows.at(0).size() == 2);
  CHECK(cluster.must(request).result.replayed);
  beside.both("CREATE TABLE b (id INT PRIMARY KEY, b VARBINARY(9))");
  beside.both("INSERT INTO b VALUES (1, 'a'), (2, x'ff')");
  beside.both("UPDATE b SET b = 'größe' ORDER BY b LIMIT 1");
  beside.both("INSERT INTO b SELECT id + 10, 'it''s' FROM b ORDER BY id + 0 LIMIT 2");
  beside.same("b", "id, HEX(b)");
  beside.finish();
}

TEST_CASE("materialise: a limit that counts what is deleted is refused where a SELECT would count others",
          "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_counted");
  beside.both(
      "CREATE TABLE tree (id INT PRIMARY KEY, up INT, v INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)");
  beside.both("INSERT INTO tree VALUES (1, NULL, 1), (2, 1, 2), (3, NULL, 3)");
  CHECK(beside.here("DELETE FROM tree ORDER BY v LIMIT 2").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.both("CREATE TABLE p (id INT PRIMARY KEY, v INT)");
  beside.both("CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
  beside.both("INSERT INTO p VALUES (1, 1), (2, 2), (3, 3)");
  beside.both("INSERT INTO c VALUES (1, 1)");
  CHECK(beside.here("DELETE IGNORE FROM p ORDER BY v LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.both("DELETE IGNORE FROM p WHERE v + 0.5 > 0");
  beside.same("p");
  beside.same("tree");
  beside.finish();
}

TEST_CASE("materialise: a warning is an error in strict mode, and the client's otherwise, behind any number of notes",
          "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_warn");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, d INT, t VARCHAR(20))");
  std::string insert = "INSERT INTO s VALUES (0, 1, '1.5')";
  for (int k = 1; k < 200; ++k) insert += ",(" + std::to_string(k) + "," + std::to_string(k == 199 ? 0 : 1) + ",'1.5')";
  beside.both(insert);
  beside.both("CREATE TABLE r (id INT PRIMARY KEY, v INT, w DATE)");
  // A note each: a negative number as UNSIGNED.
  const std::string noting =
      "INSERT INTO r (id, v) SELECT id, 1 / d FROM s WHERE CAST(id - 500 AS UNSIGNED) > 0 ORDER BY id + 0 LIMIT 200";
  CHECK(beside.both(noting).status.database_errno == 1365);
  beside.same("r");
  proto::QueryRequest request = in("rows_warn", query_of("INSERT IGNORE" + noting.substr(6)));
  request.warnings = true;
  const Answer answer = cluster.must(request);
  REQUIRE(answer.at(0).warnings.size() == 1);
  CHECK(answer.at(0).warnings[0].starts_with("1365 "));
  cluster.must(in("rows_warn", query_of("DELETE FROM r")));
  beside.finish();
}

TEST_CASE("materialise: ids are generated for whatever is zero", "[materialise_plain]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_zero");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, c DECIMAL(5,2), d DOUBLE, t VARCHAR(5), z INT(5) ZEROFILL)");
  beside.both("INSERT INTO s VALUES (1, 0, 0, '0', 0), (2, 50, 51, '52', 53), (3, 0, 0, '0', 0)");
  beside.both("CREATE TABLE r (n INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  for (const std::string column : {"c", "d", "t", "z"}) {
    beside.both("INSERT INTO r SELECT " + column + ", id FROM s WHERE id <> 2 ORDER BY id + 0 LIMIT 9");
    CHECK(beside.here("SELECT COUNT(*) FROM r").text() == "2");
    CHECK(beside.here("SELECT MIN(n) > 0 FROM r").text() == "1");
    beside.both("DELETE FROM r");
    beside.both("INSERT INTO r SELECT " + column + ", id FROM s WHERE id = 2 LIMIT 9");
    beside.same("r");
    beside.both("DELETE FROM r");
  }
  // Generated and given ones in turn: every node has the same.
  for (const std::string column : {"c", "d", "t", "z"}) {
    CHECK(beside.here("INSERT INTO r SELECT " + column + ", id FROM s ORDER BY id + 0 LIMIT 9").ok());
    CHECK(beside.here("SELECT COUNT(*) FROM r WHERE n > 53").text() == "2");
    CHECK(beside.here("DELETE FROM r").at(0).affected_rows == 3);
  }
  CHECK(beside.here("INSERT INTO r SELECT d, id FROM s ORDER BY id + 0 LIMIT 9").ok());
  beside.finish();
}

TEST_CASE("materialise: no more rows are read than may be replicated", "[materialise_plain]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "limits:\n  max_materialised_rows: 10\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE few");
  cluster.must("CREATE TABLE few.t (id INT PRIMARY KEY, v INT)");
  std::string insert = "INSERT INTO few.t VALUES (0, 0)";
  for (int k = 1; k < 100; ++k) insert += ",(" + std::to_string(k) + ",0)";
  cluster.must(insert);
  const auto database = cluster.master().open_database();
  const auto sent = [&] {
    return std::stoll(database
                          ->scalar("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE "
                                   "VARIABLE_NAME = 'ROWS_SENT'")
                          ->value_or("0"));
  };
  for (const std::string statement :
       {"DELETE FROM few.t WHERE RAND() < 2", "UPDATE few.t SET v = 1 WHERE RAND() < 2",
        "INSERT INTO few.t SELECT id + 1000, RAND() FROM few.t",
        "INSERT INTO few.t (SELECT id + 1000, RAND() FROM few.t)",
        "INSERT INTO few.t SELECT id + 1000, RAND() FROM few.t UNION ALL SELECT 5000, 1"}) {
    INFO(statement);
    const long long before = sent();
    CHECK(cluster.master().run(statement).status.code == Code::too_large);
    CHECK(sent() - before < 90);
  }
  CHECK(cluster.must("DELETE FROM few.t WHERE RAND() < 2 LIMIT 10").at(0).affected_rows == 10);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
