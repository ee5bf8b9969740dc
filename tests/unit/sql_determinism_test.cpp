// Goal: what replicates does the same on every node. Method: judge() over the schema of tests/corpus, and the fields
// that the master needs: insert shape, frozen text, DDL parts.
#include <sstream>

#include "sql/policy.h"
#include "sql/row_plan.h"
#include "sql/rules.h"
#include "tests/unit/sql_corpus.h"
#include "tests/unit/sql_tables.h"

using namespace sqlcast::sql;
using sqlcast::sql::test::determinism_schema;
using sqlcast::sql::test::read_corpus;
using sqlcast::sql::test::table;

namespace {

const Schema kSchema = determinism_schema();

Verdict judged(std::string_view text, Freeze freeze = {}) {
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  judgement.freeze = std::move(freeze);
  return judge(text, judgement);
}

InsertShape shape(std::string_view text) {
  const Verdict verdict = judged(text);
  INFO(text << ": " << verdict.explanation());
  REQUIRE(verdict.insert.has_value());
  return *verdict.insert;
}

std::string code(std::string_view text) { return judged(text).code; }

}  // namespace

TEST_CASE("determinism: every statement of the corpus gets its verdict") {
  std::size_t run = 0;
  std::size_t rows = 0;
  for (const auto& row : read_corpus("determinism.tsv")) {
    REQUIRE(row.fields.size() == 2);
    const Verdict verdict = judged(row.fields[1]);
    INFO("line " << row.line << ": " << row.fields[1] << "\n  " << verdict.explanation());
    CHECK(std::string(determinism_name(verdict.determinism)) == row.fields[0]);
    CHECK((verdict.statement_class == Class::refused) == (row.fields[0] == "unsafe"));
    CHECK(verdict.rewritten.empty() == (row.fields[0] != "rewritten"));
    // What runs in place of a rewritten statement is itself safe.
    if (!verdict.rewritten.empty()) CHECK(judged(verdict.rewritten).determinism == Determinism::safe);
    CHECK((verdict.rows != nullptr || verdict.created != nullptr) == (row.fields[0] == "materialised"));
    run += row.fields[0] == "safe" || row.fields[0] == "rewritten" ? 1U : 0U;
    ++rows;
  }
  CHECK(run >= 100);
  CHECK(rows >= 180);
}

