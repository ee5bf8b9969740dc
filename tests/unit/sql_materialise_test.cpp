// Goal: a statement whose text does not determine what it does becomes a SELECT, and its rows plain statements. Method:
// judge() over a small schema, and rows put into the plan; what comes out is judged again.
#include "sql/policy.h"
#include "sql/row_plan.h"
#include "sql/row_texts.h"
#include "tests/unit/sql_corpus.h"

using namespace sqlcast::sql;

namespace {

Column column(const std::string& name, const std::string& type, bool nullable = false) {
  Column made;
  made.name = name;
  made.type = type;
  made.nullable = nullable;
  if (type == "varchar") made.collation = "utf8mb4_general_ci";
  return made;
}

Table table(std::vector<Column> columns, std::vector<std::vector<std::string>> keys) {
  Table made;
  made.engine = "InnoDB";
  made.columns = std::move(columns);
  for (auto& key : keys) made.unique_keys.push_back({std::move(key), false});
  for (Column& known : made.columns)
    for (const UniqueKey& key : made.unique_keys)
      if (std::find(key.columns.begin(), key.columns.end(), known.name) != key.columns.end())
        known.indexed = Indexed::whole;
  return made;
}

Schema make_schema() {
  Schema schema;
  schema.databases = {"d", "e"};
  auto& tables = schema.tables;
  tables[{"d", "t"}] = table({column("id", "int"), column("a", "int", true), column("b", "varchar", true),
                              column("f", "double", true), column("g", "int", true)},
                             {{"id"}});
  tables[{"d", "t"}].columns.back().generated = true;
  tables[{"d", "s"}] = tables[{"d", "t"}];
  tables[{"d", "auto"}] = table({column("id", "bigint"), column("v", "varchar", true)}, {{"id"}});
  tables[{"d", "auto"}].columns.front().auto_increment = true;
  tables[{"d", "two"}] = table({column("x", "varchar"), column("y", "date"), column("v", "int", true)}, {{"x", "y"}});
  tables[{"d", "heap"}] = table({column("n", "int", true)}, {});
  tables[{"d", "bag"}] = table({column("n", "int", true), column("v", "varchar", true), column("d", "double", true),
                                column("e", "enum", true), column("u", "int", true), column("g", "int", true)},
                               {{"u"}});
  tables[{"d", "bag"}].unique_keys.front().nullable = true;
  tables[{"d", "bag"}].columns.back().generated = true;
  tables[{"d", "inexact"}] = table({column("n", "int"), column("f", "float")}, {});
  tables[{"d", "part"}] = tables[{"d", "t"}];
  tables[{"d", "part"}].partitioned = true;
  tables[{"d", "tree"}] = table({column("id", "int"), column("up", "int", true)}, {{"id"}});
  tables[{"d", "tree"}].references = {{"d", "tree"}};
  tables[{"d", "ring"}] = table({column("id", "int"), column("up", "int", true)}, {{"id"}});
  tables[{"d", "ring"}].references = {{"d", "between"}};
  tables[{"d", "between"}] = tables[{"d", "ring"}];
  tables[{"d", "between"}].references = {{"d", "tree"}, {"d", "ring"}};
  tables[{"d", "leaf"}] = tables[{"d", "ring"}];
  tables[{"d", "keys"}] = table({column("id", "int"), column("k", "int"), column("v", "int", true)}, {{"id"}, {"k"}});
  tables[{"d", "odd `name"}] = table({column("select", "int"), column("v", "int", true)}, {{"select"}});
  tables[{"d", "triggered"}] = tables[{"d", "t"}];
  tables[{"d", "triggered"}].triggers = true;
  tables[{"d", "seen"}].view = true;
  return schema;
}

const Schema kSchema = make_schema();

Verdict judged(std::string_view text) {
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  return judge(text, judgement);
}

RowPlan plan_of(std::string_view text) {
  const Verdict verdict = judged(text);
  INFO(text << ": " << verdict.explanation());
  REQUIRE(verdict.determinism == Determinism::materialised);
  REQUIRE(verdict.statement_class == Class::write);
  REQUIRE(verdict.rows != nullptr);
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  CHECK(judge(select_text(*verdict.rows), judgement).statement_class == Class::read);
  return *verdict.rows;
}

// Each is a write that is safe by itself.
std::vector<std::string> texts_of(const RowPlan& plan, const std::vector<std::vector<std::string>>& rows,
                                  std::size_t max_bytes = 100'000) {
  RowTexts made(plan, max_bytes);
  for (const auto& row : rows) made.add(row);
  std::vector<std::string> texts = made.finish();
  for (const std::string& text : texts) {
    const Verdict verdict = judged(text);
    INFO(text << ": " << verdict.explanation());
    CHECK(verdict.statement_class == Class::write);
    CHECK(verdict.determinism == Determinism::safe);
  }
  return texts;
}

std::string name(int number) {
  return "`what sqlcast reads, under a name that is too long for any column: " + std::to_string(number) + "`";
}

std::string refused(std::string_view text) {
  const Verdict verdict = judged(text);
  INFO(text);
  CHECK(verdict.statement_class == Class::refused);
  CHECK(verdict.rows == nullptr);
  return verdict.code;
}

}  // namespace

TEST_CASE("materialise: a DELETE becomes its keys") {
  const RowPlan plan = plan_of("DELETE FROM t WHERE a > 1 /* x */ ORDER BY b LIMIT 10");
  CHECK(select_text(plan) == "SELECT `t`.`id` AS " + name(0) + " FROM t WHERE a > 1 /* x */ ORDER BY b LIMIT 10");
  CHECK(texts_of(plan, {{"1"}, {"2"}, {"-3"}}) ==
        std::vector<std::string>{"DELETE FROM `d`.`t` WHERE `id` IN (1,2,-3)"});
  CHECK(texts_of(plan, {}) == std::vector<std::string>{"DELETE FROM `d`.`t` WHERE FALSE"});
  CHECK_FALSE(plan.strict);
}

