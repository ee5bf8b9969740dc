// Goal: a name means one thing on every node. Method: names without a database where there is no default one, and names
// in letters that the policy cannot compare as the server does, in statements that depend on them.
#include "sql/keyword.h"
#include "sql/policy.h"

using namespace sqlcast::sql;

namespace {

Column column(const std::string& name, const std::string& type, bool auto_increment = false) {
  Column made;
  made.name = name;
  made.type = type;
  made.nullable = false;
  made.auto_increment = auto_increment;
  return made;
}

// d.t: an AUTO_INCREMENT column `é`; d.plain: one that is `id`; d.float: one that rounds.
Schema schema_of_names() {
  Schema schema;
  schema.databases = {"d"};
  Table table;
  table.engine = "InnoDB";
  table.columns = {column("é", "int", true), column("ordre", "int"), column("prix", "double")};
  table.unique_keys = {{{"é"}, false}, {{"ordre"}, false}};
  schema.tables[{"d", "t"}] = table;
  table.columns = {column("id", "int", true), column("größe", "int")};
  table.unique_keys = {{{"id"}, false}};
  schema.tables[{"d", "plain"}] = table;
  table.columns = {column("id", "float", true), column("v", "int")};
  schema.tables[{"d", "float"}] = table;
  return schema;
}

const Schema kSchema = schema_of_names();

Verdict judged(std::string_view text, std::string_view database = "d") {
  Judgement judgement;
  judgement.default_database = database;
  judgement.schema = &kSchema;
  return judge(text, judgement);
}

AutoIncrementUse use_of(std::string_view text) { return judged(text).insert.value().auto_increment; }

}  // namespace

TEST_CASE("names: without a default database nothing may depend on one") {
  for (const char* text : {"SELECT * FROM t",
                           "SELECT * FROM d.t, u",
                           "SELECT (SELECT 1 FROM t)",
                           "INSERT INTO t VALUES (1)",
                           "INSERT INTO d.t SELECT * FROM u",
                           "REPLACE INTO t VALUES (1)",
                           "UPDATE t SET a=1",
                           "UPDATE d.t, u SET d.t.a=1",
                           "DELETE FROM t",
                           "DELETE d.t FROM d.t JOIN u",
                           "CREATE TABLE t (a INT)",
                           "CREATE TABLE d.t LIKE u",
                           "DROP TABLE d.t, u",
                           "ALTER TABLE t ADD b INT",
                           "ALTER TABLE d.t RENAME TO u",
                           "RENAME TABLE d.t TO u",
                           "TRUNCATE t",
                           "CREATE INDEX i ON t (a)",
                           "DROP INDEX i ON t",
                           "CREATE SQL SECURITY INVOKER VIEW d.v AS SELECT * FROM t",
                           "SHOW TABLES",
                           "SHOW TABLE STATUS LIKE 'x'",
                           "SHOW TRIGGERS",
                           "SHOW EVENTS",
                           "SHOW COLUMNS FROM t",
                           "SHOW CREATE TABLE t",
                           "DESCRIBE t",
                           "EXPLAIN SELECT * FROM t",
                           "SELECT DATABASE()",
                           "SELECT SCHEMA()",
                           "UPDATE d.t SET a=DATABASE()",
                           "WITH q AS (SELECT 1) SELECT * FROM q, t"}) {
    INFO(text);
    CHECK(judged(text, "").code == "NO_DATABASE");
    CHECK(classify(text, "").code == "NO_DATABASE");
    CHECK(judged(text, "d").code != "NO_DATABASE");
  }
  for (const char* text :
       {"SELECT 1", "SELECT 1 FROM DUAL", "SELECT * FROM d.t AS x JOIN d.u AS y ON x.a=y.a", "DELETE x FROM d.t AS x",
        "WITH q AS (SELECT 1) SELECT * FROM q", "WITH Q AS (SELECT 1) SELECT * FROM q",
        "WITH RECURSIVE q AS (SELECT 1 UNION SELECT * FROM q) SELECT * FROM q", "SHOW TABLES FROM d", "SHOW DATABASES",
        "CREATE DATABASE e", "DROP DATABASE IF EXISTS e", "SELECT * FROM (SELECT 1 AS a) AS x",
        "CREATE TABLE d.c (a INT, FOREIGN KEY (a) REFERENCES p (a))", "SELECT d.t.a FROM d.t"}) {
    INFO(text);
    CHECK(judged(text, "").statement_class != Class::refused);
  }
}

TEST_CASE("names: a foreign key without a database refers to the table's own") {
  const Verdict verdict = judged("CREATE TABLE e.c (a INT, FOREIGN KEY (a) REFERENCES p (a))", "d");
  CHECK(verdict.tables == std::vector<ObjectName>{{"e", "c"}, {"e", "p"}});
}

