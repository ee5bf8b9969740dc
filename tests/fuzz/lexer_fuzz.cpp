// Fuzz target: any bytes go through the lexer, the splitter and the verdict. Stops where an invariant breaks.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sql/lexer.h"
#include "sql/policy.h"
#include "sql/splitter.h"

using namespace sqlcast::sql;

namespace {

Schema fuzz_schema() {
  Schema schema;
  Table table;
  table.engine = "InnoDB";
  for (const char* name : {"id", "a", "b"}) {
    Column column;
    column.name = name;
    column.type = "int";
    table.columns.push_back(column);
  }
  table.columns[0].auto_increment = true;
  table.columns[2].default_expression = "uuid()";
  table.unique_keys.push_back({{"id"}, false});
  schema.tables[{"d", "t"}] = table;
  schema.tables[{"d", "s"}] = table;
  return schema;
}

void check_lexer(std::string_view text) {
  std::size_t at = 0;
  Lexer lexer(text);
  for (Token token; lexer.next(token);) {
    SQLCAST_CHECK(token.offset == at);
    SQLCAST_CHECK(token.size > 0);
    SQLCAST_CHECK(token.text.data() == text.data() + at);
    at += token.size;
  }
  SQLCAST_CHECK(at == text.size());
}

void check_splitter(std::string_view text) {
  std::string delimiter = ";";
  std::size_t at = 0;
  for (const Piece& piece : split(text, delimiter)) {
    SQLCAST_CHECK(piece.offset >= at);
    SQLCAST_CHECK(piece.end > piece.offset);
    SQLCAST_CHECK(piece.end <= text.size());
    at = piece.end;
  }
}

void check_verdict(std::string_view text) {
  static const Schema schema = fuzz_schema();
  Judgement judgement;
  judgement.default_database = "d";
  judgement.schema = &schema;
  const Verdict verdict = judge(text, judgement);
  const Verdict routed = classify(text, "d");
  const bool refused = verdict.statement_class == Class::refused;
  // Of what is materialised it is what its text lacks.
  SQLCAST_CHECK((refused || verdict.determinism == Determinism::materialised) == !verdict.code.empty());
  SQLCAST_CHECK(refused || routed.statement_class == verdict.statement_class);
  SQLCAST_CHECK(!refused || !verdict.explanation().empty());
  if (refused) return;
  const std::string_view runs = verdict.rewritten.empty() ? text : std::string_view(verdict.rewritten);
  SQLCAST_CHECK(verdict.body_offset < verdict.body_end && verdict.body_end <= runs.size());
  // The statement cut out of its surroundings is the same statement.
  const std::string_view body = runs.substr(verdict.body_offset, verdict.body_end - verdict.body_offset);
  const Verdict again = judge(body, judgement);
  SQLCAST_CHECK(again.statement_class == verdict.statement_class);
  if (verdict.insert && verdict.insert->plain) {
    SQLCAST_CHECK(runs.at(verdict.insert->values_offset) == '(');
    SQLCAST_CHECK(runs.at(verdict.insert->values_end - 1) == ')');
  }
  for (const std::string& part : verdict.parts) SQLCAST_CHECK(judge(part, judgement).statement_class == Class::ddl);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_lexer(text);
  check_splitter(text);
  check_verdict(text);
  return 0;
}
