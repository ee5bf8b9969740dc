// Goal: a materialised statement is as any other to its client, whatever it is written like and whatever stands in its
// way. Method: requests of several statements, copies, failures and locks; odd names, keys, character sets, foreign
// keys.
#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("materialise: requests with several, their counts, copies and failures", "[materialise_more]") {
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
  // What was expected is looked at when all has run.
  proto::QueryRequest both = request(8, {"DELETE FROM t LIMIT 10", "INSERT INTO log VALUES (1, 1)"});
  both.statements[0].expect = 11;
  CHECK(cluster.master().run(both).status.database_errno == 1062);
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

TEST_CASE("materialise: names, comments, parameters, databases and expressions of all kinds", "[materialise_more]") {
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
            .status.reason == "PLAN_DEPENDENT");
  cluster.must("DROP DATABASE rows_names_2");
  beside.finish();
}

TEST_CASE("materialise: text of other character sets, keys of all kinds, and values that look like syntax",
          "[materialise_more]") {
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
  // An ENUM's empty error value has no literal that strict mode takes; '' has one where it is a word.
  beside.both("INSERT IGNORE INTO z (k, e) VALUES (40, 'neither')");
  const Answer error_value = beside.here("INSERT INTO z SELECT k + 1, ts, e FROM z WHERE k = 40 LIMIT 1");
  CHECK(error_value.status.reason == "PLAN_DEPENDENT");
  CHECK(error_value.status.message.find("empty error value of an ENUM") != std::string::npos);
  beside.both("INSERT IGNORE INTO z SELECT k + 1, ts, e FROM z WHERE k = 40 LIMIT 1");
  beside.same("z", "k, ts, e, e + 0");
  beside.both("CREATE TABLE ze (k INT PRIMARY KEY, e ENUM('a', ''))");
  beside.both("INSERT INTO ze VALUES (1, ''), (2, 'a')");
  beside.both("INSERT INTO ze SELECT k + 10, e FROM ze LIMIT 2");
  beside.same("ze", "k, e, e + 0");
  // A word that begins with a quote, or has one behind a comma, is not the empty one.
  beside.both("CREATE TABLE zq (k INT PRIMARY KEY, e ENUM('a', '''b', 'a,''b'))");
  beside.both("INSERT IGNORE INTO zq VALUES (1, 'neither')");
  CHECK(beside.here("INSERT INTO zq SELECT k + 10, e FROM zq LIMIT 2").status.reason == "PLAN_DEPENDENT");
  // A unique key that may be NULL, and one over the first characters: no key to write by, and FLOAT has no exact text.
  cluster.must("CREATE TABLE rows_keys.n (a INT UNIQUE, u VARCHAR(20) NOT NULL, f FLOAT, UNIQUE KEY u (u(3)))");
  const Answer refused = beside.here("DELETE FROM n LIMIT 1");
  CHECK(refused.status.reason == "LIMIT_WITHOUT_ORDER");
  CHECK(refused.status.message.find("primary or unique NOT NULL key") != std::string::npos);
  beside.both("CREATE TABLE o (v VARBINARY(20))");
  beside.both("INSERT INTO o SELECT k FROM b LIMIT 10");
  CHECK(beside.here("INSERT INTO o SELECT k FROM l LIMIT 10").status.reason == "PLAN_DEPENDENT");
  beside.both("INSERT INTO o SELECT CAST(k AS BINARY) FROM l LIMIT 10");
  beside.same("o", "HEX(v)");
  cluster.must("DROP TABLE rows_keys.n");
  beside.finish();
}

TEST_CASE("materialise: triggers and cascades, checks and rows that others depend on", "[materialise_more]") {
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
          "[materialise_more]") {
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
