// Goal: what a text does not determine is done once, and every node has the same rows, as a plain MariaDB would have
// them. Method: real nodes whose plans differ (statistics and the order of rows of one slave are its own); the same
// statements in a database of the master's server that no node knows, where their result is determined after all.
#include <algorithm>

#include "proto/entry.h"
#include "storage/dialect.h"
#include "storage/log.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

proto::QueryRequest in(const std::string& database, proto::QueryRequest request) {
  request.database = database;
  return request;
}

// A cluster's database and, past the nodes, one of the same definitions: the plain MariaDB.
class Beside {
 public:
  explicit Beside(Cluster& cluster, std::string name) : cluster_(cluster), name_(std::move(name)) {
    cluster_.must("CREATE DATABASE " + name_);
    plain_ = cluster_.master().open_database();
    REQUIRE(plain_->execute(storage::pin_session_sql()).ok());
    REQUIRE(plain_->execute("CREATE DATABASE plain_" + name_).ok());
    REQUIRE(plain_->execute("USE plain_" + name_).ok());
  }
  ~Beside() { (void)plain_->execute("DROP DATABASE plain_" + name_); }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // At both, with the same outcome.
  Answer both(const std::string& sql) {
    INFO(sql);
    const Answer answer = cluster_.master().run(in(name_, query_of(sql)));
    const Status plain = plain_->execute(sql);
    INFO("cluster: " << show(answer.status) << "\nplain: " << show(plain));
    REQUIRE(answer.status.database_errno == plain.database_errno);
    REQUIRE(answer.ok() == plain.ok());
    if (!answer.ok()) return answer;
    const std::string rows = plain_->scalar("SELECT ROW_COUNT()")->value_or("");
    const bool counts = !sql.starts_with("CREATE") && !sql.starts_with("ALTER") && !sql.starts_with("DROP");
    if (counts) CHECK(std::to_string(answer.at(0).affected_rows) == rows);
    return answer;
  }
  Answer here(const std::string& sql) { return cluster_.master().run(in(name_, query_of(sql))); }

  // Row by row.
  void same(const std::string& table, const std::string& columns = "*") {
    const auto of = [&](const std::string& database) {
      const auto rows = plain_->rows("SELECT " + columns + " FROM " + database + "." + table);
      REQUIRE(rows.ok());
      std::vector<std::string> lines;
      for (const storage::Row& row : *rows) {
        std::string line;
        for (const auto& cell : row) line += cell ? storage::quote_text(*cell) + "|" : "NULL|";
        lines.push_back(line);
      }
      std::sort(lines.begin(), lines.end());
      return lines;
    };
    const std::vector<std::string> here = of(name_);
    const std::vector<std::string> plain = of("plain_" + name_);
    std::vector<std::string> differing;
    std::set_symmetric_difference(here.begin(), here.end(), plain.begin(), plain.end(), std::back_inserter(differing));
    if (differing.size() > 8) differing.resize(8);
    std::string shown;
    for (const std::string& line : differing) shown += line + "\n";
    CHECK(shown == "");
  }

  // One slave has other statistics, and its rows in another order.
  void make_plans_differ(const std::string& table) {
    cluster_.wait_until_equal();
    const auto there = cluster_.slave(0).open_database();
    REQUIRE(there->execute("USE " + name_).ok());
    REQUIRE(there->execute("CREATE TABLE other_order LIKE " + table).ok());
    const auto generated = there->scalar(
        "SELECT GROUP_CONCAT(CONCAT('`',COLUMN_NAME,'`')) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='" +
        name_ + "' AND TABLE_NAME='" + table + "' AND EXTRA NOT LIKE '%GENERATED%'");
    const std::string list = generated->value_or("");
    for (const std::string& sql :
         {"INSERT INTO other_order (" + list + ") SELECT " + list + " FROM " + table + " ORDER BY RAND(5)",
          std::string("SET foreign_key_checks=0"), "DELETE FROM " + table,
          "INSERT INTO " + table + " (" + list + ") SELECT " + list + " FROM other_order ORDER BY RAND(7)",
          std::string("DROP TABLE other_order"), "ANALYZE TABLE " + table, "OPTIMIZE TABLE " + table}) {
      INFO(sql);
      REQUIRE(there->execute(sql).ok());
    }
  }

