// Conditions that fail at some rows: strict mode makes an error of a division by zero, and a number that leaves its
// range is one everywhere. A scan meets rows that an index leaves out, so that whether such a statement fails is each
// node's plan. Fine where the row is fixed by a whole key.
#include <algorithm>
#include <optional>

#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {
namespace {

constexpr std::size_t kFewDigits = 9;  // of a number that no column of up to 32 bits leaves 64 with, by + or *

template <std::size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view one) { return same_word(name, one); });
}

// What leaves its range, or is no value for it, in any statement.
bool may_overflow(std::string_view name) {
  static constexpr std::string_view kNames[] = {"ABS", "COT", "DEGREES", "EXP", "POW", "POWER", "ST_DISTANCE_SPHERE"};
  constexpr std::string_view kColumn = "COLUMN_";  // of bytes that are no dynamic column
  return is_one_of(name, kNames) ||
         (name.size() > kColumn.size() && same_word(name.substr(0, kColumn.size()), kColumn));
}

// What warns of some values, which is an error in strict mode: not in a DELETE.
bool may_warn(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "ADDDATE", "ADDTIME",      "ADD_MONTHS",  "CAST",           "CHAR",          "CHR",
      "CONVERT", "DATE_ADD",     "DATE_SUB",    "EXTRACTVALUE",   "FROM_BASE64",   "FROM_UNIXTIME",
      "LN",      "LOG",          "LOG10",       "LOG2",           "LPAD",          "MAKETIME",
      "MOD",     "REGEXP_INSTR", "REGEXP_LIKE", "REGEXP_REPLACE", "REGEXP_SUBSTR", "REPEAT",
      "RPAD",    "SEC_TO_TIME",  "SFORMAT",     "SPACE",          "STR_TO_DATE",   "ST_GEOMFROMGEOJSON",
      "SUBDATE", "SUBTIME",      "TIMEDIFF",    "TIMESTAMPADD",   "UNCOMPRESS",    "UPDATEXML"};
  constexpr std::string_view kJson = "JSON_";  // of a text that is none
  return is_one_of(name, kNames) || (name.size() > kJson.size() && same_word(name.substr(0, kJson.size()), kJson));
}

// What takes a time, and warns of a number or text that is none.
bool takes_time(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "DATE",       "DATEDIFF", "DATE_FORMAT", "DAY",     "DAYNAME",  "DAYOFMONTH",    "DAYOFWEEK",   "DAYOFYEAR",
      "EXTRACT",    "HOUR",     "LAST_DAY",    "MINUTE",  "MONTH",    "MICROSECOND",   "MONTHNAME",   "QUARTER",
      "SECOND",     "TIME",     "TIMESTAMP",   "TO_DAYS", "WEEK",     "TIMESTAMPDIFF", "TIME_FORMAT", "TIME_TO_SEC",
      "TO_SECONDS", "WEEKDAY",  "WEEKOFYEAR",  "YEAR",    "YEARWEEK", "UNIX_TIMESTAMP"};
  return is_one_of(name, kNames);
}

bool misses_rows(std::string_view name) {
  static constexpr std::string_view kNames[] = {"MBRTOUCHES", "ST_TOUCHES", "TOUCHES"};
  return is_one_of(name, kNames);
}

bool is_small_whole(const Column& column) {
  return type_is_one_of(column, {"tinyint", "smallint", "mediumint", "int", "year"});
}

}  // namespace

