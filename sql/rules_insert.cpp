// Determinism of INSERT, REPLACE and DDL.
#include <algorithm>

#include "sql/row_order.h"
#include "sql/rules.h"

namespace sqlcast::sql {

// The token is this column's name, quoted or not.
Rules::Given Rules::names_column(std::size_t at, std::string_view column) const {
  const TokenKind kind = tokens_[at].kind;
  if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) return Given::no;
  const std::string_view text = tokens_.text(at);
  if (kind == TokenKind::word && same_word(text, column)) return Given::yes;
  if (kind == TokenKind::quoted_identifier && same_word(identifier_text(text), column)) return Given::yes;
  return may_be_same_name(kind == TokenKind::word ? std::string(text) : identifier_text(text), column) ? Given::maybe
                                                                                                       : Given::no;
}

Rules::Given Rules::column_given(std::string_view column) const {
  if (!facts_.insert_columns && facts_.assignments.empty()) return facts_.empty_tuples ? Given::no : Given::yes;
  Given given = Given::no;
  if (facts_.insert_columns) {
    // The last part of each name: `a`, t.a, d.t.a.
    for (std::size_t at = facts_.insert_columns->first; at < facts_.insert_columns->end; ++at)
      if (tokens_[at + 1].symbol != '.') given = std::max(given, names_column(at, column));
    return given;
  }
  for (const Assignment& assignment : facts_.assignments)
    given = std::max(given, names_column(assignment.column.end - 1, column));
  return given;
}

bool Rules::moves_ids() const {
  if (facts_.verb != Verb::update) return false;
  for (const TableUse& use : facts_.tables) {
    if (!use.target) continue;
    const Table* known = table(use.name);
    if (known == nullptr) return true;
    for (const Column& column : known->columns) {
      if (!column.auto_increment) continue;
      for (const Assignment& assignment : facts_.assignments)
        if (names_column(assignment.column.end - 1, column.name) != Given::no) return true;
    }
  }
  return false;
}

namespace {

// What the tuples seen so far give the AUTO_INCREMENT column.
struct AutoIncrementValues {
  bool generated = false;
  bool explicit_values = false;
  bool other = false;
  std::uint64_t max = 0;
  std::uint64_t max_before_generated = 0;  // when one is generated

  void add(const TokenList& tokens, Range value) {
    const Item& item = tokens[value.first];
    const std::string_view text = tokens.text(value.first);
    const bool digits = item.kind == TokenKind::number && text.size() <= 18 &&
                        text.find_first_not_of("0123456789") == std::string_view::npos;
    if (value.end - value.first != 1) {  // NOLINT(bugprone-branch-clone): told before its first token is looked at
      other = true;
    } else if (item.keyword == Keyword::NULL_ || item.keyword == Keyword::DEFAULT_) {
      generate();
    } else if (digits) {
      std::uint64_t number = 0;
      for (const char c : text) number = number * 10 + static_cast<std::uint64_t>(c - '0');
      if (number == 0)
        generate();
      else
        explicit_values = true;
      max = std::max(max, number);
    } else {
      other = true;
    }
  }
  void generate() {
    if (!generated) max_before_generated = max;
    generated = true;
  }
  AutoIncrementUse use() const {
    if (other || generated == explicit_values) return AutoIncrementUse::unknown;
    return generated ? AutoIncrementUse::generated : AutoIncrementUse::explicit_values;
  }
};

}  // namespace

// How many values the tuple has; `value` is the one at `position`.
std::size_t Rules::tuple_value(Range tuple, std::size_t position, Range& value) const {
  std::size_t count = 0;
  std::size_t first = tuple.first;
  for (std::size_t at = tuple.first; at <= tuple.end; ++at) {
    if (at < tuple.end && tokens_[at].symbol == '(') {
      at = tokens_[at].match;
      continue;
    }
    if (at < tuple.end && tokens_[at].symbol != ',') continue;
    if (count++ == position) value = {first, at};
    first = at + 1;
  }
  return count;
}

