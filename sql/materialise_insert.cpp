#include "sql/materialise_insert.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "sql/literal.h"
#include "sql/references.h"
#include "sql/row_order.h"

namespace sqlcast::sql {
namespace {

bool find_set(const Materialising& s, const Table& target, RowPlan& plan) {
  for (const Assignment& assignment : s.facts.assignments) {
    ColumnRef ref;
    const Column* column = read_column(s.tokens, assignment.column, ref) ? find_column(target, ref.name) : nullptr;
    if (column == nullptr) return false;
    if (column->auto_increment) plan.numbered = plan.values.size();
    plan.values.push_back(*column);
  }
  return true;
}

// It has a query, or a call that would be another one in another text.
bool is_read_first(const Materialising& s, Range value) {
  for (std::size_t at = value.first; at < value.end; ++at) {
    const Keyword keyword = s.tokens[at].keyword;
    if (keyword == Keyword::SELECT_ || keyword == Keyword::WITH_ || keyword == Keyword::VALUES_) return true;
  }
  return std::any_of(s.facts.functions.begin(), s.facts.functions.end(), [&](const FunctionUse& use) {
    const FunctionClass of = use.function->function_class;
    return use.token >= value.first && use.token < value.end &&
           (of == FunctionClass::frozen || of == FunctionClass::random);
  });
}

// A column of the row that is written, which a SELECT by itself does not know.
bool may_name(const Materialising& s, Range value, const Table& target) {
  const auto inside = [&](std::size_t token) { return token >= value.first && token < value.end; };
  const bool hides_columns = s.facts.derived_tables || !s.facts.cte_names.empty();
  if (std::any_of(s.facts.default_words.begin(), s.facts.default_words.end(), inside)) return true;
  for (std::size_t at = value.first; at < value.end; ++at) {
    const TokenKind kind = s.tokens[at].kind;
    if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) continue;
    const std::string name = identifier_text(s.tokens.text(at));
    const bool of_target = std::any_of(target.columns.begin(), target.columns.end(),
                                       [&](const Column& column) { return may_be_same_name(column.name, name); });
    const bool of_another = std::any_of(s.facts.tables.begin(), s.facts.tables.end(), [&](const TableUse& use) {
      const Table* known = use.target ? nullptr : s.table(use.name);
      return known != nullptr && find_column(*known, name) != nullptr;
    });
    if (of_target && (hides_columns || !of_another)) return true;
  }
  return false;
}

// The columns that the rows of an INSERT have values for. False: not known.
bool find_values(const Materialising& statement, const Table& target, RowPlan& plan) {
  if (!statement.facts.insert_columns) {
    for (const Column& column : target.columns)
      if (!column.invisible) plan.values.push_back(column);
  } else {
    for (const Range& range : split_commas(statement.tokens, *statement.facts.insert_columns)) {
      ColumnRef ref;
      const Column* column = read_column(statement.tokens, range, ref) ? find_column(target, ref.name) : nullptr;
      if (column == nullptr) return false;
      plan.values.push_back(*column);
    }
  }
  for (std::size_t i = 0; i < plan.values.size(); ++i)
    if (plan.values[i].auto_increment) plan.numbered = i;
  return true;
}

// A query of a row that is not the first would see the rows in front of it, or what their writing has changed
// elsewhere.
bool sees_earlier_rows(const Materialising& s) {
  const Facts& facts = s.facts;
  const bool changes = facts.verb == Verb::replace || !facts.duplicate_assignments.empty();
  return facts.shape.tuples > 1 && std::any_of(facts.tables.begin(), facts.tables.end(), [&](const TableUse& use) {
           const Table* known = s.table(use.name);
           if (use.target) return false;
           return known == nullptr || known->view || use.name == facts.shape.table ||
                  (changes && refers(*s.schema, use.name, facts.shape.table));
         });
}

// VALUES or SET: what has a query is read, and all else stays the text that it is. False: that cannot be, as
// a query looks at the row itself.
bool plan_values(const Materialising& statement, const Table& target, RowPlan& plan, std::string& why) {
  const Facts& facts = statement.facts;
  const TokenList& tokens = statement.tokens;
  const bool set = !facts.assignments.empty();
  const bool has_query = std::any_of(facts.blocks.begin(), facts.blocks.end(),
                                     [](const Block& block) { return block.place == Place::values; });
  if (!has_query || facts.empty_tuples) return false;
  if (sees_earlier_rows(statement)) {
    why =
        "its queries read the table itself, a view, or what the rows change elsewhere, and each row would see those "
        "before it: send each row as a statement of its own, in one request";
    return false;
  }
  if (!(set ? find_set(statement, target, plan) : find_values(statement, target, plan))) return false;
  const std::vector<Column> columns = plan.values;
  std::vector<Range> given;
  for (const Assignment& assignment : facts.assignments) given.push_back(assignment.value);
  for (std::size_t at = facts.values_first; !set && at < facts.values_last; at = tokens[at].match + 2) {
    const std::vector<Range> tuple = split_commas(tokens, {at + 1, tokens[at].match});
    if (tuple.size() != columns.size() || given.size() + tuple.size() > kMostColumns) return false;
    if (plan.numbered && facts.shape.tuples > 1 && is_read_first(statement, tuple[*plan.numbered])) return false;
    if (!given.empty()) plan.values.insert(plan.values.end(), columns.begin(), columns.end());
    given.insert(given.end(), tuple.begin(), tuple.end());
  }
  plan.row_width = columns.size();
  for (const Range& value : given) {
    const std::string text(tokens.text(value.first, value.end));
    if (!is_read_first(statement, value)) {
      plan.items.push_back({"0", {}, text, true});
    } else if (may_name(statement, value, target)) {
      return false;
    } else {
      plan.items.push_back({text, "CAST(" + text + " AS DOUBLE)", {}});
    }
  }
  std::string names;
  for (const Column& column : columns) names += (names.empty() ? " (" : ", ") + quote_name(column.name);
  plan.head = set ? std::string(tokens.text(0, facts.assignments.front().column.first - 1)) + names + ") VALUES "
                  : std::string(tokens.text(0, facts.values_first - 1)) + " VALUES ";
  plan.select_head = "SELECT ";
  plan.strict = !facts.ignore;
  const std::size_t rows_end = set ? given.back().end : facts.values_last + 1;
  if (rows_end < statement.end()) plan.tail = " " + std::string(statement.source(rows_end, statement.end()));
  return true;
}

class InsertPlanner {
 public:
  InsertPlanner(const Materialising& statement, RowPlan& plan, std::string& why)
      : s_(statement), plan_(plan), why_(why) {}

