// Conditions whose rows depend on whether the server reads them by an index or by a scan. MariaDB 10.11, found by
// comparing FORCE INDEX with IGNORE INDEX over texts of all kinds:
//  - an index over a column's first characters compares as many characters of the value that is looked for; where 'ß'
//    equals 'ss', the cut falls elsewhere in equal values, and the index misses rows;
//  - LIKE 'a%' under a _bin collation that pads: its range begins behind texts that go on with a control character;
//  - = and IN with a number or time that the column cannot hold: by an index it is rounded first (1.5 finds 2). So
//    too where it comes from an expression or another column (sql/value_shape.h), or by way of one: of
//    i = n AND n = 1.5 the server makes i = 1.5;
//  - BETWEEN two texts that are equal in the literals' own collation becomes =, in an index range only;
//  - a text that is longer than the column is cut for the index: where 'ß' equals 'ss', what is left equals other rows;
//  - CHAR under a NOPAD collation: by the index it is compared filled up with blanks.
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

bool is_text(const Column& column) {
  return type_is_one_of(column, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"});
}

// By its index the column is compared as if it were filled up with blanks.
bool is_unpadded(const Column& column) {
  return same_word(column.type, "char") && column.collation.find("nopad") != std::string::npos;
}

bool has_narrow_like(std::string_view collation) {
  return collation.find("uca1400") != std::string_view::npos || collation.find("thai") != std::string_view::npos;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool pads_bytes(std::string_view collation) {
  return collation.ends_with("_bin") && !collation.ends_with("_nopad_bin");
}

// What literals have in the nodes' sessions.
bool is_collation_of_literals(std::string_view collation) {
  return collation == "utf8mb4_general_ci" || collation == "utf8mb3_general_ci";
}

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

// A column of that shape can hold the literal as it is, so that nothing is rounded or converted.
bool holds_exactly(ValueShape column, const Item& item, std::string_view text) {
  constexpr std::size_t kYearDigits = 4;
  const bool quoted = item.kind == TokenKind::string;
  const std::string_view inside = quoted ? text.substr(1, text.size() - 2) : text;
  switch (column.kind) {
    case ValueKind::integer: return is_plain_number(inside, 0);
    case ValueKind::decimal: return is_plain_number(inside, column.scale);
    case ValueKind::year: return inside.size() == kYearDigits && is_plain_number(inside, 0);
    case ValueKind::bit:
      return !quoted && (is_plain_number(text, 0) || text.starts_with("0x") || text.starts_with('b'));
    case ValueKind::time: return quoted && is_plain_time(inside, "00:00:00", column.scale) && is_clock_time(inside);
    case ValueKind::date:
    case ValueKind::datetime:
      if (!quoted) return false;
      if (inside.size() == 10) return is_plain_time(inside, "0000-00-00", 0) && is_date(inside);
      return column.kind != ValueKind::date && is_plain_time(inside, "0000-00-00 00:00:00", column.scale) &&
             is_date(inside) && is_clock_time(inside.substr(11));
    default: return true;
  }
}

bool is_comparison(char symbol, std::string_view text) {
  return symbol == '=' || symbol == '<' || symbol == '>' ||
         (symbol == '#' && (text == "<=>" || text == "<=" || text == ">=" || text == "<>" || text == "!="));
}

// A row's value is compared as another kind, and strict mode fails where it is none of it. `of_rows`: the operand names
// columns; what does not is converted once.
bool may_fail_compared(ValueKind column, ValueKind operand, bool of_rows) {
  const auto is_text = [](ValueKind kind) { return kind == ValueKind::text || kind == ValueKind::made_text; };
  if (column == ValueKind::text) return is_number(operand) || is_time(operand);
  if (is_number(column)) return is_time(operand) || (of_rows && is_text(operand));
  return is_time(column) && of_rows && (is_number(operand) || is_text(operand));
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
    return column.indexed != Indexed::no && (pads_bytes(column.collation) || has_narrow_like(column.collation));
  };
  return name.empty() || !any_column(name, indexed) ||
         refuse(Refusal::index_dependent,
                "LIKE finds other rows of \"" + name +
                    "\" by its index than without, under a _bin collation that pads, a uca1400 or a "
                    "Thai one");
}

bool Rules::check_between(std::size_t at, Range left, bool negated, std::size_t end) {
  const Range lower{at + 1, shapes_.operand_end(at + 1, end)};
  const Range upper{lower.end + 1, shapes_.operand_end(lower.end + 1, end)};
  // NOT BETWEEN takes a DATE's bounds apart: a time of day is lost by an index.
  const Comparing comparing = negated ? Comparing::equal : Comparing::order;
  for (const Range& bound : {lower, upper})
    if (!check_side(left, bound, comparing) || !check_side(bound, left, comparing)) return false;
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

bool Rules::NamedColumn::has_text() const {
  const auto text = [](const ValueShape& one) { return one.kind == ValueKind::text; };
  return std::any_of(indexed.begin(), indexed.end(), text) || std::any_of(others.begin(), others.end(), text);
}

// A qualifier tells which table is meant.
const Rules::NamedColumn& Rules::column_named(const ColumnRef& column) const {
  const auto [known, fresh] = named_.try_emplace({column.qualifier, column.name});
  NamedColumn& found = known->second;
  if (!fresh) return found;
  for (const TableUse& use : facts_.tables) {
    const Table* table_of_use = table(use.name);
    if (table_of_use == nullptr) continue;
    if (!column.qualifier.empty() && !may_be_same_name(use.alias, column.qualifier)) continue;
    looked_at_ += table_of_use->columns.size();
    for (const Column& one : table_of_use->columns) {
      if (!may_be_same_name(one.name, column.name)) continue;
      const ValueShape shape = shape_of(one);
      (one.indexed != Indexed::no ? found.indexed : found.others).push_back(shape);
      found.shape = either(found.shape, shape);
      if (one.indexed != Indexed::no && is_text(one) && (!weighs_each_character(one.collation) || is_unpadded(one)))
        found.loose.push_back(&one);
    }
  }
  if (found.indexed.empty() && found.others.empty()) found.shape = ValueShape{};
  return found;
}

// `literal` is compared with the column, as it is or with a sign or a type's name in front.
bool Rules::check_literal(const ColumnRef& column, std::size_t literal, Comparing comparing) {
  const Item& item = tokens_[literal];
  const std::string_view text = tokens_.text(literal);
  const bool number = item.kind == TokenKind::number;
  const bool plain = number || text.starts_with('\'');
  const NamedColumn& named = column_named(column);
  const auto held = [&](const ValueShape& shape) {
    if (!is_number(shape.kind) && !is_time(shape.kind)) return true;
    if (comparing == Comparing::equal || shape.kind == ValueKind::bit || shape.kind == ValueKind::year)
      return plain && holds_exactly(shape, item, text);
    return true;
  };
  const auto all_hold = [&](const std::vector<ValueShape>& shapes) {
    return std::all_of(shapes.begin(), shapes.end(), held);
  };
  if (!all_hold(named.indexed) || (inexact_.empty() && !all_hold(named.others))) {
    const std::string reason = "\"" + column.name + "\" cannot hold " + shown({literal, literal + 1}) +
                               " as it is: by its index the server compares it rounded";
    if (!all_hold(named.indexed)) return refuse(Refusal::index_dependent, reason);
    // What equals this column, and has an index, is looked up by the same literal.
    inexact_ = reason;
  }
  // x'41', 0x41 and b'1' are bytes.
  if (!number || facts_.verb == Verb::delete_ || text.find_first_of("xXbB") != std::string_view::npos) return true;
  // Strict mode fails at the first row whose text is no number: which rows the server compares is the plan's.
  return !named.has_text() ||
         refuse(Refusal::index_dependent, "\"" + column.name + "\" is text, and " + shown({literal, literal + 1}) +
                                              " a number: whether a row that is no number is met depends on the plan; "
                                              "compare it with '" +
                                              std::string(text) + "'");
}

bool Rules::check_shape(const ColumnRef& column, Range operand, Comparing comparing) {
  const NamedColumn& named = column_named(column);
  const bool fails = facts_.verb != Verb::delete_;
  const auto judged = [](const ValueShape& shape) {
    return shape.kind != ValueKind::text && shape.kind != ValueKind::made_text && shape.kind != ValueKind::other;
  };
  if (!fails && std::none_of(named.indexed.begin(), named.indexed.end(), judged)) return true;
  looked_at_ += operand.end - operand.first;
  const ValueShape shape = shapes_.of(operand);
  const bool of_rows = names_known_column(operand);
  const auto is_none = [&](const ValueShape& one) { return may_fail_compared(one.kind, shape.kind, of_rows); };
  if (fails && (std::any_of(named.indexed.begin(), named.indexed.end(), is_none) ||
                std::any_of(named.others.begin(), named.others.end(), is_none)))
    return refuse(Refusal::index_dependent,
                  "\"" + column.name + "\" is of another kind than " + shown(operand) +
                      ": whether a row is met whose value cannot be compared as such depends on the plan");
  return std::all_of(named.indexed.begin(), named.indexed.end(),
                     [&](const ValueShape& one) { return holds(one, shape, comparing); }) ||
         refuse(Refusal::index_dependent, "\"" + column.name + "\" may be unable to hold " + shown(operand) +
                                              " as it is, and by its index the server compares it converted; CAST it "
                                              "to the column's type");
}

bool Rules::check_text_length(const ColumnRef& column, Range operand, Comparing comparing) {
  const NamedColumn& named = column_named(column);
  if (named.loose.empty()) return true;
  const std::string_view text = tokens_.text(operand.first);
  const bool literal = operand.end - operand.first == 1 && (text.starts_with('\'') || text.starts_with('"'));
  const ValueShape shape = literal ? ValueShape{ValueKind::text} : shapes_.of(operand);
  looked_at_ += operand.end - operand.first;
  if (is_number(shape.kind) || shape.kind == ValueKind::null) return true;  // read by no index of a text
  const std::size_t length = literal ? characters(text) - 2 : shape.scale;
  const bool known = shape.kind == ValueKind::text && (literal || length > 0);
  const bool fits = std::all_of(named.loose.begin(), named.loose.end(), [&](const Column* one) {
    if (is_unpadded(*one)) return comparing == Comparing::equal && weighs_each_character(one->collation);
    return known && length <= one->length;
  });
  return fits || refuse(Refusal::index_dependent, "by the index of \"" + column.name + "\" the server compares " +
                                                      shown(operand) +
                                                      " cut or filled up to its length: under its collation that finds "
                                                      "other rows than a scan");
}

// A text that is no UUID or address is NULL to an index, and to a scan nothing.
bool Rules::check_null_safe(Range left, Range right) {
  for (const Range& side : {left, right})
    for (const ColumnRef& column : column_refs(tokens_, side))
      if (any_column(column.name, [](const Column& known) {
            return type_is_one_of(known, {"uuid", "inet4", "inet6"});
          }))
        return refuse(Refusal::index_dependent,
                      "<=> of \"" + column.name + "\" and a text that is none finds other rows by an index");
  return true;
}

// Only a column by itself is read by an index.
bool Rules::check_side(Range column, Range operand, Comparing comparing) {
  ColumnRef ref;
  column = shapes_.bare(column);
  operand = shapes_.bare(operand);
  if (operand.empty() || !read_column(tokens_, column, ref)) return true;
  if (!check_text_length(ref, operand, comparing)) return false;
  const Item& last = tokens_[operand.end - 1];
  const bool led = operand.end - operand.first == 2 &&
                   (tokens_[operand.first].symbol == '-' || tokens_[operand.first].symbol == '+' ||
                    tokens_[operand.first].kind == TokenKind::word);
  if ((operand.end - operand.first == 1 || led) && (last.kind == TokenKind::number || last.kind == TokenKind::string))
    return check_literal(ref, operand.end - 1, comparing) &&
           (tokens_[operand.first].kind != TokenKind::word || check_shape(ref, operand, comparing));
  ColumnRef other;
  if (comparing == Comparing::equal && read_column(tokens_, operand, other)) columns_equated_ = true;
  return check_shape(ref, operand, comparing);
}

// a = b, and (a, b) = (c, d) by its elements.
bool Rules::check_pair(Range left, Range right, Comparing comparing) {
  const auto elements = [this](Range range) {
    if (tokens_[range.first].keyword == Keyword::ROW_) ++range.first;
    const bool group = tokens_[range.first].symbol == '(' && tokens_[range.first].match == range.end - 1;
    return group ? split_commas(tokens_, {range.first + 1, range.end - 1}) : std::vector<Range>();
  };
  const std::vector<Range> lefts = elements(left);
  const std::vector<Range> rights = elements(right);
  if (lefts.size() < 2 || lefts.size() != rights.size())
    return check_side(left, right, comparing) && check_side(right, left, comparing);
  for (std::size_t k = 0; k < lefts.size(); ++k)
    if (!check_pair(lefts[k], rights[k], comparing)) return false;
  return true;
}

// left IN (right, …)
bool Rules::check_in(std::size_t at, Range left) {
  if (tokens_[at + 1].symbol != '(') return true;
  for (const Range& element : split_commas(tokens_, {at + 2, tokens_[at + 1].match}))
    if (!check_pair(left, element, Comparing::equal)) return false;
  return true;
}

// The operator at `at`, the operand in front of it, and where what may be behind it ends.
bool Rules::check_operator(std::size_t at, Range left, std::size_t end) {
  const Item& item = tokens_[at];
  const bool negated = !left.empty() && tokens_[left.end - 1].keyword == Keyword::NOT_;
  if (negated) --left.end;
  if (item.keyword == Keyword::LIKE_) return check_like(at);
  if (item.keyword == Keyword::BETWEEN_) return check_between(at, left, negated, end);
  if (item.keyword == Keyword::IN_) return check_in(at, left);
  if (!is_comparison(item.symbol, tokens_.text(at))) return true;
  const Range right{at + 1, shapes_.operand_end(at + 1, end)};
  looked_at_ += right.end - right.first;
  if (left.empty() || right.empty()) return true;
  const std::string_view text = tokens_.text(at);
  if (text == "<=>" && !check_null_safe(left, right)) return false;
  return check_pair(left, right, text == "=" || text == "<=>" ? Comparing::equal : Comparing::order);
}

bool Rules::check_condition_range(Range range) {
  std::vector<std::size_t> outer;  // where the operands around the open parentheses begin
  std::size_t first = range.first;
  for (std::size_t at = range.first; at < range.end; ++at) {
    const Item& item = tokens_[at];
    if (item.symbol == '(') {
      outer.push_back(first);
      first = at + 1;
    } else if (item.symbol == ')') {
      first = outer.empty() ? at + 1 : outer.back();
      if (!outer.empty()) outer.pop_back();
    } else if (shapes_.ends_operand(at)) {
      const Keyword next = tokens_[at + 1].keyword;
      const bool part_of_operator = item.keyword == Keyword::NOT_ && at > first &&
                                    (next == Keyword::IN_ || next == Keyword::LIKE_ || next == Keyword::BETWEEN_);
      if (part_of_operator) continue;
      if (!check_operator(at, {first, at}, range.end)) return false;
      first = at + 1;
    }
    if (looked_at_ > kMostLookUps) return refuse(Refusal::index_dependent, "the conditions are too long to judge");
  }
  return true;
}

// What may be a condition: those of the statement itself, and everything around a query inside it.
std::vector<Range> Rules::condition_ranges() const {
  if (facts_.blocks.empty()) return {facts_.where};
  std::vector<Range> skipped;
  // With their "=", which compares nothing.
  for (const auto* assignments : {&facts_.assignments, &facts_.duplicate_assignments})
    for (const Assignment& assignment : *assignments)
      skipped.push_back({assignment.column.first, assignment.value.first});
  if (facts_.insert_columns) skipped.push_back(*facts_.insert_columns);
  if (facts_.source)
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

// Where the server looks for one row by its key, it meets no other.
bool Rules::check_conditions() {
  const bool values_alone = (facts_.verb == Verb::insert || facts_.verb == Verb::replace) && facts_.blocks.empty();
  if (values_alone || (found_by_key_ && facts_.blocks.empty())) return true;
  std::vector<std::string> loose;
  for (const TableUse& use : facts_.tables)
    if (const Table* known = table(use.name); known != nullptr)
      for (const Column& column : known->columns)
        if (has_loose_prefix(column)) loose.push_back(column.name);
  for (const Range& range : condition_ranges()) {
    if (!check_condition_range(range)) return false;
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
  if (!check_failing_conditions()) return false;
  return inexact_.empty() || !columns_equated_ || refuse(Refusal::index_dependent, inexact_);
}

}  // namespace sqlcast::sql
