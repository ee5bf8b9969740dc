#include "sql/materialise_values.h"

#include <algorithm>

#include "sql/literal.h"
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
  if (s.facts.derived_tables || !s.facts.cte_names.empty()) return true;
  if (std::any_of(s.facts.default_words.begin(), s.facts.default_words.end(), inside)) return true;
  for (std::size_t at = value.first; at < value.end; ++at) {
    const TokenKind kind = s.tokens[at].kind;
    if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) continue;
    const std::string name = identifier_text(s.tokens.text(at));
    const bool of_target = std::any_of(target.columns.begin(), target.columns.end(),
                                       [&](const Column& column) { return may_be_same_name(column.name, name); });
    const bool of_another = std::any_of(s.facts.tables.begin(), s.facts.tables.end(), [&](const TableUse& use) {
      const Table* known = use.target ? nullptr : s.schema->find(use.name);
      return known != nullptr && find_column(*known, name) != nullptr;
    });
    if (of_target && !of_another) return true;
  }
  return false;
}

}  // namespace

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

bool plan_values(const Materialising& statement, const Table& target, RowPlan& plan) {
  const Facts& facts = statement.facts;
  const TokenList& tokens = statement.tokens;
  const bool set = !facts.assignments.empty();
  const bool has_query = std::any_of(facts.blocks.begin(), facts.blocks.end(),
                                     [](const Block& block) { return block.place == Place::values; });
  if (!has_query || facts.shape.tuples != 1 || facts.empty_tuples) return false;
  if (!(set ? find_set(statement, target, plan) : find_values(statement, target, plan))) return false;
  std::vector<Range> given;
  if (!set) given = split_commas(tokens, {facts.values_first + 1, facts.values_last});
  for (const Assignment& assignment : facts.assignments) given.push_back(assignment.value);
  if (given.size() != plan.values.size()) return false;
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
  for (const Column& column : plan.values) names += (names.empty() ? " (" : ", ") + quote_name(column.name);
  plan.head = set ? std::string(tokens.text(0, facts.assignments.front().column.first - 1)) + names + ") VALUES "
                  : std::string(tokens.text(0, facts.values_first - 1)) + " VALUES ";
  plan.select_head = "SELECT ";
  plan.strict = !facts.ignore;
  const std::size_t rows_end = set ? given.back().end : facts.values_last + 1;
  const std::size_t end = facts.returning ? facts.returning_at : tokens.size();
  if (rows_end < end) plan.tail = " " + std::string(tokens.text(rows_end, end));
  return true;
}

}  // namespace sqlcast::sql
