#include "sql/value_shape.h"

#include <algorithm>
#include <string_view>

namespace sqlcast::sql {
namespace {

using K = ValueKind;

struct NamedShape {
  std::string_view name;
  ValueShape shape;
};

// What these give, whatever they are given. Of the clock's functions, an argument is the scale.
constexpr NamedShape kFixed[] = {{"ASCII", {K::integer}},
                                 {"BIT_COUNT", {K::integer}},
                                 {"BIT_LENGTH", {K::integer}},
                                 {"CHAR_LENGTH", {K::integer}},
                                 {"CHARACTER_LENGTH", {K::integer}},
                                 {"CONCAT", {K::made_text}},
                                 {"CONCAT_WS", {K::made_text}},
                                 {"CRC32", {K::integer}},
                                 {"CURDATE", {K::date}},
                                 {"CURRENT_DATE", {K::date}},
                                 {"CURRENT_TIME", {K::time}},
                                 {"CURRENT_TIMESTAMP", {K::datetime}},
                                 {"CURTIME", {K::time}},
                                 {"DATEDIFF", {K::integer}},
                                 {"DATE_FORMAT", {K::made_text}},
                                 {"DAY", {K::integer}},
                                 {"DAYOFMONTH", {K::integer}},
                                 {"DAYOFWEEK", {K::integer}},
                                 {"DAYOFYEAR", {K::integer}},
                                 {"EXTRACT", {K::integer}},
                                 {"FIELD", {K::integer}},
                                 {"FIND_IN_SET", {K::integer}},
                                 {"FROM_DAYS", {K::date}},
                                 {"HOUR", {K::integer}},
                                 {"INET_ATON", {K::integer}},
                                 {"INSTR", {K::integer}},
                                 {"ISNULL", {K::integer}},
                                 {"LAST_DAY", {K::date}},
                                 {"LAST_INSERT_ID", {K::integer}},
                                 {"LEFT", {K::made_text}},
                                 {"LENGTH", {K::integer}},
                                 {"LOCALTIME", {K::datetime}},
                                 {"LOCALTIMESTAMP", {K::datetime}},
                                 {"LOCATE", {K::integer}},
                                 {"LOWER", {K::made_text}},
                                 {"MAKEDATE", {K::date}},
                                 {"MICROSECOND", {K::integer}},
                                 {"MINUTE", {K::integer}},
                                 {"MONTH", {K::integer}},
                                 {"NOW", {K::datetime}},
                                 {"OCTET_LENGTH", {K::integer}},
                                 {"ORD", {K::integer}},
                                 {"PERIOD_ADD", {K::integer}},
                                 {"PERIOD_DIFF", {K::integer}},
                                 {"POSITION", {K::integer}},
                                 {"QUARTER", {K::integer}},
                                 {"REPLACE", {K::made_text}},
                                 {"RIGHT", {K::made_text}},
                                 {"SECOND", {K::integer}},
                                 {"SIGN", {K::integer}},
                                 {"STRCMP", {K::integer}},
                                 {"SUBSTR", {K::made_text}},
                                 {"SUBSTRING", {K::made_text}},
                                 {"TIMESTAMPDIFF", {K::integer}},
                                 {"TO_DAYS", {K::integer}},
                                 {"TRIM", {K::made_text}},
                                 {"UPPER", {K::made_text}},
                                 {"UTC_DATE", {K::date}},
                                 {"UTC_TIME", {K::time}},
                                 {"UTC_TIMESTAMP", {K::datetime}},
                                 {"WEEK", {K::integer}},
                                 {"WEEKDAY", {K::integer}},
                                 {"YEARWEEK", {K::integer}},
                                 {"YEAR", {K::year}}};

// One of the arguments from that position on.
constexpr struct {
  std::string_view name;
  std::size_t first;
  std::size_t most;
} kChoices[] = {{"COALESCE", 0, 0}, {"GREATEST", 0, 0}, {"IF", 1, 0},   {"IFNULL", 0, 0}, {"LEAST", 0, 0},
                {"NULLIF", 0, 1},   {"NVL", 0, 0},      {"NVL2", 1, 0}, {"VALUE", 0, 0},  {"VALUES", 0, 0}};

bool is_whole(K kind) { return kind == K::integer || kind == K::bit || kind == K::year; }
bool is_exact(K kind) { return is_whole(kind) || kind == K::decimal; }
bool is_any_text(K kind) { return kind == K::text || kind == K::made_text; }

// In arithmetic.
ValueShape as_number(ValueShape shape) {
  if (is_whole(shape.kind)) return {K::integer};
  if (is_any_text(shape.kind)) return {K::approximate};
  if (is_time(shape.kind)) return shape.scale == 0 ? ValueShape{K::integer} : ValueShape{K::decimal, shape.scale};
  return is_number(shape.kind) ? shape : ValueShape{};
}

ValueShape calculated(ValueShape a, ValueShape b, std::uint32_t scale) {
  if (a.kind == K::unknown || b.kind == K::unknown) return {};
  if (a.kind == K::approximate || b.kind == K::approximate) return {K::approximate};
  return a.kind == K::integer && b.kind == K::integer && scale == 0 ? ValueShape{K::integer}
                                                                    : ValueShape{K::decimal, scale};
}

// A time made of one, or of a text that a function has made. Of other numbers and texts many are no time.
ValueShape as_time(ValueShape from, ValueShape to) {
  return is_time(from.kind) || from.kind == K::made_text || from.kind == K::null ? to : ValueShape{};
}

constexpr std::uint32_t kDivisionDigits = 4;  // div_precision_increment

bool is_type(const Column& column, std::initializer_list<std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](std::string_view type) { return same_word(column.type, type); });
}

