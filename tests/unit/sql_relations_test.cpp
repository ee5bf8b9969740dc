// Goal: where rows refer to each other, or several keys stand for one row, what replicates does the same on every node.
// Method: judge() over tables with references and keys, and without.
#include "sql/policy.h"
#include "sql/row_plan.h"
#include "tests/unit/sql_tables.h"

using namespace sqlcast::sql;
using sqlcast::sql::test::determinism_schema;
using sqlcast::sql::test::table;

namespace {

const Schema kSchema = determinism_schema();

}  // namespace

TEST_CASE(
    "determinism: what foreign keys refer to moves in an order, or to a constant where they are another table's") {
  Schema schema = kSchema;
  Table& p = schema.tables[{"d", "p"}] = table({"id int", "k int", "x int", "g int generated"}, {{"id"}});
  p.referred = {"k"};
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_of = [&](std::string_view text) { return judge(text, judgement).code; };
  const auto by_rows = [&](std::string_view text) { return judge(text, judgement).rows != nullptr; };
  CHECK(by_rows("UPDATE p SET k = k + 1 WHERE x < 5"));
  CHECK(by_rows("UPDATE p SET K = x + 1 WHERE x < 5"));
  for (const char* safe : {"UPDATE p SET k = 7 WHERE x < 5", "UPDATE p SET x = x + 1",
                           "UPDATE p SET k = k + 1 WHERE id = 5", "UPDATE p SET k = k + 1 ORDER BY id"}) {
    INFO(safe);
    CHECK(code_of(safe) == "");
    CHECK_FALSE(by_rows(safe));
  }
  p.referred = {"g"};
  CHECK(by_rows("UPDATE p SET x = 1 WHERE x < 5"));
  p.referred = {"k"};
  p.references = {{"d", "p"}};
  CHECK(code_of("UPDATE p SET k = 7 WHERE x < 5") == "UNORDERED_ROWS");
  CHECK(code_of("UPDATE p SET k = 7 WHERE id = 5") == "");
  CHECK(code_of("UPDATE p SET x = 7 WHERE x < 5") == "");
}

TEST_CASE("determinism: a DELETE that reaches rows in several ways needs an order where these do not do the same") {
  Schema schema = kSchema;
  schema.tables[{"d", "p"}] = table({"id int", "g int"}, {{"id"}});
  schema.tables[{"d", "c"}] = table({"id int", "a int?", "b int?"}, {{"id"}});
  Table& c = schema.tables[{"d", "c"}];
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_with = [&](std::vector<ObjectName> references, std::vector<OnDelete> on_delete,
                             std::string_view text = "DELETE FROM p WHERE g > 5") {
    c.references = std::move(references);
    c.on_delete = std::move(on_delete);
    return judge(text, judgement).code;
  };
  const ObjectName p{"d", "p"};
  CHECK(code_with({p, p}, {OnDelete::cascade, OnDelete::restrict}) == "UNORDERED_ROWS");
  CHECK(code_with({p, p}, {OnDelete::set_null, OnDelete::cascade}) == "UNORDERED_ROWS");
  CHECK(code_with({p, p}, {OnDelete::cascade}) == "UNORDERED_ROWS");
  CHECK(code_with({p, p}, {OnDelete::cascade, OnDelete::cascade}) == "");
  CHECK(code_with({p, p}, {OnDelete::set_null, OnDelete::set_null}) == "");
  CHECK(code_with({p, p}, {}) == "");
  CHECK(code_with({p, {"d", "product"}}, {OnDelete::cascade, OnDelete::restrict}) == "");
  CHECK(code_with({p, p}, {OnDelete::cascade}, "DELETE FROM p WHERE id = 5") == "");
  CHECK(code_with({p, p}, {OnDelete::cascade}, "DELETE FROM p ORDER BY id") == "");
  // By way of another table.
  schema.tables[{"d", "m"}] = table({"id int", "a int"}, {{"id"}});
  schema.tables[{"d", "m"}].references = {p};
  schema.tables[{"d", "m"}].on_delete = {OnDelete::cascade};
  CHECK(code_with({{"d", "m"}, p}, {OnDelete::restrict, OnDelete::cascade}) == "UNORDERED_ROWS");
  CHECK(code_with({{"d", "m"}, p}, {OnDelete::cascade, OnDelete::cascade}) == "");
  // The texts of its rows have one each, in their order.
  const Verdict verdict = [&] {
    code_with({p, p}, {OnDelete::cascade});
    return judge("DELETE FROM p WHERE g IN (1,2) LIMIT 2", judgement);
  }();
  REQUIRE(verdict.rows != nullptr);
  CHECK(verdict.rows->one_row_each);
}