// Each of the first has once been text, and given a slave with another plan other rows.
TEST_CASE(
    "determinism: what joins, groups, looks into a query or takes some rows goes by its rows, and the rest as text") {
  for (const char* text :
       {"UPDATE orders o JOIN product p ON p.id = o.customer_id LEFT JOIN customer c ON c.id = o.id AND p.id = o.id "
        "SET o.total = p.price",
        "DELETE o FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.id < 3",
        "INSERT INTO archive (id, balance) SELECT 1, SUM(COALESCE(email, 0)) FROM customer",
        "INSERT INTO archive (id, email) SELECT 1, 'x' FROM customer GROUP BY balance HAVING COUNT(*) > 1",
        "INSERT INTO archive (id) SELECT DISTINCT id FROM customer",
        "INSERT INTO archive (id) SELECT id FROM customer ORDER BY id LIMIT 2",
        "UPDATE customer SET balance = (SELECT MAX(total) FROM orders) WHERE id = 1",
        "DELETE FROM orders WHERE customer_id IN (SELECT id FROM customer WHERE balance < 0)",
        "INSERT INTO archive (id) SELECT o.id FROM orders o, customer c WHERE c.id = o.customer_id",
        "INSERT INTO archive (id) SELECT id FROM orders UNION ALL SELECT id FROM customer",
        // An aggregate in a query without FROM is of the query around it, and makes one row of all.
        "INSERT INTO archive (id, balance) SELECT s.id, (SELECT SUM(s.balance)) FROM customer s",
        "INSERT INTO archive (id, balance) SELECT s.id, (SELECT 1 HAVING SUM(s.balance) > 0) FROM customer s",
        "INSERT INTO archive (id) SELECT s.id FROM customer s ORDER BY (SELECT SUM(s.balance))",
        "INSERT INTO archive (id, balance) SELECT id, RANK() OVER (ORDER BY price) FROM product",
        "INSERT INTO archive (id, email) VALUES (1, (SELECT c.email FROM customer c JOIN orders o ON o.id = c.id WHERE "
        "c.id = 3))",
        "REPLACE INTO archive (id, email) VALUES (1, (SELECT MIN(email) FROM customer))",
        "INSERT INTO archive SET id = 7, balance = (SELECT MAX(total) FROM orders WHERE id IN (SELECT id FROM "
        "product))",
        "INSERT INTO archive (id) VALUES ((SELECT id FROM orders LIMIT 1)) ON DUPLICATE KEY UPDATE balance = 2",
        "INSERT INTO archive (id) VALUES (1), ((SELECT o.id FROM orders o JOIN product p ON p.id = o.id WHERE o.id = "
        "3))",
        "INSERT INTO archive (id) VALUES ((SELECT MAX(id) FROM customer))",
        "UPDATE customer SET balance = balance + (SELECT 1) WHERE id < 9"}) {
    INFO(text << ": " << judged(text).explanation());
    CHECK(judged(text).determinism == Determinism::materialised);
  }
  // They look at the row that is written, or stand behind it: no SELECT by itself has them.
  for (const char* text :
       {"INSERT INTO archive (id, email) VALUES (3, (SELECT c.id FROM orders o JOIN product c ON c.id = o.id WHERE "
        "o.id = archive.id AND c.id = 5 AND email IS NULL))",
        "INSERT INTO archive (id) VALUES (1) ON DUPLICATE KEY UPDATE balance = (SELECT SUM(total) FROM orders)"}) {
    INFO(text << ": " << judged(text).explanation());
    CHECK(code(text) == "PLAN_DEPENDENT");
    CHECK(judged(text).determinism == Determinism::unsafe);
  }
  for (const char* text :
       {"INSERT INTO archive (id, balance) SELECT id, balance FROM customer WHERE balance > 3",
        "INSERT INTO archive (id) SELECT 7", "DELETE FROM customer ORDER BY id LIMIT 2",
        "INSERT INTO archive (id, balance) VALUES (1, (SELECT balance FROM customer WHERE id = 3)), (2, (SELECT 4))",
        "INSERT INTO archive (id) VALUES (1) ON DUPLICATE KEY UPDATE balance = (SELECT balance FROM customer WHERE id "
        "= 3)",
        "DELETE FROM orders WHERE total < 0"}) {
    INFO(text << ": " << judged(text).explanation());
    CHECK(judged(text).determinism == Determinism::safe);
  }
}

TEST_CASE("determinism: without a schema, what needs one is refused") {
  Judgement judgement;
  judgement.default_database = "d";
  CHECK(judge("INSERT INTO line VALUES (1, 'x')", judgement).statement_class == Class::write);
  for (const char* text : {"DELETE FROM customer ORDER BY id LIMIT 1", "INSERT INTO line SELECT 1, 'x' FROM customer",
                           "INSERT INTO counter VALUES ('a', 1) ON DUPLICATE KEY UPDATE value = 1",
                           "UPDATE customer SET note = UUID() WHERE id = 1"}) {
    INFO(text);
    CHECK(judge(text, judgement).determinism == Determinism::unsafe);
  }
}

