#include "client/cli/completion.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "client/sql_place.h"
#include "sql/function.h"
#include "sql/keyword.h"
#include "sql/lexer.h"
#include "sql/literal.h"

namespace sqlcast::cli {
namespace {

using sql::TokenKind;

// What a statement, or a command of the shell, begins with.
constexpr auto kFirstWords = std::to_array<std::string_view>(
    {"ALTER",  "ANALYZE", "CREATE",  "DELETE", "DELIMITER", "DESCRIBE", "DROP",      "EXPLAIN",
     "INSERT", "RENAME",  "REPLACE", "SELECT", "SHOW",      "TRUNCATE", "UPDATE",    "USE",
     "VALUES", "WITH",    "edit",    "help",   "nopager",   "notee",    "nowarning", "pager",
     "quit",   "source",  "status",  "system", "tee",       "rehash",   "warnings"});

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// What was typed of the word, and what stands in front of it.
struct Place {
  std::string prefix;
  bool quoted = false;  // with a backquote in front
  std::size_t replaced = 0;
  std::vector<client::SqlWord> words;  // in front
};

// Nothing inside strings, comments, numbers and variables.
std::optional<Place> place_of(std::string_view statement) {
  Place place;
  const std::vector<sql::Token> tokens = sql::lex(statement);
  std::string_view head = statement;
  if (!tokens.empty()) {
    const sql::Token& last = tokens.back();
    const bool open_quote = last.kind == TokenKind::error && last.text.starts_with('`');
    if (last.kind == TokenKind::word || open_quote) {
      place.quoted = open_quote;
      place.prefix = std::string(open_quote ? last.text.substr(1) : last.text);
      place.replaced = last.size;
      head = statement.substr(0, last.offset);
    } else if (last.kind != TokenKind::blank && last.kind != TokenKind::symbol) {
      return std::nullopt;
    }
  }
  place.words = client::sql_words(head);
  return place;
}

class Collector {
 public:
  Collector(const Place& place, const Names& names, std::string_view database)
      : place_(place), names_(names), database_(database) {}

  Completion result() {
    std::sort(words_.begin(), words_.end());
    words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
    return {place_.replaced, std::move(words_)};
  }

  void name(std::string_view name, std::string_view behind = "") {
    if (!begins(name)) return;
    const bool plain = !name.empty() && !client::is_reserved(name) && !(name[0] >= '0' && name[0] <= '9') &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
                       });
    words_.push_back((plain && !place_.quoted ? std::string(name) : sql::quote_name(name)) + std::string(behind));
  }

  // As it is typed: in small letters when what is there of it is.
  void word(std::string_view word, std::string_view behind = "") {
    if (place_.quoted || !begins(word)) return;
    const bool small =
        std::any_of(place_.prefix.begin(), place_.prefix.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    std::string text(word);
    if (small) std::transform(text.begin(), text.end(), text.begin(), lower);
    words_.push_back(text + std::string(behind));
  }

  void databases(std::string_view behind = "") {
    for (const std::string& database : names_.databases) name(database, behind);
  }
  void tables_of(std::string_view database) {
    for (const Names::Table& table : names_.tables)
      if (table.database == database) name(table.name);
  }
  void columns_of(std::string_view database, std::string_view table_name) {
    for (const Names::Table& table : names_.tables)
      if (table.database == database && same(table.name, table_name))
        for (const std::string& column : table.columns) name(column);
  }
  void all_columns() {
    for (const Names::Table& table : names_.tables)
      if (table.database == database_)
        for (const std::string& column : table.columns) name(column);
  }
  void keywords_and_functions() {
    if (place_.prefix.empty()) return;
    for (const std::string_view keyword : sql::keyword_texts())
      if (client::is_reserved(keyword) && sql::find_function(keyword) == nullptr) word(keyword);
    for (const sql::Function& function : sql::functions())
      if (function.function_class != sql::FunctionClass::refused && function.source != sql::FunctionSource::mysql)
        word(function.name, "(");
  }

 private:
  bool begins(std::string_view word) const {
    return word.size() >= place_.prefix.size() && same(word.substr(0, place_.prefix.size()), place_.prefix);
  }

  const Place& place_;
  const Names& names_;
  const std::string_view database_;
  std::vector<std::string> words_;
};

// Behind "name." or "database.table.".
void collect_behind_dot(const std::vector<client::SqlWord>& words, const std::vector<client::TableMention>& tables,
                        Collector& found) {
  const std::size_t dot = words.size() - 1;
  const std::string& owner = words[dot - 1].text;
  if (dot >= 3 && words[dot - 2].text == ".") return found.columns_of(words[dot - 3].text, owner);
  for (const client::TableMention& table : tables)
    if (same(table.alias, owner) || same(table.table, owner)) found.columns_of(table.database, table.table);
  found.tables_of(owner);
}

}  // namespace

Completion complete(std::string_view before, std::string_view after, const Names& names, std::string_view database) {
  std::size_t begin = 0;
  for (const sql::Token& token : sql::lex(before))
    if (token.kind == TokenKind::symbol && token.text == ";") begin = token.offset + token.size;
  const std::string_view statement = before.substr(begin);
  const auto place = place_of(statement);
  if (!place) return {};
  const std::vector<client::SqlWord>& words = place->words;
  Collector found(*place, names, database);
  const auto tables = client::table_mentions(
      client::sql_words(std::string(statement) + std::string(after.substr(0, after.find(';')))), database);
  if (words.empty()) {
    for (const std::string_view word : kFirstWords) found.word(word);
  } else if (words.size() >= 2 && words.back().text == "." && words[words.size() - 2].name) {
    collect_behind_dot(words, tables, found);
  } else if (words.size() == 1 && same(words[0].text, "use")) {
    found.databases();
  } else if (client::place_behind(words, words.size()) == client::SqlPlace::table) {
    found.tables_of(database);
    found.databases(".");
  } else {
    for (const client::TableMention& table : tables) {
      found.columns_of(table.database, table.table);
      found.name(table.alias.empty() ? table.table : table.alias, ".");
    }
    if (tables.empty()) found.all_columns();
    found.keywords_and_functions();
  }
  return found.result();
}

}  // namespace sqlcast::cli
