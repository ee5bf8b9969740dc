// Conditions whose rows depend on whether the server reads them by an index or by a scan. MariaDB 10.11, found by
// comparing FORCE INDEX with IGNORE INDEX over texts of all kinds:
//  - an index over a column's first characters compares as many characters of the value that is looked for; where 'ß'
//    equals 'ss', the cut falls elsewhere in equal values, and the index misses rows;
//  - LIKE 'a%' under a _bin collation that pads: its range begins behind texts that go on with a control character;
//  - = and IN with a number or time that the column cannot hold: by an index it is rounded first (1.5 finds 2);
//  - BETWEEN two texts that are equal in the literals' own collation becomes =, in an index range only.
#include <algorithm>

#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {
namespace {

constexpr std::size_t kMostLookUps = 20'000'000;  // columns looked at; a fraction of a second

// A character weighs by itself.
bool weighs_each_character(std::string_view collation) {
  return collation.empty() || collation == "binary" || collation.ends_with("_bin") ||
         collation.find("_general_") != std::string_view::npos || collation.starts_with("latin1_swedish_");
}

bool pads_bytes(std::string_view collation) {
  return collation.ends_with("_bin") && !collation.ends_with("_nopad_bin");
}

// What literals have in the nodes' sessions.
bool is_collation_of_literals(std::string_view collation) {
  return collation == "utf8mb4_general_ci" || collation == "utf8mb3_general_ci";
}

bool is_number_type(const Column& column) {
  return type_is_one_of(column,
                        {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "bit", "float"});
}

bool is_time_type(const Column& column) { return type_is_one_of(column, {"date", "time", "datetime", "timestamp"}); }

// [-]digits[.digits]: as the column itself would be written, with no more behind the point than it has.
bool is_plain_number(std::string_view text, std::uint32_t scale) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view behind = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return !whole.empty() && digits(whole) && digits(behind) && behind.size() <= scale;
}

// A month, day, hour, minute or second of `text` is one. What is none, the server compares otherwise by an index.
bool is_at_most(std::string_view text, std::size_t at, int most) {
  return at + 2 > text.size() || (text[at] - '0') * 10 + (text[at + 1] - '0') <= most;
}

bool is_date(std::string_view text) { return is_at_most(text, 5, 12) && is_at_most(text, 8, 31); }

bool is_clock_time(std::string_view text) {
  return is_at_most(text, 0, 23) && is_at_most(text, 3, 59) && is_at_most(text, 6, 59);
}

// The pattern's 0 is any digit: '2026-11-27 12:00:00.5' for "0000-00-00 00:00:00" and one digit behind the point.
bool is_plain_time(std::string_view text, std::string_view pattern, std::uint32_t scale) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i]) return false;
  const std::string_view behind = text.substr(pattern.size());
  return behind.empty() || (behind.front() == '.' && is_plain_number("0" + std::string(behind), scale));
}

// The column can hold the literal as it is, so that nothing is rounded or converted.
bool holds_exactly(const Column& column, const Item& item, std::string_view text) {
  if (item.kind == TokenKind::string) text = text.substr(1, text.size() - 2);
  if (is_number_type(column)) return is_plain_number(text, same_word(column.type, "decimal") ? column.scale : 0);
  if (item.kind != TokenKind::string) return false;
  if (same_word(column.type, "time")) return is_plain_time(text, "00:00:00", column.scale) && is_clock_time(text);
  if (text.size() == 10) return is_plain_time(text, "0000-00-00", 0) && is_date(text);
  return !same_word(column.type, "date") && is_plain_time(text, "0000-00-00 00:00:00", column.scale) && is_date(text) &&
         is_clock_time(text.substr(11));
}

bool is_comparison(char symbol, std::string_view text) {
  return symbol == '=' || symbol == '<' || symbol == '>' ||
         (symbol == '#' && (text == "<=>" || text == "<=" || text == ">=" || text == "<>" || text == "!="));
}

bool has_loose_prefix(const Column& column) {
  return column.indexed == Indexed::prefix && !weighs_each_character(column.collation);
}

}  // namespace

// The column in front of an operator: u LIKE, (u) NOT LIKE. Empty when there is none: what a function makes of a
// column, or BINARY, is read by no index.
std::string Rules::column_before(std::size_t at) const {
  while (at > 0 && (tokens_[at - 1].keyword == Keyword::NOT_ || tokens_[at - 1].symbol == ')')) {
    if (tokens_[--at].symbol == ')' && closes_call(at)) return {};
  }
  if (at == 0) return {};
  ColumnRef column;
  if (!read_column(tokens_, {at - 1, at}, column)) return {};
  std::size_t first = at - 1;
  while (first >= 2 && tokens_[first - 1].symbol == '.') first -= 2;
  return first > 0 && tokens_[first - 1].keyword == Keyword::BINARY_ ? std::string() : column.name;
}

