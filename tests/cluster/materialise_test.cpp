// Goal: what a text does not determine is done once, and every node has the same rows, as a plain MariaDB would have
// them. Method: real nodes whose plans differ (statistics and the order of rows of one slave are its own); the same
// statements in a database of the master's server that no node knows, where their result is determined after all.
#include "proto/entry.h"
#include "storage/log.h"
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

std::vector<proto::Entry> entries_after(Node& node, Sequence after) {
  const std::unique_ptr<storage::Connection> administrator = node.open_database();
  const auto groups = storage::read_groups(*administrator, after, node.status()->position, 1U << 26U);
  REQUIRE(groups.ok());
  std::vector<proto::Entry> all;
  for (const proto::Group& group : *groups) {
    auto entries = proto::decode_entries(group.body);
    REQUIRE(entries.ok());
    for (proto::Entry& entry : *entries) all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace

TEST_CASE("materialise: a DELETE that its text does not determine deletes the same rows everywhere", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_delete");
  fill(beside, 2'000);
  beside.make_plans_differ("t");
  const Sequence before = cluster.wait_until_equal();
  CHECK(beside.both("DELETE FROM t ORDER BY a LIMIT 700").at(0).affected_rows == 700);
  beside.same("t");
  const std::vector<proto::Entry> entries = entries_after(cluster.master(), before);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].statements.size() == 2);
  for (const proto::Statement& statement : entries[0].statements)
    CHECK(statement.sql.find("DELETE FROM `rows_delete`.`t` WHERE `id` IN (") != std::string::npos);

  beside.both("DELETE FROM t WHERE t = 0 LIMIT 100000");  // every text is 0, in a DELETE without an error
  beside.same("t");
  fill(
      *[&] {
        beside.both("DROP TABLE t");
        return &beside;
      }(),
      1'000);
  beside.make_plans_differ("t");
  beside.both("DELETE FROM t WHERE t LIKE 'name 1%' AND a > 100.5 ORDER BY a DESC LIMIT 50");
  beside.both("DELETE FROM t WHERE b = 3.0 ORDER BY a LIMIT 5");
  beside.both("DELETE FROM t WHERE id IN (SELECT x.id FROM (SELECT id FROM t ORDER BY a LIMIT 10) AS x)");
  beside.both("DELETE FROM t WHERE id > 100000 LIMIT 1");
  beside.same("t");
  CHECK(beside.here("DELETE FROM t WHERE b = 1 LIMIT 7").at(0).affected_rows == 7);
  CHECK(beside.here("DELETE FROM t WHERE RAND() < 0.5").ok());
  CHECK(beside.here("DELETE FROM t LIMIT 3").at(0).affected_rows == 3);
  beside.finish();
}

TEST_CASE("materialise: rows of partitioned tables, and trees, go one by one", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_each");
  beside.both(
      "CREATE TABLE p (id INT, k INT NOT NULL, v VARCHAR(9), PRIMARY KEY (id, k)) PARTITION BY HASH (k) PARTITIONS 3");
  beside.both("INSERT INTO p VALUES (1, 1, 'a'), (2, 2, 'b'), (-3, 3, 'ab'), (4, 4, 'c')");
  CHECK(beside.here("UPDATE p SET v='x' WHERE k IS NULL").at(0).affected_rows == 0);
  CHECK(beside.here("DELETE FROM p WHERE v LIKE 'b%'").at(0).affected_rows == 1);
  CHECK(beside.here("UPDATE p SET v='y' WHERE id > 0 ORDER BY v LIMIT 1").at(0).affected_rows == 1);
  CHECK(beside.here("UPDATE p SET v='z' WHERE v LIKE 'a%' AND id < 0").at(0).affected_rows == 1);
  CHECK(beside.here("SELECT * FROM p ORDER BY id").text() == "-3|3|z\n1|1|y\n4|4|c");

  beside.both(
      "CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)");
  beside.both("INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 1), (4, 2), (5, NULL), (6, 5)");
  beside.both("DELETE FROM tree WHERE id < 5");
  beside.same("tree");
  beside.both("CREATE TABLE kept (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES kept (id))");
  beside.both("INSERT INTO kept VALUES (1, NULL), (2, 1), (3, 1)");
  beside.both("DELETE FROM kept WHERE up IS NULL OR id = 3");  // 1451
  beside.both("DELETE FROM kept WHERE up = 1");
  beside.both("INSERT INTO kept SELECT id + 10, id FROM kept");
  beside.same("kept");
  beside.both(
      "CREATE TABLE child (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES kept (id) ON DELETE SET NULL)");
  beside.both("INSERT INTO child VALUES (1, 11), (2, 1)");
  beside.both("DELETE FROM kept ORDER BY id DESC LIMIT 1");
  beside.both("DELETE IGNORE FROM kept WHERE id > 0");
  beside.same("kept");
  beside.same("child");
  beside.finish();
}

namespace {

// Every type, with its odd values.
constexpr const char* kTypes =
    "(id INT PRIMARY KEY, i8 TINYINT, u64 BIGINT UNSIGNED, z INT(6) UNSIGNED ZEROFILL, dec1 DECIMAL(30,10), dbl "
    "DOUBLE, "
    "flt FLOAT, bits BIT(11), ch CHAR(10), vc VARCHAR(100), lat VARCHAR(50) CHARACTER SET latin1, uc VARCHAR(20) "
    "CHARACTER SET ucs2, tx TEXT, bin4 BINARY(4), vb VARBINARY(50), bl BLOB, en ENUM('a','b''c','ü'), st "
    "SET('x','y','z'), dt DATE, dm DATETIME(6), d0 DATETIME, ts TIMESTAMP(3) NULL DEFAULT NULL, tm TIME(6), yr YEAR, "
    "js "
    "JSON, geo POINT, u UUID, ip INET6)";
constexpr const char* kTypeColumns =
    "id,i8,u64,z,dec1,dbl,flt,bits,ch,vc,lat,uc,tx,bin4,vb,bl,en,st,dt,dm,d0,ts,tm,yr,js,geo,u,ip";
constexpr const char* kExact =
    "id,i8,u64,z,dec1,dbl,CAST(flt AS "
    "DOUBLE),HEX(bits),HEX(ch),HEX(vc),HEX(lat),HEX(uc),HEX(tx),HEX(bin4),HEX(vb),HEX(bl"
    "),en+0,st+0,dt,dm,d0,ts,tm,yr,js,HEX(geo),u,ip,1/dbl";

std::vector<std::string> odd_rows() {
  return {
      "(1,-128,18446744073709551615,42,-12345678901234567890.0123456789,-0.0,0.1,b'10000000101','a','it''s \\\\ \\n "
      "\\0','é','é','😀',x'00ff','\\'',x'000102ff27','a','x,z','2026-11-27','2026-11-27 "
      "01:02:03.456789','0000-00-00 00:00:00','2038-01-19 03:14:07.999','-838:59:59.999999',1901,'{\"a\": [1, "
      "\"é\"]}',POINT(1.5,-2),'123e4567-e89b-12d3-a456-426614174000','::1')",
      "(2,127,0,0,0.0000000001,1.7976931348623157e308,3.4028234e38,b'0','','','','','','','','','ü','','0000-00-00','"
      "1000-01"
      "-01 00:00:00.000001','2026-00-00 00:00:00','1970-01-01 00:00:01','838:59:59',0,'null',POINT(0,0),NULL,NULL)",
      "(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
      "NULL,"
      "NULL,NULL,NULL,NULL,NULL)",
      "(4,1,9007199254740993,999999,1,2.2250738585072014e-308,1.17549e-38,b'1','  x','trailing "
      "','ÿ','x','NULL','ab',' ','0','b''c','y','9999-12-31','9999-12-31 "
      "23:59:59.999999','1999-02-28 00:00:00','2024-02-29 12:00:00.5','00:00:00.000001',2155,'1e1',POINT(1e-300,1e300),"
      "'00000000-0000-0000-0000-000000000000','ffff::')",
      "(5,1,1,1,1.5,0.1,16777217,b'11111111111','%_','-- x','/* x "
      "*/','x','#','x','x','x','a','x,y,z','0001-01-01','0000-00-00 "
      "00:00:00.000000','2026-11-27 10:00:00',NULL,'10:00:00',1970,'\"x\"',NULL,NULL,'::1.2.3.4')",
  };
}

}  // namespace

TEST_CASE("materialise: every type there and back, exact", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_types");
  beside.both(std::string("CREATE TABLE source ") + kTypes);
  beside.both(std::string("CREATE TABLE star ") + kTypes);
  beside.both(std::string("CREATE TABLE named ") + kTypes);
  beside.both(std::string("CREATE TABLE changed ") + kTypes);
  for (const std::string& row : odd_rows()) REQUIRE(beside.both("INSERT INTO source VALUES " + row).ok());
  beside.same("source", kExact);
  CHECK(beside.both("INSERT INTO star SELECT * FROM source LIMIT 100").ok());
  beside.same("star", kExact);
  const std::string list = kTypeColumns;
  CHECK(beside.both("INSERT INTO named (" + list + ") SELECT " + list + " FROM source ORDER BY vc LIMIT 100").ok());
  beside.same("named", kExact);
  beside.both("INSERT INTO changed (id) SELECT id FROM source");
  std::string assignments;
  std::string names = list.substr(3);
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(',', at), names.size());
    const std::string name = names.substr(at, end - at);
    if (name != "flt")
      assignments +=
          (assignments.empty() ? "" : ",") + name + "=(SELECT s." + name + " FROM source s WHERE s.id=changed.id)";
    at = end + 1;
  }
  CHECK(beside.both("UPDATE changed SET " + assignments + " LIMIT 100").ok());
  beside.both("UPDATE changed SET flt = (SELECT s.flt FROM source s WHERE s.id = changed.id) LIMIT 100");
  beside.same("changed", kExact);
  beside.both(std::string("CREATE TABLE joined ") + kTypes);
  beside.both("INSERT INTO joined (id) SELECT id FROM source");
  std::string joined;
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(',', at), names.size());
    const std::string name = names.substr(at, end - at);
    joined += (joined.empty() ? "" : ",") + ("joined." + name) + "=s." + name;
    at = end + 1;
  }
  CHECK(beside.both("UPDATE joined JOIN source AS s ON s.id=joined.id SET " + joined + " WHERE RAND() < 2").ok());
  beside.same("joined", kExact);
  beside.finish();
}