bool is_truth_operator(const Item& item, std::string_view text) {
  switch (item.keyword) {
    case Keyword::AND_:
    case Keyword::OR_:
    case Keyword::XOR_:
    case Keyword::NOT_:
    case Keyword::IS_:
    case Keyword::IN_:
    case Keyword::LIKE_:
    case Keyword::BETWEEN_:
    case Keyword::REGEXP_:
    case Keyword::RLIKE_: return true;
    default: break;
  }
  return item.symbol == '=' || item.symbol == '<' || item.symbol == '>' ||
         (item.symbol == '#' && text != "<<" && text != ">>");
}

}  // namespace

bool is_number(ValueKind kind) { return is_exact(kind) || kind == K::approximate; }
bool is_time(ValueKind kind) { return kind == K::date || kind == K::datetime || kind == K::time; }

ValueShape shape_of(const Column& column) {
  if (is_type(column, {"tinyint", "smallint", "mediumint", "int", "bigint"})) return {K::integer};
  if (is_type(column, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}))
    return {K::text, column.length};
  if (is_type(column, {"datetime", "timestamp"})) return {K::datetime, column.scale};
  if (is_type(column, {"decimal"})) return {K::decimal, column.scale};
  if (is_type(column, {"float", "double"})) return {K::approximate};
  if (is_type(column, {"date"})) return {K::date};
  if (is_type(column, {"time"})) return {K::time, column.scale};
  if (is_type(column, {"year"})) return {K::year};
  if (is_type(column, {"bit"})) return {K::bit};
  return {K::other};
}

ValueShape either(ValueShape a, ValueShape b) {
  if (a.kind == K::null) return b;
  if (b.kind == K::null) return a;
  const std::uint32_t scale = std::max(a.scale, b.scale);
  if (a.kind == b.kind) return {a.kind, scale};
  if (is_number(a.kind) && is_number(b.kind)) return calculated(as_number(a), as_number(b), scale);
  if (is_any_text(a.kind) && is_any_text(b.kind)) return {K::text};
  const bool days = a.kind != K::time && b.kind != K::time;
  return is_time(a.kind) && is_time(b.kind) && days ? ValueShape{K::datetime, scale} : ValueShape{};
}

bool holds(ValueShape column, ValueShape value, Comparing comparing) {
  if (value.kind == K::null) return true;
  const bool equal = comparing == Comparing::equal;
  const bool fine = !equal || value.scale <= column.scale;
  switch (column.kind) {
    case K::text:
    case K::made_text:
    case K::other: return true;
    case K::approximate: return is_number(value.kind);
    case K::integer:
    case K::decimal: return is_exact(value.kind) && fine;
    case K::bit: return is_whole(value.kind);
    case K::year: return value.kind == K::year;
    case K::date:
    case K::datetime:
      if (value.kind == K::made_text) return !equal;
      if (value.kind == K::datetime && column.kind == K::date) return !equal;
      return value.kind == K::date || (value.kind == K::datetime && fine);
    case K::time:
      if (value.kind == K::made_text) return !equal;
      return value.kind == K::time && fine;
    default: return false;
  }
}

