// Goal: what is written at the master is on every node, to the bit, whatever its type and however its value came to be.
// Method: one cluster for all cases, each with a database of its own; every node is asked, then compared past the
// nodes.
#include <algorithm>
#include <limits>
#include <map>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

// The same text from every node, after the last write; "…" of differing nodes otherwise.
std::string everywhere(Cluster& cluster, const std::string& sql) {
  cluster.wait_until_equal();
  std::string first;
  for (Node* node : cluster.nodes()) {
    const Answer answer = node->run(sql);
    if (!answer.ok()) return node->name() + ": " + show(answer.status);
    if (node == &cluster.master()) first = answer.text();
    if (answer.text() != first) return node->name() + " differs: " + answer.text() + "\nmaster: " + first;
  }
  return first;
}

Answer write(Cluster& cluster, const std::string& database, const std::vector<std::string>& statements) {
  proto::QueryRequest request = query_of_all(statements);
  request.database = database;
  return cluster.master().run(request);
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_CASE("replication: every type arrives as it was sent", "[replication]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE types CHARACTER SET utf8mb4");
  cluster.must(
      "CREATE TABLE types.t (id INT PRIMARY KEY, ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, mi MEDIUMINT, i INT, "
      "iu INT UNSIGNED, bi BIGINT, bu BIGINT UNSIGNED, de DECIMAL(40,10), fl FLOAT, db DOUBLE, da DATE, tm TIME(3), "
      "dt DATETIME(6), ts TIMESTAMP(6) NULL, ye YEAR, ch CHAR(10), vc VARCHAR(100), tx LONGTEXT, bl LONGBLOB, "
      "bn BINARY(4), vb VARBINARY(300), js JSON, en ENUM('red','green','blue é'), se SET('a','b','c'), bt BIT(64), "
      "b1 BIT(1))");
  const std::string insert = "INSERT INTO types.t VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
  const std::string emoji = "naïve 👩‍👩‍👧 🏳️‍🌈 \\ ' \" ` %  \n\t end";
  const std::string bytes = all_bytes();
  const std::string long_bytes = [&] {
    std::string text;
    for (int i = 0; i < 2'000; ++i) text += bytes;
    return text;
  }();
  const std::string bits("\x80\x00\x00\x00\x00\x00\x00\x01", 8);
  const auto n = std::monostate{};
  using L = std::numeric_limits<std::int64_t>;

  const std::vector<std::vector<Value>> sent = {
      {std::int64_t{1},
       std::int64_t{127},
       std::uint64_t{255},
       std::int64_t{32767},
       std::int64_t{8388607},
       std::int64_t{2147483647},
       std::uint64_t{4294967295},
       L::max(),
       std::numeric_limits<std::uint64_t>::max(),
       std::string("123456789012345678901234567890.0123456789"),
       1.5,
       0.1,
       std::string("9999-12-31"),
       std::string("838:59:59.999"),
       std::string("9999-12-31 23:59:59.999999"),
       std::string("2038-01-19 03:14:07.999999"),
       std::int64_t{2155},
       std::string("char é"),
       emoji,
       emoji,
       Bytes{long_bytes},
       Bytes{std::string("\0\1\2\3", 4)},
       Bytes{bytes},
       std::string(R"({"a": [1, 2.5, "😀", null]})"),
       std::string("blue é"),
       std::string("a,c"),
       Bytes{bits},
       Bytes{std::string("\1")}},
      {std::int64_t{2},
       std::int64_t{-128},
       std::uint64_t{0},
       std::int64_t{-32768},
       std::int64_t{-8388608},
       std::int64_t{-2147483648LL},
       std::uint64_t{0},
       L::min(),
       std::uint64_t{0},
       std::string("-999999999999999999999999999999.9999999999"),
       -0.25,
       -1.7976931348623157e308,
       std::string("1000-01-01"),
       std::string("-838:59:59.000"),
       std::string("1000-01-01 00:00:00.000001"),
       std::string("1970-01-01 00:00:01.000000"),
       std::int64_t{1901},
       std::string(""),
       std::string(""),
       std::string(""),
       Bytes{""},
       Bytes{std::string("\xff\xfe\xfd\xfc")},
       Bytes{""},
       std::string("[]"),
       std::string("red"),
       std::string(""),
       Bytes{std::string(8, '\0')},
       Bytes{std::string(1, '\0')}},
      {std::int64_t{3}, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n},
  };
  for (const std::vector<Value>& row : sent) {
    const Answer answer = cluster.master().run(query_of(insert, row));
    INFO(show(answer.status));
    REQUIRE(answer.ok());
  }
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    const Answer answer = node->run("SELECT * FROM types.t ORDER BY id");
    INFO(node->name() << " " << show(answer.status));
    REQUIRE(answer.ok());
    REQUIRE(answer.rows[0].size() == sent.size());
    for (std::size_t row = 0; row < sent.size(); ++row) {
      for (std::size_t column = 0; column < sent[row].size(); ++column) {
        INFO("row " << row << ", column " << answer.at(0).columns[column].name);
        // Whether a small unsigned integer comes as signed is the wire's business: the text says the value.
        CHECK(to_text(answer.rows[0][row][column]) == to_text(sent[row][column]));
        const bool binary = std::holds_alternative<Bytes>(sent[row][column]);
        CHECK(std::holds_alternative<Bytes>(answer.rows[0][row][column]) == binary);
      }
    }
  }
  cluster.check_same_everywhere();
}