TEST_CASE("materialise: INSERT … SELECT in all its forms", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_insert");
  fill(beside, 800);
  beside.make_plans_differ("t");
  beside.both(
      "CREATE TABLE n (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40), k INT, made DATETIME(6) DEFAULT "
      "CURRENT_TIMESTAMP(6), w INT AS (k + 1), hidden INT INVISIBLE DEFAULT 7)");
  beside.both("INSERT INTO n (v, k) SELECT t, COUNT(*) FROM t GROUP BY t ORDER BY MIN(a)");
  beside.same("n", "id,v,k,w,hidden");
  beside.both("INSERT INTO n (v, k) SELECT t, ROW_NUMBER() OVER (ORDER BY a) FROM t WHERE b = 3 ORDER BY a LIMIT 40");
  beside.same("n", "v,k,w,hidden");  // a gap in the ids is no difference
  beside.both(
      "INSERT INTO n (id, v) WITH x AS (SELECT a, t FROM t ORDER BY a LIMIT 5) SELECT a + 200000, t FROM x ORDER "
      "BY a");
  beside.both("INSERT INTO n (id, v) SELECT IF(id % 2, NULL, 500000 + id), t FROM t WHERE id < 5 ORDER BY a DESC");
  beside.both("CREATE TABLE u (k INT PRIMARY KEY, s INT, c VARCHAR(20))");
  beside.both("INSERT INTO u SELECT b, SUM(a), MAX(t) FROM t GROUP BY b");
  beside.both("INSERT INTO u SELECT b, 1, 'x' FROM t ORDER BY a LIMIT 3");  // 1062
  beside.both("INSERT IGNORE INTO u SELECT b + 5, a, t FROM t ORDER BY a LIMIT 30");
  beside.both(
      "INSERT INTO u (k, s) SELECT b, a FROM t ORDER BY a LIMIT 30 ON DUPLICATE KEY UPDATE s = s + VALUES(s), c = "
      "CONCAT('was ', u.k)");
  beside.both("REPLACE INTO u SELECT b, a, t FROM t ORDER BY a LIMIT 30");
  beside.both("REPLACE u (k, s) SELECT MIN(b), GROUP_CONCAT(b ORDER BY a LIMIT 1) FROM t");
  beside.both("INSERT INTO u SELECT k + 100, s, c FROM u ORDER BY s LIMIT 4");
  beside.both("INSERT INTO u SELECT 1, 2, 3 FROM t WHERE id < 0 LIMIT 4");
  beside.both("INSERT INTO u (k, k) SELECT 1, 2 FROM t LIMIT 4");                          // 1110
  beside.both("INSERT INTO u (k, s) SELECT 1, 2, 3 FROM t LIMIT 4");                       // 1136
  beside.both("INSERT INTO u (k, s) SELECT id, 1/0 FROM t LIMIT 4");                       // 1365
  beside.both("INSERT INTO u (k, s) SELECT id + 9000, CAST(t AS SIGNED) FROM t LIMIT 4");  // 1292
  beside.both("INSERT IGNORE INTO u (k, s) SELECT id + 9000, 1/0 FROM t ORDER BY a LIMIT 4");
  beside.both("INSERT INTO u (k, s) SELECT id + 9100, 4000000000 FROM t LIMIT 4");  // 1264
  beside.same("u");
  beside.both("CREATE SQL SECURITY INVOKER VIEW seen AS SELECT b, MAX(t) AS m FROM t GROUP BY b");
  beside.both("INSERT INTO u (k, c) SELECT b + 7000, m FROM seen");
  beside.both("DELETE FROM u WHERE k - 7000 IN (SELECT b FROM seen WHERE b < 5)");
  beside.both("UPDATE u SET s = (SELECT COUNT(*) FROM seen) WHERE k > 7000 ORDER BY k LIMIT 2");
  beside.same("u");
  beside.both("CREATE TABLE w (id INT NOT NULL, b VARBINARY(9), must INT NOT NULL, g INT AS (id + 1) STORED)");
  beside.both("INSERT INTO w (id, b, must) SELECT id, NULL, 5 FROM t ORDER BY a LIMIT 3");
  beside.both("INSERT INTO w (id) SELECT id FROM t ORDER BY a LIMIT 3");      // 1364
  beside.both("INSERT INTO w (id, must, g) SELECT id, 1, 2 FROM t LIMIT 3");  // 1906
  beside.both("INSERT INTO w (id, must) SELECT NULL, 1 FROM t LIMIT 3");      // 1048
  beside.both("INSERT IGNORE INTO w (id, must) SELECT NULL, 'x' FROM t LIMIT 3");
  beside.same("w");
  CHECK(beside.here("INSERT INTO seen SELECT 1, 2 FROM t LIMIT 1").status.reason == "VIEW_IN_WRITE");
  CHECK(beside.here("INSERT INTO n (v, k) SELECT UUID(), RAND() * 100 FROM t").at(0).affected_rows == 800);
  beside.finish();
}

