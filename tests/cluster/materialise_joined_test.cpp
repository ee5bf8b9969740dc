// Goal: joined writes, keys that move, RETURNING and IGNORE of one row do what a plain MariaDB does, on every node.
// Method: real nodes whose plans differ; the same statements in a database of the master's server that no node knows,
// where their result is determined after all.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("materialise: joined UPDATEs change each row once, table by table", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_joined");
  fill(beside, 500);
  beside.both(
      "CREATE TABLE r (a INT NOT NULL, b VARCHAR(20) NOT NULL, n DOUBLE, seen TIMESTAMP(6) NOT NULL DEFAULT "
      "'2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP(6), PRIMARY KEY (a, b))");
  beside.both("INSERT INTO r (a, b, n) SELECT id, t, a FROM t WHERE id < 200 ORDER BY id");
  beside.both("INSERT INTO r (a, b, n) SELECT id, 'more', a FROM t WHERE id < 100 ORDER BY id");
  beside.both("CREATE SQL SECURITY INVOKER VIEW v AS SELECT a, MAX(b) AS b, COUNT(*) AS n FROM r GROUP BY a");
  beside.make_plans_differ("t");
  beside.make_plans_differ("r");
  const std::string of_r = "a,b,n,seen > '2021-01-01'";
  // A column that is not the key's, an aggregate, a view, LIKE: none of which is taken as text.
  beside.both("UPDATE t JOIN r ON t.t = r.b AND t.a = r.n SET t.b = r.n, t.t = CONCAT(r.b, '!')");
  beside.both("UPDATE t, (SELECT a, MAX(n) AS n FROM r GROUP BY a) AS q SET t.a = q.n + 1 WHERE t.id = q.a");
  beside.both("UPDATE r JOIN v ON r.a = v.a SET r.n = v.n WHERE v.b LIKE 'name%'");
  beside.both("UPDATE t LEFT JOIN r ON r.a = t.id AND r.b LIKE 'm%' SET t.b = 77, r.n = 0.1 WHERE t.id < 150");
  beside.both("UPDATE t AS x JOIN t AS y ON x.id = y.id + 1 AND y.t LIKE 'name%' SET x.b = y.a");
  beside.both("UPDATE t, r SET t.b = 1, r.n = 2 WHERE t.id = r.a AND r.b LIKE 'nothing%'");
  beside.both("UPDATE t JOIN r ON r.a = t.id AND r.b = 'more' SET t.b = r.n / 0 WHERE r.b LIKE 'm%'");  // 1365
  beside.same("t");
  beside.same("r", of_r);
  // Constants in two tables of which one is joined by what is set: the server that changes the first while it joins
  // finds fewer rows of the second, and which is the first is its plan.
  beside.both("CREATE TABLE n1 (id INT PRIMARY KEY, k INT)");
  beside.both("CREATE TABLE n2 (id INT PRIMARY KEY, k INT, KEY k (k))");
  beside.both("INSERT INTO n1 VALUES (1, 5), (2, 6)");
  beside.both("INSERT INTO n2 VALUES (1, 5), (2, 5), (3, 5), (4, 6), (5, 6)");
  beside.make_plans_differ("n2");
  CHECK(beside.here("UPDATE n1 JOIN n2 ON n1.k = n2.k SET n1.k = 195, n2.k = 16").at(0).affected_rows == 7);
  // Which of several partners gives the value is nobody's to say: but all nodes say the same.
  CHECK(beside.here("UPDATE t JOIN r ON t.id = r.a SET t.t = r.b").ok());
  CHECK(beside.here("UPDATE t JOIN r ON t.id % 10 = r.a % 10 SET t.t = r.b, r.n = RAND()").ok());
  beside.finish();
}

TEST_CASE("materialise: joined DELETEs delete each row once, table by table", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_unjoined");
  fill(beside, 400);
  beside.both(
      "CREATE TABLE c (id INT PRIMARY KEY, up INT, t VARCHAR(40), FOREIGN KEY (up) REFERENCES t (id) ON DELETE "
      "CASCADE)");
  beside.both("INSERT INTO c SELECT id, id, t FROM t WHERE id <= 200");
  beside.both("CREATE TABLE s (t VARCHAR(40), k INT AUTO_INCREMENT PRIMARY KEY)");
  beside.both("INSERT INTO s (t) SELECT t FROM t WHERE id < 20 ORDER BY id");
  beside.make_plans_differ("t");
  beside.make_plans_differ("s");
  CHECK(beside.both("DELETE s, c FROM s LEFT JOIN c ON c.t = s.t AND c.id > 30 WHERE s.t LIKE 'name 1%'")
            .at(0)
            .affected_rows > 20);
  beside.both("DELETE x FROM t AS x JOIN c ON c.up = x.id WHERE c.t LIKE 'name 2%'");  // it refers to what is deleted
  beside.both("DELETE FROM t USING t JOIN (SELECT MAX(a) AS a FROM t) AS q ON t.a = q.a WHERE t.t LIKE 'n%'");
  beside.both("DELETE t FROM t WHERE t.id IN (SELECT z.id FROM (SELECT id FROM s2) AS z)");             // 1146
  beside.both("DELETE t FROM t WHERE t.a > (SELECT AVG(a + 0.5) FROM s, c WHERE c.t LIKE 'name 3%')");  // 1052
  for (const std::string table : {"t", "c"}) beside.same(table);
  beside.same("s", "t");
  CHECK(beside.here("DELETE t, c FROM c JOIN t ON c.up = t.id WHERE t.t LIKE 'n%'").at(0).affected_rows > 100);
  CHECK(beside.here("SELECT COUNT(*) FROM c").text() == "0");
  beside.finish();
}

