#include "client/sql_place.h"

#include <algorithm>

#include "sql/keyword.h"
#include "sql/lexer.h"

namespace sqlcast::client {
namespace {

using sql::TokenKind;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool before_table(std::string_view word) {
  constexpr std::string_view kWords[] = {"from", "join", "into", "update", "table", "describe", "desc", "references"};
  return std::any_of(std::begin(kWords), std::end(kWords), [word](std::string_view one) { return same(word, one); });
}

// Where the list of tables begins that words [0, end) end with, behind FROM or its like; `end`: they end otherwise.
std::size_t list_before(const std::vector<SqlWord>& words, std::size_t end) {
  for (std::size_t i = end; i-- > 0;) {
    const SqlWord& word = words[i];
    // DESC stands behind a column of ORDER BY, too.
    if (!word.name && before_table(word.text) && !same(word.text, "desc")) return i + 1;
    if (!word.name && word.text != "," && word.text != "." && !same(word.text, "as")) return end;
  }
  return end;
}

}  // namespace

bool is_reserved(std::string_view word) {
  const auto keyword = sql::find_keyword(word);
  return keyword != sql::Keyword::none && !sql::is_mostly_a_name(keyword);
}

std::vector<SqlWord> sql_words(std::string_view statement, std::size_t most) {
  std::vector<SqlWord> words;
  sql::Lexer lexer(statement);
  sql::Token token;
  while (words.size() < most && lexer.next(token)) {
    if (token.kind == TokenKind::blank || token.kind == TokenKind::comment) continue;
    const bool quoted = token.kind == TokenKind::quoted_identifier;
    const bool behind_dot = !words.empty() && words.back().text == ".";
    const bool name = quoted || (token.kind == TokenKind::word && (behind_dot || !is_reserved(token.text)));
    words.push_back({quoted ? sql::identifier_text(token.text) : std::string(token.text), name, token.offset});
  }
  return words;
}

std::vector<TableMention> table_mentions(const std::vector<SqlWord>& words, std::string_view database) {
  std::vector<TableMention> found;
  const auto text = [&](std::size_t i) { return i < words.size() ? std::string_view(words[i].text) : ""; };
  const auto name = [&](std::size_t i) { return i < words.size() && words[i].name; };
  std::size_t next = 0;  // where a comma goes on with the list of tables
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!before_table(text(i)) && !(text(i) == "," && next == i && !found.empty())) continue;
    std::size_t at = i + 1;
    if (!name(at)) continue;
    TableMention mention{std::string(database), words[at].text, {}};
    if (text(at + 1) == "." && name(at + 2)) {
      mention.database = mention.table;
      at += 2;
      mention.table = words[at].text;
    }
    if (same(text(at + 1), "as")) ++at;
    if (name(at + 1)) mention.alias = words[++at].text;
    next = at + 1;
    found.push_back(std::move(mention));
  }
  return found;
}

SqlPlace place_behind(const std::vector<SqlWord>& words, std::size_t end) {
  if (end == 0) return SqlPlace::anywhere;
  const SqlWord& last = words[end - 1];
  if (same(last.text, "as")) return SqlPlace::new_name;
  if (!last.name && before_table(last.text)) return SqlPlace::table;
  if (last.text != "," && !last.name) return SqlPlace::anywhere;
  const std::size_t list = list_before(words, end);
  if (list == end) return SqlPlace::anywhere;
  if (last.text == ",") return SqlPlace::table;
  // "a", "d.a" and "b, a" are a table; "a x" has its new name already.
  std::size_t at = end - 1;
  if (at >= list + 2 && words[at - 1].text == ".") at -= 2;
  return at == list || words[at - 1].text == "," ? SqlPlace::new_name : SqlPlace::anywhere;
}

}  // namespace sqlcast::client