TEST_CASE("materialise: UPDATE counts what changes, and what follows from it follows", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_update");
  fill(beside, 600);
  beside.both(
      "ALTER TABLE t ADD COLUMN g INT AS (a * 2) STORED, ADD COLUMN n INT NOT NULL DEFAULT 5, ADD COLUMN `select` INT, "
      "ADD COLUMN changed TIMESTAMP(6) NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP(6)");
  beside.make_plans_differ("t");
  const std::string seen = "id,a,b,t,g,n,`select`,changed > '2021-01-01'";
  CHECK(beside.both("UPDATE t SET b = 3 ORDER BY a LIMIT 100").at(0).affected_rows > 80);
  CHECK(beside.both("UPDATE t SET b = 3 ORDER BY a LIMIT 100").at(0).affected_rows == 0);
  beside.same("t", seen);
  beside.both(
      "UPDATE t AS x SET x.t = CONCAT(x.t, '!'), `select` = x.id, n = n + 1 /* , */ ORDER BY x.a DESC LIMIT 50");
  beside.both("UPDATE t SET a = (SELECT MAX(o.a) FROM t AS o) + id WHERE t LIKE 'name 2%' AND b > 1.5");
  beside.both("UPDATE t SET t = (SELECT MIN(o.t) FROM t AS o WHERE o.b = t.b) WHERE b = 4");
  beside.both("UPDATE t SET n = NULL ORDER BY a LIMIT 3");         // 1048
  beside.both("UPDATE t SET n = 'abc' ORDER BY a LIMIT 3");        // 1366
  beside.both("UPDATE t SET n = 99999999999 ORDER BY a LIMIT 3");  // 1264
  beside.both("UPDATE t SET n = a / 0 ORDER BY a LIMIT 3");        // 1365
  beside.both("UPDATE IGNORE t SET n = a / 0 ORDER BY a LIMIT 3");
  beside.both("UPDATE IGNORE t SET n = 99999999999 WHERE t LIKE 'name 1%'");
  beside.both("UPDATE t SET n = nowhere LIMIT 3");  // 1054
  beside.both("UPDATE t SET n = 8 WHERE id < 0 LIMIT 3");
  beside.same("t", seen);
  CHECK(beside.here("UPDATE t SET t = UUID()").at(0).affected_rows == 600);
  CHECK(beside.here("SELECT COUNT(DISTINCT t) FROM t").text() == "600");
  CHECK(beside.here("UPDATE t SET n = RAND() * 1000 WHERE RAND() < 0.5").ok());
  CHECK(beside.here("UPDATE t SET t = USER()").status.reason == "UNSAFE_FUNCTION");
  beside.finish();
}