bool ShapeReader::ends_operand(std::size_t at) const {
  const Item& item = tokens_[at];
  if (item.symbol == ',' || is_truth_operator(item, tokens_.text(at))) return true;
  switch (item.keyword) {
    case Keyword::none: return false;
    case Keyword::LEFT_:
    case Keyword::RIGHT_: return tokens_[at + 1].symbol != '(';
    case Keyword::AS_:
    case Keyword::BY_:
    case Keyword::CASE_:
    case Keyword::WHEN_:
    case Keyword::THEN_:
    case Keyword::ELSE_:
    case Keyword::ASC_:
    case Keyword::DESC_: return true;
    default: return ends_clause(item.keyword) && !(at > 0 && tokens_[at - 1].symbol == '.');
  }
}

std::size_t ShapeReader::operand_end(std::size_t first, std::size_t end) const {
  std::size_t cases = 0;
  for (std::size_t at = first; at < end; ++at) {
    const Item& item = tokens_[at];
    if (item.symbol == ')') return at;
    if (item.symbol == '(') at = item.match;
    if (item.keyword == Keyword::CASE_) ++cases;
    if (item.keyword == Keyword::END_ && cases > 0) --cases;
    if (cases == 0 && ends_operand(at)) return at;
  }
  return end;
}

Range ShapeReader::bare(Range range) const {
  while (range.end - range.first > 2 && tokens_[range.first].symbol == '(' &&
         tokens_[range.first].match == range.end - 1)
    range = {range.first + 1, range.end - 1};
  return range;
}

bool ShapeReader::is_truth(Range range) const {
  for (std::size_t at = range.first; at < range.end; ++at) {
    if (tokens_[at].symbol == '(') at = tokens_[at].match;
    if (is_truth_operator(tokens_[at], tokens_.text(at)) || tokens_[at].keyword == Keyword::EXISTS_) return true;
  }
  return false;
}

ValueShape ShapeReader::of(Range range) const {
  constexpr std::size_t kDeepest = 64;
  if (depth_ >= kDeepest) return {};
  ++depth_;
  const ValueShape shape = value_of(range);
  --depth_;
  return shape;
}

ValueShape ShapeReader::value_of(Range range) const {
  range = bare(range);
  if (range.empty()) return {};
  const Keyword first = tokens_[range.first].keyword;
  if (first == Keyword::SELECT_ || first == Keyword::WITH_ || first == Keyword::VALUES_) return {};
  if (first == Keyword::CASE_ && tokens_[range.end - 1].keyword == Keyword::END_) return choice(range);
  return is_truth(range) ? ValueShape{K::integer} : sum(range);
}

// a + b - INTERVAL 1 DAY
ValueShape ShapeReader::sum(Range range) const {
  ValueShape total;
  bool begun = false;
  Range part{range.first, range.first};
  const auto add = [&](std::size_t end) {
    part.end = end;
    if (tokens_[part.first].keyword == Keyword::INTERVAL_) {
      total = begun ? shifted(total, part) : ValueShape{};
    } else {
      const ValueShape value = product(part);
      total = begun ? calculated(as_number(total), as_number(value),
                                 std::max(as_number(total).scale, as_number(value).scale))
                    : value;
    }
    begun = true;
    part.first = end + 1;
  };
  for (std::size_t at = range.first; at < range.end; ++at) {
    const char symbol = tokens_[at].symbol;
    if (symbol == ',') return {};  // a row
    if (symbol == '|' || symbol == '&' || symbol == '^' || symbol == '~' || symbol == '!' || symbol == '#')
      return {K::integer};
    if (symbol == '(') at = tokens_[at].match;
    const char before = at > part.first ? tokens_[at - 1].symbol : '+';
    const bool sign = before == '+' || before == '-' || before == '*' || before == '/' || before == '%';
    if ((symbol == '+' || symbol == '-') && !sign) add(at);
  }
  add(range.end);
  return total;
}

// a * b / c
ValueShape ShapeReader::product(Range range) const {
  ValueShape total;
  char calculation = 0;
  Range part{range.first, range.first};
  const auto take = [&](std::size_t end) {
    part.end = end;
    const ValueShape value = factor(part);
    const ValueShape a = as_number(total);
    const ValueShape b = as_number(value);
    if (calculation == 0) total = value;
    if (calculation == '*') total = calculated(a, b, a.scale + b.scale);
    if (calculation == '/') total = calculated(a, b, a.scale + kDivisionDigits);
    if (calculation == '%') total = calculated(a, b, std::max(a.scale, b.scale));
    if (calculation == 'D') total = {K::integer};
    part.first = end + 1;
  };
  for (std::size_t at = range.first; at < range.end; ++at) {
    const Item& item = tokens_[at];
    if (item.symbol == '(') at = item.match;
    char found = item.symbol == '*' || item.symbol == '/' || item.symbol == '%' ? item.symbol : '\0';
    if (item.keyword == Keyword::DIV_) found = 'D';
    if (item.keyword == Keyword::MOD_ && at > range.first && tokens_[at + 1].symbol != '(') found = '%';
    if (found == 0 || at == part.first) continue;
    take(at);
    calculation = found;
  }
  take(range.end);
  return total;
}

