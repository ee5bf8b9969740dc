// Goal: the policy gives every statement of the corpora its verdict. Method: judge() and classify() on each row.
#include "tests/unit/sql_corpus.h"
#include <algorithm>

#include "sql/keyword.h"
#include "sql/policy.h"

using namespace sqlcast::sql;
using sqlcast::sql::test::read_corpus;

namespace {

Schema corpus_schema() {
  Schema schema;
  schema.databases = {"test", "d"};
  Table table;
  table.engine = "InnoDB";
  for (const char* name : {"id", "a", "b", "c"}) {
    Column column;
    column.name = name;
    column.type = "int";
    column.nullable = column.name != "id";
    table.columns.push_back(column);
  }
  Column text;
  text.name = "u";
  text.type = "varchar";
  table.columns.push_back(text);
  table.unique_keys.push_back({{"id"}, false});
  for (const char* name : {"t", "s", "x", "other"}) schema.tables[{"test", name}] = table;
  Table numbered = table;
  numbered.columns[0].auto_increment = true;
  schema.tables[{"test", "auto"}] = numbered;
  Table keys = numbered;
  keys.unique_keys.push_back({{"a"}, true});
  keys.unique_keys.push_back({{"b"}, false});
  schema.tables[{"test", "keys3"}] = keys;
  Table bare = table;
  bare.unique_keys.clear();
  schema.tables[{"test", "nokey"}] = bare;
  Table view;
  view.view = true;
  schema.tables[{"test", "v"}] = view;
  Table old = table;
  old.engine = "MyISAM";
  schema.tables[{"test", "myisam"}] = old;
  return schema;
}

}  // namespace

TEST_CASE("verdict: every statement of the corpus gets its class") {
  const Schema schema = corpus_schema();
  Judgement judgement;
  judgement.default_database = "test";
  judgement.schema = &schema;
  std::size_t rows = 0;
  for (const auto& row : read_corpus("verdicts.tsv")) {
    REQUIRE(row.fields.size() >= 2);
    const Verdict verdict = judge(row.fields[1], judgement);
    INFO("line " << row.line << ": " << row.fields[1] << "\n  " << verdict.explanation());
    CHECK(std::string(class_name(verdict.statement_class)) == row.fields[0]);
    const bool as_text = verdict.determinism != Determinism::materialised;
    CHECK((verdict.statement_class == Class::refused || !as_text) == !verdict.code.empty());
    // What routing refuses, the full verdict refuses too; what the full verdict allows, routing knows by the same
    // class.
    const Verdict routed = classify(row.fields[1], "test");
    if (routed.statement_class == Class::refused) CHECK(verdict.statement_class == Class::refused);
    if (verdict.statement_class != Class::refused) CHECK(routed.statement_class == verdict.statement_class);
    ++rows;
  }
  CHECK(rows >= 800);
}

TEST_CASE("verdict: every statement that the manuals know has a row in the corpus") {
  std::vector<std::string> known;
  for (const auto& row : read_corpus("verdicts.tsv")) {
    std::string text;
    for (const char c : row.fields[1]) {
      const bool blank = c == ' ' || (c >= 9 && c <= 13);
      if (!blank || !text.ends_with(' ')) text += blank ? ' ' : to_upper(c);
    }
    known.push_back(text + ' ');
  }
  std::ifstream file(std::string(SQLCAST_SOURCE_DIR) + "/tests/corpus/statements.txt");
  std::size_t statements = 0;
  for (std::string words; std::getline(file, words);) {
    if (words.starts_with('#')) continue;
    INFO(words);
    CHECK(std::any_of(known.begin(), known.end(), [&](const std::string& text) {
      return text.starts_with(words) && std::string_view(" ;('*").find(text[words.size()]) != std::string_view::npos;
    }));
    ++statements;
  }
  CHECK(statements > 200);
}