TEST_CASE("replication: text literals keep their escapes and every byte", "[replication]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE literals CHARACTER SET utf8mb4");
  cluster.must("CREATE TABLE literals.t (id INT PRIMARY KEY, v VARCHAR(200), b VARBINARY(300))");
  cluster.must(R"(INSERT INTO literals.t VALUES (1, 'it''s \'q\' \\ \n \% \_ /* no */ -- no', x'00ff27225c'))");
  cluster.must("INSERT INTO literals.t VALUES (2, \"double \"\"q\"\" 'single'\", _binary'\\0\\Z') -- a comment ; '");
  cluster.must("INSERT INTO literals.t VALUES (3, '; DROP TABLE t; --', NULL) /* trailing */");
  CHECK(everywhere(cluster, "SELECT v, HEX(b) FROM literals.t WHERE id=1 ORDER BY id") ==
        "it's 'q' \\ \n \\% \\_ /* no */ -- no|00FF27225C");
  CHECK(everywhere(cluster, "SELECT v, HEX(b) FROM literals.t WHERE id=2 ORDER BY id") == "double \"q\" 'single'|001A");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: AUTO_INCREMENT values agree after failures, IGNORE, REPLACE and explicit ids",
          "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "autoinc";
  cluster.must("CREATE DATABASE autoinc");
  cluster.must("CREATE TABLE autoinc.t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v VARCHAR(50))");
  cluster.must("CREATE TABLE autoinc.child (id INT AUTO_INCREMENT PRIMARY KEY, parent BIGINT UNSIGNED, v VARCHAR(50))");

  REQUIRE(write(cluster, db, {"INSERT INTO t(k,v) VALUES (1,'one'),(2,'two')"}).at(0).insert_id == 1);
  const Answer duplicate = write(cluster, db, {"INSERT INTO t(k,v) VALUES (3,'x'),(1,'again')"});
  CHECK(duplicate.status.database_errno == 1062);
  CHECK(duplicate.failed_statement == 0U);
  REQUIRE(write(cluster, db, {"INSERT INTO t(k,v) VALUES (3,'three')"}).ok());
  REQUIRE(write(cluster, db, {"INSERT IGNORE INTO t(k,v) VALUES (1,'no'),(4,'four'),(2,'no'),(5,'five')"})
              .at(0)
              .affected_rows == 2);
  REQUIRE(write(cluster, db,
                {"INSERT INTO t(k,v) VALUES (1,'uno'),(6,'six') ON DUPLICATE KEY UPDATE v=CONCAT(v,'+',VALUES(v))"})
              .ok());
  REQUIRE(write(cluster, db, {"REPLACE INTO t(k,v) VALUES (2,'replaced'),(7,'seven')"}).ok());
  REQUIRE(write(cluster, db, {"INSERT INTO t(id,k,v) VALUES (100,8,'explicit'),(NULL,9,'generated')"}).ok());
  REQUIRE(write(cluster, db, {"INSERT INTO t(id,k,v) VALUES (50,10,'explicit only')"}).ok());
  REQUIRE(write(cluster, db, {"INSERT INTO t(k,v) VALUES (11,'after')"}).ok());
  REQUIRE(write(cluster, db, {"INSERT INTO t SET k=12, v='set'"}).ok());
  REQUIRE(write(cluster, db, {"INSERT INTO t(id,k,v) VALUES (0,13,'zero')"}).ok());
  const Answer ids = cluster.master().run("SELECT COUNT(*), COUNT(DISTINCT id) FROM autoinc.t");
  CHECK(ids.text() == "13|13");
  everywhere(cluster, "SELECT id,k,v FROM autoinc.t ORDER BY id");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: LAST_INSERT_ID() is the last insert of the same request, and nothing before it",
          "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "lastid";
  cluster.must("CREATE DATABASE lastid");
  cluster.must("CREATE TABLE lastid.t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50))");
  cluster.must("CREATE TABLE lastid.child (id INT AUTO_INCREMENT PRIMARY KEY, parent BIGINT UNSIGNED, v VARCHAR(50))");

  REQUIRE(write(cluster, db,
                {"INSERT INTO t(v) VALUES ('a')", "INSERT INTO child(parent,v) VALUES (LAST_INSERT_ID(),'of a')"})
              .ok());
  const Answer two = write(cluster, db,
                           {"INSERT INTO t(v) VALUES ('b')", "INSERT INTO t(v) VALUES ('c')",
                            "INSERT INTO child(parent,v) VALUES (LAST_INSERT_ID(),'of c')"});
  INFO(show(two.status));
  REQUIRE(two.ok());
  CHECK(two.at(0).insert_id + 1 == two.at(1).insert_id);
  REQUIRE(write(cluster, db, {"INSERT INTO t(v) VALUES ('d')"}).ok());
  // Nothing was inserted in this request: the ids of other requests are not its business, on any node.
  REQUIRE(write(cluster, db, {"INSERT INTO child(parent,v) VALUES (LAST_INSERT_ID(),'of nothing')"}).ok());
  REQUIRE(write(cluster, db, {"UPDATE child SET v=CONCAT(v,'/',LAST_INSERT_ID()) WHERE v='of a'"}).ok());
  CHECK(everywhere(cluster,
                   "SELECT c.v, IFNULL(t.v,'none') FROM lastid.child c LEFT JOIN lastid.t t ON t.id=c.parent ORDER BY "
                   "c.id") == "of a/0|a\nof c|c\nof nothing|none");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: clocks, random numbers and UUIDs are decided once", "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "decided";
  cluster.must("CREATE DATABASE decided");
  cluster.must(
      "CREATE TABLE decided.t (id INT AUTO_INCREMENT PRIMARY KEY, n DATETIME(6), d DATE, u DATETIME(6), r DOUBLE, "
      "q DOUBLE, i VARCHAR(40), made TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE "
      "CURRENT_TIMESTAMP(6))");
  for (int i = 0; i < 20; ++i) {
    const Answer answer =
        write(cluster, db,
              {"INSERT INTO t(n,d,u,r,q,i) VALUES (NOW(6),CURDATE(),UTC_TIMESTAMP(6),RAND(),RAND(),UUID())",
               "UPDATE t SET d=CURDATE(), n=NOW(6) WHERE id=LAST_INSERT_ID()"});
    INFO(show(answer.status));
    REQUIRE(answer.ok());
  }
  REQUIRE(write(cluster, db, {"INSERT INTO t(n) VALUES (SYSDATE(6))"}).ok());
  CHECK(everywhere(cluster,
                   "SELECT COUNT(DISTINCT i), COUNT(DISTINCT r), MAX(ABS(TIMESTAMPDIFF(SECOND,n,u))) FROM "
                   "decided.t WHERE i IS NOT NULL") == "20|20|0");
  everywhere(cluster, "SELECT * FROM decided.t ORDER BY id");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: foreign keys cascade alike and refuse alike", "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "keys_";
  cluster.must("CREATE DATABASE keys_");
  cluster.must("CREATE TABLE keys_.a (id INT PRIMARY KEY, v INT)");
  cluster.must(
      "CREATE TABLE keys_.b (id INT AUTO_INCREMENT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a(id) ON DELETE "
      "CASCADE ON UPDATE CASCADE)");
  cluster.must(
      "CREATE TABLE keys_.c (id INT AUTO_INCREMENT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b(id) ON DELETE SET "
      "NULL)");
  REQUIRE(write(cluster, db,
                {"INSERT INTO a VALUES (1,1),(2,2),(3,3)", "INSERT INTO b(a) VALUES (1),(2),(2),(3)",
                 "INSERT INTO c(b) VALUES (1),(2),(3),(4)"})
              .ok());
  CHECK(write(cluster, db, {"INSERT INTO b(a) VALUES (99)"}).status.database_errno == 1452);
  REQUIRE(write(cluster, db, {"DELETE FROM a WHERE id=2"}).at(0).affected_rows == 1);
  REQUIRE(write(cluster, db, {"UPDATE a SET id=30 WHERE id=3"}).ok());
  CHECK(everywhere(cluster, "SELECT c.id, c.b, b.a FROM keys_.c LEFT JOIN keys_.b ON b.id=c.b ORDER BY c.id") ==
        "1|1|1\n2|NULL|NULL\n3|NULL|NULL\n4|4|30");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: a request that fails half-way leaves nothing, anywhere", "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "atomic_";
  cluster.must("CREATE DATABASE atomic_");
  cluster.must("CREATE TABLE atomic_.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO atomic_.t VALUES (1,1),(2,2)");
  const Sequence before = cluster.wait_until_equal();

  const Answer failed =
      write(cluster, db,
            {"UPDATE t SET v=v+10 WHERE id=1", "INSERT INTO t VALUES (3,3)", "INSERT INTO t VALUES (4,4)",
             "INSERT INTO t VALUES (2,0)", "INSERT INTO t VALUES (5,5)"});
  CHECK(failed.status.database_errno == 1062);
  CHECK(failed.failed_statement == 3U);

  proto::QueryRequest expecting = query_of_all({"UPDATE t SET v=v+10 WHERE id=1", "UPDATE t SET v=v+10 WHERE id=77"});
  expecting.database = db;
  expecting.statements[0].expect = 1;
  expecting.statements[1].expect = 1;
  CHECK(cluster.master().run(expecting).status.code == Code::expectation_failed);

  const Answer refused = write(cluster, db, {"UPDATE t SET v=v+10 WHERE id=1", "GRANT ALL ON *.* TO x"});
  CHECK(refused.status.code == Code::refused);
  CHECK(refused.failed_statement == 1U);

  CHECK(cluster.wait_until_equal() == before);
  CHECK(everywhere(cluster, "SELECT id,v FROM atomic_.t ORDER BY id") == "1|1\n2|2");

  expecting.statements[1].sql = "UPDATE t SET v=v+10 WHERE id=2";
  CHECK(cluster.master().run(expecting).ok());
  CHECK(everywhere(cluster, "SELECT id,v FROM atomic_.t ORDER BY id") == "1|11\n2|12");
  cluster.check_same_everywhere();
}

