// Determinism of values: where the server keeps one of several values that compare equal, or adds up what rounds, the
// result depends on the order in which rows are read. And of relations: where the order of rows decides what fails.
#include <algorithm>

#include "sql/references.h"
#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {
namespace {

// What takes more to prove than any sensible statement does counts as not proven: judging stays linear.
constexpr std::size_t kMostLookUps = 10'000;
constexpr std::size_t kMostJoined = 64;

bool is_exact_type(const Column& column) {
  return type_is_one_of(column, {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "bit"});
}

// Values of the column that compare equal are the same bytes. Text under most collations has equal values that differ
// ('a' and 'A', 'a' and 'a '); FLOAT and DOUBLE have 0 and -0.
bool has_one_form(const Column& column) {
  if (is_exact_type(column)) return true;
  if (type_is_one_of(column, {"date", "time", "datetime", "timestamp", "enum", "set", "binary", "varbinary", "tinyblob",
                              "blob", "mediumblob", "longblob", "uuid", "inet4", "inet6"}))
    return true;
  return column.collation == "binary" || column.collation.ends_with("_nopad_bin");
}

// What gives a DOUBLE whatever it is given.
bool is_approximate(const Function& function) {
  static constexpr std::string_view kNames[] = {"ACOS",        "ASIN",
                                                "ATAN",        "ATAN2",
                                                "COS",         "COT",
                                                "DEGREES",     "EXP",
                                                "LN",          "LOG",
                                                "LOG10",       "LOG2",
                                                "PI",          "POW",
                                                "POWER",       "RADIANS",
                                                "RAND",        "SIN",
                                                "SQRT",        "TAN",
                                                "ST_AREA",     "ST_X",
                                                "ST_Y",        "ST_LENGTH",
                                                "ST_DISTANCE", "ST_DISTANCE_SPHERE"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view name) { return function.name == name; });
}

}  // namespace

bool type_is_one_of(const Column& column, std::initializer_list<std::string_view> types) {
  return std::any_of(types.begin(), types.end(), [&](std::string_view type) { return same_word(column.type, type); });
}

std::string Rules::shown(Range range) const {
  constexpr std::size_t kLongest = 40;
  const std::string_view text = tokens_.text(range.first, range.end);
  if (text.size() <= kLongest) return "\"" + std::string(text) + "\"";
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + std::string(text.substr(0, end)) + "…\"";
}

// The test holds for every column of that name in any of the statement's tables, and there is one.
template <typename Test>
bool Rules::all_columns(const ColumnRef& column, Test test) const {
  // It may be a column of what is no table of the schema, and have any values.
  if (facts_.derived_tables || !facts_.cte_names.empty()) return false;
  const std::vector<const Column*>& columns = columns_called(column.name);
  return !columns.empty() &&
         std::all_of(columns.begin(), columns.end(), [&](const Column* known) { return test(*known); });
}

// Values of the expression that compare equal are the same. What is not known of a column speaks against it. BINARY
// makes them exact, but of a group whose text was compared otherwise.
bool Rules::has_same_values(Range range, const std::vector<Range>& skipped, bool binary_is_exact) const {
  const Item& last = tokens_[range.end - 1];
  if (last.symbol == '*' && (range.end - range.first == 1 || tokens_[range.end - 2].symbol == '.'))
    return std::all_of(facts_.tables.begin(), facts_.tables.end(), [this](const TableUse& use) {
      const Table* known = table(use.name);
      return known != nullptr && std::all_of(known->columns.begin(), known->columns.end(), has_one_form);
    });
  const std::vector<ColumnRef> columns = column_refs(tokens_, range, skipped);
  if (columns.size() * facts_.tables.size() > kMostLookUps) return false;
  return std::all_of(columns.begin(), columns.end(), [&](const ColumnRef& column) {
    std::size_t first = column.token;
    while (first >= range.first + 2 && tokens_[first - 1].symbol == '.') first -= 2;
    const bool binary = binary_is_exact && first > range.first && tokens_[first - 1].keyword == Keyword::BINARY_;
    return binary || all_columns(column, has_one_form);
  });
}

// SUM and AVG of it do not round: integers, decimals, and what is counted or compared.
bool Rules::is_exact_number(Range range) const {
  const auto calculates = [&](std::size_t at) {
    const char symbol = tokens_[at].symbol;
    return symbol == '*' || symbol == '+' || symbol == '-' || symbol == '/';
  };
  for (std::size_t at = range.first; at < range.end; ++at) {
    const Item& item = tokens_[at];
    if (item.kind == TokenKind::number && tokens_.text(at).find_first_of("xX'") == std::string_view::npos &&
        tokens_.text(at).find_first_of("eE") != std::string_view::npos)
      return false;
    if (item.kind == TokenKind::string && (calculates(at - 1) || calculates(at + 1))) return false;
    if (item.kind == TokenKind::word && tokens_[at + 1].symbol == '(')
      if (const Function* function = find_function(tokens_.text(at)); function != nullptr && is_approximate(*function))
        return false;
    if (item.kind == TokenKind::word && (same_word(tokens_.text(at), "DOUBLE") || same_word(tokens_.text(at), "FLOAT")))
      return false;
  }
  const std::vector<ColumnRef> columns = column_refs(tokens_, range);
  if (columns.size() * facts_.tables.size() > kMostLookUps) return false;
  const bool alone = columns.size() == 1 && columns.front().token == range.end - 1;
  return std::all_of(columns.begin(), columns.end(), [&](const ColumnRef& column) {
    const bool number = alone || calculates(column.token + 1) ||
                        (column.qualifier.empty() && column.token > range.first && calculates(column.token - 1));
    return all_columns(column, [&](const Column& known) {
      return number ? is_exact_type(known) : !type_is_one_of(known, {"", "float", "double", "real"});
    });
  });
}