// The ")" ends the arguments of a function, and no group. Groups are as deep as the limit at most, so that looking for
// the "(" stays linear.
bool Rules::closes_call(std::size_t at) const {
  std::size_t open = at;
  while (open > 0 && !(tokens_[open].symbol == '(' && tokens_[open].match == at)) --open;
  if (open == 0) return false;
  const Item& before = tokens_[open - 1];
  if (before.kind == TokenKind::quoted_identifier) return true;
  const bool side = before.keyword == Keyword::LEFT_ || before.keyword == Keyword::RIGHT_;  // LEFT(u, 1)
  return before.kind == TokenKind::word && !takes_group(before.keyword) && (side || !ends_clause(before.keyword));
}

// Columns of that name, of any of the statement's tables.
const std::vector<const Column*>& Rules::columns_called(const std::string& name) const {
  const auto [known, fresh] = called_.try_emplace(name);
  if (!fresh) return known->second;
  for (const TableUse& use : facts_.tables) {
    const Table* table_of_use = table(use.name);
    if (table_of_use == nullptr) continue;
    looked_at_ += table_of_use->columns.size();
    for (const Column& column : table_of_use->columns)
      if (may_be_same_name(column.name, name)) known->second.push_back(&column);
  }
  return known->second;
}

bool Rules::any_column(const std::string& name, bool (*test)(const Column&)) const {
  const std::vector<const Column*>& columns = columns_called(name);
  return std::any_of(columns.begin(), columns.end(), [&](const Column* column) { return test(*column); });
}

bool Rules::check_like(std::size_t at) {
  const std::string name = column_before(at);
  const auto indexed = [](const Column& column) {
    return column.indexed != Indexed::no && pads_bytes(column.collation);
  };
  return name.empty() || !any_column(name, indexed) ||
         refuse(Refusal::index_dependent, "LIKE finds other rows of \"" + name +
                                              "\" by its index than without, under a _bin collation that pads");
}

