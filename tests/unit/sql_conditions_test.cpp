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
  for (Column& one : table.columns)
    if (one.type == "varchar") one.length = 20;
  table.unique_keys = {{{"id"}, false}};
  schema.tables[{"d", "t"}] = table;
  Table other = table;
  other.columns = {column("id", "int", "", Indexed::whole), column("w", "varchar", "utf8mb4_general_ci")};
  other.columns.back().length = 20;
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

        "INSERT INTO s SELECT id, v FROM t WHERE cut='a'", "UPDATE t SET v='x' WHERE id=1 OR cut='a'"})
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
        "DELETE FROM t WHERE at='2020-01-01 10:10:10.4'", "DELETE FROM t WHERE at=TIMESTAMP'2020-01-01 10:10:10.4'"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"UPDATE t SET v='x' WHERE i=1", "DELETE FROM t WHERE i='15'", "DELETE FROM t WHERE i IN (1,-2,3)",
        "DELETE FROM t WHERE free=1.5", "DELETE FROM t WHERE price=1.25", "DELETE FROM t WHERE price IN (1,'2.50')",
        "DELETE FROM t WHERE at='2020-01-01 10:10:10'", "DELETE FROM t WHERE at=DATE'2020-01-01'",
        "DELETE FROM t WHERE at='2020-01-01'", "DELETE FROM t WHERE i>1.5", "DELETE FROM t WHERE i=id+1"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: an indexed column is compared with what it can hold, as far as the statement shows it") {
  for (const char* text :
       {"UPDATE t SET v='x' WHERE i=1+0.5", "DELETE FROM t WHERE i=3/2",

        "DELETE FROM t WHERE (i,id)=(1.5,7)", "DELETE FROM t WHERE (i,id) IN ((1,7),(1.5,7))",

        "DELETE FROM t WHERE at=NOW(3)", "DELETE FROM t WHERE at=UNIX_TIMESTAMP()",
        "DELETE FROM t WHERE at=CONCAT('2020')", "DELETE FROM t WHERE i=JSON_VALUE(v,'$.a')",
        "DELETE FROM t WHERE i<SQRT(free)", "DELETE FROM t WHERE i=CASE WHEN id>1 THEN 1 ELSE 1.5 END",
        "DELETE FROM t WHERE i=IF(id>1,1,'x')",

        "DELETE FROM t WHERE i=free AND free=1.5"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"DELETE FROM t WHERE i=id+1",

        "DELETE FROM t WHERE at<NOW()-INTERVAL 7 DAY",
        "DELETE FROM t WHERE at<CURRENT_DATE AND at>=DATE_SUB(NOW(), INTERVAL 1 MONTH)",
        "DELETE FROM t WHERE at>=DATE_FORMAT(NOW(),'%Y-%m-01')",
        "DELETE FROM t WHERE at BETWEEN '2020-01-01' AND NOW()", "DELETE FROM t WHERE at=CAST('2020-01-01' AS DATE)",

        "DELETE FROM t WHERE (i,id) IN ((1,2),(3,4))",

        "UPDATE t SET v='x' WHERE i=LAST_INSERT_ID()",

        "DELETE FROM t WHERE i=CAST(v AS SIGNED)", "DELETE FROM t WHERE i=LENGTH(v) AND i<>1.5",
        "DELETE FROM t WHERE i=CASE WHEN id>1 THEN 1 ELSE 2 END", "DELETE FROM t WHERE i=NULL OR i IS NOT NULL",

        "DELETE FROM t WHERE general=CONCAT('a',id)",

        "DELETE FROM t WHERE i+1=2.5 AND free*60>5"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: text is not compared with a number where that may fail at some row") {
  for (const char* text :
       {"UPDATE t SET i=1 WHERE v=7", "UPDATE t SET i=1 WHERE id<5 AND v>3", "UPDATE t SET i=1 WHERE 7<>v",
        "UPDATE t SET i=1 WHERE v=at", "UPDATE t SET i=1 WHERE NOW()<v", "UPDATE t SET i=1 WHERE free=at",
        "UPDATE t SET i=1 WHERE free>NOW()", "UPDATE t SET i=1 WHERE free=CONCAT(v,'1')",
        "UPDATE t SET i=1 WHERE v IN ('a',1)", "INSERT INTO s SELECT id, v FROM t WHERE general>=1"})
    CHECK(depends_on_index(text));
  for (const char* text :
       {"UPDATE t SET i=1 WHERE v='7'", "DELETE FROM t WHERE v=7", "UPDATE t SET v=7 WHERE free<5",
        "UPDATE t SET i=1 WHERE id=1 AND v=7", "UPDATE t SET i=1 WHERE LENGTH(v)>10",
        "UPDATE t SET i=1 WHERE LEFT(v,1)='a' AND YEAR(at)=2020", "UPDATE t SET i=1 WHERE v=x'41' OR v=0x41",

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
  std::string matches = "UPDATE t SET i=1 WHERE 'a' REGEXP 'b'";
  for (int k = 0; k < 200'000; ++k) matches += " OR 'a' REGEXP 'b'";
  CHECK_FALSE(depends_on_index(matches));
  std::string replayed = "UPDATE t SET i=1 WHERE id=7 AND (v REGEXP 'a'";
  for (int k = 0; k < 200'000; ++k) replayed += " OR v REGEXP 'b'";
  CHECK(judge(replayed + ")", {}).statement_class != Class::read);  // without a schema, as a slave does
}

TEST_CASE("conditions: what nests without end is not known, and judged in time") {
  for (const std::string part : {"CASE WHEN i=", "i=CASE WHEN 1 THEN ", "DISTINCT ", "ANY "}) {
    std::string text = "DELETE FROM t WHERE i=";
    for (int k = 0; k < 100'000; ++k) text += part;
    judge(text + "1", {});
    Judgement judgement;
    judgement.default_database = "d";
    judgement.schema = &kSchema;
    CHECK(judge(text + "1", judgement).code == "INDEX_DEPENDENT");
  }
}

TEST_CASE("conditions: a text that an index would cut is not compared where one character may equal several") {
  Schema schema = kSchema;
  Table& sc = schema.tables[{"d", "sc"}];
  sc = schema.tables[{"d", "s"}];
  sc.columns = {column("id", "int", "", Indexed::whole),
                column("u", "varchar", "utf8mb4_unicode_ci", Indexed::whole),
                column("c", "char", "utf8mb4_unicode_nopad_ci", Indexed::whole),
                column("g", "varchar", "utf8mb4_general_ci", Indexed::whole),
                column("n", "char", "utf8mb4_nopad_bin", Indexed::whole),
                column("l", "varchar", "utf8mb4_uca1400_ai_ci", Indexed::whole),
                column("th", "varchar", "tis620_thai_ci", Indexed::whole)};
  for (Column& one : sc.columns) one.length = 2;
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  for (const char* text :
       {"DELETE FROM sc WHERE u='abc'", "DELETE FROM sc WHERE u<'abc'", "DELETE FROM sc WHERE u IN ('a','abc')",
        "DELETE FROM sc WHERE u=CONCAT('a','b')", "DELETE FROM sc WHERE c='a'", "DELETE FROM sc WHERE l LIKE 'a%'",
        "DELETE FROM sc WHERE th LIKE 'a%'",

        "DELETE FROM sc WHERE u<>'äöü'", "DELETE FROM sc WHERE n>'a'"}) {
    INFO(text);
    CHECK(judge(text, judgement).code == "INDEX_DEPENDENT");
  }
  for (const char* text : {"DELETE FROM sc WHERE u='ab'", "DELETE FROM sc WHERE u='äö'", "DELETE FROM sc WHERE g='abc'",
                           "DELETE FROM sc WHERE n IN ('a','abc')", "DELETE FROM sc WHERE BINARY u='abc'",
                           "DELETE FROM sc WHERE u LIKE 'abc%'", "DELETE FROM sc WHERE u IS NULL",
                           "DELETE FROM sc WHERE id=1 AND u='abc'"}) {
    INFO(text);
    CHECK(judge(text, judgement).code != "INDEX_DEPENDENT");
  }
}

TEST_CASE("conditions: what may fail at a row that one plan meets and another does not is not replicated") {
  for (const char* text : {"UPDATE t SET v='x' WHERE 10/free>2 AND i<10",
                           "UPDATE t SET v='x' WHERE free*9223372036854775807>5 AND i>1000",
                           "UPDATE t SET v='x' WHERE EXP(free)>5 AND i>10",
                           "DELETE FROM t WHERE i%2=1",
                           "DELETE FROM t WHERE i DIV free=1",
                           "DELETE FROM t WHERE i MOD free=1",
                           "UPDATE t SET v='x' WHERE MOD(i,free)=1",
                           "DELETE FROM t WHERE price*free>100",
                           "DELETE FROM t WHERE i-1>5",
                           "DELETE FROM t WHERE -i>5",
                           "DELETE FROM t WHERE ST_Touches(v,POINT(1,1))",
                           "DELETE FROM t WHERE MBRTouches(POINT(1,1),v)",
                           "DELETE FROM t WHERE (i+1)*2>5",
                           "UPDATE t SET v='x' WHERE CAST(v AS SIGNED)=5",
                           "UPDATE t SET v='x' WHERE at+INTERVAL 1 DAY<NOW()",
                           "INSERT INTO s SELECT id, v FROM t WHERE 10/free>2",

                           "DELETE FROM t WHERE price=price*2 OR price>free*1.19",
                           "UPDATE t SET v='x' WHERE LN(free)>1",
                           "UPDATE t SET v='x' WHERE SEC_TO_TIME(free)>'1:00' AND i>5",
                           "UPDATE t SET v='x' WHERE JSON_LENGTH(v)=1 AND i>5",
                           "UPDATE t SET v='x' WHERE FROM_UNIXTIME(free)>NOW()",
                           "UPDATE t SET v='x' WHERE MAKETIME(i,free,1)>'1:00'",
                           "UPDATE t SET v='x' WHERE CHAR(free USING utf8mb4)='a'",
                           "UPDATE t SET v='x' WHERE json_type(v)='ARRAY'",
                           "UPDATE t SET v='x' WHERE FROM_BASE64(v)='a'",
                           "UPDATE t SET v='x' WHERE SFORMAT(v,i)='a'",
                           "DELETE FROM t WHERE ST_DISTANCE_SPHERE(v,POINT(0,0))>10 AND i=5",
                           "UPDATE t SET v='x' WHERE ADD_MONTHS(at,free)>NOW()",
                           "UPDATE t SET v='x' WHERE CHR(free)='a'",
                           "UPDATE t SET v='x' WHERE v REGEXP '(x+x+)+y'",
                           "UPDATE t SET v='x' WHERE i=5 AND v NOT RLIKE 'a'",
                           "UPDATE t SET v='x' WHERE REGEXP_INSTR(v,'a')=1",
                           "UPDATE t SET v='x' WHERE YEAR(free)=2020 AND i=5",
                           "UPDATE t SET v='x' WHERE i=5 AND TIMESTAMPDIFF(SECOND,at,v)>5",
                           "UPDATE t SET v='x' WHERE v",
                           "UPDATE t SET v='x' WHERE i=5 AND v IS NOT TRUE",
                           "UPDATE t SET v='x' WHERE CASE WHEN v THEN 1 ELSE 0 END=1",
                           "UPDATE t SET v='x' WHERE i=5 AND NOT (v)",
                           "UPDATE t SET v='x' WHERE i=5 OR !v"}) {
    INFO(text);
    CHECK(depends_on_index(text));
  }
  for (const char* text :
       {"DELETE FROM t WHERE v REGEXP 'a' AND YEAR(free)=2020", "DELETE FROM t WHERE v",
        "UPDATE t SET i=1 WHERE 'm' BETWEEN v AND v AND EXTRACT(YEAR FROM at)=2020",
        "UPDATE t SET v='x' WHERE YEAR(at)=2020 AND free", "UPDATE t SET v='x' WHERE v IS NULL AND v LIKE 'a'",
        "UPDATE t SET i=10/free", "UPDATE t SET v='x' WHERE id=5 AND 10/free>2", "DELETE FROM t WHERE i=-5",
        "DELETE FROM t WHERE i BETWEEN -5 AND 60*60", "DELETE FROM t WHERE at<NOW()-INTERVAL 7 DAY",
        "INSERT INTO s SELECT i/2, v FROM t", "DELETE FROM t WHERE id+1=7"})
    CHECK_FALSE(depends_on_index(text));
}

TEST_CASE("conditions: <=> of a UUID or an address is not replicated") {
  Schema schema = kSchema;
  schema.tables[{"d", "s"}].columns.push_back(column("u", "uuid", "", Indexed::whole));
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  CHECK(judge("DELETE FROM s WHERE u<=>'junk'", judgement).code == "INDEX_DEPENDENT");
  CHECK(judge("DELETE FROM s WHERE ('junk',1)<=>(u,id)", judgement).code == "INDEX_DEPENDENT");
  CHECK(judge("DELETE FROM s WHERE u='junk' AND id<=>5", judgement).code == "");
}
