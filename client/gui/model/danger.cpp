#include "client/gui/model/danger.h"

#include <algorithm>
#include <vector>

#include "client/gui/model/text.h"
#include "sql/lexer.h"
#include "sql/literal.h"
#include "sql/policy.h"

namespace sqlcast::gui {

namespace {

// Words outside of parentheses, upper case.
std::vector<std::string> outer_words(std::string_view sql) {
  std::vector<std::string> words;
  sql::Lexer lexer(sql);
  sql::Token token;
  int depth = 0;
  while (lexer.next(token)) {
    if (token.text == "(") ++depth;
    if (token.text == ")") --depth;
    if (depth == 0 && token.kind == sql::TokenKind::word) words.push_back(upper(token.text));
  }
  return words;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// ALTER TABLE … DROP of a column or a partition; keys and constraints can be made again.
bool drops_a_column(const std::vector<std::string>& words) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != "DROP") continue;
    const std::string& what = words[i + 1];
    if (what != "INDEX" && what != "KEY" && what != "PRIMARY" && what != "FOREIGN" && what != "CONSTRAINT" &&
        what != "CHECK" && what != "DEFAULT")
      return true;
  }
  return false;
}

std::string full_name(const sql::ObjectName& name) {
  return name.database.empty() ? sql::quote_name(name.name)
                               : cat(sql::quote_name(name.database), ".", sql::quote_name(name.name));
}

}  // namespace

std::optional<Danger> danger_of(std::string_view sql, std::string_view database, bool every_write) {
  const sql::Verdict verdict = sql::classify(sql, database);
  if (verdict.statement_class == sql::Class::refused || verdict.statement_class == sql::Class::read)
    return std::nullopt;
  const std::vector<std::string> words = outer_words(sql);
  if (words.empty()) return std::nullopt;
  const std::string& verb = words.front();
  const bool of_one_table = !verdict.tables.empty();
  const std::string table = of_one_table ? full_name(verdict.tables.front()) : std::string();
  Danger danger;
  danger.sql = sql;
  if (of_one_table) danger.count_sql = cat("SELECT COUNT(*) FROM ", table);
  if ((verb == "UPDATE" || verb == "DELETE") && !has(words, "WHERE")) {
    danger.what = cat(verb, " without WHERE: every row of ", table);
  } else if (verb == "TRUNCATE") {
    danger.what = cat("TRUNCATE: every row of ", table, " is removed");
  } else if (verb == "DROP") {
    const std::string kind = words.size() > 1 ? words[1] : std::string();
    danger.what = cat("DROP ", kind, kind == "TABLE" ? cat(": ", table, " and all of its rows are removed") : "");
    if (kind != "TABLE") danger.count_sql.clear();
  } else if (verb == "ALTER" && drops_a_column(words)) {
    danger.what = cat("ALTER TABLE … DROP: what it holds in every row of ", table, " is removed");
  } else if (every_write) {
    danger.what = verdict.statement_class == sql::Class::ddl ? "a change of the schema" : cat("a write: ", verb);
    danger.count_sql.clear();
  } else {
    return std::nullopt;
  }
  return danger;
}

}  // namespace sqlcast::gui