ValueShape ShapeReader::factor(Range range) const {
  bool signed_value = false;
  while (!range.empty() && (tokens_[range.first].symbol == '-' || tokens_[range.first].symbol == '+')) {
    signed_value = signed_value || tokens_[range.first].symbol == '-';
    ++range.first;
  }
  if (range.empty()) return {};
  if (signed_value) return as_number(factor(range));
  if (tokens_[range.first].symbol == '(' && tokens_[range.first].match == range.end - 1) return of(range);
  const Item& item = tokens_[range.first];
  if (item.keyword == Keyword::BINARY_) return {K::text};
  if (range.end - range.first == 1 && item.kind != TokenKind::quoted_identifier) {
    if (const ValueShape shape = literal(range.first); shape.kind != K::unknown) return shape;
  }
  if (range.end - range.first == 2 && item.kind == TokenKind::word &&
      tokens_[range.first + 1].kind == TokenKind::string) {
    const std::string_view word = tokens_.text(range.first);
    const std::string_view text = tokens_.text(range.first + 1);
    const std::size_t point = text.find('.');
    const auto scale = static_cast<std::uint32_t>(point == std::string_view::npos ? 0 : text.size() - point - 2);
    if (same_word(word, "DATE")) return {K::date};
    if (same_word(word, "TIMESTAMP")) return {K::datetime, scale};
    return same_word(word, "TIME") ? ValueShape{K::time, scale} : ValueShape{K::text};
  }
  if (range.end - range.first > 2 && tokens_[range.first + 1].symbol == '(' &&
      tokens_[range.first + 1].match == range.end - 1)
    return call(range);
  ColumnRef column;
  return read_column(tokens_, range, column) ? column_(column) : ValueShape{};
}

ValueShape ShapeReader::literal(std::size_t at) const {
  const Item& item = tokens_[at];
  const std::string_view text = tokens_.text(at);
  if (item.kind == TokenKind::string) return {K::made_text};
  if (item.kind == TokenKind::number) {
    if (text.find_first_of("xX'bB") != std::string_view::npos) return {K::other};
    if (text.find_first_of("eE") != std::string_view::npos) return {K::approximate};
    const std::size_t point = text.find('.');
    return point == std::string_view::npos
               ? ValueShape{K::integer}
               : ValueShape{K::decimal, static_cast<std::uint32_t>(text.size() - point - 1)};
  }
  if (item.keyword == Keyword::NULL_) return {K::null};
  if (item.keyword == Keyword::TRUE_ || item.keyword == Keyword::FALSE_) return {K::integer};
  if (!is_reserved_in_expressions(item.keyword)) return {};
  for (const NamedShape& fixed : kFixed)
    if (same_word(text, fixed.name)) return fixed.shape;  // CURRENT_TIMESTAMP
  return {};
}

ValueShape ShapeReader::any_of(const std::vector<Range>& values, std::size_t first) const {
  ValueShape shape{K::null};
  for (std::size_t k = first; k < values.size(); ++k) shape = either(shape, of(values[k]));
  return shape;
}

ValueShape ShapeReader::call(Range range) const {
  const std::string_view name = tokens_.text(range.first);
  const Range inside{range.first + 2, range.end - 1};
  if (same_word(name, "CAST") || same_word(name, "CONVERT")) return cast(inside);
  std::vector<Range> arguments = split_commas(tokens_, inside);
  for (const NamedShape& fixed : kFixed) {
    if (!same_word(name, fixed.name)) continue;
    const bool clock = is_time(fixed.shape.kind) && inside.end - inside.first == 1 &&
                       tokens_[inside.first].kind == TokenKind::number && tokens_.text(inside.first).size() == 1;
    return {fixed.shape.kind, clock ? static_cast<std::uint32_t>(tokens_.text(inside.first)[0] - '0') : 0U};
  }
  for (const auto& chosen : kChoices) {
    if (!same_word(name, chosen.name)) continue;
    if (chosen.most != 0 && arguments.size() > chosen.most) arguments.resize(chosen.most);
    return any_of(arguments, chosen.first);
  }
  if (arguments.empty()) return {};
  const ValueShape first = of(arguments.front());
  if (same_word(name, "DATE")) return as_time(first, {K::date});
  const ValueShape number = as_number(first);
  if (same_word(name, "ABS")) return number;
  const bool rounds = !is_time(first.kind);  // of a time they make a time
  if (rounds && (same_word(name, "FLOOR") || same_word(name, "CEIL") || same_word(name, "CEILING")))
    return number.kind == K::decimal ? ValueShape{K::integer} : number;
  if (rounds && (same_word(name, "ROUND") || same_word(name, "TRUNCATE")))
    return number.kind == K::decimal && arguments.size() == 1 ? ValueShape{K::integer} : number;
  if (same_word(name, "MOD") && arguments.size() == 2) {
    const ValueShape second = as_number(of(arguments.back()));
    return calculated(number, second, std::max(number.scale, second.scale));
  }
  const bool shifts = same_word(name, "DATE_ADD") || same_word(name, "DATE_SUB") || same_word(name, "ADDDATE") ||
                      same_word(name, "SUBDATE");
  if (shifts && arguments.size() == 2 && tokens_[arguments.back().first].keyword == Keyword::INTERVAL_)
    return shifted(first, arguments.back());
  return {};
}