TEST_CASE("determinism: an order is not enough where rows change before their turn comes") {
  Schema schema = kSchema;
  Table& t = schema.tables[{"d", "t"}] = table({"id int", "up int?"}, {{"id"}});
  schema.tables[{"d", "m"}] = table({"id int", "t int"}, {{"id"}});
  Table& m = schema.tables[{"d", "m"}];
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_of = [&](std::string_view text) { return judge(text, judgement).code; };
  const std::string ordered = "DELETE FROM t WHERE up IS NOT NULL ORDER BY id LIMIT 2";
  t.references = {{"d", "t"}};
  t.on_delete = {OnDelete::cascade};
  CHECK(code_of(ordered) == "");
  t.on_delete = {OnDelete::set_null};
  CHECK(code_of(ordered) == "UNORDERED_ROWS");
  CHECK(code_of("DELETE FROM t WHERE id = 5") == "");
  CHECK(judge("DELETE FROM t WHERE up IS NOT NULL ORDER BY id", judgement).rows != nullptr);
  // By way of another table.
  t.references = {{"d", "m"}};
  m.references = {{"d", "t"}};
  m.on_delete = {OnDelete::cascade};
  CHECK(code_of(ordered) == "UNORDERED_ROWS");
  m.on_delete = {OnDelete::restrict};
  CHECK(code_of(ordered) == "");
  t.references = {{"d", "t"}};
  // What a REPLACE takes along is what the SELECT reads.
  m.references = {{"d", "t"}};
  for (const char* text : {"REPLACE INTO t (id, up) SELECT t, id FROM m ORDER BY id",
                           "INSERT INTO t (id, up) SELECT t, id FROM m ORDER BY id ON DUPLICATE KEY UPDATE up = 1"}) {
    INFO(text);
    CHECK(code_of(text) == "UNORDERED_ROWS");
    CHECK(judge(text, judgement).rows != nullptr);
  }
  CHECK(code_of("INSERT INTO t (id, up) SELECT t, id FROM m") == "UNORDERED_ROWS");
  CHECK(code_of("INSERT INTO t (id, up) SELECT t, id FROM m ORDER BY id") == "");
  // A cascade goes so deep and no deeper.
  schema.tables[{"d", "p"}] = table({"id int", "g int"}, {{"id"}});
  t.references = {{"d", "p"}, {"d", "t"}};
  t.on_delete = {OnDelete::cascade, OnDelete::cascade};
  CHECK(code_of("DELETE FROM p WHERE g < 3") == "UNORDERED_ROWS");
  CHECK(code_of("DELETE FROM p WHERE g < 3 ORDER BY id") == "");
}

TEST_CASE("determinism: REPLACE with several unique keys beside the primary one") {
  Schema schema = kSchema;
  Table& r = schema.tables[{"d", "r"}] = table({"id int", "a int", "b int"}, {{"id"}, {"a"}, {"b"}});
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_of = [&](std::string_view text) { return judge(text, judgement).code; };
  CHECK(code_of("REPLACE INTO r VALUES (3, 1, 2)") == "SEVERAL_UNIQUE_KEYS");
  CHECK(code_of("INSERT IGNORE INTO r VALUES (3, 1, 2)") == "");
  r.referred = {"id"};
  CHECK(code_of("REPLACE INTO r VALUES (3, 1, 2)") == "");
  r.referred = {};
  r.unique_keys.pop_back();
  CHECK(code_of("REPLACE INTO r VALUES (3, 1, 2)") == "");
  r.unique_keys.erase(r.unique_keys.begin());
  CHECK(code_of("REPLACE INTO r VALUES (3, 1, 2)") == "");
}

TEST_CASE("determinism: one row by a key that is not the clustered one, if nothing else is asked for") {
  Schema schema = kSchema;
  Table& t = schema.tables[{"d", "t"}] = table({"id int", "u varchar", "b int", "v int"}, {{"id"}, {"u"}});
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const auto code_of = [&](std::string_view text) { return judge(text, judgement).code; };
  CHECK(code_of("UPDATE t SET v = 1 WHERE 10 / b > 1 AND id = 5") == "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE 10 / b > 1 AND u = 'x' AND id > 100") == "INDEX_DEPENDENT");
  CHECK(code_of("UPDATE t SET v = 1 WHERE u = 'x' LIMIT 1") == "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE u = 'x' AND v < 5 LIMIT 1") == "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE id = -5 LIMIT 1") == "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE id = - 5 AND b = -1 LIMIT 1") == "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE u = -5 LIMIT 1") != "");
  CHECK(code_of("UPDATE t SET v = 1 WHERE id = -u LIMIT 1") != "");
  t.partitioned = true;
  CHECK(code_of("DELETE FROM t WHERE id = -5") == "");
}

TEST_CASE("determinism: a query that a value is compared with stops where the plan lets it") {
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &kSchema;
  for (const char* text :
       {"INSERT INTO archive (id, balance) VALUES (1, 7 IN (SELECT email FROM customer WHERE id > 5))",
        "INSERT INTO archive (id, balance) VALUES (1, 7 = ANY (SELECT id FROM customer))",
        "INSERT INTO archive (id, balance) VALUES (1, 7 > ALL (SELECT id FROM customer))",
        "INSERT INTO archive (id, balance) VALUES (1, 7 IN ((SELECT id FROM customer)))",
        "INSERT INTO archive (id, balance) VALUES (1, 7 IN (((SELECT id FROM customer))))",
        "INSERT INTO archive SET id = 1, balance = 7 NOT IN (SELECT id FROM customer)"}) {
    INFO(text);
    const Verdict verdict = judge(text, judgement);
    CHECK(verdict.code == "PLAN_DEPENDENT");
    CHECK(verdict.rows != nullptr);
  }
  CHECK(judge("INSERT INTO archive (id, balance) VALUES (1, 7 IN (5, 7))", judgement).code == "");
}