TEST_CASE("replication: requests that fail in the middle of a group do not disturb the others", "[replication]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE mixed_group");
  cluster.must("CREATE TABLE mixed_group.t (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v INT)");
  // Many at once, so that they share groups; every third insert is a duplicate, every fifth request a pair that fails.
  client::Options options;
  options.endpoints = {cluster.master().endpoint()};
  options.database = "mixed_group";
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  constexpr int kRequests = 600;
  std::vector<std::future<client::Reply>> replies;
  for (int i = 0; i < kRequests; ++i) {
    const int key = i % 3 == 2 ? i - 1 : i;
    client::Request request =
        client::Request::of("INSERT INTO t(k,v) VALUES (" + std::to_string(key) + "," + std::to_string(i) + ")");
    if (i % 5 == 4) {
      request.statements.push_back({"UPDATE t SET v=v+1000 WHERE k=0", {}, {}, {}});
      request.statements.push_back({"INSERT INTO t(k,v) VALUES (0,0)", {}, {}, {}});
    }
    replies.push_back((*client)->submit(std::move(request)));
  }
  std::map<std::uint64_t, int> ids;  // id → v, as the replies say
  int refused = 0;
  for (int i = 0; i < kRequests; ++i) {
    const client::Reply reply = replies[static_cast<std::size_t>(i)].get();
    if (reply.status.ok()) {
      CHECK(ids.emplace(reply.results[0].insert_id, i).second);
    } else {
      CHECK(reply.status.database_errno == 1062);
      ++refused;
    }
  }
  CHECK(refused > kRequests / 5);
  std::string expected;
  for (const auto& [id, v] : ids)
    expected += (expected.empty() ? "" : "\n") + std::to_string(id) + "|" + std::to_string(v);
  CHECK(everywhere(cluster, "SELECT id,v FROM mixed_group.t ORDER BY id") == expected);
  cluster.check_same_everywhere();
}