void Rules::set_auto_increment(const Table& target, InsertShape& shape) const {
  const auto column = std::find_if(target.columns.begin(), target.columns.end(),
                                   [](const Column& candidate) { return candidate.auto_increment; });
  shape.auto_increment = AutoIncrementUse::unknown;
  if (column == target.columns.end()) {
    shape.auto_increment = AutoIncrementUse::absent;
    return;
  }
  const bool rounds = same_word(column->type, "FLOAT") || same_word(column->type, "DOUBLE");
  const Given given = column_given(column->name);
  if (facts_.source || rounds || given == Given::maybe) return;
  AutoIncrementValues values;
  const auto is_it = [&](Range range) { return names_column(range.end - 1, column->name) == Given::yes; };
  if (!facts_.assignments.empty()) {
    values.generated = given == Given::no;
    for (const Assignment& assignment : facts_.assignments)
      if (is_it(assignment.column)) values.add(tokens_, assignment.value);
  } else {
    // Without a column list a tuple has every column; another count means hidden columns, which are not known.
    std::size_t position = static_cast<std::size_t>(column - target.columns.begin());
    std::size_t width = target.columns.size();
    if (facts_.insert_columns && given == Given::no) {
      position = width;
    } else if (facts_.insert_columns) {
      const std::vector<Range> columns = split_commas(tokens_, *facts_.insert_columns);
      width = columns.size();
      position = static_cast<std::size_t>(std::find_if(columns.begin(), columns.end(), is_it) - columns.begin());
    }
    if (position == width) {
      values.generated = true;
    } else {
      Range values_of_tuple;
      for (std::size_t at = facts_.values_first; at < facts_.values_last; at = tokens_[at].match + 2) {
        const Range tuple{at + 1, tokens_[at].match};
        const std::size_t count = tuple.empty() ? 0 : tuple_value(tuple, position, values_of_tuple);
        if (tuple.empty())
          values.generate();
        else if (count != width)
          values.other = true;
        else
          values.add(tokens_, values_of_tuple);
      }
    }
  }
  shape.auto_increment = values.use();
  if (shape.auto_increment == AutoIncrementUse::explicit_values) shape.explicit_max = values.max;
  if (values.generated) shape.own_before_generated = values.max_before_generated;
}

InsertShape Rules::insert_shape() const {
  InsertShape shape = facts_.shape;
  if (const Table* target = table(shape.table); target != nullptr) {
    set_auto_increment(*target, shape);
    shape.order_free = shape.literals_only && !target->view && target->references.empty() && !target->triggers;
  }
  if (shape.plain) {
    shape.values_offset = tokens_[facts_.values_first].offset;
    shape.values_end = tokens_[facts_.values_last].offset + 1;
  }
  return shape;
}

bool Rules::check_insert() {
  const Table* target = table(facts_.shape.table);
  if (target != nullptr && !check_defaults(*target)) return false;
  if (facts_.verb == Verb::replace) return target == nullptr || check_replace(*target);
  return facts_.duplicate_assignments.empty() || check_duplicate_update(target);
}

bool Rules::check_defaults(const Table& target) {
  const bool insert = facts_.verb == Verb::insert || facts_.verb == Verb::replace;
  for (const Column& column : target.columns) {
    if (column.generated || column.default_expression.empty()) continue;
    const bool hidden = column.invisible && !facts_.insert_columns && facts_.assignments.empty();
    if (insert && facts_.default_words.empty() && !hidden && column_given(column.name) == Given::yes) continue;
    if (!is_unsafe_default(column.default_expression)) continue;
    return refuse(Refusal::unsafe_default, "the default of column \"" + column.name + "\" is " +
                                               column.default_expression + ", another value on each node");
  }
  return true;
}

// A key that only has the AUTO_INCREMENT column cannot conflict while its value is generated.
bool Rules::may_conflict(const Table& target, const UniqueKey& key) const {
  if (key.columns.size() != 1) return true;
  return std::none_of(target.columns.begin(), target.columns.end(), [&](const Column& column) {
    return column.auto_increment && same_word(column.name, key.columns[0]) && column_given(column.name) == Given::no;
  });
}

// So many keys a row may conflict with. It is looked at by one index after the other: the clustered one first, behind
// it the others and the foreign keys' in an order that each node's own history of the table makes.
std::ptrdiff_t Rules::conflicting_keys(const Table& target) const {
  return std::count_if(target.unique_keys.begin(), target.unique_keys.end(),
                       [&](const UniqueKey& key) { return may_conflict(target, key); });
}

bool Rules::clustered_first(const Table& target) const {
  return !target.unique_keys.empty() && !target.unique_keys.front().nullable &&
         may_conflict(target, target.unique_keys.front());
}