TEST_CASE("materialise: keys that move do not collide with each other", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_moved");
  beside.both("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, v INT, UNIQUE KEY k (k))");
  beside.both("CREATE TABLE c (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (id) ON UPDATE CASCADE)");
  std::string insert = "INSERT INTO t (id, k, v) VALUES (1, 100, 1)";
  for (int k = 2; k <= 60; ++k)
    insert += ",(" + std::to_string(k) + "," + std::to_string(k * 7 % 61 + 100) + "," + std::to_string(k % 5) + ")";
  beside.both(insert);
  beside.both("INSERT INTO c SELECT id, id FROM t WHERE id < 30");
  beside.make_plans_differ("t");
  CHECK(beside.here("UPDATE t SET id = id + 1").at(0).affected_rows == 60);
  CHECK(beside.here("SELECT MIN(id), MAX(id), SUM(id) FROM t").text() == "2|61|1890");
  CHECK(beside.here("SELECT COUNT(*) FROM c WHERE up = id + 1").text() == "29");
  CHECK(beside.here("UPDATE t SET k = k - 1, v = 9").at(0).affected_rows == 60);
  CHECK(beside.here("UPDATE t SET id = CASE id WHEN 5 THEN 6 ELSE 5 END WHERE id IN (5, 6)").status.database_errno ==
        1062);
  CHECK(beside.here("UPDATE IGNORE t SET id = CASE id WHEN 5 THEN 6 ELSE 500 END WHERE id IN (5, 6)")
            .at(0)
            .affected_rows > 0);
  CHECK(beside.here("UPDATE t SET id = id + 1000 LIMIT 7").at(0).affected_rows == 7);
  CHECK(beside.here("UPDATE t JOIN c ON c.id = t.v SET t.k = t.k + 1000, t.v = c.id").ok());
  CHECK(beside.here("INSERT INTO t (k) VALUES (7777)").at(0).insert_id > 1'000);  // above what has moved
  CHECK(beside.here("SELECT COUNT(*) FROM t").text() == "61");
  beside.finish();
}

TEST_CASE("materialise: IGNORE leaves rows whose new key is taken when their turn comes", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_left");
  beside.both("CREATE TABLE t (id INT PRIMARY KEY)");
  beside.both("INSERT INTO t VALUES (1), (2), (3)");
  CHECK(beside.both("UPDATE IGNORE t SET id = id + 1").at(0).affected_rows == 1);
  beside.same("t");
  beside.both("UPDATE IGNORE t SET id = id + 1 ORDER BY id DESC");
  beside.same("t");
  beside.finish();
}

TEST_CASE("materialise: rows stay in the partitions that an UPDATE names", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_partitions");
  beside.both(
      "CREATE TABLE t (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), "
      "PARTITION "
      "p1 VALUES LESS THAN (100))");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, n INT)");
  beside.both("INSERT INTO t VALUES (1, 9), (2, 8), (3, 7), (20, 9)");
  beside.both("INSERT INTO s VALUES (1, 50), (2, 5)");
  beside.both("UPDATE t PARTITION (p0) SET id = id + 20 WHERE v > 7");                               // 1748
  beside.both("UPDATE t PARTITION (p0) AS x JOIN s ON s.id = x.id SET x.id = s.n WHERE s.n > x.v");  // 1748
  beside.both("UPDATE t PARTITION (p0) SET id = id + 5, v = 1 WHERE v > 8");
  beside.both("UPDATE t PARTITION (p1) SET v = 2 WHERE v > 8");
  beside.same("t");
  beside.finish();
}