TEST_CASE("determinism: frozen values take the place of each call, once an occurrence") {
  int calls = 0;
  std::string seen;
  const Freeze freeze = [&](std::string_view function, std::string_view arguments) {
    seen += std::string(function) + "(" + std::string(arguments) + ")";
    return "'v" + std::to_string(++calls) + "'";
  };
  const Verdict verdict = judged(
      "INSERT INTO token (secret, owner) VALUES (UUID(), CONCAT(uuid( ), SYSDATE(6))),\n"
      " (UUID() /* UUID() */, Current_User) -- end",
      freeze);
  CHECK(verdict.determinism == Determinism::rewritten);
  CHECK(verdict.rewritten ==
        "INSERT INTO token (secret, owner) VALUES ('v1', CONCAT('v2', 'v3')),\n"
        " ('v4' /* UUID() */, 'v5') -- end");
  CHECK(seen == "UUID()UUID()SYSDATE(6)UUID()CURRENT_USER()");
  REQUIRE(verdict.insert.has_value());
  CHECK(verdict.rewritten.substr(verdict.insert->values_offset,
                                 verdict.insert->values_end - verdict.insert->values_offset) ==
        "('v1', CONCAT('v2', 'v3')),\n ('v4' /* UUID() */, 'v5')");
  CHECK(verdict.rewritten.substr(verdict.body_offset, verdict.body_end - verdict.body_offset) ==
        verdict.rewritten.substr(0, verdict.rewritten.size() - 7));
}

TEST_CASE("determinism: a value that cannot be had refuses the statement") {
  const Verdict verdict = judged("INSERT INTO token (secret) VALUES (UUID())", [](auto, auto) { return ""; });
  CHECK(verdict.statement_class == Class::refused);
  CHECK(verdict.code == "UNSAFE_FUNCTION");
}

TEST_CASE("determinism: frozen values do not let a statement outgrow its limit") {
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  judgement.limits.max_statement_bytes = 1000;
  judgement.freeze = [](auto, auto) { return "'" + std::string(300, 'x') + "'"; };
  const std::string three = "INSERT INTO token (secret) VALUES (UUID()), (UUID()), (UUID())";
  CHECK(judge(three, judgement).determinism == Determinism::rewritten);
  CHECK(judge(three + ", (UUID())", judgement).code == "STATEMENT_TOO_LARGE");
}

TEST_CASE("determinism: the flags say what must be imposed") {
  CHECK(judged("INSERT INTO event (number) VALUES (RAND())").uses_rand);
  CHECK_FALSE(judged("INSERT INTO event (kind) VALUES ('RAND()')").uses_rand);
  CHECK(judged("INSERT INTO event (at) VALUES (NOW())").uses_clock);
  CHECK(judged("INSERT INTO event (at) VALUES (CURRENT_TIMESTAMP)").uses_clock);
  CHECK(judged("INSERT INTO orders (customer_id) VALUES (LAST_INSERT_ID())").uses_last_insert_id);
  CHECK(judged("SELECT 1").returns_rows);
  CHECK(judged("DELETE FROM line RETURNING n").returns_rows);
  CHECK_FALSE(judged("DELETE FROM line").returns_rows);
}

TEST_CASE("determinism: only inserts that depend on no other table may go in any order") {
  Schema schema = determinism_schema();
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto order_free = [&](std::string_view text) { return judge(text, judgement).insert.value().order_free; };
  CHECK(order_free("INSERT INTO line (n, t) VALUES (1, 'a')"));
  CHECK_FALSE(order_free("INSERT INTO line (n, t) VALUES (NOW(), 'a')"));
  CHECK_FALSE(order_free("REPLACE INTO line VALUES (1, 'x')"));
  CHECK_FALSE(order_free("INSERT INTO unheard_of (n) VALUES (1)"));
  schema.tables.at({"d", "line"}).references = {{"d", "orders"}};
  CHECK_FALSE(order_free("INSERT INTO line (n, t) VALUES (1, 'a')"));
}

