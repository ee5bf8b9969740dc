// Goal: a condition that replicates finds the same rows by an index and by a scan. Method: judge() over columns of
// several collations, indexed whole, by their first characters, and not at all. The server's side of it:
// tests/differential/index_test.cpp.
#include "sql/policy.h"

using namespace sqlcast::sql;

namespace {

Column column(const std::string& name, const std::string& type, const std::string& collation = {},
              Indexed indexed = Indexed::no) {
  Column made;
  made.name = name;
  made.type = type;
  made.collation = collation;
  made.indexed = indexed;
  made.nullable = false;
  return made;
}

Schema schema_of_texts() {
  Schema schema;
  schema.databases = {"d"};
  Table table;
  table.engine = "InnoDB";
  table.columns = {column("id", "int", "", Indexed::whole),
                   column("v", "varchar", "utf8mb4_unicode_ci"),
                   column("cut", "varchar", "utf8mb4_unicode_ci", Indexed::prefix),
                   column("cut_plain", "varchar", "utf8mb4_general_ci", Indexed::prefix),
                   column("bin", "varchar", "utf8mb4_bin", Indexed::whole),
                   column("danish", "varchar", "utf8mb4_danish_ci", Indexed::whole),
                   column("general", "varchar", "utf8mb4_general_ci", Indexed::whole),
                   column("i", "int", "", Indexed::whole),
                   column("free", "int"),
                   column("price", "decimal", "", Indexed::whole),
                   column("at", "datetime", "", Indexed::whole)};
  table.columns[table.columns.size() - 2].scale = 2;
  table.unique_keys = {{{"id"}, false}};
  schema.tables[{"d", "t"}] = table;
  Table other = table;
  other.columns = {column("id", "int", "", Indexed::whole), column("w", "varchar", "utf8mb4_general_ci")};
  schema.tables[{"d", "s"}] = other;
  return schema;
}

const Schema kSchema = schema_of_texts();

bool depends_on_index(std::string_view text) {
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  const Verdict verdict = judge(text, judgement);
  INFO(text << ": " << verdict.code << " " << verdict.reason);
  if (verdict.code == "INDEX_DEPENDENT") return true;
  REQUIRE(verdict.code.empty());
  return false;
}

}  // namespace