TEST_CASE("materialise: RETURNING gives the rows of all texts", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_returned");
  fill(beside, 1'300);
  const Answer gone = beside.here("DELETE FROM t ORDER BY a LIMIT 1200 RETURNING id, t, NULL, 1.5e0, x'00ff'");
  REQUIRE(gone.ok());
  CHECK(gone.at(0).affected_rows == 1'200);
  REQUIRE(gone.rows.at(0).size() == 1'200);
  CHECK(gone.rows.at(0).front().size() == 5);
  beside.both("CREATE TABLE o (id INT PRIMARY KEY, v INT)");
  beside.both("INSERT INTO o VALUES (1, 9), (2, 8), (3, 7)");
  CHECK(beside.here("DELETE FROM o ORDER BY v LIMIT 2 RETURNING id").text() == "3\n2");
  CHECK(beside.here("DELETE FROM t WHERE RAND() < 0 RETURNING id").rows.at(0).empty());
  beside.both("CREATE TABLE n (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40))");
  const Answer added = beside.here("INSERT INTO n (v) SELECT t FROM t GROUP BY t RETURNING id, v");
  REQUIRE(added.ok());
  CHECK(added.rows.at(0).size() == added.at(0).affected_rows);
  CHECK(added.at(0).insert_id == 1);
  CHECK(beside.here("SELECT COUNT(*) FROM n").text() == std::to_string(added.at(0).affected_rows));
  // A copy has the outcome, without the rows.
  const proto::QueryRequest request =
      in("rows_returned", keyed("returned", 1, "DELETE FROM t WHERE RAND() < 2 RETURNING id"));
  CHECK(cluster.must(request).rows.at(0).size() == 100);
  CHECK(cluster.must(request).at(0).affected_rows == 100);
  beside.finish();
}

TEST_CASE("materialise: DEFAULT is what the column has", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_default");
  beside.both(
      "CREATE TABLE t (id INT PRIMARY KEY, a INT DEFAULT 5, b VARCHAR(9) NOT NULL, c DATE DEFAULT '2026-11-27', d "
      "DECIMAL(5,2) "
      "DEFAULT -1.5, e ENUM('x','y') NOT NULL DEFAULT 'y', f BIT(3) DEFAULT b'101', g DATETIME DEFAULT "
      "CURRENT_TIMESTAMP)");
  beside.both("INSERT INTO t VALUES (1, 1, 'a', NULL, 1, 'x', 0, NULL), (2, 2, 'b', NULL, 2, 'x', 0, NULL)");
  beside.both("UPDATE t AS x SET a = DEFAULT, c = DEFAULT, d = DEFAULT, e = DEFAULT, f = DEFAULT ORDER BY b LIMIT 1");
  beside.both("UPDATE t SET a = DEFAULT(a) + a, b = CONCAT(DEFAULT(d), b) ORDER BY b LIMIT 2");
  beside.both("UPDATE t SET b = DEFAULT ORDER BY b LIMIT 2");  // 1364
  beside.same("t");
  CHECK(beside.here("UPDATE t SET g = DEFAULT ORDER BY b LIMIT 2").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.finish();
}

TEST_CASE("materialise: IGNORE leaves out one row as it does many", "[materialise_joined]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_ignored");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, v INT, t VARCHAR(20))");
  beside.both("INSERT INTO s VALUES (1, 50, 'a'), (2, 900, 'b'), (3, 901, NULL), (4, 7, 'too long')");
  beside.both("CREATE TABLE r (id INT AUTO_INCREMENT PRIMARY KEY, v INT CHECK (v < 850), t VARCHAR(3) NOT NULL)");
  beside.both("INSERT IGNORE INTO r (v, t) SELECT v, t FROM s WHERE id = 2 LIMIT 1");
  beside.both("INSERT IGNORE INTO r (v, t) SELECT v, t FROM s WHERE id > 1 LIMIT 9");
  beside.both("INSERT IGNORE INTO r SELECT id, v, t FROM s WHERE id IN (1, 3) LIMIT 1");
  beside.both("INSERT IGNORE INTO r (id, v, t) SELECT NULLIF(id, 2), v, t FROM s LIMIT 9");  // given and generated
  beside.both("INSERT IGNORE INTO r SELECT id, 1, 'x' FROM s WHERE id = 1 LIMIT 1 ON DUPLICATE KEY UPDATE v = 1000");
  beside.both("INSERT INTO r (v, t) SELECT v, t FROM s WHERE id = 2 LIMIT 1");  // 4025
  beside.same("r", "v,t");
  CHECK(beside.here("INSERT INTO r (v, t) VALUES (1, 'x')").ok());
  beside.finish();
}

TEST_CASE("materialise: a master that ends in the middle of a join has changed both tables, once, or none",
          "[materialise_joined]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE ends");
  cluster.must("CREATE TABLE ends.t (id INT PRIMARY KEY, v INT)");
  cluster.must("CREATE TABLE ends.s (id INT PRIMARY KEY, v INT)");
  std::string rows;
  for (int k = 0; k < 1'500; ++k) rows += (k == 0 ? "(" : ",(") + std::to_string(k) + ",0)";
  cluster.must("INSERT INTO ends.t VALUES " + rows);
  cluster.must("INSERT INTO ends.s VALUES " + rows);
  std::uint64_t id = 0;
  for (const std::string point : {"group_executed", "group_committed", "group_durable"}) {
    INFO(point);
    const std::string value = std::to_string(++id);
    const proto::QueryRequest request =
        keyed("ends", id, "UPDATE ends.t JOIN ends.s ON t.id = s.id SET t.v = t.v + 1, s.v = s.v + 1 WHERE RAND() < 2");
    cluster.crash_master(point, request, 1);
    CHECK(cluster.must(request).at(0).affected_rows == 3'000);
    for (const std::string table : {"t", "s"})
      CHECK(cluster.must("SELECT MIN(v), MAX(v) FROM ends." + table).text() == value + "|" + value);
  }
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