TEST_CASE("determinism: a plain insert is one that can be put together with others") {
  const std::string text = " INSERT INTO line (n, t) VALUES (1, 'a'), (2, NULL) -- x";
  const InsertShape plain = shape(text);
  CHECK(plain.plain);
  CHECK(plain.literals_only);
  CHECK(plain.tuples == 2);
  CHECK(text.substr(plain.values_offset, plain.values_end - plain.values_offset) == "(1, 'a'), (2, NULL)");
  CHECK(plain.table == ObjectName{"d", "line"});
  const Verdict verdict = judged(text);
  CHECK(text.substr(verdict.body_offset, verdict.body_end - verdict.body_offset) ==
        "INSERT INTO line (n, t) VALUES (1, 'a'), (2, NULL)");

  CHECK(shape("INSERT INTO line VALUES (-1, _utf8mb4'x'), (DEFAULT, x'41')").literals_only);
  for (const char* computed : {"INSERT INTO line VALUES (1+1, 'x')", "INSERT INTO line VALUES (NOW(), 'x')",
                               "INSERT INTO line (n) VALUES (n)", "INSERT INTO line (n) VALUES (DEFAULT(n))"}) {
    INFO(computed);
    CHECK(shape(computed).plain);
    CHECK((shape(computed).literals_only == (std::string_view(computed).find("1+1") != std::string_view::npos)));
  }
  for (const char* other :
       {"INSERT IGNORE INTO line VALUES (1, 'x')", "INSERT INTO line SET n=1", "INSERT INTO line SELECT 1, 'x'",
        "INSERT INTO line VALUES ((SELECT 1), 'x')", "INSERT INTO line VALUES (1, 'x') RETURNING n",
        "INSERT INTO counter VALUES ('a', 1) ON DUPLICATE KEY UPDATE value=2", "REPLACE INTO line VALUES (1, 'x')",
        "INSERT LOW_PRIORITY INTO line VALUES (1, 'x')", "INSERT INTO line VALUES (LAST_INSERT_ID(), 'x')"}) {
    INFO(other);
    CHECK_FALSE(shape(other).plain);
    CHECK_FALSE(shape(other).literals_only);
  }
}

TEST_CASE("determinism: where the AUTO_INCREMENT values come from") {
  const auto use = [](std::string_view text) { return shape(text).auto_increment; };
  CHECK(use("INSERT INTO line VALUES (1, 'x')") == AutoIncrementUse::absent);
  CHECK(use("INSERT INTO nowhere VALUES (1)") == AutoIncrementUse::unknown);
  CHECK(use("INSERT INTO event (kind) VALUES ('x'), ('y')") == AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event (id, kind) VALUES (NULL, 'x'), (0, 'y'), (DEFAULT, 'z')") ==
        AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event () VALUES (), ()") == AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event SET kind='x'") == AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event SET id=NULL") == AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event VALUES (NULL, CONCAT('a', 'b'), NULL, (1, 2), NULL)") == AutoIncrementUse::generated);
  CHECK(use("INSERT INTO event (id) VALUES (5), (7), (6)") == AutoIncrementUse::explicit_values);
  CHECK(shape("INSERT INTO event (kind, `ID`) VALUES ('a', 5), ('b', 17), ('c', 6)").explicit_max == 17);
  CHECK(use("INSERT INTO event SET event.id=9") == AutoIncrementUse::explicit_values);
  for (const char* unknown :
       {"INSERT INTO event (id) VALUES (5), (NULL)", "INSERT INTO event (id) VALUES (-5)",
        "INSERT INTO event (id) VALUES ('5')", "INSERT INTO event (id) VALUES (2+3)",
        "INSERT INTO event (id) VALUES (99999999999999999999)", "INSERT INTO event (id) VALUES (0x5)",
        "INSERT INTO event VALUES (5)", "INSERT INTO event (kind) SELECT t FROM line WHERE n = 1 LIMIT 0"}) {
    INFO(unknown);
    const Verdict verdict = judged(unknown);
    if (verdict.insert) CHECK(verdict.insert->auto_increment == AutoIncrementUse::unknown);
  }
}