  bool plan() {
    const Facts& facts = s_.facts;
    const Table* known = s_.table(facts.shape.table);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::insert;
    if (!facts.source) {
      plan_.returning = s_.returning();
      return plan_values(s_, *known, plan_, why_) && tail_is_of_target(*known) && s_.accepts(plan_, 1);
    }
    if (!find_values(s_, *known, plan_)) return false;
    plan_.ignore = facts.ignore;
    plan_.strict = !facts.ignore;
    const Range range = facts.source_range;
    plan_.head = std::string(s_.source(0, range.first)) + " VALUES ";
    if (range.end < s_.end()) plan_.tail = " " + std::string(s_.source(range.end, s_.end()));
    plan_.returning = s_.returning();
    if (!tail_is_of_target(*known) || !s_.accepts(plan_, 1) || !s_.accepts(plan_, 2)) return false;
    if (!insert_nothing(range.first) && !s_.find_no_effect(facts.shape.table, *known, plan_)) return false;
    split_select(range);
    return true;
  }

 private:
  // An insert of no rows, which the database refuses for what it refuses without looking at rows: a column that is left
  // out and has no default.
  bool insert_nothing(std::size_t select) {
    std::string nulls;
    for (std::size_t i = 0; i < plan_.values.size(); ++i) nulls += i == 0 ? "NULL" : ", NULL";
    plan_.no_effect = std::string(s_.source(0, select)) + " SELECT " + nulls + " FROM DUAL WHERE FALSE" + plan_.tail;
    return s_.is_safe_write(plan_.no_effect);
  }

  // Behind the rows nothing is left of what they came from.
  bool tail_is_of_target(const Table& known) const {
    const Facts& facts = s_.facts;
    if (std::any_of(facts.blocks.begin(), facts.blocks.end(),
                    [](const Block& block) { return block.place == Place::duplicate_update; }))
      return false;
    for (const Assignment& assignment : facts.duplicate_assignments)
      for (const ColumnRef& ref : column_refs(s_.tokens, assignment.value)) {
        if (s_.tokens[ref.token - 1].symbol == '(' && same_word(s_.source(ref.token - 2, ref.token - 1), "VALUES"))
          continue;
        const bool of_target =
            ref.qualifier.empty() ? !a_source_has(ref.name) : ref.qualifier == facts.shape.table.name;
        if (!of_target || find_column(known, ref.name) == nullptr) return false;
      }
    return true;
  }