TEST_CASE("materialise: a key of several columns is compared whole, in portions") {
  const RowPlan plan = plan_of("DELETE FROM two LIMIT 3");
  CHECK(texts_of(plan, {{"'a'", "'2026-11-27'"}, {"'b''c'", "'2026-11-28'"}}) ==
        std::vector<std::string>{"DELETE FROM `d`.`two` WHERE (`x`='a' AND `y`='2026-11-27') OR (`x`='b''c' AND "
                                 "`y`='2026-11-28')"});
  const auto texts = texts_of(plan, {{"'a'", "'2026-11-27'"}, {"'b'", "'2026-11-28'"}}, 80);
  REQUIRE(texts.size() == 2);
  CHECK(texts[0] == "DELETE FROM `d`.`two` WHERE (`x`='a' AND `y`='2026-11-27')");
  CHECK(texts[1] == std::string(kFurtherRows) + "DELETE FROM `d`.`two` WHERE (`x`='b' AND `y`='2026-11-28')");
  std::vector<std::vector<std::string>> many(1'201, {"1"});
  CHECK(texts_of(plan_of("DELETE FROM t LIMIT 5"), many).size() == 3);
}

TEST_CASE("materialise: where the order of rows matters each is a text of its own") {
  const std::vector<std::string> wanted{
      "DELETE FROM `d`.`tree` WHERE `id`=7 ORDER BY `id`",
      std::string(kFurtherRows) + "DELETE FROM `d`.`tree` WHERE `id`=3 ORDER BY `id`"};
  CHECK(texts_of(plan_of("DELETE FROM tree WHERE up > 1"), {{"7"}, {"3"}}) == wanted);
  CHECK(plan_of("DELETE FROM part WHERE a = 1").one_row_each);
  CHECK(plan_of("DELETE FROM part WHERE a = 1").no_effect == "DELETE FROM `d`.`part` WHERE FALSE AND `id`=1");
  CHECK(texts_of(plan_of("DELETE IGNORE FROM t WHERE a = 1"), {{"7"}}) ==
        std::vector<std::string>{"DELETE IGNORE FROM `d`.`t` WHERE `id`=7 ORDER BY `id`"});
}

TEST_CASE("materialise: an UPDATE becomes its values by key, equal ones together") {
  const RowPlan plan = plan_of("UPDATE t AS x SET a = x.a + 1, b = 'v' WHERE f > 0.5 LIMIT 3");
  // No name of the list is one that ORDER BY could mean: a literal's would be its own text.
  CHECK(name(0).size() > 2 + 64);
  CHECK(select_text(plan) == "SELECT `x`.`id` AS " + name(2) + ", x.a + 1 AS " + name(0) + ", 'v' AS " + name(1) +
                                 " FROM t AS x WHERE f > 0.5 LIMIT 3");
  CHECK(select_text(plan, {false, true}) == "SELECT `x`.`id` AS " + name(2) + ", CAST(x.a + 1 AS DOUBLE) AS " +
                                                name(0) + ", 'v' AS " + name(1) + " FROM t AS x WHERE f > 0.5 LIMIT 3");
  CHECK(texts_of(plan, {{"1", "5", "'v'"}, {"2", "NULL", "'v'"}, {"3", "5", "'v'"}}) ==
        std::vector<std::string>{"UPDATE `d`.`t` SET `a`=5,`b`='v' WHERE `id` IN (1,3)",
                                 std::string(kFurtherRows) + "UPDATE `d`.`t` SET `a`=NULL,`b`='v' WHERE `id` IN (2)"});
  CHECK(plan.strict);
  CHECK_FALSE(plan_of("UPDATE IGNORE t SET a = 1 LIMIT 1").strict);
  CHECK(plan_of("UPDATE t SET b = UUID()").code == "UNSAFE_FUNCTION");
  CHECK(plan_of("UPDATE t SET b = SYSDATE()").items.back().text == "SYSDATE() AS " + name(0));
}

TEST_CASE("materialise: an UPDATE that reads what it has just set stays refused") {
  CHECK(refused("UPDATE t SET a = 1, b = a LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("UPDATE t SET a = 1, b = CONCAT(`A`, 'x') LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("UPDATE t SET a = 1, a = 2 LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("UPDATE t SET g = 1 LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("UPDATE t SET g = DEFAULT LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(plan_of("UPDATE t AS x SET a = DEFAULT, b = DEFAULT(b) LIMIT 1").items.at(1).text ==
        "DEFAULT(`x`.`a`) AS " + name(0));
  CHECK(plan_of("UPDATE t SET b = a, a = 1 LIMIT 1").values.size() == 2);
}

TEST_CASE("materialise: rows whose key moves go one by one, the giving before the taking") {
  const RowPlan plan = plan_of("UPDATE t SET id = id + 1");
  CHECK(plan.one_row_each);
  const auto moved = texts_of(plan, {{"1", "2"}, {"2", "3"}, {"9", "8"}, {"4", "4"}, {"3", "NULL"}});
  const std::string further(kFurtherRows);
  CHECK(moved == std::vector<std::string>{"UPDATE `d`.`t` SET `id`=NULL WHERE `id`=3 ORDER BY `id`",
                                          further + "UPDATE `d`.`t` SET `id`=3 WHERE `id`=2 ORDER BY `id`",
                                          further + "UPDATE `d`.`t` SET `id`=2 WHERE `id`=1 ORDER BY `id`",
                                          further + "UPDATE `d`.`t` SET `id`=8 WHERE `id`=9 ORDER BY `id`",
                                          further + "UPDATE `d`.`t` SET `id`=4 WHERE `id`=4 ORDER BY `id`"});
  // A ring collides, whatever its order.
  CHECK(texts_of(plan, {{"1", "2"}, {"2", "1"}}).size() == 2);
  // An order that is asked for is kept, and of two keys it is the one that moves by which rows are found.
  CHECK(plan_of("UPDATE t SET id = id + 1 ORDER BY a").moved.empty());
  const RowPlan other = plan_of("UPDATE `keys` SET k = 1 LIMIT 1");
  CHECK(texts_of(other, {{"5", "1"}}).front() == "UPDATE `d`.`keys` SET `k`=1 WHERE `k`=5 ORDER BY `k`");
  CHECK(plan_of("UPDATE two SET y = '2026-01-01', v = 1 LIMIT 2").moved.size() == 1);
  CHECK(refused("UPDATE ring SET id = id + 1") == "UNORDERED_ROWS");  // a cascade may have moved what is to be found
}

TEST_CASE("materialise: a joined statement becomes texts a table, each row once") {
  const RowPlan one = plan_of("UPDATE t JOIN s ON t.b = s.b SET t.a = s.a, t.b = CONCAT(s.b, '!') WHERE s.f > 1");
  CHECK(one.joined);
  CHECK(one.others.empty());
  CHECK(select_text(one) == "SELECT `t`.`id` AS " + name(2) + ", s.a AS " + name(0) + ", CONCAT(s.b, '!') AS " +
                                name(1) + " FROM t JOIN s ON t.b = s.b WHERE s.f > 1");
  CHECK(texts_of(one, {{"1", "5", "'x'"}}).front() == "UPDATE `d`.`t` SET `a`=5,`b`='x' WHERE `id` IN (1)");
  const RowPlan several = plan_of("UPDATE t AS x, s AS y SET x.a = 1, y.f = RAND(), x.b = UUID() WHERE x.b LIKE y.b");
  REQUIRE(several.others.size() == 1);
  CHECK(several.values.size() == 2);
  CHECK(several.others[0].head == "UPDATE `d`.`s` SET ");
  CHECK(several.items.size() == 5);
  CHECK(plan_of("UPDATE t, (SELECT b, MAX(a) AS a FROM s GROUP BY b) AS q SET t.a = q.a WHERE t.b = q.b").joined);
  CHECK(plan_of("UPDATE t JOIN seen ON t.id = seen.id SET t.a = seen.a").code == "VIEW_IN_WRITE");
  CHECK(plan_of("UPDATE t JOIN leaf ON t.a = leaf.up SET leaf.id = leaf.id + t.a").moved.size() == 1);

  const RowPlan gone = plan_of("DELETE x, leaf FROM t AS x LEFT JOIN leaf ON x.a = leaf.up WHERE RAND() < 1");
  CHECK(select_text(gone) == "SELECT DISTINCT `x`.`id` AS " + name(0) + ", `leaf`.`id` AS " + name(1) +
                                 " FROM t AS x LEFT JOIN leaf ON x.a = leaf.up WHERE RAND() < 1");
  CHECK(texts_of(gone, {{"1"}}).front() == "DELETE FROM `d`.`t` WHERE `id` IN (1)");
  CHECK(gone.others.at(0).head == "DELETE FROM `d`.`leaf` WHERE ");
  CHECK(plan_of("DELETE t FROM t WHERE a IN (SELECT a FROM s LIMIT 1)").joined);
  // The one that has no other name; the other is only read.
  CHECK(select_text(plan_of("DELETE t FROM t, t AS x WHERE t.id = x.a")) ==
        "SELECT DISTINCT `t`.`id` AS " + name(0) + " FROM t, t AS x WHERE t.id = x.a");
  CHECK(plan_of("DELETE x FROM t, t AS x WHERE t.id = x.a").items.at(0).text == "`x`.`id` AS " + name(0));
  CHECK(plan_of("DELETE FROM t USING t JOIN (SELECT MAX(f) AS f FROM t) AS q ON t.f = q.f").joined);
  // What refers to others goes before them.
  const RowPlan related = plan_of("DELETE tree, ring FROM tree JOIN ring ON tree.id = ring.up");
  CHECK(related.head == "DELETE FROM `d`.`ring` WHERE ");
  CHECK(related.others.at(0).head == "DELETE FROM `d`.`tree` WHERE ");
  CHECK(plan_of("DELETE FROM x USING t AS x JOIN seen USING (id)").code == "VIEW_IN_WRITE");
}

TEST_CASE("materialise: a joined statement that might mean another row, or depend on the order, stays refused") {
  CHECK(refused("UPDATE t, s SET t.a = s.a WHERE t.b = s.b LIMIT 1") != "");
  CHECK(refused("UPDATE t, s SET a = s.f WHERE t.b = s.b") == "PLAN_DEPENDENT");  // whose a
  CHECK(refused("UPDATE t, (SELECT b FROM s) AS q SET a = q.b WHERE t.b LIKE q.b") != "");
  CHECK(refused("UPDATE t, s SET t.a = s.a, s.f = t.a WHERE t.b = s.b") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t, s SET t.a = s.a, t.b = t.a WHERE t.b = s.b") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t AS x, t AS y SET x.a = y.f, y.b = x.f") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t, s SET t.a = (SELECT MAX(s.a) FROM leaf) WHERE t.b LIKE s.b") != "");
  CHECK(refused("UPDATE seen JOIN t ON t.id = seen.id SET seen.a = t.a") == "VIEW_IN_WRITE");
  CHECK(refused("UPDATE heap JOIN t ON t.id = heap.n SET heap.n = t.f, t.a = heap.n") != "");
  CHECK(judged("UPDATE heap, t SET heap.n = t.f WHERE t.b LIKE 'a'").reason.find("NOT NULL key") != std::string::npos);
  CHECK(refused("UPDATE triggered, s SET triggered.a = s.a WHERE triggered.b = s.b") == "STORED_CODE");
  CHECK(refused("DELETE between, ring FROM between JOIN ring ON between.id = ring.up") == "PLAN_DEPENDENT");
  CHECK(refused("DELETE x, y FROM t AS x, t AS y WHERE RAND() < 1") != "");
  CHECK(refused("DELETE t FROM t AS x WHERE RAND() < 1") != "");
  CHECK(refused("DELETE t FROM t, e.t WHERE RAND() < 1") != "");
  CHECK(refused("DELETE t FROM t, s AS t WHERE RAND() < 1") != "");
}

TEST_CASE("materialise: RETURNING stands behind every text, where its rows are those that are counted") {
  const RowPlan gone = plan_of("DELETE FROM t ORDER BY b LIMIT 2 RETURNING id, a + 1 AS n");
  CHECK(select_text(gone).ends_with(" FROM t ORDER BY b LIMIT 2"));
  // One by one, in the order that is asked for; without one together.
  CHECK(texts_of(gone, {{"5"}, {"4"}}) ==
        std::vector<std::string>{
            "DELETE FROM `d`.`t` WHERE `id`=5 ORDER BY `id` RETURNING id, a + 1 AS n",
            std::string(kFurtherRows) + "DELETE FROM `d`.`t` WHERE `id`=4 ORDER BY `id` RETURNING id, a + 1 AS n"});
  CHECK(texts_of(plan_of("DELETE FROM t LIMIT 2 RETURNING id"), {{"4"}, {"5"}}) ==
        std::vector<std::string>{"DELETE FROM `d`.`t` WHERE `id` IN (4,5) RETURNING id"});
  CHECK(texts_of(gone, {}) == std::vector<std::string>{"DELETE FROM `d`.`t` WHERE FALSE RETURNING id, a + 1 AS n"});
  CHECK(texts_of(plan_of("INSERT INTO `auto` (v) SELECT b FROM t RETURNING id"), {{"'x'"}}).front() ==
        "INSERT INTO `auto` (v) VALUES ('x') RETURNING id");
  // Of these the log does not say how many rows were changed.
  CHECK(texts_of(plan_of("REPLACE INTO `auto` (v) SELECT b FROM t RETURNING id"), {{"'x'"}, {"'y'"}}).front() ==
        "REPLACE INTO `auto` (v) VALUES ('x'),('y') RETURNING id");
  CHECK(texts_of(plan_of("INSERT IGNORE INTO `auto` (v) SELECT b FROM t RETURNING id"), {{"'x'"}}).front() ==
        "INSERT IGNORE INTO `auto` (v) SELECT 'x' FROM DUAL RETURNING id");
  CHECK(texts_of(plan_of("INSERT INTO `auto` SELECT id, b FROM t LIMIT 2 ON DUPLICATE KEY UPDATE v = 1 RETURNING id"),
                 {{"1", "'x'"}})
            .front() == "INSERT INTO `auto` VALUES (1,'x') ON DUPLICATE KEY UPDATE v = 1 RETURNING id");
  CHECK(texts_of(plan_of("DELETE IGNORE FROM t WHERE a > 1 RETURNING id"), {{"7"}}).front() ==
        "DELETE IGNORE FROM `d`.`t` WHERE `id`=7 ORDER BY `id` RETURNING id");
}

TEST_CASE("materialise: IGNORE of one row is a SELECT, which leaves out what breaks a CHECK as many rows do") {
  const RowPlan plan = plan_of("INSERT IGNORE INTO t (id, b) SELECT id, b FROM s LIMIT 3");
  CHECK(texts_of(plan, {{"1", "'(x)'"}}).front() == "INSERT IGNORE INTO t (id, b) SELECT 1,'(x)' FROM DUAL");
  CHECK(texts_of(plan, {{"1", "'x'"}, {"2", "NULL"}}).front() ==
        "INSERT IGNORE INTO t (id, b) VALUES (1,'x'),(2,NULL)");
  const RowPlan updating =
      plan_of("INSERT IGNORE INTO t (id, b) SELECT id, b FROM s LIMIT 3 ON DUPLICATE KEY UPDATE b = VALUES(b)");
  CHECK(texts_of(updating, {{"1", "'x'"}}).front() ==
        "INSERT IGNORE INTO t (id, b) SELECT 1,'x' FROM DUAL ON DUPLICATE KEY UPDATE b = VALUES(b)");
}

TEST_CASE("materialise: an INSERT … SELECT becomes VALUES with all that stands around them") {
  const RowPlan plan =
      plan_of("INSERT INTO `auto` (v) SELECT b FROM t GROUP BY b ON DUPLICATE KEY UPDATE v = VALUES(v) -- end");
  CHECK(select_text(plan) == "SELECT b FROM t GROUP BY b");
  CHECK(texts_of(plan, {{"'x'"}, {"NULL"}}) ==
        std::vector<std::string>{"INSERT INTO `auto` (v) VALUES ('x'),(NULL) ON DUPLICATE KEY UPDATE v = VALUES(v)"});
  CHECK(texts_of(plan, {}) == std::vector<std::string>{plan.no_effect});
  CHECK(texts_of(plan_of("REPLACE t (id, a) (SELECT id, a FROM s)"), {{"1", "2"}}).front() ==
        "REPLACE t (id, a) VALUES (1,2)");
  CHECK(texts_of(plan_of("INSERT INTO heap () SELECT MAX(id) FROM t"), {{"1"}}).front() ==
        "INSERT INTO heap () VALUES (1)");
  CHECK(texts_of(plan_of("REPLACE INTO d.t SELECT * FROM s"), {{"1", "2", "'c'", "0e0", "4"}}).front() ==
        "REPLACE INTO d.t VALUES (1,2,'c',0e0,4)");
  const RowPlan cte =
      plan_of("INSERT INTO t (id, f) WITH w AS (SELECT id, f FROM s LIMIT 3) SELECT id, w.f AS z FROM w");
  CHECK(select_text(cte, {true, true}) ==
        "WITH w AS (SELECT id, f FROM s LIMIT 3) SELECT CAST(id AS DOUBLE) AS `id`, CAST(w.f AS DOUBLE) AS z FROM w");
  const auto cast_of = [](const std::string& item) {
    return plan_of("INSERT INTO t (id, f) SELECT id, " + item + " FROM s LIMIT 3").items.back().cast;
  };
  CHECK(cast_of("STDDEV(f)") == "CAST(STDDEV(f) AS DOUBLE)");
  CHECK(cast_of("RAND() * s.f") == "CAST(RAND() * s.f AS DOUBLE)");
  CHECK(cast_of("f / 3") == "CAST(f / 3 AS DOUBLE)");
  CHECK(cast_of("f f2") == "");
  CHECK(cast_of("f + 1 f2") == "");
  CHECK(cast_of("STDDEV(f) f2") == "");
  CHECK(cast_of("f IS NULL") == "");
  CHECK(plan_of("INSERT INTO t (id, a) SELECT id, ROW_NUMBER() OVER () FROM s UNION SELECT 1, 2").items.empty());
  CHECK(plan_of("INSERT INTO t (id) SELECT id FROM seen").code == "VIEW_IN_WRITE");
}

TEST_CASE("materialise: generated and given ids are not mixed in one text") {
  const RowPlan plan = plan_of("INSERT INTO `auto` SELECT a, b FROM t");
  CHECK(plan.no_effect == "INSERT INTO `auto` SELECT NULL, NULL FROM DUAL WHERE FALSE");
  const auto texts = texts_of(plan, {{"NULL", "'a'"}, {"0", "'b'"}, {"7", "'c'"}, {"NULL", "'d'"}});
  CHECK(texts == std::vector<std::string>{"INSERT INTO `auto` VALUES (NULL,'a'),(0,'b')",
                                          std::string(kFurtherRows) + "INSERT INTO `auto` VALUES (7,'c')",
                                          std::string(kFurtherRows) + "INSERT INTO `auto` VALUES (NULL,'d')"});
}

TEST_CASE("materialise: without a key, rows are found by the bytes of all columns, as many as there were") {
  const RowPlan plan = plan_of("DELETE FROM heap ORDER BY n LIMIT 3");
  CHECK(select_text(plan) == "SELECT BINARY `heap`.`n` AS " + name(0) + " FROM heap ORDER BY n LIMIT 3");
  const std::string further(kFurtherRows);
  CHECK(texts_of(plan, {{"x'37'"}, {"NULL"}, {"x'37'"}}) ==
        std::vector<std::string>{"DELETE FROM `d`.`heap` WHERE BINARY `n` <=> x'37' LIMIT 2",
                                 further + "DELETE FROM `d`.`heap` WHERE BINARY `n` <=> NULL LIMIT 1"});
  CHECK(texts_of(plan, {}) == std::vector<std::string>{"DELETE FROM `d`.`heap` WHERE FALSE"});
  // Rows that were alike may become different, and a row another's like.
  const RowPlan update = plan_of("UPDATE heap SET n = n + 1 LIMIT 3");
  CHECK(texts_of(update, {{"x'31'", "2"}, {"x'32'", "3"}, {"x'31'", "2"}, {"x'31'", "9"}}) ==
        std::vector<std::string>{"UPDATE `d`.`heap` SET `n`=2 WHERE BINARY `n` <=> x'31' LIMIT 2",
                                 further + "UPDATE `d`.`heap` SET `n`=3 WHERE BINARY `n` <=> x'32' LIMIT 1",
                                 further + "UPDATE `d`.`heap` SET `n`=9 WHERE BINARY `n` <=> x'31' LIMIT 1"});
  // All columns but the generated ones; a key that may be NULL is none.
  CHECK(texts_of(plan_of("UPDATE bag SET u = u + 1"), {{"x'31'", "x'61'", "x'31'", "x'61'", "NULL", "7"}}) ==
        std::vector<std::string>{"UPDATE `d`.`bag` SET `u`=7 WHERE BINARY `n` <=> x'31' AND BINARY `v` <=> x'61' AND "
                                 "BINARY `d` <=> x'31' AND BINARY `e` <=> x'61' AND BINARY `u` <=> NULL LIMIT 1"});
  // The empty text may be two values of an ENUM.
  for (const char* text :
       {"DELETE FROM bag WHERE BINARY n<=>x'31' AND BINARY v<=>x'61' AND BINARY d<=>x'31' AND BINARY e<=>x'' AND "
        "BINARY "
        "u<=>NULL LIMIT 1",
        "DELETE FROM bag WHERE BINARY n<=>x'31' AND BINARY v<=>x'61' AND BINARY e<=>x'61' AND BINARY u<=>NULL LIMIT 1",
        "DELETE FROM heap WHERE n<=>31 LIMIT 1", "DELETE FROM heap WHERE BINARY n<=>'31' LIMIT 1",
        "DELETE FROM heap WHERE BINARY n<=>x'31' OR BINARY n<=>x'32' LIMIT 1",
        "DELETE FROM heap WHERE BINARY n=x'31' LIMIT 1", "DELETE FROM heap WHERE (BINARY n<=>x'31') LIMIT 1"})
    CHECK(judged(text).determinism != Determinism::safe);
  CHECK(refused("DELETE FROM inexact WHERE BINARY n<=>x'31' AND BINARY f<=>x'31' LIMIT 1") == "LIMIT_WITHOUT_ORDER");
}

TEST_CASE("materialise: what is not undetermined alone stays refused") {
  CHECK(refused("DELETE FROM inexact LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(judged("DELETE FROM inexact LIMIT 1").reason.find("primary or unique NOT NULL key") != std::string::npos);
  CHECK(refused("DELETE FROM triggered LIMIT 1") == "STORED_CODE");
  CHECK(refused("DELETE FROM seen LIMIT 1") == "VIEW_IN_WRITE");
  CHECK(refused("INSERT INTO seen SELECT * FROM t LIMIT 1") == "VIEW_IN_WRITE");
  CHECK(refused("DELETE FROM t AS x LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  for (const char* who : {"USER()", "CURRENT_USER", "CURRENT_USER()", "CONNECTION_ID()", "CURRENT_ROLE()",
                          "SESSION_USER()", "SYSTEM_USER()", "VERSION()"}) {
    CHECK(refused("UPDATE t SET b = " + std::string(who)) == "UNSAFE_FUNCTION");
    CHECK(refused("DELETE FROM t WHERE b <> " + std::string(who) + " LIMIT 1") != "");
  }
  CHECK(refused("INSERT INTO t (id, a) SELECT id, LAST_INSERT_ID() FROM s LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO t (id, a) SELECT id, @x FROM s LIMIT 1") == "USER_VARIABLE");
  CHECK(refused("INSERT INTO t (id, a) SELECT id, @@server_id FROM s LIMIT 1") == "SYSTEM_VARIABLE");
  CHECK(refused("INSERT INTO t (id, a) SELECT id, SLEEP(1) FROM s LIMIT 1") == "FORBIDDEN_FUNCTION");
  CHECK(refused("INSERT INTO t (id, a) SELECT s.id, s.a FROM s LIMIT 1 ON DUPLICATE KEY UPDATE a = s.a") ==
        "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO t (id, a) SELECT id, a FROM s LIMIT 1 ON DUPLICATE KEY UPDATE a = (SELECT 1)") ==
        "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO `keys` SELECT id, a, 1 FROM s LIMIT 1 ON DUPLICATE KEY UPDATE v = 2") ==
        "SEVERAL_UNIQUE_KEYS");
  CHECK(refused("INSERT INTO nowhere SELECT * FROM t LIMIT 1") == "PLAN_DEPENDENT");
}

TEST_CASE("materialise: what a SELECT may have and the statement may not stays refused") {
  CHECK(refused("DELETE FROM t LIMIT 1, 2") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("DELETE FROM t LIMIT 1 OFFSET 2") == "LIMIT_WITHOUT_ORDER");
  // A place in a list that the statement has not.
  CHECK(refused("DELETE FROM t ORDER BY 1 LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("DELETE FROM t ORDER BY a, ((1)) DESC LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("UPDATE t SET a = 5 ORDER BY 2 LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(plan_of("DELETE FROM t ORDER BY a + 1 LIMIT 1").items.size() == 1);
  // Rows that cannot be deleted, or are gone by a cascade, do not count.
  CHECK(refused("DELETE IGNORE FROM t LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("DELETE FROM tree LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(refused("DELETE FROM ring LIMIT 1") == "LIMIT_WITHOUT_ORDER");
  CHECK(plan_of("DELETE FROM leaf LIMIT 1").items.size() == 1);
  // One row would come of all.
  CHECK(refused("UPDATE t SET a = COUNT(*) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t SET a = MAX(f)") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t SET a = RANK() OVER (ORDER BY b) LIMIT 1") != "");
  CHECK(refused("DELETE FROM t ORDER BY COUNT(*) LIMIT 1") != "");
  CHECK(refused("UPDATE t SET a = (SELECT MAX(t.a) FROM s) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(plan_of("UPDATE t SET a = (SELECT MAX(a) FROM s) LIMIT 1").items.size() == 2);
  CHECK(refused("UPDATE t SET a = (SELECT MAX(a) FROM heap) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t SET a = (SELECT MAX(a) FROM s), b = (SELECT MAX(a) FROM heap) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(refused("UPDATE t AS x SET a = (SELECT COUNT(x.b) FROM s) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(refused("DELETE FROM t ORDER BY (SELECT SUM(t.a) FROM s) LIMIT 1") == "PLAN_DEPENDENT");
  CHECK(plan_of("UPDATE t SET a = (SELECT MAX(s.a) FROM s) LIMIT 1").items.size() == 2);
  CHECK(plan_of("UPDATE t SET a = (SELECT COUNT(*) FROM s WHERE s.a = t.a) LIMIT 1").items.size() == 2);
  CHECK(plan_of("DELETE FROM t WHERE a > (SELECT AVG(f) FROM s)").items.size() == 1);
}

TEST_CASE("materialise: names are quoted, and texts depend on no default database") {
  const RowPlan plan = plan_of("UPDATE `odd ``name` SET v = 1 LIMIT 1");
  CHECK(texts_of(plan, {{"4", "1"}}).front() == "UPDATE `d`.`odd ``name` SET `v`=1 WHERE `select` IN (4)");
  Judgement judgement;
  judgement.default_database = "e";
  judgement.schema = &kSchema;
  const Verdict verdict = judge("DELETE FROM d.t LIMIT 1", judgement);
  REQUIRE(verdict.rows != nullptr);
  CHECK(verdict.rows->head == "DELETE FROM `d`.`t` WHERE ");
  CHECK(verdict.explanation().find("executed at the master") != std::string::npos);
  CHECK(determinism_name(verdict.determinism) == "materialised");
}

TEST_CASE("materialise: an UPDATE of some partitions keeps them, as no row may leave them") {
  CHECK(plan_of("UPDATE part PARTITION (p0, p1) SET a = 1 WHERE b LIKE 'x'").head ==
        "UPDATE `d`.`part` PARTITION (p0, p1) SET ");
  const RowPlan joined =
      plan_of("UPDATE part PARTITION (p0) AS x JOIN s PARTITION (p1) ON s.id = x.id SET x.a = s.a WHERE s.f > 1");
  CHECK(texts_of(joined, {{"1", "2"}}).front() ==
        "UPDATE `d`.`part` PARTITION (p0) SET `a`=2 WHERE `id`=1 ORDER BY `id`");
  CHECK(plan_of("UPDATE part SET a = 1 WHERE b LIKE 'x'").head == "UPDATE `d`.`part` SET ");
}

TEST_CASE("materialise: IGNORE leaves what collides in the order in which the rows are read") {
  const RowPlan plan = plan_of("UPDATE IGNORE t SET id = id + 1");
  CHECK(plan.moved.empty());
  CHECK(texts_of(plan, {{"1", "2"}, {"2", "3"}}).front() ==
        "UPDATE IGNORE `d`.`t` SET `id`=2 WHERE `id`=1 ORDER BY `id`");
}

TEST_CASE("materialise: a time is a key, also one that is no time of day") {
  Schema schema = kSchema;
  schema.tables[{"d", "times"}] = table({column("k", "time"), column("v", "int", true)}, {{"k"}});
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const Verdict verdict = judge("UPDATE times SET v = 1 LIMIT 2", judgement);
  REQUIRE(verdict.rows != nullptr);
  RowTexts texts(*verdict.rows, 1'000);
  texts.add({key_literal(RowValue::time, "-838:59:59", column("k", "time")), "1"});
  const std::string text = texts.finish().front();
  CHECK(text == "UPDATE `d`.`times` SET `v`=1 WHERE `k` IN (CAST('-838:59:59' AS TIME(0)))");
  CHECK(judge(text, judgement).determinism == Determinism::safe);
}

TEST_CASE("materialise: behind an INSERT … SELECT no name is taken that its sources have, too") {
  CHECK(refused("INSERT INTO t (id, a) SELECT id, a FROM s LIMIT 1 ON DUPLICATE KEY UPDATE a = a + 1") ==
        "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO t (id, a) SELECT x.id, x.a FROM t x LIMIT 1 ON DUPLICATE KEY UPDATE a = a + 1") ==
        "PLAN_DEPENDENT");
  CHECK(judged("INSERT INTO t (id, a) SELECT id, a FROM nowhere LIMIT 1 ON DUPLICATE KEY UPDATE a = a + 1")
            .reason.find("\"nowhere\" of \"d\" is not known") != std::string::npos);
  plan_of("INSERT INTO t (id, a) SELECT id, a FROM s LIMIT 1 ON DUPLICATE KEY UPDATE a = t.a + VALUES(a)");
  plan_of("INSERT INTO t (id, a) SELECT n, 1 FROM heap LIMIT 1 ON DUPLICATE KEY UPDATE a = a + 1");
}

TEST_CASE("materialise: 0x41 by itself goes into the texts as it is, a number where a column is one") {
  const RowPlan update = plan_of("UPDATE t SET a = 0x41, b = x'42' LIMIT 1");
  REQUIRE(update.items.size() == 3);
  CHECK(update.items[1].literal == "0x41");
  CHECK(update.items[2].literal.empty());
  const RowPlan insert = plan_of("INSERT INTO t (id, a, b) SELECT id, b'101', 5 FROM s LIMIT 1");
  REQUIRE(insert.items.size() == 3);
  CHECK(insert.items[1].literal == "b'101'");
  CHECK(insert.items[2].literal.empty());
  // So does a text, which is bytes where a column is of bytes.
  CHECK(plan_of("UPDATE t SET b = 'it''s' LIMIT 1").items.at(1).literal == "'it''s'");
  CHECK(plan_of("UPDATE t SET b = \"x\" LIMIT 1").items.at(1).literal == "\"x\"");
  for (const char* other : {"_latin1'x'", "CONCAT('x')"})
    CHECK(plan_of("UPDATE t SET b = " + std::string(other) + " LIMIT 1").items.at(1).literal.empty());
}

TEST_CASE("materialise: of VALUES what has a query is read, and the rest stays the text that it is") {
  const RowPlan plan =
      plan_of("INSERT INTO auto (id, v) VALUES (900, (SELECT MIN(b) FROM s)) ON DUPLICATE KEY UPDATE v = VALUES(v)");
  REQUIRE(plan.items.size() == 2);
  CHECK(plan.items[0].verbatim);
  CHECK(plan.items[0].literal == "900");
  CHECK_FALSE(plan.items[1].verbatim);
  CHECK(select_text(plan) == "SELECT 0, (SELECT MIN(b) FROM s)");
  CHECK(texts_of(plan, {{"900", "'x'"}}) ==
        std::vector<std::string>{"INSERT INTO auto (id, v) VALUES (900,'x') ON DUPLICATE KEY UPDATE v = VALUES(v)"});
  const RowPlan set = plan_of("INSERT IGNORE auto SET v = (SELECT x.b FROM s x JOIN t y USING (id) LIMIT 1)");
  CHECK_FALSE(set.strict);
  CHECK(texts_of(set, {{"NULL"}}) == std::vector<std::string>{"INSERT IGNORE auto (`v`) VALUES (NULL)"});
  // Several rows are one text, too.
  const RowPlan rows = plan_of("INSERT INTO auto VALUES (1, (SELECT MIN(b) FROM s)), (NULL, 'b')");
  CHECK(select_text(rows) == "SELECT 0, (SELECT MIN(b) FROM s), 0, 0");
  CHECK(texts_of(rows, {{"1", "'x'", "NULL", "'b'"}}) ==
        std::vector<std::string>{"INSERT INTO auto VALUES (1,'x'),(NULL,'b')"});
  // Nor would a later one see the rows before it.
  CHECK(refused("INSERT INTO heap VALUES ((SELECT COUNT(*) FROM heap x)), (1)") == "PLAN_DEPENDENT");
  CHECK(judged("INSERT INTO heap VALUES ((SELECT COUNT(*) FROM heap x)), (1)").reason.find("before it") !=
        std::string::npos);
  CHECK(refused("INSERT INTO heap VALUES (1), ((SELECT COUNT(*) FROM seen))") == "VIEW_IN_WRITE");
  CHECK(refused("INSERT INTO heap VALUES (1), ((SELECT COUNT(*) FROM nowhere))") != "");
  CHECK(refused("REPLACE INTO tree VALUES (1, 1), (2, (SELECT COUNT(*) FROM ring))") == "PLAN_DEPENDENT");
  CHECK(plan_of("INSERT INTO tree VALUES (1, 1), (2, (SELECT COUNT(*) FROM ring))").items.size() == 4);
  CHECK(plan_of("INSERT INTO heap VALUES ((SELECT COUNT(*) FROM heap x))").items.size() == 1);
  // A query in a FROM may have a column of the row's name, and then it is not known whose is meant.
  CHECK(plan_of("INSERT INTO heap VALUES ((SELECT MAX(q.id) FROM (SELECT id FROM s LIMIT 2) AS q))").items.size() == 1);
  CHECK(refused("INSERT INTO heap VALUES ((SELECT MAX(n) FROM (SELECT id FROM s LIMIT 2) AS q))") == "PLAN_DEPENDENT");
  // What is generated between them is not known before; nor a row that looks at itself.
  CHECK(refused("INSERT INTO auto VALUES (1, 'a'), ((SELECT id FROM s LIMIT 1), 'b')") == "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO auto VALUES (1, 'a'), ((SELECT MAX(x.id) FROM s x), 'b', 3)") == "PLAN_DEPENDENT");
  CHECK(refused("INSERT INTO auto (id, v) VALUES (7, (SELECT b FROM s WHERE b = v LIMIT 1))") == "PLAN_DEPENDENT");
}

TEST_CASE("insert: VALUES of literals in parentheses are a query, and as a text safe") {
  for (const char* text : {"INSERT INTO heap (VALUES (7), (-8))", "INSERT INTO heap ((VALUES (7)))",
                           "REPLACE heap (values (NULL))", "INSERT INTO two (VALUES ('a', '2026-01-01', 1))"}) {
    INFO(text);
    CHECK(judged(text).statement_class == Class::write);
    CHECK(judged(text).determinism == Determinism::safe);
  }
  for (const char* text : {"INSERT INTO heap (VALUES (DEFAULT))", "INSERT INTO heap (VALUES (7), (n))",
                           "INSERT INTO heap (VALUES (7) LIMIT 1)", "INSERT INTO heap (VALUES (7)) LIMIT 1",
                           "INSERT INTO heap (VALUES (7)) UNION (VALUES (8))", "INSERT INTO heap (VALUES (7)"})
    CHECK(refused(text) != "");
}

TEST_CASE("materialise: CREATE TABLE with a SELECT keeps all that stands behind the table's name") {
  const Verdict verdict = judged("CREATE OR REPLACE TABLE made (a INT) -- why\n IGNORE AS SELECT a FROM s -- end");
  CHECK(verdict.statement_class == Class::ddl);
  CHECK(verdict.determinism == Determinism::materialised);
  REQUIRE(verdict.created != nullptr);
  CHECK(verdict.created->target == ObjectName{"d", "made"});
  CHECK(verdict.created->body == "(a INT) -- why\n IGNORE AS SELECT a FROM s");
  CHECK(verdict.created->ignores);
  CHECK(verdict.created->create() == "CREATE TABLE `d`.`made` ");
  CHECK(verdict.created->replaces);
  CHECK(verdict.created->drop() == "DROP TABLE IF EXISTS `d`.`made`");
  CHECK(judged("CREATE TABLE e.made SELECT 1").created->where_it_is_there() ==
        "CREATE TABLE `e`.`made` (`it is there` INT)");
  CHECK(judged("CREATE TABLE made (a INT)").created == nullptr);
  CHECK(refused("CREATE TABLE made SELECT * FROM s, d.Made") == "CREATE_SELECT");
  CHECK(refused("CREATE TABLE made SELECT VERSION()") == "CREATE_SELECT");
}