TEST_CASE("determinism: a part of DROP TABLE is a statement of its own") {
  using Parts = std::vector<std::string>;
  CHECK(judged("DROP TABLE a, other.`b c` CASCADE").parts ==
        Parts{"DROP TABLE a CASCADE", "DROP TABLE other.`b c` CASCADE"});
  CHECK(judged("drop table if exists a , b").parts == Parts{"DROP TABLE IF EXISTS a", "DROP TABLE IF EXISTS b"});
  CHECK(judged("DROP VIEW a, b").parts == Parts{"DROP VIEW a", "DROP VIEW b"});
  CHECK(judged("DROP TABLE a").parts.empty());
  CHECK(judged("RENAME TABLE a TO b, c TO d").parts.empty());
  for (const std::string& part : judged("DROP TABLE IF EXISTS a, b").parts) {
    const Verdict verdict = judged(part);
    CHECK(verdict.statement_class == Class::ddl);
    CHECK(verdict.ddl_targets.size() == 1);
  }
}

TEST_CASE("determinism: OR REPLACE of a table or a database is two statements, of a view or an index one") {
  using Parts = std::vector<std::string>;
  CHECK(judged("CREATE OR REPLACE TABLE other.`a b`(x INT) COMMENT='y' -- end").parts ==
        Parts{"DROP TABLE IF EXISTS other.`a b`", "CREATE TABLE other.`a b` (x INT) COMMENT='y'"});
  CHECK(judged("create or replace table a like b").parts == Parts{"DROP TABLE IF EXISTS a", "CREATE TABLE a like b"});
  CHECK(judged("CREATE OR REPLACE SCHEMA x DEFAULT CHARSET latin1").parts ==
        Parts{"DROP DATABASE IF EXISTS x", "CREATE DATABASE x DEFAULT CHARSET latin1"});
  CHECK(judged("CREATE OR REPLACE TABLE a (x INT)").replaces);
  CHECK_FALSE(judged("DROP TABLE a, b").replaces);
  for (const char* one : {"CREATE TABLE a (x INT)", "CREATE OR REPLACE SQL SECURITY INVOKER VIEW v AS SELECT 1",
                          "CREATE OR REPLACE TABLE IF NOT EXISTS a (x INT)",
                          "CREATE OR REPLACE DATABASE IF NOT EXISTS x", "CREATE OR REPLACE TABLE a SELECT 1"})
    CHECK(judged(one).parts.empty());
  CHECK(judged("CREATE OR REPLACE TABLE a LIKE A").code == "DUPLICATE_TARGET");
  CHECK(judged("CREATE OR REPLACE TABLE a (LIKE a)").code == "DUPLICATE_TARGET");
  CHECK(judged("CREATE TABLE a LIKE a").statement_class == Class::ddl);
}

TEST_CASE("determinism: what empties a table may be carried out once more") {
  for (const char* sql : {"TRUNCATE a", "TRUNCATE TABLE a", "ALTER TABLE a TRUNCATE PARTITION ALL"})
    CHECK(judged(sql).empties);
  for (const char* sql : {"DROP TABLE a", "ALTER TABLE a DROP PARTITION p", "ALTER TABLE a ADD COLUMN x INT"})
    CHECK_FALSE(judged(sql).empties);
}

TEST_CASE("determinism: DDL names what it changes") {
  using Targets = std::vector<ObjectName>;
  CHECK(judged("CREATE TABLE x (a INT REFERENCES line (n))").ddl_targets == Targets{{"d", "x"}});
  CHECK(judged("RENAME TABLE a TO b, b TO e.c").ddl_targets == Targets{{"d", "a"}, {"d", "b"}, {"e", "c"}});
  CHECK(judged("ALTER TABLE line RENAME TO e.line").ddl_targets == Targets{{"d", "line"}, {"e", "line"}});
  CHECK(judged("CREATE DATABASE `x y`").ddl_targets == Targets{{"x y", ""}});
  CHECK(judged("CREATE DATABASE x").ddl_kind == DdlKind::database);
  CHECK(judged("DROP INDEX i ON line").ddl_targets == Targets{{"d", "line"}});
  CHECK(judged("DROP INDEX i ON line").ddl_kind == DdlKind::table);
  CHECK(judged("TRUNCATE line").ddl_targets == Targets{{"d", "line"}});
}