TEST_CASE("replication: inserts into several tables at once do as if they had come one by one", "[replication]") {
  Cluster& cluster = shared_cluster();
  const std::string db = "woven";
  cluster.must("CREATE DATABASE woven");
  cluster.must("CREATE TABLE woven.parent (id INT PRIMARY KEY)");
  cluster.must(
      "CREATE TABLE woven.child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES "
      "parent(id))");
  cluster.must("CREATE TABLE woven.x (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE)");
  cluster.must("CREATE TABLE woven.y (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE)");

  // A child before its parent fails, although the parent comes later in the same request.
  const Answer early = write(cluster, db,
                             {"INSERT INTO x(k) VALUES (1)", "INSERT INTO child(parent) VALUES (1)",
                              "INSERT INTO x(k) VALUES (2)", "INSERT INTO parent VALUES (1)"});
  CHECK(early.status.database_errno == 1452);
  CHECK(early.failed_statement == 1U);
  const Answer twice = write(cluster, db,
                             {"INSERT INTO x(k) VALUES (1)", "INSERT INTO y(k) VALUES (1)",
                              "INSERT INTO x(k) VALUES (1)", "INSERT INTO y(k) VALUES (2)"});
  CHECK(twice.status.database_errno == 1062);
  CHECK(twice.failed_statement == 2U);
  CHECK(everywhere(cluster, "SELECT COUNT(*) FROM woven.x") == "0");
  for (const char* end : {"1", "3"}) {
    const std::string parent = end;
    INFO(parent);
    REQUIRE(write(cluster, db,
                  {"INSERT INTO parent VALUES (" + parent + ")", "INSERT INTO child(parent) VALUES (" + parent + ")",
                   "INSERT INTO parent VALUES (" + parent + "0)", "INSERT INTO child(parent) VALUES (" + parent + "0)"})
                .ok());
    // Put together by table, this would insert a child before its parent.
    REQUIRE(write(cluster, db,
                  {"INSERT INTO child(parent) VALUES (" + parent + ")", "INSERT INTO parent VALUES (" + parent + "1)",
                   "INSERT INTO child(parent) VALUES (" + parent + "1)"})
                .ok());
  }
  CHECK(everywhere(cluster, "SELECT parent FROM woven.child ORDER BY id") == "1\n10\n1\n11\n3\n30\n3\n31");

  // Groups of single inserts, some of which fail.
  client::Options options;
  options.endpoints = {cluster.master().endpoint()};
  options.database = db;
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  constexpr int kRequests = 400;
  std::vector<std::future<client::Reply>> replies;
  for (int i = 0; i < kRequests; ++i)
    replies.push_back((*client)->submit(client::Request::of(std::string("INSERT INTO ") + (i % 2 == 0 ? "x" : "y") +
                                                            "(k) VALUES (" + std::to_string(i % 350) + ")")));
  std::map<std::uint64_t, int> ids;  // of x, as the replies say
  int refused = 0;
  for (int i = 0; i < kRequests; ++i) {
    const client::Reply reply = replies[static_cast<std::size_t>(i)].get();
    if (!reply.status.ok()) {
      CHECK(reply.status.database_errno == 1062);
      ++refused;
    } else if (i % 2 == 0) {
      CHECK(ids.emplace(reply.results[0].insert_id, i % 350).second);
    }
  }
  CHECK(refused == 50);
  std::string expected;
  for (const auto& [id, k] : ids)
    expected += (expected.empty() ? "" : "\n") + std::to_string(id) + "|" + std::to_string(k);
  CHECK(everywhere(cluster, "SELECT id,k FROM woven.x ORDER BY id") == expected);
  cluster.check_same_everywhere();
}

