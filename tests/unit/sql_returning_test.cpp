// Goal: RETURNING is the client's alone: the text for the log ends before it, and nothing in it can change what is
// written. Method: verdicts on statements with it.
#include "sql/policy.h"

using namespace sqlcast::sql;

namespace {

Verdict judged(std::string_view text) {
  static const Schema schema = [] {
    Schema made;
    Table table;
    table.engine = "InnoDB";
    for (const char* name : {"id", "a"}) {
      Column column;
      column.name = name;
      column.type = "int";
      table.columns.push_back(column);
    }
    table.unique_keys.push_back({{"id"}, false});
    made.tables[{"d", "t"}] = table;
    return made;
  }();
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  judgement.freeze = [](auto, auto) { return std::string("'frozen'"); };
  return judge(text, judgement);
}

std::string logged(const std::string& text) {
  const Verdict verdict = judged(text);
  INFO(text << ": " << verdict.explanation());
  REQUIRE(verdict.statement_class == Class::write);
  const std::string& runs = verdict.rewritten.empty() ? text : verdict.rewritten;
  return runs.substr(0, verdict.logged_end);
}

}  // namespace

TEST_CASE("returning: the text for the log ends before it") {
  CHECK(logged("INSERT INTO t VALUES (1, 2) RETURNING id") == "INSERT INTO t VALUES (1, 2)");
  CHECK(logged(" /* x */ INSERT INTO t SET a=1\n RETURNING (SELECT COUNT(*) FROM t) -- y") ==
        " /* x */ INSERT INTO t SET a=1");
  CHECK(logged("DELETE FROM t WHERE a = 'RETURNING' -- why\n RETURNING a, id;") ==
        "DELETE FROM t WHERE a = 'RETURNING'");
  CHECK(logged("REPLACE INTO t VALUES (UUID(), SYSDATE()) RETURNING UUID()") ==
        "REPLACE INTO t VALUES ('frozen', 'frozen')");
  CHECK(judged("INSERT INTO t VALUES (1, 2)").logged_end == 0);
  CHECK(judged("INSERT INTO t VALUES (1, UUID())").logged_end == 0);
}

TEST_CASE("returning: what the log has is the same statement without it") {
  for (const char* text : {"INSERT INTO t (id, a) VALUES (1, 2), (3, 4) RETURNING id", "DELETE FROM t RETURNING a + 1",
                           "REPLACE INTO t (a) SELECT 1 RETURNING a"}) {
    const Verdict verdict = judged(logged(text));
    INFO(text);
    CHECK(verdict.statement_class == Class::write);
    CHECK_FALSE(verdict.returns_rows);
    CHECK(verdict.logged_end == 0);
  }
}

TEST_CASE("returning: rows stand for affected rows only where the server gives one for each") {
  CHECK(judged("INSERT INTO t VALUES (1, 2) RETURNING id").returns_each_affected);
  CHECK(judged("INSERT INTO t SELECT 1, 2 RETURNING id").returns_each_affected);
  CHECK(judged("DELETE FROM t RETURNING id").returns_each_affected);
  for (const char* text :
       {"REPLACE INTO t VALUES (1, 2) RETURNING id", "INSERT IGNORE INTO t VALUES (1, 2) RETURNING id",
        "INSERT INTO t VALUES (1, 2) ON DUPLICATE KEY UPDATE a = 1 RETURNING id"}) {
    INFO(text);
    CHECK(judged(text).statement_class == Class::write);
    CHECK_FALSE(judged(text).returns_each_affected);
  }
}

TEST_CASE("returning: functions in it obey the rules of reads") {
  for (const char* function : {"UUID()", "CONNECTION_ID()", "NOW()", "GROUP_CONCAT(a)", "CONVERT_TZ(NOW(),'UTC','UTC')",
                               "RAND()", "(SELECT a FROM t LIMIT 1)", "USER()"}) {
    INFO(function);
    CHECK(judged("INSERT INTO t VALUES (1, 2), (3, 4) RETURNING " + std::string(function)).statement_class ==
          Class::write);
  }
  for (const char* function :
       {"SLEEP(1)", "GET_LOCK('a', 1)", "LOAD_FILE('x')", "f()", "d.f()", "NEXTVAL(s)", "@x", "@@x", "LAST_INSERT_ID()",
        "LAST_INSERT_ID(5)", "ROW_COUNT()", "BENCHMARK(1, 1)", "(SELECT a FROM t FOR UPDATE)"}) {
    INFO(function);
    CHECK(judged("INSERT INTO t VALUES (1, 2) RETURNING " + std::string(function)).statement_class == Class::refused);
  }
  // It would give the second row another value than a slave has, where there is no RETURNING.
  CHECK(judged("INSERT INTO t VALUES (1, RAND()), (2, RAND()) RETURNING RAND()").code == "RANDOM_PER_ROW");
  CHECK(judged("INSERT INTO t VALUES (1, RAND()) RETURNING RAND()").statement_class == Class::write);
}