TEST_CASE("determinism: tables are found wherever they hide, and resolved") {
  const Verdict verdict = judged(
      "INSERT INTO line WITH c AS (SELECT id FROM e.w) SELECT c.id, 'x' FROM c, (event JOIN other.counter ON 1) WHERE "
      "EXISTS (SELECT 1 FROM token) AND id IN (SELECT id FROM (SELECT id FROM product) p)");
  CHECK(verdict.tables ==
        std::vector<ObjectName>{
            {"d", "line"}, {"e", "w"}, {"d", "event"}, {"other", "counter"}, {"d", "token"}, {"d", "product"}});
  // A name of WITH ends with its query.
  CHECK(judged("SELECT (WITH c AS (SELECT 1) SELECT 2 FROM c), (SELECT 1 FROM c)").tables ==
        std::vector<ObjectName>{{"d", "c"}});
}

TEST_CASE("determinism: a schema of the server is refused as the default database too") {
  for (const char* database : {"mysql", "SQLCAST", "sys", "performance_schema"}) {
    CHECK(classify("SELECT 1", database).code == "SYSTEM_SCHEMA");
    CHECK(classify("INSERT INTO t VALUES (1)", database).code == "SYSTEM_SCHEMA");
  }
  CHECK(classify("SELECT * FROM tables", "information_schema").statement_class == Class::read);
  CHECK(classify("SELECT * FROM processlist", "information_schema").statement_class == Class::refused);
  CHECK(classify("CREATE TABLE x (a INT)", "information_schema").statement_class == Class::refused);
}

TEST_CASE("determinism: what a database may bring with it is refused where it decides") {
  Schema schema = kSchema;
  schema.tables[{"d", "tree"}] = table({"id int", "parent int?"}, {{"id"}});
  schema.tables[{"d", "tree"}].references = {{"d", "tree"}};
  schema.tables[{"d", "line"}].triggers = true;
  schema.tables[{"d", "hidden"}] = table({"id int", "u varchar default uuid()"}, {{"id"}});
  schema.tables[{"d", "hidden"}].columns[1].invisible = true;
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_of = [&](std::string_view text) { return judge(text, judgement).code; };
  CHECK(code_of("INSERT INTO hidden VALUES (1)") == "UNSAFE_DEFAULT");
  CHECK(code_of("INSERT INTO hidden (id, u) VALUES (1, 'x')") == "");
  CHECK(code_of("INSERT INTO line VALUES (1, 'x')") == "STORED_CODE");
  CHECK(code_of("DELETE FROM line") == "STORED_CODE");
  CHECK(code_of("INSERT INTO archive (id, email) SELECT n, t FROM line") == "");
  CHECK(code_of("DELETE FROM tree") == "UNORDERED_ROWS");
  CHECK(code_of("DELETE FROM tree ORDER BY id DESC") == "");
  CHECK(code_of("DELETE FROM tree WHERE id = 5") == "");
  CHECK(code_of("INSERT INTO tree SELECT n, n FROM line") == "UNORDERED_ROWS");
  CHECK(code_of("INSERT INTO tree SELECT id, id FROM product ORDER BY id") == "");
  CHECK(code_of("INSERT INTO tree VALUES (1, NULL), (2, 1)") == "");
}

TEST_CASE("determinism: a default that names a column is no constant for a unique key") {
  Schema schema = kSchema;
  schema.tables[{"d", "ud"}] =
      table({"id int", "a int", "u int default (`a` + 1)", "w int default 5"}, {{"id"}, {"u"}, {"w"}});
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  CHECK(judge("UPDATE ud SET u=DEFAULT", judgement).code == "UNORDERED_ROWS");
  CHECK(judge("UPDATE ud SET u=DEFAULT ORDER BY id", judgement).code == "");
  CHECK(judge("UPDATE ud SET w=DEFAULT", judgement).code == "");
}

TEST_CASE("determinism: limits are kept") {
  Judgement judgement;
  judgement.limits.max_statement_bytes = 10;
  CHECK(judge("SELECT 1234567", judgement).code == "STATEMENT_TOO_LARGE");
  judgement.limits.max_statement_bytes = 1000;
  judgement.limits.max_nesting_depth = 3;
  CHECK(judge("SELECT (((1)))", judgement).statement_class == Class::read);
  CHECK(judge("SELECT ((((1))))", judgement).code == "NESTED_TOO_DEEP");
}