  void finish() {
    REQUIRE(plain_->execute("DROP DATABASE plain_" + name_).ok());
    cluster_.wait_until_equal();
    cluster_.check_same_everywhere();
    cluster_.must("DROP DATABASE " + name_);
  }

 private:
  Cluster& cluster_;
  const std::string name_;
  std::unique_ptr<storage::Connection> plain_;
};

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

// id, a (each value once), b (many rows a value), t
void fill(Beside& beside, int rows) {
  beside.both("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, t VARCHAR(40), KEY b (b), KEY t (t))");
  std::string insert = "INSERT INTO t VALUES ";
  for (int k = 1; k <= rows; ++k) {
    const std::string text = std::to_string(k);
    insert += (k == 1 ? "(" : ",(") + text + "," + std::to_string(k * 7919 % 100'003) + "," + std::to_string(k % 10) +
              ",'name " + std::to_string(k % 37) + "')";
  }
  beside.both(insert);
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
  CHECK(beside.here("UPDATE p SET v='z' WHERE v LIKE 'a%' AND id < 0").status.reason == "PARTITIONED_TABLE");
  CHECK(beside.here("SELECT * FROM p ORDER BY id").text() == "-3|3|ab\n1|1|y\n4|4|c");

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

TEST_CASE("materialise: requests with several, their counts, copies and failures", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_requests");
  fill(beside, 1'500);
  beside.both("CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, n INT)");
  const auto request = [&](std::uint64_t id, const std::vector<std::string>& statements) {
    proto::QueryRequest all = in("rows_requests", query_of_all(statements));
    all.key = {"rows-requests", id};
    return all;
  };
  const std::vector<std::string> several{"INSERT INTO log (n) VALUES (1), (2)",
                                         "DELETE FROM t ORDER BY a LIMIT 1200",
                                         "SELECT COUNT(*) FROM t",
                                         "INSERT INTO log (n) SELECT id FROM t ORDER BY a LIMIT 4",
                                         "DELETE FROM t WHERE id < 0 LIMIT 1",
                                         "UPDATE t SET b = 77 ORDER BY a LIMIT 20",
                                         "INSERT INTO log (n) VALUES (3)"};
  const auto check = [&](const Answer& answer) {
    INFO(show(answer.status));
    REQUIRE(answer.ok());
    REQUIRE(answer.result.results.size() == 7);
    CHECK(answer.at(0).insert_id == 1);
    CHECK(answer.at(1).affected_rows == 1'200);
    CHECK(answer.at(3).affected_rows == 4);
    CHECK(answer.at(3).insert_id == 3);
    CHECK(answer.at(4).affected_rows == 0);
    CHECK(answer.at(5).affected_rows == 20);
    CHECK(answer.at(6).insert_id == 7);
  };
  const Answer first = cluster.master().run(request(1, several));
  check(first);
  CHECK(first.rows.at(2).at(0).at(0) == Value(std::int64_t{300}));
  const Answer copy = cluster.master().run(request(1, several));
  CHECK(copy.result.replayed);
  check(copy);
  CHECK(copy.result.sequence == first.result.sequence);

  // Nothing of it stays.
  const std::string before = beside.here("SELECT COUNT(*), SUM(id) FROM t").text();
  proto::QueryRequest expecting = request(2, {"DELETE FROM t LIMIT 10"});
  expecting.statements[0].expect = 11;
  CHECK(cluster.master().run(expecting).status.code == Code::expectation_failed);
  const Answer failing = cluster.master().run(request(
      3, {"DELETE FROM t LIMIT 10", "INSERT INTO log (id) SELECT 1 FROM t LIMIT 1", "DELETE FROM log LIMIT 1"}));
  CHECK(failing.status.database_errno == 1062);
  CHECK(failing.failed_statement == 1U);
  CHECK(
      cluster.master().run(request(4, {"DELETE FROM t LIMIT 10", "INSERT INTO log VALUES (1, 1)"})).failed_statement ==
      1U);
  const Answer last_id = cluster.master().run(request(5, {"INSERT INTO log (n) VALUES (9)", "DELETE FROM t LIMIT 1",
                                                          "UPDATE log SET n = 1 WHERE id = "
                                                          "LAST_INSERT_ID()"}));
  CHECK(last_id.status.reason == "SESSION_STATE");
  CHECK(beside.here("SELECT COUNT(*), SUM(id) FROM t").text() == before);

  // A text of a client's that begins as the further rows of one do.
  const Answer alike = cluster.master().run(
      request(6, {"INSERT INTO log (n) VALUES (4)", "/* further rows */ INSERT INTO log (n) VALUES (5), (6)"}));
  CHECK(alike.at(1).affected_rows == 2);
  CHECK(
      cluster.master()
          .run(request(6, {"INSERT INTO log (n) VALUES (4)", "/* further rows */ INSERT INTO log (n) VALUES (5), (6)"}))
          .at(1)
          .affected_rows == 2);
  proto::QueryRequest bound =
      in("rows_requests", query_of("DELETE FROM t WHERE a > ? LIMIT 2", {Value(std::int64_t{0})}));
  CHECK(cluster.must(bound).at(0).affected_rows == 2);
  proto::QueryRequest slow =
      request(7, {"DELETE FROM t WHERE (SELECT COUNT(*) FROM t a, t b, t c, t d, t e) > 1 LIMIT 1"});
  slow.timeout_ms = 300;
  CHECK(cluster.master().run(slow).status.code == Code::timeout);
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

TEST_CASE("materialise: names, comments, parameters, databases and expressions of all kinds", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_names");
  beside.both(
      "CREATE TABLE `odd ``name` (`select` INT, `a``b` VARCHAR(20) COLLATE utf8mb4_unicode_ci, `größe` INT, `from` "
      "DATE, "
      "PRIMARY KEY (`a``b`, `from`))");
  beside.both(
      "INSERT INTO `odd ``name` VALUES (1, 'ä', 5, '2026-01-01'), (2, 'b\\'s', 6, '2026-01-01'), (3, 'ä', 7, "
      "'0000-00-00'), "
      "(4, '', 8, '2026-00-00'), (5, 'x\\\\', 9, '2024-02-29'), (6, 'ß', 1, '2024-02-29')");
  beside.both(
      "UPDATE /* a */ `odd ``name` AS `x y` # b\n SET `x y`.`größe` = `x y`.`größe` /* , `a` = 1 */ * 1.5, `select` = "
      "-- c\n (`select` + 1) ORDER BY `größe` LIMIT 5 -- d");
  beside.same("`odd ``name`");
  beside.both(
      "DELETE LOW_PRIORITY QUICK FROM `odd ``name` WHERE `from` < '2024-03-01' ORDER BY `select` DESC LIMIT 4 /* */");
  beside.same("`odd ``name`");
  proto::QueryRequest named = in("rows_names", query_of(""));
  named.statements[0].sql = "DELETE FROM `odd ``name` WHERE `a``b` = :text LIMIT 1";
  named.statements[0].named_params["text"] = Value(std::string("ä"));
  CHECK(cluster.must(named).at(0).affected_rows <= 1);

  // Another default database, and none.
  cluster.must("CREATE DATABASE rows_names_2");
  cluster.must("CREATE TABLE rows_names_2.s (id INT PRIMARY KEY, v VARCHAR(20), f FLOAT, g DOUBLE)");
  cluster.must(
      "INSERT INTO rows_names_2.s VALUES (1, 'a', 0.1, 0.1), (2, 'A', 16777217, 1e300), (3, NULL, -0.0, -0.0)");
  cluster.must("CREATE TABLE rows_names_2.u LIKE rows_names_2.s");
  CHECK(cluster.must("INSERT INTO rows_names_2.u SELECT * FROM rows_names_2.s LIMIT 3").at(0).affected_rows == 3);
  CHECK(cluster
            .must("SELECT COUNT(*) FROM rows_names_2.u u JOIN rows_names_2.s s USING (id) WHERE u.f <=> s.f AND u.g "
                  "<=> s.g")
            .text() == "3");
  CHECK(cluster
            .must(in("rows_names_2",
                     query_of("UPDATE u SET v = (SELECT GROUP_CONCAT(x.v) FROM rows_names_2.s AS x) LIMIT 2")))
            .at(0)
            .affected_rows == 2);
  CHECK(cluster.master()
            .run("INSERT INTO rows_names_2.u (id, v) SELECT id + 10, f FROM rows_names_2.s LIMIT 3")
            .status.reason == "LIMIT_WITHOUT_ORDER");
  cluster.must("DROP DATABASE rows_names_2");
  beside.finish();
}

TEST_CASE("materialise: text of other character sets, keys of all kinds, and values that look like syntax",
          "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_keys");
  beside.both("CREATE TABLE l (k VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY, v INT)");
  beside.both("INSERT INTO l VALUES ('ä', 1), ('oe', 2), ('ß', 3), ('x''); --', 4), ('NULL', 5), ('', 6), ('a ', 7)");
  beside.both("UPDATE l SET v = v + 100 ORDER BY v DESC LIMIT 6");
  beside.same("l");
  beside.both("DELETE FROM l ORDER BY v LIMIT 5");
  beside.same("l");
  beside.both("CREATE TABLE b (k VARBINARY(8) PRIMARY KEY, v VARCHAR(20))");
  beside.both("INSERT INTO b VALUES (x'', 'a'), (x'00', 'b'), (x'0000', 'c'), (x'ff27', 'd'), ('é', 'e')");
  beside.both("UPDATE b SET v = HEX(k) ORDER BY k LIMIT 5");
  beside.both("DELETE FROM b ORDER BY k LIMIT 2");
  beside.same("b", "HEX(k), v");
  beside.both("CREATE TABLE m (k DECIMAL(20,5), d DATETIME(6), t TIME(3), v INT, PRIMARY KEY (k, d, t))");
  beside.both(
      "INSERT INTO m VALUES (-1.5, '2026-11-27 01:02:03.000001', '-10:00:00.5', 1), (0, '0000-00-00 00:00:00', "
      "'838:59:59', "
      "2), (99999999999999.99999, '2026-10-25 02:30:00', '00:00:00.001', 3)");
  beside.both("UPDATE m SET v = v * 10 ORDER BY v LIMIT 3");
  beside.same("m");
  beside.both("DELETE FROM m ORDER BY v LIMIT 2");
  beside.same("m");
  beside.both(
      "CREATE TABLE z (k INT(8) ZEROFILL PRIMARY KEY, ts TIMESTAMP NULL, e ENUM('1', '2') NOT NULL DEFAULT '1')");
  beside.both("INSERT INTO z VALUES (7, '2026-03-29 01:30:00', 2), (12, '2026-10-25 00:30:00', 1)");
  beside.both("UPDATE z SET ts = ts + INTERVAL 1 HOUR, e = '2' ORDER BY ts LIMIT 2");
  beside.both("INSERT INTO z SELECT k + 20, ts, e FROM z ORDER BY ts DESC LIMIT 2");
  beside.same("z");
  // A unique key that may be NULL, one over the first characters, and a heap: no key to write by.
  cluster.must("CREATE TABLE rows_keys.n (a INT UNIQUE, u VARCHAR(20) NOT NULL, UNIQUE KEY u (u(3)))");
  const Answer refused = beside.here("DELETE FROM n LIMIT 1");
  CHECK(refused.status.reason == "LIMIT_WITHOUT_ORDER");
  CHECK(refused.status.message.find("primary or unique NOT NULL key") != std::string::npos);
  beside.both("CREATE TABLE o (v VARBINARY(20))");
  beside.both("INSERT INTO o SELECT k FROM b LIMIT 10");
  CHECK(beside.here("INSERT INTO o SELECT k FROM l LIMIT 10").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.both("INSERT INTO o SELECT CAST(k AS BINARY) FROM l LIMIT 10");
  beside.same("o", "HEX(v)");
  cluster.must("DROP TABLE rows_keys.n");
  beside.finish();
}

TEST_CASE("materialise: triggers and cascades, checks and rows that others depend on", "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_bound");
  beside.both(
      "CREATE TABLE parent (id INT PRIMARY KEY, v INT CHECK (v < 100), d INT AS (v * 2) VIRTUAL, UNIQUE KEY d (d))");
  beside.both(
      "CREATE TABLE child (id INT PRIMARY KEY, p INT, q INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE, "
      "FOREIGN KEY (q) REFERENCES parent (id) ON DELETE SET NULL)");
  beside.both("INSERT INTO parent (id, v) VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)");
  beside.both("INSERT INTO child VALUES (1, 1, 2), (2, 2, 1), (3, 3, 3), (4, NULL, 5), (5, 5, 1)");
  beside.both("DELETE FROM parent ORDER BY v DESC LIMIT 2");
  beside.same("parent");
  beside.same("child");
  beside.both(
      "UPDATE parent SET v = v + 10 ORDER BY v DESC LIMIT 3");  // a unique key over a generated column: one by one
  beside.both("UPDATE parent SET v = 500 ORDER BY v LIMIT 1");  // 4025
  beside.both("UPDATE parent SET v = 12 ORDER BY v LIMIT 2");   // 1062
  beside.both("UPDATE child SET p = 77 ORDER BY id LIMIT 1");   // 1452
  beside.both("INSERT INTO parent (id, v) SELECT id + 10, id + 40 FROM child ORDER BY id LIMIT 2");
  beside.both("UPDATE IGNORE parent SET v = 12 ORDER BY v LIMIT 3");
  beside.same("parent");
  beside.same("child");
  cluster.wait_until_equal();
  const auto past = cluster.master().open_database();
  REQUIRE(
      past->execute("CREATE TRIGGER rows_bound.seen BEFORE DELETE ON rows_bound.child FOR EACH ROW SET @x = 1").ok());
  cluster.must("CREATE TABLE rows_bound.again (id INT PRIMARY KEY)");  // the master reads the schema again
  CHECK(beside.here("DELETE FROM child LIMIT 1").status.reason == "STORED_CODE");
  REQUIRE(past->execute("DROP TRIGGER rows_bound.seen").ok());
  cluster.must("DROP TABLE rows_bound.again");
  beside.finish();
}

TEST_CASE("materialise: what waits for a lock, is cancelled or loses its connection is as any other write",
          "[materialise]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_waits");
  fill(beside, 500);
  const auto locker = cluster.master().open_database();
  REQUIRE(locker->execute("START TRANSACTION").ok());
  REQUIRE(locker->execute("SELECT * FROM rows_waits.t WHERE id < 400 FOR UPDATE").ok());
  proto::QueryRequest request = in("rows_waits", keyed("rows-waits", 1, "DELETE FROM t ORDER BY a LIMIT 300"));
  request.timeout_ms = 1'000;
  const Answer late = cluster.master().run(request);
  INFO(show(late.status));
  CHECK((late.status.code == Code::timeout || late.status.code == Code::outcome_unknown));
  REQUIRE(locker->execute("ROLLBACK").ok());
  wait_for("the writer is free", [&] { return beside.here("UPDATE t SET b = 1 WHERE id = 1").ok(); });
  const std::string left = beside.here("SELECT COUNT(*) FROM t").text();
  CHECK((left == "500" || left == "200"));
  beside.finish();
}