// x AS DECIMAL(10,2); x, DATE
ValueShape ShapeReader::cast(Range arguments) const {
  for (std::size_t at = arguments.first; at < arguments.end; ++at) {
    if (tokens_[at].symbol == '(') at = tokens_[at].match;
    if (tokens_[at].keyword != Keyword::AS_ && tokens_[at].symbol != ',') continue;
    const ValueShape type = type_at(at + 1);
    return is_time(type.kind) ? as_time(of({arguments.first, at}), type) : type;
  }
  return {K::text};  // USING
}

ValueShape ShapeReader::type_at(std::size_t at) const {
  const std::string_view type = tokens_.text(at);
  const bool sized = tokens_[at + 1].symbol == '(';
  const std::size_t last = sized ? tokens_[at + 1].match - 1 : at;
  const std::string_view digits = sized ? tokens_.text(last) : std::string_view();
  // More than two digits there are none of.
  std::uint32_t scale = 0;
  for (const char digit : digits.substr(0, 2)) scale = scale * 10 + static_cast<std::uint32_t>(digit - '0');
  for (const char* word : {"SIGNED", "UNSIGNED", "INT", "INTEGER"})
    if (same_word(type, word)) return {K::integer};
  if (same_word(type, "DECIMAL") || same_word(type, "DEC") || same_word(type, "NUMERIC"))
    return {K::decimal, last > at + 2 ? scale : 0};
  if (same_word(type, "DOUBLE") || same_word(type, "FLOAT")) return {K::approximate};
  if (same_word(type, "DATE")) return {K::date};
  if (same_word(type, "DATETIME")) return {K::datetime, scale};
  if (same_word(type, "TIME")) return {K::time, scale};
  return {K::text};
}

// What + INTERVAL 1 DAY makes of it.
ValueShape ShapeReader::shifted(ValueShape from, Range interval) const {
  if (!is_time(from.kind)) return is_any_text(from.kind) ? ValueShape{K::made_text} : ValueShape{};
  const std::string_view unit = tokens_.text(interval.end - 1);
  constexpr std::uint32_t kFinest = 6;
  const bool seconds = find_word(unit, "SECOND") != std::string_view::npos;
  const bool clock = seconds || find_word(unit, "MINUTE") != std::string_view::npos ||
                     find_word(unit, "HOUR") != std::string_view::npos;
  const bool whole = interval.end - interval.first > 2 && is_whole(of({interval.first + 1, interval.end - 1}).kind);
  const bool fine = find_word(unit, "MICROSECOND") != std::string_view::npos || (seconds && !whole);
  if (from.kind == K::date && clock) from.kind = K::datetime;
  return {from.kind, fine ? kFinest : from.scale};
}

// CASE … THEN value … ELSE value END
ValueShape ShapeReader::choice(Range range) const {
  ValueShape shape{K::null};
  std::size_t cases = 0;
  std::size_t value = 0;
  for (std::size_t at = range.first; at < range.end; ++at) {
    const Keyword word = tokens_[at].keyword;
    if (tokens_[at].symbol == '(') at = tokens_[at].match;
    if (word == Keyword::CASE_) ++cases;
    const bool ends = word == Keyword::WHEN_ || word == Keyword::ELSE_ || word == Keyword::END_;
    if (cases == 1 && ends && value != 0) {
      shape = either(shape, of({value, at}));
      value = 0;
    }
    if (cases == 1 && (word == Keyword::THEN_ || word == Keyword::ELSE_)) value = at + 1;
    if (word == Keyword::END_ && cases > 0) --cases;
  }
  return shape;
}

}  // namespace sqlcast::sql