bool Rules::check_between(std::size_t at) {
  const std::string name = column_before(at);
  if (name.empty()) return true;
  const auto plain_text = [this](std::size_t bound) {
    return tokens_[bound].kind == TokenKind::string && tokens_.text(bound).starts_with('\'');
  };
  const bool plain = plain_text(at + 1) && tokens_[at + 2].keyword == Keyword::AND_ && plain_text(at + 3);
  const std::vector<const Column*>& columns = columns_called(name);
  const bool depends = std::any_of(columns.begin(), columns.end(), [plain](const Column* known) {
    const Column& column = *known;
    const bool bytes = type_is_one_of(column, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"});
    return column.indexed != Indexed::no && (bytes || !column.collation.empty()) &&
           !(plain && (bytes || is_collation_of_literals(column.collation)));
  });
  return !depends || refuse(Refusal::index_dependent,
                            "BETWEEN finds other rows of \"" + name +
                                "\" by its index than without, where the two texts are equal in another collation");
}

// `literal` is compared for equality with the column, as it is or with a sign in front.
bool Rules::check_exact(const std::string& column, std::size_t literal) {
  const Item& item = tokens_[literal];
  const bool text = item.kind == TokenKind::string && tokens_.text(literal).starts_with('\'');
  if (column.empty() || (item.kind != TokenKind::number && item.kind != TokenKind::string)) return true;
  const std::vector<const Column*>& columns = columns_called(column);
  const bool rounds = std::any_of(columns.begin(), columns.end(), [&](const Column* known) {
    const bool typed = is_number_type(*known) || is_time_type(*known);
    return known->indexed != Indexed::no && typed &&
           !((text || item.kind == TokenKind::number) && holds_exactly(*known, item, tokens_.text(literal)));
  });
  return !rounds || refuse(Refusal::index_dependent, "\"" + column + "\" cannot hold " + shown({literal, literal + 1}) +
                                                         " as it is: by its index the server compares it rounded");
}

// Text beside a number, in what strict mode makes fail at the first row whose text is none: which rows the server
// compares is the plan's.
bool Rules::check_text_number(const std::string& column, std::size_t literal) {
  if (column.empty() || facts_.verb == Verb::delete_ || tokens_[literal].kind != TokenKind::number) return true;
  // x'41', 0x41 and b'1' are bytes.
  if (tokens_.text(literal).find_first_of("xXbB") != std::string_view::npos) return true;
  const auto is_text = [](const Column& known) {
    return type_is_one_of(known, {"char", "varchar", "tinytext", "text", "mediumtext"});
  };
  return !any_column(column, is_text) ||
         refuse(Refusal::index_dependent, "\"" + column + "\" is text, and " + shown({literal, literal + 1}) +
                                              " a number: whether a row that is no number is met depends on the plan; "
                                              "compare it with '" +
                                              std::string(tokens_.text(literal)) + "'");
}

// column = literal, literal = column; so too for <=>, <, > and the others, whose ranges are not rounded.
bool Rules::check_comparison(std::size_t at) {
  const bool equal = tokens_[at].symbol == '=' || tokens_.text(at) == "<=>";
  // -1, TIMESTAMP'…'
  const bool led = tokens_[at + 1].symbol == '-' || tokens_[at + 1].symbol == '+' ||
                   (tokens_[at + 1].kind == TokenKind::word && tokens_[at + 2].kind == TokenKind::string);
  const std::size_t right = at + (led ? 2 : 1);
  const std::string left = column_before(at);
  if ((equal && !check_exact(left, right)) || !check_text_number(left, right)) return false;
  std::size_t end = at + 1;
  while (tokens_[end + 1].symbol == '.') end += 2;
  ColumnRef column;
  return at == 0 || !read_column(tokens_, {at + 1, end + 1}, column) ||
         ((!equal || check_exact(column.name, at - 1)) && check_text_number(column.name, at - 1));
}

// column IN (literal, …)
bool Rules::check_in(std::size_t at) {
  const Keyword inside = tokens_[at + 2].keyword;
  const bool query = inside == Keyword::SELECT_ || inside == Keyword::WITH_;
  if (tokens_[at + 1].symbol != '(' || query) return true;
  const std::string column = column_before(at);
  if (column.empty()) return true;
  for (const Range& element : split_commas(tokens_, {at + 2, tokens_[at + 1].match}))
    if (!check_exact(column, element.end - 1) || !check_text_number(column, element.end - 1)) return false;
  return true;
}

// What may be a condition: those of the statement itself, and everything around a query inside it.
std::vector<Range> Rules::condition_ranges() const {
  if (facts_.blocks.empty()) {
    std::vector<Range> ranges = facts_.on;
    ranges.push_back(facts_.where);
    return ranges;
  }
  std::vector<Range> skipped;
  // With their "=", which compares nothing.
  for (const auto* assignments : {&facts_.assignments, &facts_.duplicate_assignments})
    for (const Assignment& assignment : *assignments)
      skipped.push_back({assignment.column.first, assignment.value.first});
  if (facts_.insert_columns) skipped.push_back(*facts_.insert_columns);
  if (facts_.source && !facts_.derived_tables && facts_.cte_names.empty())
    for (const std::size_t block : facts_.source->blocks) skipped.push_back(facts_.blocks[block].select_list);
  std::sort(skipped.begin(), skipped.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> ranges;
  std::size_t first = 0;
  for (const Range& skip : skipped) {
    ranges.push_back({first, std::max(first, skip.first)});
    first = std::max(first, skip.end);
  }
  ranges.push_back({first, tokens_.size()});
  return ranges;
}

// Rows by one whole unique key are found by that key, whatever else is asked of them.
bool Rules::check_conditions() {
  const bool values_alone = (facts_.verb == Verb::insert || facts_.verb == Verb::replace) && facts_.blocks.empty();
  if (values_alone || (one_row_ && facts_.blocks.empty())) return true;
  std::vector<std::string> loose;
  for (const TableUse& use : facts_.tables)
    if (const Table* known = table(use.name); known != nullptr)
      for (const Column& column : known->columns)
        if (has_loose_prefix(column)) loose.push_back(column.name);
  for (const Range& range : condition_ranges()) {
    for (std::size_t at = range.first; at < range.end; ++at) {
      if (tokens_[at].keyword == Keyword::LIKE_ && !check_like(at)) return false;
      if (tokens_[at].keyword == Keyword::BETWEEN_ && !check_between(at)) return false;
      if (tokens_[at].keyword == Keyword::IN_ && !check_in(at)) return false;
      if (is_comparison(tokens_[at].symbol, tokens_.text(at)) && !check_comparison(at)) return false;
      if (looked_at_ > kMostLookUps) return refuse(Refusal::index_dependent, "the conditions are too long to judge");
    }
    if (loose.empty()) continue;
    for (const ColumnRef& column : column_refs(tokens_, range)) {
      looked_at_ += loose.size();
      const bool named = looked_at_ > kMostLookUps || std::any_of(loose.begin(), loose.end(), [&](const auto& name) {
                           return may_be_same_name(name, column.name);
                         });
      if (named && !column_before(column.token + 1).empty())
        return refuse(Refusal::index_dependent,
                      "an index over the first characters of \"" + column.name +
                          "\" misses rows under its collation, where one character may equal several");
    }
  }
  return true;
}

}  // namespace sqlcast::sql