bool Rules::check_exact_aggregate(const FunctionUse& use) {
  const std::string_view name = use.function->name;
  Range arguments{use.token + 2, use.end - 1};
  if (tokens_[arguments.first].keyword == Keyword::DISTINCT_) ++arguments.first;
  if (arguments.empty()) return true;
  if ((name == "MIN" || name == "MAX") && !has_same_values(arguments))
    return refuse(Refusal::undetermined_aggregate,
                  std::string(name) + "() of " + shown(arguments) + " picks one of " + kEqualNotSame);
  if ((name == "SUM" || name == "AVG") && !is_exact_number(arguments))
    return refuse(Refusal::undetermined_aggregate,
                  std::string(name) + "() of " + shown(arguments) +
                      ", which is not known to be an integer or a DECIMAL, rounds in the order in which rows are read");
  return true;
}

bool Rules::check_distinct(const Block& block) {
  if (!block.distinct && !block.merged) return true;
  for (const Range& item : split_commas(tokens_, block.select_list)) {
    if (has_same_values(item)) continue;
    return refuse(Refusal::undetermined_group, shown(item) + " has " + kEqualNotSame + ", of which " +
                                                   (block.distinct ? "DISTINCT" : "UNION, EXCEPT or INTERSECT") +
                                                   " keeps any");
  }
  return true;
}

// ---- relations -----------------------------------------------------------------------------------------------

// By a chain of foreign keys.
bool Rules::refers_to(const ObjectName& from, const ObjectName& to) const {
  return schema_ != nullptr && refers(*schema_, from, to);
}

// Rows that go with others, or keep others from going: how many rows are deleted, and whether it fails, depends on
// which go first.
bool Rules::check_deleted_relations() {
  if (one_row_ || rows_in_order_) return true;
  if (facts_.target_count > kMostJoined)
    return refuse(Refusal::unordered_rows, "the join has too many tables to judge");
  std::vector<ObjectName> deleted;
  for (const TableUse& target : facts_.tables) {
    if (!target.target) continue;
    deleted.push_back(target.name);
    for (const TableUse& other : facts_.tables) {
      if (!other.joined || !refers_to(other.name, target.name)) continue;
      return refuse(Refusal::unordered_rows, "rows of \"" + other.name.name + "\" refer to the rows of \"" +
                                                 target.name.name +
                                                 "\" that are deleted: what happens depends on which go first");
    }
  }
  const std::string torn = schema_ == nullptr ? std::string() : reached_in_two_ways(*schema_, deleted);
  return torn.empty() || refuse(Refusal::unordered_rows,
                                "\"" + torn +
                                    "\" refers by several foreign keys to what is deleted, which do not do the "
                                    "same: what happens depends on which rows go first");
}

// SET id = id + 1: whether a row meets the one before it, which has not moved yet, depends on which is first.
bool Rules::check_moved_keys() {
  if (one_row_ || rows_in_order_) return true;
  const Joined joined = joined_tables();
  const std::vector<const Table*>& tables = joined.tables;
  for (const Assignment& assignment : facts_.assignments) {
    ColumnRef column;
    if (!read_column(tokens_, assignment.column, column)) continue;
    // DEFAULT of an expression, which quotes the columns that it names.
    const bool as_default = assignment.value.end - assignment.value.first == 1 &&
                            tokens_[assignment.value.first].keyword == Keyword::DEFAULT_;
    const bool constant = column_refs(tokens_, assignment.value).empty() &&
                          !(as_default && any_column(column.name, [](const Column& known) {
                              return known.default_expression.find('`') != std::string::npos;
                            }));
    // A generated column may be computed from the one that is set, so that even a constant moves its values.
    const auto may_move = [&](const Table& table, const std::string& name) {
      if (may_be_same_name(name, column.name)) return !constant;
      return std::any_of(table.columns.begin(), table.columns.end(),
                         [&](const Column& known) { return known.generated && same_word(known.name, name); });
    };
    const auto in_key = [&](std::size_t k) {
      if (tables[k] == nullptr || (!column.qualifier.empty() && column.qualifier != joined.aliases[k])) return false;
      const std::vector<UniqueKey>& keys = tables[k]->unique_keys;
      return std::any_of(keys.begin(), keys.end(), [&](const UniqueKey& key) {
        return std::any_of(key.columns.begin(), key.columns.end(),
                           [&](const std::string& name) { return may_move(*tables[k], name); });
      });
    };
    bool moves = false;
    for (std::size_t k = 0; k < tables.size() && !moves; ++k) moves = in_key(k);
    if (moves)
      return refuse(
          Refusal::unordered_rows,
          "\"" + column.name +
              "\" is part of a unique key, or of what one is generated from: whether rows that move collide depends on "
              "the order in which they are written");
  }
  return true;
}

}  // namespace sqlcast::sql
