// Goal: rows of a table without a key are changed alike on every node, and as a plain MariaDB changes them. Method: as
// in materialise_test.cpp; rows that are equal and not the same, rows that are the same several times, every type.
#include <array>

#include "tests/cluster/beside.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

constexpr const char* kTypes =
    "(i8 TINYINT, u64 BIGINT UNSIGNED, z INT(6) UNSIGNED ZEROFILL, dec1 DECIMAL(30,10), dbl DOUBLE, bits BIT(11), ch "
    "CHAR(10), vc VARCHAR(100), lat VARCHAR(50) CHARACTER SET latin1, uc VARCHAR(20) CHARACTER SET ucs2, jp VARCHAR(9) "
    "CHARACTER SET cp932, tx TEXT, bin4 BINARY(4), vb VARBINARY(50), bl BLOB, en ENUM('a','b''c','ü'), st "
    "SET('x','y','z'), dt DATE, dm DATETIME(6), ts TIMESTAMP(3) NULL DEFAULT NULL, tm TIME(6), yr YEAR, js JSON, geo "
    "POINT, n INT, g INT AS (i8 + 1) PERSISTENT)";
constexpr const char* kColumns = "(i8,u64,z,dec1,dbl,bits,ch,vc,lat,uc,jp,tx,bin4,vb,bl,en,st,dt,dm,ts,tm,yr,js,geo,n)";

std::vector<std::string> rows_of_every_type() {
  return {
      "(-128,18446744073709551615,42,-12345678901234567890.0123456789,-1.7976931348623157e308,b'10000000101','a','it''"
      "s "
      "\\\\ \\n \\0','é','é','ソ',' 😀',x'00ff','\\'',x'000102ff27','a','x,z','2026-11-27','2026-11-27 01:02:03.456789',"
      "'2038-01-19 03:14:07.999','-838:59:59.999999',1901,'{\"a\": [1, \"é\"]}',POINT(1.5,-2),1)",
      "(127,0,0,0.0000000001,2.2250738585072014e-308,b'0','','','','','','','','','','ü','x','0000-00-00','1000-01-01 "
      "00:00:00.000001','1970-01-01 00:00:01','838:59:59',0,'null',POINT(0,0),1)",
      "(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
      "NULL,NULL,NULL)",
      "(1,1,1,1.5,0.1,b'11111111111','%_','-- x','/* x */','x "
      "','#','x','x','x','a','b''c','x,y,z','0001-01-01','2026-01-"
      "01 00:00:00','2026-01-01 00:00:00','00:00:00.000001',2155,'1e1',POINT(1e-300,1e300),1)"};
}

}  // namespace

TEST_CASE("materialise: without a key, rows that are the same are interchangeable and rows that are equal are not",
          "[materialise_keyless]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_keyless");
  beside.both("CREATE TABLE bag (a INT, v VARCHAR(9) COLLATE utf8mb4_general_ci, at TIMESTAMP(6) NULL, KEY (a))");
  std::string rows = "INSERT INTO bag (a, v) VALUES (NULL, NULL)";
  constexpr std::array kTexts = {"'a'", "'A'", "'a '", "NULL"};
  for (std::size_t i = 0; i < 60; ++i) rows += ",(" + std::to_string(i % 5) + "," + kTexts.at(i % kTexts.size()) + ")";
  beside.both(rows);
  beside.make_plans_differ("bag");
  beside.both("UPDATE bag SET a = a + 1 WHERE a < 4 ORDER BY a");  // each becomes what another was
  beside.same("bag");
  beside.both("UPDATE bag SET a = 9 - a, v = 'x' WHERE v = (SELECT * FROM (SELECT MIN(BINARY v) FROM bag) q)");
  beside.same("bag");
  beside.both("DELETE FROM bag WHERE a IN (SELECT * FROM (SELECT MAX(a) FROM bag) q)");
  beside.same("bag");
  for (const char* text : {"DELETE FROM bag WHERE v = 'a' LIMIT 3", "UPDATE bag SET v = 'b' WHERE v = 'A' LIMIT 3",
                           "UPDATE bag SET a = NULL ORDER BY v LIMIT 4", "DELETE FROM bag ORDER BY a LIMIT 5"}) {
    INFO(text);
    const Answer answer = beside.here(text);
    REQUIRE(answer.ok());
    CHECK(answer.at(0).affected_rows >= 3);
  }
  CHECK(beside.here("UPDATE bag SET a = FLOOR(RAND() * 3)").ok());
  CHECK(beside.here("DELETE FROM bag WHERE RAND() < 0.5").ok());
  CHECK(beside.here("DELETE FROM bag LIMIT 2 RETURNING v").at(0).page.rows == 2);
  CHECK(beside.here("DELETE FROM bag WHERE a = 77 LIMIT 2").at(0).affected_rows == 0);
  beside.finish();
}

TEST_CASE("materialise: without a key, every type is found by its bytes", "[materialise_keyless]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "rows_of_types");
  beside.both(std::string("CREATE TABLE every ") + kTypes);
  for (const std::string& row : rows_of_every_type())
    for (int copies = 0; copies < 3; ++copies)
      beside.both(std::string("INSERT INTO every ") + kColumns + " VALUES " + row);
  beside.make_plans_differ("every");
  // Of three that are the same one is changed, then both others, then all that are there.
  CHECK(beside.here("UPDATE every SET n = 2 WHERE i8 = 127 LIMIT 1").at(0).affected_rows == 1);
  CHECK(beside.here("SELECT COUNT(*) FROM every WHERE n = 2").text() == "1");
  CHECK(beside.here("UPDATE every SET n = 3 WHERE i8 IS NULL OR n = 1 LIMIT 11").at(0).affected_rows == 11);
  CHECK(beside.here("DELETE FROM every WHERE i8 = -128 LIMIT 2").at(0).affected_rows == 2);
  CHECK(beside.here("DELETE FROM every LIMIT 4").at(0).affected_rows == 4);

  // What its bytes do not tell.
  beside.both("CREATE TABLE inexact (f FLOAT)");
  CHECK(beside.here("DELETE FROM inexact LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  beside.both("CREATE TABLE word (e ENUM('a', ''), n INT)");
  beside.both("INSERT INTO word VALUES ('a', 1), ('', 2)");
  CHECK(beside.here("DELETE FROM word WHERE n = 1 LIMIT 1").at(0).affected_rows == 1);
  CHECK(beside.here("DELETE FROM word WHERE n = 2 LIMIT 1").status.reason == "LIMIT_WITHOUT_ORDER");
  CHECK(beside.here("SELECT COUNT(*) FROM word").text() == "1");
  beside.finish();
}