// A row that conflicts by the last key alone is changed in place, which fails where another conflicts by a key that was
// to be looked at before. Of a table that is referred to all of them are deleted first.
bool Rules::check_replace(const Table& target) {
  const std::ptrdiff_t keys = conflicting_keys(target) - (clustered_first(target) ? 1 : 0);
  return keys < 2 || !target.referred.empty() ||
         refuse(Refusal::several_unique_keys, "\"" + facts_.shape.table.name + "\" has " + std::to_string(keys) +
                                                  " unique keys besides the primary one that a row may conflict with: "
                                                  "whether it can replace those rows depends on their order");
}

// With several unique keys, which of the conflicting rows is updated depends on the order of the keys.
bool Rules::check_duplicate_update(const Table* target) {
  if (target == nullptr)
    return refuse(Refusal::several_unique_keys, "the unique keys of \"" + facts_.shape.table.name + "\" are not known");
  const std::ptrdiff_t keys = conflicting_keys(*target);
  if (keys == 1 && !clustered_first(*target) && !target->references.empty())
    return refuse(Refusal::several_unique_keys,
                  "\"" + facts_.shape.table.name +
                      "\" has foreign keys and a unique key besides the primary one: whether a row without its parent "
                      "fails, or updates the row that it conflicts with, depends on their order");
  if (keys < 2) return true;
  return refuse(Refusal::several_unique_keys,
                "\"" + facts_.shape.table.name + "\" has " + std::to_string(keys) +
                    " unique keys that the row may conflict with: which row is updated depends on their order");
}

bool Rules::source_in_order() const {
  const Block& block = facts_.blocks[facts_.source->blocks.front()];
  return !block.has_from || is_total_order(tokens_, only_table_of(block), block.order_by, block.select_list);
}

bool Rules::check_source() {
  if (!facts_.source) return true;
  const Table* target = table(facts_.shape.table);
  const char* why = nullptr;
  if (facts_.verb == Verb::replace) {
    why = "REPLACE … SELECT keeps the last of the rows with equal keys";
  } else if (facts_.ignore) {
    why = "INSERT IGNORE … SELECT keeps the first of the rows with equal keys";
  } else if (!facts_.duplicate_assignments.empty()) {
    why = "ON DUPLICATE KEY UPDATE works on the rows in the order of the SELECT";
  } else if (target == nullptr) {
    why =
        "it is not known whether the table has an AUTO_INCREMENT column, which numbers the rows in the order of the "
        "SELECT";
  } else if (std::any_of(target->columns.begin(), target->columns.end(),
                         [](const Column& column) { return column.auto_increment; })) {
    why = "AUTO_INCREMENT numbers the rows in the order of the SELECT";
  } else if (refers_to(facts_.shape.table, facts_.shape.table)) {
    why = "the table refers to itself, so that each row needs others to be there before it";
  }
  // What goes with a replaced row, or follows an updated one, may be a row that the SELECT has yet to read.
  const bool changes_rows = facts_.verb == Verb::replace || !facts_.duplicate_assignments.empty();
  const auto follows = [&](const TableUse& use) { return !use.target && refers_to(use.name, facts_.shape.table); };
  if (changes_rows && std::any_of(facts_.tables.begin(), facts_.tables.end(), follows))
    return refuse(Refusal::unordered_rows,
                  "rows that the SELECT reads refer to the rows that are changed: whether one "
                  "is read before it goes with them is the plan's");
  if (why == nullptr || source_in_order()) return true;
  return refuse(Refusal::unordered_rows, std::string(why) + ", which is not determined");
}

bool Rules::check_ddl() {
  for (const TableUse& use : facts_.tables) {
    const Table* known = table(use.name);
    if (known == nullptr) continue;
    if (facts_.numbers_rows && use.target && !has_total_key(*known))
      return refuse(Refusal::unordered_numbering, "AUTO_INCREMENT would number the rows of \"" + use.name.name +
                                                      "\", which has no key to order them");
    const bool model = !use.target && facts_.blocks.empty() && !known->view;
    if (model && !known->engine.empty() && !same_word(known->engine, "INNODB"))
      return refuse(Refusal::engine_not_innodb, "\"" + use.name.name + "\" is a " + known->engine + " table");
  }
  return true;
}

}  // namespace sqlcast::sql