TEST_CASE("materialise: what is too much changes nothing, and goes in portions", "[materialise]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "limits:\n  max_materialised_rows: 100\n  max_materialised_bytes: 4KiB\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE much");
  cluster.must("CREATE TABLE much.t (id INT PRIMARY KEY, b INT, t VARCHAR(200))");
  std::string insert = "INSERT INTO much.t VALUES (0, 0, REPEAT('x', 100))";
  for (int k = 1; k < 250; ++k) insert += ",(" + std::to_string(k) + ",0,REPEAT('x',100))";
  cluster.must(insert);
  const Answer rows = cluster.master().run("DELETE FROM much.t LIMIT 101");
  CHECK(rows.status.code == Code::too_large);
  CHECK(rows.status.message.find("LIMIT 10000") != std::string::npos);
  const Answer bytes = cluster.master().run("INSERT INTO much.t SELECT id + 1000, b, t FROM much.t LIMIT 50");
  CHECK(bytes.status.code == Code::too_large);
  CHECK(cluster.must("SELECT COUNT(*) FROM much.t").text() == "250");
  int left = 250;
  while (left > 0) {
    const auto gone = static_cast<int>(cluster.must("DELETE FROM much.t LIMIT 100").at(0).affected_rows);
    REQUIRE(gone == std::min(left, 100));
    left -= gone;
  }
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("materialise: a master that ends in the middle has done it once or not at all", "[materialise]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE ends");
  cluster.must("CREATE TABLE ends.t (id INT PRIMARY KEY, v INT)");
  std::string insert = "INSERT INTO ends.t VALUES (0, 0)";
  for (int k = 1; k < 3'000; ++k) insert += ",(" + std::to_string(k) + ",0)";
  cluster.must(insert);
  std::uint64_t id = 0;
  int left = 3'000;
  for (const std::string point : {"group_executed", "group_committed", "group_durable"}) {
    INFO(point);
    const proto::QueryRequest request = keyed("ends", ++id, "DELETE FROM ends.t LIMIT 900");
    cluster.crash_master(point, request, 1);
    const Answer again = cluster.must(request);
    CHECK(again.at(0).affected_rows == 900);
    left -= 900;
    CHECK(cluster.must("SELECT COUNT(*) FROM ends.t").text() == std::to_string(left));
  }
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("materialise: a hundred thousand rows", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_many");
  beside.both("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT, KEY v (v))");
  std::string insert = "INSERT INTO t (v) VALUES (1)";
  for (int k = 2; k <= 50'000; ++k) insert += ",(" + std::to_string(k) + ")";
  beside.both(insert);
  CHECK(beside.both("INSERT INTO t (v) SELECT v + 50000 FROM t WHERE v <= 50000 ORDER BY v").at(0).affected_rows ==
        50'000);
  beside.same("t", "v");
  CHECK(beside.both("UPDATE t SET v = v % 7 ORDER BY v LIMIT 3000").at(0).affected_rows > 2'900);
  CHECK(beside.here("UPDATE t SET v = v + 1 WHERE RAND() < 2").at(0).affected_rows == 100'000);
  CHECK(beside.here("DELETE FROM t LIMIT 100000").at(0).affected_rows == 100'000);
  beside.finish();
}