TEST_CASE("replication: a reader of the log may be ahead of a slave, but not of the master", "[replication]") {
  Cluster& cluster = shared_cluster();
  proto::LogReadRequest ahead;
  ahead.after.epoch = 1;
  ahead.after.sequence = cluster.wait_until_equal() + 5;
  ahead.after.hash.fill(7);

  const Result<proto::Message> at_slave =
      Session(cluster.slave(0).endpoint()).exchange(ahead, std::chrono::seconds(60));
  REQUIRE(at_slave.ok());
  REQUIRE(std::holds_alternative<proto::LogBatch>(*at_slave));
  CHECK(std::get<proto::LogBatch>(*at_slave).groups.empty());
  CHECK(std::get<proto::LogBatch>(*at_slave).head.sequence == ahead.after.sequence - 5);

  const Result<proto::Message> at_master =
      Session(cluster.master().endpoint()).exchange(ahead, std::chrono::seconds(60));
  REQUIRE(at_master.ok());
  REQUIRE(std::holds_alternative<proto::ErrorReply>(*at_master));
  CHECK(std::get<proto::ErrorReply>(*at_master).status.code == Code::diverged);
}

TEST_CASE("replication: the school sent through the shell joins alike at every node", "[replication]") {
  Cluster& cluster = shared_cluster();
  const Run run = run_program({program("sqlcast"), "-h", "127.0.0.1", "-P",
                               cluster.master().endpoint().substr(cluster.master().endpoint().rfind(':') + 1)},
                              std::string(SQLCAST_SOURCE_DIR) + "/examples/school.sql");
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  const std::string rows =
      everywhere(cluster,
                 "SELECT s.name, c.name FROM school.student s JOIN school.student_course sc ON sc.student_id=s.id JOIN "
                 "school.course c ON c.id=sc.course_id ORDER BY s.name, c.name");
  CHECK(std::count(rows.begin(), rows.end(), '\n') > 20);
  CHECK(rows.find("differs") == std::string::npos);
  cluster.check_same_everywhere();
}
