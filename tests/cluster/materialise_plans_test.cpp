// Goal: statements whose outcome is decided by which rows a plan meets, or in which order, do the same everywhere, and
// what plain MariaDB does. Method: as tests/cluster/materialise_test.cpp.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("materialise: foreign keys that do different things, and rows that go in the order of a plan",
          "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_ways");
  beside.both("CREATE TABLE p (id INT PRIMARY KEY, g INT, KEY (g))");
  beside.both(
      "CREATE TABLE c (id INT PRIMARY KEY, a INT, b INT, FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE, "
      "FOREIGN KEY (b) REFERENCES p (id))");
  std::string rows = "INSERT INTO p VALUES (1, 1000)";
  for (int id = 2; id <= 1000; ++id) rows += ",(" + std::to_string(id) + "," + std::to_string(1001 - id) + ")";
  beside.both(rows);
  // By g the one that takes the row along goes first, by id the one that it keeps.
  beside.both("INSERT INTO c VALUES (1, 999, 998), (2, 900, 899), (3, 800, 801)");
  beside.make_plans_differ("p");
  beside.both("DELETE FROM p WHERE g IN (2,3) LIMIT 2");
  beside.both("DELETE FROM p WHERE g BETWEEN 100 AND 103");
  beside.both("DELETE FROM p WHERE g BETWEEN 199 AND 202");
  beside.same("p");
  beside.same("c");
  beside.finish();
}

TEST_CASE("materialise: a condition that fails at rows which only a scan meets", "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_failing");
  beside.both("CREATE TABLE k (id INT PRIMARY KEY, g INT, dz INT, w BIGINT, q INT, KEY (g))");
  std::string rows = "INSERT INTO k VALUES (0,0,5,1,0)";
  for (int id = 1; id < 2000; ++id)
    rows += ",(" + std::to_string(id) + "," + std::to_string(id) + "," + (id > 1000 ? "0" : "1") + ",7,0)";
  beside.both(rows);
  beside.make_plans_differ("k");
  beside.both("UPDATE k SET q=1 WHERE 10/dz>2 AND g<10");
  beside.both("UPDATE k SET q=2 WHERE 10/dz>2 AND g>=0");  // 1365
  beside.both("DELETE FROM k WHERE w*9223372036854775807>5 AND g>1990");
  beside.both("UPDATE k SET q=3 WHERE g+1=8");
  beside.same("k");
  beside.finish();
}

TEST_CASE("materialise: a text that is longer than the indexed column, where one character equals several",
          "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_longer");
  beside.both(
      "CREATE TABLE sc (id INT PRIMARY KEY, u VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, x UUID, KEY "
      "(u), KEY (x))");
  beside.both("INSERT INTO sc VALUES (1,'ß',NULL), (2,'a',NULL), (3,'s',NULL), (4,'ß',NULL)");
  beside.make_plans_differ("sc");
  beside.both("DELETE FROM sc WHERE u='ss'");
  beside.both("UPDATE sc SET id=id+10 WHERE u<'ss'");
  beside.both("DELETE FROM sc WHERE x<=>'junk'");
  beside.same("sc");
  beside.finish();
}