TEST_CASE("determinism: more tables or columns than a server can take are refused") {
  std::string joins = "SELECT 1 FROM t";
  std::string columns = "UPDATE line SET n=1";
  for (int k = 0; k < 5000; ++k) {
    joins += " JOIN t" + std::to_string(k);
    columns += ", c" + std::to_string(k) + "=1";
  }
  CHECK(code(joins) == "STATEMENT_TOO_LARGE");
  CHECK(code(columns) == "STATEMENT_TOO_LARGE");
}

TEST_CASE("determinism: refusals say what, why and what to do") {
  CHECK(code("DELETE FROM customer LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(code("UPDATE customer SET note=UUID()") == "UNSAFE_FUNCTION");
  CHECK(code("INSERT INTO token (owner) VALUES ('x')") == "UNSAFE_DEFAULT");
  CHECK(code("INSERT INTO orders (customer_id) SELECT id FROM customer") == "UNORDERED_ROWS");
  CHECK(code("BEGIN") == "TRANSACTION_CONTROL");
  CHECK(judged("BEGIN").explanation() ==
        "BEGIN controls a transaction; send the statements as one request: it is atomic");
  CHECK(judged("BEGIN").determinism == Determinism::safe);
  CHECK(judged("DELETE FROM customer LIMIT 1").determinism == Determinism::materialised);
  CHECK(judged("DELETE FROM line LIMIT 1").determinism == Determinism::materialised);
  CHECK(judged("DELETE FROM line AS x LIMIT 1").determinism == Determinism::unsafe);
}

TEST_CASE("determinism: defaults that differ on each node are known") {
  for (const char* unsafe : {"uuid()", "(uuid())", "rand()", "sysdate(6)", "nextval(`d`.`s`)", "user()", "f(1)",
                             "concat('a',uuid())", "current_user()", "CURRENT_USER", "@@server_id"})
    CHECK(is_unsafe_default(unsafe));
  for (const char* safe : {"NULL", "'uuid()'", "0", "current_timestamp()", "current_timestamp(6)", "(1 + 2)",
                           "curdate()", "concat('a','b')", "b'0'", "(cast('1' as char(3)))"})
    CHECK_FALSE(is_unsafe_default(safe));
}

TEST_CASE("verdict: any bytes get a verdict") {
  std::string text;
  std::uint32_t state = 12345;
  const std::string_view parts[] = {"SELECT",
                                    " ",
                                    "(",
                                    ")",
                                    ",",
                                    "FROM",
                                    "t",
                                    "'",
                                    "`",
                                    ".",
                                    "INSERT INTO",
                                    "VALUES",
                                    "UPDATE",
                                    "SET",
                                    "=",
                                    "DELETE",
                                    "WHERE",
                                    "LIMIT",
                                    "1",
                                    "ORDER BY",
                                    "GROUP BY",
                                    "CREATE TABLE",
                                    "INT",
                                    "ON",
                                    "DUPLICATE KEY UPDATE",
                                    "UUID()",
                                    "RETURNING",
                                    "*",
                                    "DEFAULT",
                                    "AS",
                                    "UNION",
                                    "WITH",
                                    "JOIN",
                                    "PARTITION BY",
                                    "ALTER TABLE",
                                    "ADD"};
  for (int round = 0; round < 30000; ++round) {
    text.clear();
    for (int k = 0; k < 12; ++k) {
      state = state * 1664525U + 1013904223U;
      text += parts[(state >> 16U) % std::size(parts)];
      if ((state & 1U) != 0) text += ' ';
    }
    const Verdict verdict = judged(text);
    const bool not_as_text =
        verdict.statement_class == Class::refused || verdict.determinism == Determinism::materialised;
    REQUIRE(not_as_text == !verdict.code.empty());
  }
}
