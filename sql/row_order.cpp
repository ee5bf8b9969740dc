#include "sql/row_order.h"

#include <algorithm>

namespace sqlcast::sql {
namespace {

bool is_identifier(const Item& item) {
  return item.kind == TokenKind::word || item.kind == TokenKind::quoted_identifier;
}

bool never_a_column(const Item& item) {
  return item.kind == TokenKind::word && is_reserved_in_expressions(item.keyword);
}

// An operand: a name right behind one is an alias or a unit (INTERVAL 1 DAY), not another column. END is not
// reserved, but CASE … END is followed by an alias the same way.
bool is_operand(const Item& item) {
  return item.kind == TokenKind::number || item.kind == TokenKind::string || item.symbol == ')' ||
         (is_identifier(item) && !never_a_column(item));
}

enum class TypeGroup { unknown, integer, text };

TypeGroup type_group(const Column& column) {
  if (column.auto_increment) return TypeGroup::integer;
  for (const std::string_view name : {"tinyint", "smallint", "mediumint", "int", "bigint"})
    if (same_word(column.type, name)) return TypeGroup::integer;
  for (const std::string_view name : {"char", "varchar"})
    if (same_word(column.type, name)) return TypeGroup::text;
  return TypeGroup::unknown;
}

// A literal equals at most one value of the column, whatever the server converts.
bool literal_fits(const Item& item, std::string_view text, const Column& column) {
  const TypeGroup group = type_group(column);
  if (item.kind == TokenKind::string) return group == TypeGroup::text;
  if (item.kind != TokenKind::number || group != TypeGroup::integer) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// BINARY column <=> literal is true of one value of the column. FLOAT is written with six digits; of an ENUM or SET the
// empty text may be two values; where a DOUBLE is rounded behind the point is not known.
bool tells_value(const Column& column, std::string_view literal) {
  const auto is = [&](std::string_view type) { return same_word(column.type, type); };
  if (is("enum") || is("set")) return literal != "x''";
  if (is("double")) return column.scale == 0;
  constexpr std::string_view kTypes[] = {
      "tinyint",  "smallint",  "mediumint",  "int",      "bigint",  "decimal",   "bit",        "year",  "date",
      "datetime", "timestamp", "time",       "char",     "varchar", "tinytext",  "mediumtext", "text",  "longtext",
      "tinyblob", "blob",      "mediumblob", "longblob", "binary",  "varbinary", "geometry",   "point", "linestring"};
  return std::any_of(std::begin(kTypes), std::end(kTypes), is);
}

// Conditions that must all hold: cut at the ANDs outside parentheses. Empty when something else than AND joins them.
std::vector<Range> conjuncts(const TokenList& tokens, Range where) {
  std::vector<Range> parts;
  Range part{where.first, where.first};
  for (std::size_t at = where.first; at < where.end; ++at) {
    const Item& item = tokens[at];
    if (item.symbol == '(') {
      at = item.match;
      continue;
    }
    const bool unclear = item.keyword == Keyword::OR_ || item.keyword == Keyword::XOR_ ||
                         item.keyword == Keyword::BETWEEN_ || item.keyword == Keyword::CASE_ ||
                         item.keyword == Keyword::NOT_ || item.keyword == Keyword::IS_ ||
                         (item.symbol == '#' && (tokens.text(at) == "||" || tokens.text(at) == "&&"));
    if (unclear) return {};
    if (item.keyword != Keyword::AND_) continue;
    part.end = at;
    parts.push_back(part);
    part.first = at + 1;
  }
  part.end = where.end;
  parts.push_back(part);
  return parts;
}

// a = b: the two sides.
bool equality(const TokenList& tokens, Range part, Range& left, Range& right) {
  for (std::size_t at = part.first; at < part.end; ++at) {
    const Item& item = tokens[at];
    if (item.symbol == '(') return false;
    if (item.symbol != '=') continue;
    left = {part.first, at};
    right = {at + 1, part.end};
    return !left.empty() && !right.empty();
  }
  return false;
}

}  // namespace

const Column* find_column(const Table& table, std::string_view name) {
  for (const Column& column : table.columns)
    if (same_word(column.name, name)) return &column;
  return nullptr;
}

std::vector<Range> split_commas(const TokenList& tokens, Range range) {
  std::vector<Range> parts;
  if (range.empty()) return parts;
  Range part{range.first, range.first};
  for (std::size_t at = range.first; at < range.end; ++at) {
    if (tokens[at].symbol == '(') {
      at = tokens[at].match;
    } else if (tokens[at].symbol == ',') {
      part.end = at;
      parts.push_back(part);
      part.first = at + 1;
    }
  }
  part.end = range.end;
  parts.push_back(part);
  return parts;
}

bool read_column(const TokenList& tokens, Range range, ColumnRef& column) {
  const std::size_t count = range.end - range.first;
  if (range.empty() || count > 5 || count % 2 == 0) return false;
  for (std::size_t k = 0; k < count; ++k) {
    const Item& item = tokens[range.first + k];
    if (k % 2 == 0 ? !is_identifier(item) : item.symbol != '.') return false;
  }
  if (count == 1 && never_a_column(tokens[range.first])) return false;
  column.token = range.end - 1;
  column.name = identifier_text(tokens.text(range.end - 1));
  column.qualifier = count > 1 ? identifier_text(tokens.text(range.end - 3)) : std::string();
  return true;
}

std::vector<ColumnRef> column_refs(const TokenList& tokens, Range range, const std::vector<Range>& skipped) {
  std::vector<ColumnRef> refs;
  // Ranges begin at function names, each of which begins at most one.
  const auto skip_at = [&](std::size_t at) {
    const auto found = std::lower_bound(skipped.begin(), skipped.end(), at,
                                        [](const Range& skip, std::size_t token) { return skip.first < token; });
    return found != skipped.end() && found->first == at ? found->end : at;
  };
  for (std::size_t at = range.first; at < range.end; ++at) {
    if (const std::size_t end = skip_at(at); end > at) {
      at = end - 1;
      continue;
    }
    const Item& item = tokens[at];
    if (!is_identifier(item)) continue;
    const Item& next = tokens[at + 1];
    if (next.symbol == '(' || next.symbol == '.') continue;
    const bool after_dot = at > range.first && tokens[at - 1].symbol == '.';
    if (!after_dot) {
      if (never_a_column(item)) continue;
      if (next.kind == TokenKind::string || next.kind == TokenKind::number) continue;  // DATE '…', _utf8mb4 x'…'
      if (at > range.first) {
        const Item& previous = tokens[at - 1];
        if (is_operand(previous) || previous.keyword == Keyword::AS_ || previous.keyword == Keyword::COLLATE_ ||
            previous.keyword == Keyword::USING_)
          continue;
      }
    }
    ColumnRef ref;
    ref.token = at;
    ref.name = identifier_text(tokens.text(at));
    if (after_dot) ref.qualifier = identifier_text(tokens.text(at - 2));
    refs.push_back(std::move(ref));
  }
  return refs;
}

namespace {

bool covers_key(const UniqueKey& key, const std::vector<std::string>& names) {
  return !key.nullable && !key.columns.empty() &&
         std::all_of(key.columns.begin(), key.columns.end(), [&](const std::string& column) {
           return std::any_of(names.begin(), names.end(), [&](const auto& name) { return same_word(name, column); });
         });
}

}  // namespace

bool covers_key(const Table& table, const std::vector<std::string>& names) {
  return std::any_of(table.unique_keys.begin(), table.unique_keys.end(),
                     [&](const UniqueKey& key) { return covers_key(key, names); });
}

bool has_total_key(const Table& table) {
  return std::any_of(table.unique_keys.begin(), table.unique_keys.end(),
                     [](const UniqueKey& key) { return !key.nullable; });
}

bool is_total_order(const TokenList& tokens, const OnlyTable& only, Range order_by, Range select_list) {
  std::vector<std::string> aliases;
  for (const Range& part : split_commas(tokens, select_list)) {
    ColumnRef plain;
    if (part.end - part.first < 2 || read_column(tokens, part, plain)) continue;
    const Item& last = tokens[part.end - 1];
    if (last.kind == TokenKind::string) return false;
    if (is_identifier(last)) aliases.push_back(identifier_text(tokens.text(part.end - 1)));
  }
  std::vector<std::string> names;
  for (Range part : split_commas(tokens, order_by)) {
    const Keyword last = tokens[part.end - 1].keyword;
    if (last == Keyword::ASC_ || last == Keyword::DESC_) --part.end;
    ColumnRef column;
    if (!read_column(tokens, part, column) || !only.owns(column)) continue;
    const bool hidden = column.qualifier.empty() &&
                        std::any_of(aliases.begin(), aliases.end(),
                                    [&](const std::string& alias) { return may_be_same_name(alias, column.name); });
    if (!hidden) names.push_back(column.name);
  }
  return only.table != nullptr && covers_key(*only.table, names);
}

OneRow picks_one_row(const TokenList& tokens, const Table& table, std::string_view alias, Range where) {
  if (where.empty()) return {};
  std::vector<std::string> names;
  const std::vector<Range> parts = conjuncts(tokens, where);
  for (const Range& part : parts) {
    Range left;
    Range right;
    if (!equality(tokens, part, left, right)) continue;
    ColumnRef column;
    if (!read_column(tokens, left, column)) {
      std::swap(left, right);
      if (!read_column(tokens, left, column)) continue;
    }
    const bool negative = right.end - right.first == 2 && tokens[right.first].symbol == '-' &&
                          tokens[right.first + 1].kind == TokenKind::number;
    if (negative) ++right.first;
    if (right.end - right.first != 1) continue;
    if (!column.qualifier.empty() && column.qualifier != alias) continue;
    const Column* known = find_column(table, column.name);
    if (known != nullptr && literal_fits(tokens[right.first], tokens.text(right.first), *known))
      names.push_back(column.name);
  }
  const auto found_by = [&](const UniqueKey& key) {
    const bool alone = names.size() == parts.size() && key.columns.size() == parts.size();
    return (alone || &key == &table.unique_keys.front()) && covers_key(key, names);
  };
  return {covers_key(table, names), std::any_of(table.unique_keys.begin(), table.unique_keys.end(), found_by)};
}

bool means_rows_alike(const TokenList& tokens, const Table& table, Range where) {
  std::vector<std::string> names;
  for (const Range& part : conjuncts(tokens, where)) {
    ColumnRef column;
    if (part.end - part.first != 4 || tokens[part.first].keyword != Keyword::BINARY_ ||
        !read_column(tokens, {part.first + 1, part.first + 2}, column) || tokens.text(part.first + 2) != "<=>")
      return false;
    const std::string_view literal = tokens.text(part.first + 3);
    const Column* known = find_column(table, column.name);
    if (known == nullptr || !tells_value(*known, literal)) return false;
    if (!literal.starts_with("x'") && tokens[part.first + 3].keyword != Keyword::NULL_) return false;
    names.push_back(known->name);
  }
  return std::all_of(table.columns.begin(), table.columns.end(), [&](const Column& column) {
    return column.generated || std::find(names.begin(), names.end(), column.name) != names.end();
  });
}

std::size_t owner_of(const ColumnRef& column, const std::vector<const Table*>& tables,
                     const std::vector<std::string>& aliases) {
  std::size_t owner = tables.size();
  for (std::size_t k = 0; k < tables.size(); ++k) {
    if (tables[k] == nullptr) {
      // An unknown table may have the column too.
      if (column.qualifier.empty()) return tables.size();
      continue;
    }
    if (!column.qualifier.empty() && column.qualifier != aliases[k]) continue;
    if (find_column(*tables[k], column.name) == nullptr) continue;
    if (owner != tables.size()) return tables.size();
    owner = k;
  }
  return owner;
}

}  // namespace sqlcast::sql