TEST_CASE("materialise: text of a character set that UTF-8 does not keep is refused, bytes as numbers are not",
          "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_sets");
  beside.both("CREATE TABLE j (k VARCHAR(9) CHARACTER SET cp932 COLLATE cp932_bin PRIMARY KEY, v INT, q INT)");
  beside.both("INSERT INTO j VALUES (_cp932 x'ED40',1,1), (_cp932 x'FA5C',2,2), ('plain',3,3), ('other',4,4)");
  CHECK(beside.here("DELETE FROM j WHERE v=1 LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.both("DELETE FROM j WHERE v=3 LIMIT 1");
  beside.both("UPDATE j SET q=0x41 WHERE v=4 LIMIT 1");
  beside.both("CREATE TABLE h (id INT PRIMARY KEY, t VARCHAR(9) CHARACTER SET hebrew, u VARCHAR(9), n INT)");
  beside.both("INSERT INTO h VALUES (1,x'BF','a',1), (2,'plain','b',2), (3,_hebrew x'E0','c',3)");
  CHECK(beside.here("INSERT INTO h (id,u) SELECT id+10,t FROM h WHERE id=1 LIMIT 1").status.reason == "PLAN_DEPENDENT");
  beside.both("INSERT INTO h (id,t,n) SELECT id+10,t,b'1000001' FROM h WHERE id=2 LIMIT 1");
  beside.both("UPDATE h SET t=u LIMIT 3");
  beside.both("CREATE TABLE s (id INT PRIMARY KEY, b INT, c INT)");
  beside.both("INSERT INTO s VALUES (1,1,1)");
  CHECK_FALSE(beside.here("INSERT INTO s (id,b) SELECT id,b FROM s s2 LIMIT 1 ON DUPLICATE KEY UPDATE c=c+1").ok());
  beside.same("j");
  beside.same("h");
  beside.same("s");
  beside.finish();
}

TEST_CASE("materialise: long texts are sorted by all of them, and there is room to sort by several",
          "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_sorted");
  beside.both("CREATE TABLE l (id INT PRIMARY KEY, a MEDIUMTEXT, b TEXT, c TEXT, e VARCHAR(10000))");
  std::string rows = "INSERT INTO l VALUES ";
  for (int id = 1; id <= 50; ++id)
    rows += std::string(id > 1 ? "," : "") + "(" + std::to_string(id) + ",CONCAT(REPEAT('x',3000)," +
            std::to_string(1000 - id) + "),'b','c','e')";
  beside.both(rows);
  beside.both("DELETE FROM l ORDER BY a, b, c, e LIMIT 3");
  CHECK(beside.here("SELECT MAX(id) FROM l").text() == "47");
  beside.same("l", "id");
  beside.finish();
}

TEST_CASE("materialise: a query in VALUES whose value is the plan's", "[materialise_plans]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_values");
  fill(beside, 300);
  beside.both(
      "CREATE TABLE r (n INT AUTO_INCREMENT PRIMARY KEY, v INT, t VARCHAR(40), b BLOB, at DATETIME DEFAULT NOW())");
  beside.both("INSERT INTO r (v, t, b) VALUES (1, (SELECT MIN(x.t) FROM t x JOIN t y ON y.b = x.b), 'as it is')");
  beside.make_plans_differ("t");
  beside.both("INSERT INTO r (n, v) VALUES (900, (SELECT COUNT(*) FROM t x JOIN t y ON y.b = x.b WHERE x.id < 50))");
  beside.both(
      "INSERT INTO r SET v = (SELECT x.id FROM t x JOIN t y ON y.id = x.id WHERE x.id = 7), b = 0x41, t = DEFAULT");
  beside.both("REPLACE INTO r (n, v) VALUES (900, (SELECT b FROM t GROUP BY b ORDER BY b LIMIT 1))");
  beside.both(
      "INSERT INTO r (n, v) VALUES (900, (SELECT id FROM t ORDER BY id DESC LIMIT 1)) ON DUPLICATE KEY UPDATE v = "
      "VALUES(v) + r.v");
  beside.both("INSERT IGNORE INTO r (n, v) VALUES (900, (SELECT id FROM t ORDER BY id LIMIT 1))");
  beside.both("INSERT INTO r (v) VALUES ((SELECT id FROM t LIMIT 2))");  // 1242
  CHECK(beside.here("INSERT INTO r (v) VALUES ((SELECT id FROM t ORDER BY id LIMIT 1), 2)").status.reason ==
        "PLAN_DEPENDENT");
  beside.both("INSERT INTO r (v) VALUES ((SELECT 'none' FROM t ORDER BY id LIMIT 1))");  // 1366
  const Answer any = beside.here("INSERT INTO r (n, v) VALUES (1000, (SELECT id FROM t LIMIT 1))");
  CHECK(any.ok());
  CHECK(beside.here("DELETE FROM r WHERE n = 1000").at(0).affected_rows == 1);
  beside.same("r", "n,v,t,b");
  beside.finish();
}