// Of the statement itself, and of queries inside it all but their lists, which are of rows that were found.
std::vector<Range> Rules::failing_ranges() const {
  if (facts_.blocks.empty()) return {facts_.where};
  std::vector<Range> skipped;
  for (const auto* assignments : {&facts_.assignments, &facts_.duplicate_assignments})
    for (const Assignment& assignment : *assignments)
      skipped.push_back({assignment.column.first, assignment.value.end});
  if (facts_.insert_columns) skipped.push_back(*facts_.insert_columns);
  for (const Block& block : facts_.blocks) skipped.push_back(block.select_list);
  std::sort(skipped.begin(), skipped.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> ranges;
  std::size_t first = 0;
  for (const Range& skip : skipped) {
    if (skip.first > first) ranges.push_back({first, skip.first});
    first = std::max(first, skip.end);
  }
  ranges.push_back({first, facts_.returning ? facts_.returning_at : tokens_.size()});
  return ranges;
}

bool Rules::names_known_column(Range range) const {
  const std::vector<ColumnRef> refs = column_refs(tokens_, range);
  return std::any_of(refs.begin(), refs.end(), [&](const ColumnRef& ref) { return !columns_called(ref.name).empty(); });
}

// All columns that it names are dates or times.
bool Rules::names_times(Range range) const {
  const std::vector<ColumnRef> refs = column_refs(tokens_, range);
  return std::all_of(refs.begin(), refs.end(), [&](const ColumnRef& ref) {
    const std::vector<const Column*>& columns = columns_called(ref.name);
    return std::all_of(columns.begin(), columns.end(), [](const Column* one) { return is_time(shape_of(*one).kind); });
  });
}

bool Rules::calculates(std::size_t at, std::size_t first) const {
  const Item& item = tokens_[at];
  if (item.symbol == '-') return true;
  if (at == first) return false;
  const char before = tokens_[at - 1].symbol;
  if (before == '(' || before == '.') return false;  // COUNT(*), t.*
  return item.symbol == '+' || item.symbol == '*' || item.symbol == '/' || item.symbol == '%' ||
         (item.kind == TokenKind::word &&
          (same_word(tokens_.text(at), "DIV") || (same_word(tokens_.text(at), "MOD") && before != ',')));
}

// id + 1, id * 100, where id has 32 bits at most.
bool Rules::stays_in_range(Range part, std::size_t at) const {
  const char symbol = tokens_[at].symbol;
  ColumnRef column;
  if ((symbol != '+' && symbol != '*') || at + 2 != part.end || tokens_[at + 1].kind != TokenKind::number) return false;
  const std::string_view number = tokens_.text(at + 1);
  if (number.size() > kFewDigits || number.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (!read_column(tokens_, {part.first, at}, column)) return false;
  const std::vector<const Column*>& columns = columns_called(column.name);
  return std::all_of(columns.begin(), columns.end(), [](const Column* known) { return is_small_whole(*known); });
}

bool Rules::check_calculation(Range part) {
  while (part.first < part.end && tokens_[part.first].symbol == '(') ++part.first;
  while (part.first < part.end && tokens_[part.end - 1].symbol == ')') --part.end;
  for (std::size_t at = part.first; at < part.end; ++at) {
    if (!calculates(at, part.first)) continue;
    if (stays_in_range(part, at) || !names_known_column(part)) return true;
    return refuse(Refusal::index_dependent,
                  shown(part) +
                      " may divide by zero or leave its range: whether a row that fails is met "
                      "depends on the plan");
  }
  return true;
}

// WHERE code AND …: a text that is asked whether it is true is a number, and strict mode fails where it is none.
bool Rules::check_truth(Range part, Range all) {
  const auto joins = [this](std::size_t at) {
    const Keyword word = tokens_[at].keyword;
    const std::string_view text = tokens_.text(at);
    return word == Keyword::AND_ || word == Keyword::OR_ || word == Keyword::XOR_ || word == Keyword::NOT_ ||
           word == Keyword::WHERE_ || word == Keyword::HAVING_ || word == Keyword::ON_ || word == Keyword::WHEN_ ||
           word == Keyword::THEN_ || text == "&&" || text == "||" || text == "!";
  };
  const auto is_true = [this](std::size_t at) {  // IS [NOT] TRUE
    if (tokens_[at].keyword != Keyword::IS_) return false;
    const Keyword word = tokens_[at + (tokens_[at + 1].keyword == Keyword::NOT_ ? 2 : 1)].keyword;
    return word == Keyword::TRUE_ || word == Keyword::FALSE_;
  };
  const bool behind = part.first == all.first ? facts_.blocks.empty() : joins(part.first - 1);
  const bool before =
      part.end == all.end || joins(part.end) || is_true(part.end) || ends_clause(tokens_[part.end].keyword);
  if (!behind || !before || facts_.verb == Verb::delete_) return true;
  while (part.first < part.end && (tokens_[part.first].symbol == '(' || tokens_[part.first].symbol == '!'))
    ++part.first;
  while (part.first < part.end && tokens_[part.end - 1].symbol == ')') --part.end;
  ColumnRef column;
  return !read_column(tokens_, part, column) || !column_named(column).has_text() ||
         refuse(Refusal::index_dependent, shown(part) +
                                              " is text, and asked whether it is true: whether a row that is no number "
                                              "is met depends on the plan");
}

// Of the function's name.
bool Rules::check_failing_call(std::size_t at) {
  const std::string_view name = tokens_.text(at);
  const Range arguments{at + 2, tokens_[at + 1].match};
  if (misses_rows(name) && names_known_column(arguments))
    return refuse(Refusal::index_dependent, std::string(name) + "() finds other rows by a spatial index than without");
  // In front of FROM, or of the comma, stands a unit.
  const bool unit = same_word(name, "EXTRACT") || same_word(name, "TIMESTAMPDIFF");
  const Range times{std::min(arguments.first + (unit ? 2U : 0U), arguments.end), arguments.end};
  const bool warns = facts_.verb != Verb::delete_ && (may_warn(name) || (takes_time(name) && !names_times(times)));
  return !(warns || may_overflow(name)) || !names_known_column(arguments) ||
         refuse(Refusal::index_dependent,
                std::string(name) + "() fails for some values: whether a row that has one is met depends on the plan");
}

bool Rules::check_failing_conditions() {
  const std::vector<Range> ranges = failing_ranges();
  for (const Range& range : ranges) {
    std::size_t first = range.first;
    bool between = false;
    std::optional<std::size_t> bound;  // behind the AND of a BETWEEN
    for (std::size_t at = range.first; at <= range.end; ++at) {
      if (at < range.end && !shapes_.ends_operand(at)) continue;
      if (!check_calculation({first, at})) return false;
      if (first != bound && !check_truth({first, at}, range)) return false;
      first = at + 1;
      const Keyword word = at < range.end ? tokens_[at].keyword : Keyword::none;
      if (between && word == Keyword::AND_) bound = first;
      if (word == Keyword::BETWEEN_ || word == Keyword::AND_) between = word == Keyword::BETWEEN_;
    }
    std::optional<bool> of_rows;  // looked for once: a text may match very often
    for (std::size_t at = range.first; at + 1 < range.end; ++at) {
      const Keyword word = tokens_[at].keyword;
      const bool matches = facts_.verb != Verb::delete_ && (word == Keyword::REGEXP_ || word == Keyword::RLIKE_);
      if (matches && !of_rows) of_rows = names_known_column(range);
      if (matches && *of_rows)
        return refuse(
            Refusal::index_dependent,
            "REGEXP fails for texts that take too many steps: whether a row that has one is met depends on the "
            "plan");
      if (tokens_[at].kind == TokenKind::word && tokens_[at + 1].symbol == '(' && !check_failing_call(at)) return false;
    }
  }
  return true;
}

}  // namespace sqlcast::sql