TEST_CASE("names: a definition does not call the session's default database") {
  CHECK(judged("CREATE TABLE x (a VARCHAR(9) DEFAULT (DATABASE()))").code == "UNSAFE_DEFAULT");
  CHECK(judged("CREATE SQL SECURITY INVOKER VIEW v AS SELECT DATABASE()").statement_class == Class::ddl);
}

TEST_CASE("names: letters that may be one to the server") {
  CHECK(may_be_same_name("id", "ID"));
  CHECK(may_be_same_name("é", "É"));
  CHECK(may_be_same_name("é", "e"));
  CHECK(may_be_same_name("K", "\xE2\x84\xAA"));  // the Kelvin sign
  CHECK(may_be_same_name("größe", "GRÖSSE") == false);
  CHECK_FALSE(may_be_same_name("id", "if"));
  CHECK_FALSE(may_be_same_name("id", "ids"));
  CHECK_FALSE(may_be_same_name("größe", "id"));
  CHECK_FALSE(may_be_same_name("", "a"));
}

TEST_CASE("names: where a column may be the AUTO_INCREMENT one, nothing is known of it") {
  CHECK(use_of("INSERT INTO t (ordre) VALUES (1)") == AutoIncrementUse::generated);
  CHECK(use_of("INSERT INTO t (é) VALUES (7)") == AutoIncrementUse::explicit_values);
  CHECK(use_of("INSERT INTO t (`é`) VALUES (7)") == AutoIncrementUse::explicit_values);
  for (const char* text :
       {"INSERT INTO t (É) VALUES (7)", "INSERT INTO t (`É`) VALUES (7)", "INSERT INTO t (e) VALUES (7)",
        "INSERT INTO t SET É=7", "INSERT INTO t (ordre, É) VALUES (1, NULL)"}) {
    INFO(text);
    CHECK(use_of(text) == AutoIncrementUse::unknown);
  }
  CHECK(use_of("INSERT INTO plain (größe) VALUES (7)") == AutoIncrementUse::generated);
  CHECK(use_of("INSERT INTO `float` (v) VALUES (7)") == AutoIncrementUse::unknown);
  CHECK(use_of("INSERT INTO `float` VALUES (16777219, 7)") == AutoIncrementUse::unknown);
}

TEST_CASE("names: a key in other letters is still a key") {
  // Both keys may conflict, in whatever letters the first is written.
  CHECK(judged("INSERT INTO t (ordre) VALUES (1) ON DUPLICATE KEY UPDATE prix=1").statement_class == Class::write);
  CHECK(judged("INSERT INTO t (É, ordre) VALUES (1, 1) ON DUPLICATE KEY UPDATE prix=1").code == "SEVERAL_UNIQUE_KEYS");
  CHECK(judged("UPDATE t SET É = É + 1").code == "UNORDERED_ROWS");
  CHECK(judged("UPDATE plain SET größe = größe + 1").statement_class == Class::write);
  // An alias in other letters hides the column.
  CHECK(judged("INSERT INTO d.plain (größe) SELECT ordre, -ordre AS É FROM t ORDER BY é").code == "UNORDERED_ROWS");
}

TEST_CASE("names: an UPDATE that may set an AUTO_INCREMENT column is known for it") {
  for (const char* text : {"UPDATE t SET é=7 WHERE é=1", "UPDATE t SET É=7 WHERE é=1", "UPDATE t SET e=7",
                           "UPDATE plain, t SET plain.id=7", "UPDATE nowhere SET a=1"}) {
    INFO(text);
    const Verdict verdict = judged(text);
    REQUIRE(verdict.statement_class == Class::write);
    CHECK(verdict.moves_ids);
  }
  for (const char* text : {"UPDATE t SET ordre=7 WHERE é=1", "UPDATE plain SET größe=1", "DELETE FROM t",
                           "UPDATE plain JOIN t ON plain.id=t.é SET plain.größe=1"}) {
    INFO(text);
    CHECK_FALSE(judged(text).moves_ids);
  }
}

TEST_CASE("names: an insert that ignores or updates rows is known for it") {
  CHECK(judged("INSERT INTO plain (größe) VALUES (1)").insert.value().keeps_every_row);
  CHECK(judged("REPLACE INTO plain (größe) VALUES (1)").insert.value().keeps_every_row);
  CHECK_FALSE(judged("INSERT IGNORE INTO plain (größe) VALUES (1)").insert.value().keeps_every_row);
  CHECK_FALSE(
      judged("INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE größe=1").insert.value().keeps_every_row);
}

TEST_CASE("names: LAST_INSERT_ID() in RETURNING would be the id of another statement") {
  CHECK(judged("INSERT INTO plain (größe) VALUES (1) RETURNING LAST_INSERT_ID()").code == "SESSION_STATE");
  CHECK(judged("INSERT INTO plain (größe) VALUES (LAST_INSERT_ID()) RETURNING id").statement_class == Class::write);
}