TEST_CASE("conditions: what an index over first characters may miss is not replicated") {
  for (const char* text :
       {"UPDATE t SET v='x' WHERE cut='ss'", "UPDATE t SET v='x' WHERE t.cut IN ('a','b')",
        "DELETE FROM t WHERE (cut) > 'a'", "DELETE FROM t WHERE id>5 AND d.t.cut LIKE 'a%'",
        "UPDATE t JOIN s ON t.cut=s.w SET t.v='x'", "DELETE FROM s WHERE id IN (SELECT id FROM t WHERE cut='a')",
        "INSERT INTO s SELECT id, v FROM t WHERE cut='a'", "UPDATE t SET v='x' WHERE id=1 OR cut='a'",
        "INSERT INTO s SELECT id, x FROM (SELECT id, cut AS x FROM t) q WHERE x='a'",
        "UPDATE s SET w=(SELECT MAX(id) FROM t WHERE cut='a') WHERE id=1"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"UPDATE t SET v='x' WHERE BINARY cut='ss'", "UPDATE t SET v='x' WHERE BINARY t.cut='ss'",
        "UPDATE t SET v='x' WHERE id=1 AND cut='ss'", "UPDATE t SET cut='x'", "UPDATE t SET v=CONCAT(cut,'x')",
        "DELETE FROM t WHERE cut_plain='a'", "DELETE FROM t WHERE v='a'", "INSERT INTO s SELECT id, cut FROM t",
        "INSERT INTO t (id, v, cut, cut_plain, bin, danish, general) VALUES (1,'a','b','c','d','e','f')"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: LIKE over indexed bytes that are padded, BETWEEN over another collation than the literals'") {
  for (const char* text :
       {"DELETE FROM t WHERE bin LIKE 'a%'", "DELETE FROM t WHERE (t.bin) NOT LIKE 'a%'",
        "UPDATE t SET v='x' WHERE danish BETWEEN 'o' AND 'ö'", "UPDATE t SET v='x' WHERE bin NOT BETWEEN 'a' AND 'b'",
        "UPDATE t SET v='x' WHERE general BETWEEN _latin1'a' AND 'b'",
        "UPDATE t SET v='x' WHERE general BETWEEN CONCAT('a','b') AND 'c'",
        "INSERT INTO s SELECT id, v FROM t WHERE bin LIKE 'a%'"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"DELETE FROM t WHERE BINARY bin LIKE 'a%'", "DELETE FROM t WHERE general LIKE 'a%'",
        "DELETE FROM t WHERE danish LIKE 'a%'", "DELETE FROM t WHERE v LIKE 'a%' AND v BETWEEN 'o' AND 'ö'",
        "DELETE FROM t WHERE general BETWEEN 'a' AND 'b'", "DELETE FROM t WHERE id BETWEEN 1 AND 5",
        "DELETE FROM t WHERE bin='a' AND danish<'b'"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: equality of an indexed column with what it cannot hold is not replicated") {
  for (const char* text :
       {"UPDATE t SET v='x' WHERE i=1.5", "DELETE FROM t WHERE 1.5=i", "DELETE FROM t WHERE t.i<=>1e0",
        "DELETE FROM t WHERE i IN (1,2.5)", "DELETE FROM t WHERE i NOT IN ('a')", "DELETE FROM t WHERE i=-0.5",
        "DELETE FROM t WHERE price=1.005", "DELETE FROM t WHERE price IN ('x')", "DELETE FROM t WHERE at=20200101",
        "DELETE FROM t WHERE at='2020-13-01 10:10:10'", "DELETE FROM t WHERE at='2020-01-01 25:00:00'",
        "DELETE FROM t WHERE (i)=1.5", "DELETE FROM t WHERE NOT (i)=1.5",
        "DELETE FROM t WHERE at='2020-01-01 10:10:10.4'", "DELETE FROM t WHERE at=TIMESTAMP'2020-01-01 10:10:10.4'",
        "INSERT INTO s SELECT t.id, t.v FROM t JOIN s q ON t.id=q.id WHERE t.i=1.5"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"UPDATE t SET v='x' WHERE i=1", "DELETE FROM t WHERE i='15'", "DELETE FROM t WHERE i IN (1,-2,3)",
        "DELETE FROM t WHERE free=1.5", "DELETE FROM t WHERE price=1.25", "DELETE FROM t WHERE price IN (1,'2.50')",
        "DELETE FROM t WHERE at='2020-01-01 10:10:10'", "DELETE FROM t WHERE at=DATE'2020-01-01'",
        "DELETE FROM t WHERE at='2020-01-01'", "DELETE FROM t WHERE i>1.5", "DELETE FROM t WHERE i=id+1"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: text is not compared with a number where that may fail at some row") {
  for (const char* text :
       {"UPDATE t SET i=1 WHERE v=7", "UPDATE t SET i=1 WHERE id<5 AND v>3", "UPDATE t SET i=1 WHERE 7<>v",
        "UPDATE t SET i=1 WHERE v IN ('a',1)", "INSERT INTO s SELECT id, v FROM t WHERE general>=1"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"UPDATE t SET i=1 WHERE v='7'", "DELETE FROM t WHERE v=7", "UPDATE t SET v=7 WHERE free<5",
        "UPDATE t SET i=1 WHERE id=1 AND v=7", "UPDATE t SET i=1 WHERE v IN (SELECT w FROM s WHERE id=5)",
        "UPDATE t SET i=1 WHERE LENGTH(v)>10", "UPDATE t SET i=1 WHERE LEFT(v,1)='a' AND YEAR(at)=2020",
        "UPDATE t SET i=1 WHERE v=x'41' OR v=0x41", "UPDATE t SET i=1 WHERE i IN (SELECT id FROM s WHERE id>1.5)",
        "UPDATE t SET v=7, i=1.5 WHERE id IN (SELECT id FROM s)",
        "INSERT INTO t (id, v) SELECT id, w FROM s ORDER BY id ON DUPLICATE KEY UPDATE v=7, i=1.5"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: however many literals and names there are, each name is looked up once") {
  std::string in = "UPDATE t SET i=1 WHERE i IN (1";
  for (int k = 0; k < 200'000; ++k) in += ",2";
  CHECK_FALSE(depends_on_index(in + ")"));
  std::string many = "UPDATE t SET i=1 WHERE v='a'";
  for (int k = 0; k < 100'000; ++k) many += " OR i=" + std::to_string(k);
  CHECK_FALSE(depends_on_index(many));
}