  // A name that is ambiguous (1052) while the SELECT stands in front of it. VALUES(c) names the target's.
  bool a_source_has(const std::string& name) const {
    const Facts& facts = s_.facts;
    if (facts.derived_tables || !facts.cte_names.empty()) return true;
    return std::any_of(facts.tables.begin(), facts.tables.end(), [&](const TableUse& use) {
      const Table* known = s_.table(use.name);
      return !use.target && (known == nullptr || known->view || find_column(*known, name) != nullptr);
    });
  }

  // Item by item, where that is what the SELECT has.
  void split_select(Range range) {
    const Facts& facts = s_.facts;
    plan_.select_head = s_.source(range.first, range.end);
    if (facts.source->blocks.size() != 1) return;
    const Range list = facts.blocks[facts.source->blocks.front()].select_list;
    if (list.empty() || s_.tokens[list.first - 1].keyword == Keyword::VALUES_) return;
    std::vector<RowPlan::Item> items;
    for (const Range& item : split_commas(s_.tokens, list)) {
      if (s_.tokens[item.end - 1].symbol == '*') {
        if (!expand_star(list, items)) return;
        break;
      }
      items.push_back({std::string(s_.source(item.first, item.end)), as_double(item), s_.literal_alone(item)});
    }
    const std::size_t begin = s_.tokens[range.first].offset;
    const Item& last = s_.tokens[list.end - 1];
    const Item& end = s_.tokens[range.end - 1];
    const std::string_view text = s_.tokens.source();
    plan_.select_head = text.substr(begin, s_.tokens[list.first].offset - begin);
    plan_.select_tail = text.substr(last.offset + last.size, end.offset + end.size - last.offset - last.size);
    plan_.items = std::move(items);
  }

  // An item of a SELECT's list, under the name that other clauses may have for it. Empty where it is not certain where
  // the expression ends.
  std::string as_double(Range item) const {
    const auto cast = [&](std::size_t end) {
      return "CAST(" + std::string(s_.source(item.first, end)) + " AS DOUBLE)";
    };
    ColumnRef ref;
    if (read_column(s_.tokens, item, ref)) return cast(item.end) + " AS " + quote_name(ref.name);
    if (item.end - item.first > 2 && s_.tokens[item.end - 2].keyword == Keyword::AS_)
      return cast(item.end - 2) + " AS " + std::string(s_.source(item.end - 1, item.end));
    const Item& last = s_.tokens[item.end - 1];
    if (last.symbol == ')' || last.kind == TokenKind::number) return cast(item.end);
    std::size_t first = item.end - 1;
    while (first >= item.first + 2 && s_.tokens[first - 1].symbol == '.') first -= 2;
    const bool operand =
        first > item.first && std::string_view("*/+-").find(s_.tokens[first - 1].symbol) != std::string_view::npos;
    return operand ? cast(item.end) : std::string();
  }

  // The columns that stand for the whole of a list that is a star, of a table that is read alone.
  bool expand_star(Range list, std::vector<RowPlan::Item>& items) const {
    const Block& block = s_.facts.blocks[s_.facts.source->blocks.front()];
    if (list.end - list.first != 1 || !block.only_table) return false;
    const TableUse& use = s_.facts.tables[*block.only_table];
    const Table* known = s_.table(use.name);
    if (known == nullptr || known->view) return false;
    for (const Column& column : known->columns)
      if (!column.invisible) {
        const std::string text = quote_name(use.alias) + "." + quote_name(column.name);
        items.push_back({text, "CAST(" + text + " AS DOUBLE) AS " + quote_name(column.name), {}});
      }
    return !items.empty();
  }

  const Materialising& s_;
  RowPlan& plan_;
  std::string& why_;
};

}  // namespace

bool plan_insert(const Materialising& statement, RowPlan& plan, std::string& why) {
  return InsertPlanner(statement, plan, why).plan();
}

}  // namespace sqlcast::sql
