#include "sql/materialise.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/literal.h"
#include "sql/row_order.h"
#include "sql/row_texts.h"

namespace sqlcast::sql {
namespace {

// What a key's column may be, with a literal of it.
std::optional<std::string_view> key_sample(const Column& column) {
  struct Sample {
    std::string_view type;
    std::string_view literal;
  };
  constexpr std::array kSamples{Sample{"tinyint", "1"},
                                Sample{"smallint", "1"},
                                Sample{"mediumint", "1"},
                                Sample{"int", "1"},
                                Sample{"bigint", "1"},
                                Sample{"decimal", "1"},
                                Sample{"char", "'a'"},
                                Sample{"varchar", "'a'"},
                                Sample{"binary", "x'00'"},
                                Sample{"varbinary", "x'00'"},
                                Sample{"date", "'2026-01-01'"},
                                Sample{"datetime", "'2026-01-01 00:00:00'"},
                                Sample{"time", "CAST('-99:00:00' AS TIME(0))"},
                                Sample{"timestamp", "'2026-01-01 00:00:00'"}};
  for (const Sample& sample : kSamples)
    if (same_word(column.type, sample.type)) return sample.literal;
  return std::nullopt;
}

// For the items of a SELECT that stands for an UPDATE or DELETE, whose ORDER BY has no list to look into: a name of
// more characters than a column's can have, so that none is meant by it.
std::string item_name(std::size_t number) {
  return quote_name("what sqlcast reads, under a name that is too long for any column: " + std::to_string(number));
}

RowPlan::Item named_item(const std::string& expression, std::size_t number) {
  const std::string as = " AS " + item_name(number);
  return {expression + as, "CAST(" + expression + " AS DOUBLE)" + as};
}

std::string table_name(const ObjectName& name) { return quote_name(name.database) + "." + quote_name(name.name); }

class Planner {
 public:
  Planner(const Materialising& statement, std::string& why) : s_(statement), why_(why) {}

  std::shared_ptr<RowPlan> plan() {
    const Facts& facts = s_.facts;
    if (facts.returning || names_identity()) return nullptr;
    const bool ok = facts.verb == Verb::delete_                                 ? plan_delete()
                    : facts.verb == Verb::update                                ? plan_update()
                    : facts.verb == Verb::insert || facts.verb == Verb::replace ? plan_insert()
                                                                                : false;
    if (!ok || !s_.is_read(select_text(plan_))) return nullptr;
    return std::make_shared<RowPlan>(std::move(plan_));
  }

 private:
  // Who asks, and what the node is, is nothing that rows should depend on.
  bool names_identity() const {
    constexpr std::array<std::string_view, 7> kIdentity{"CONNECTION_ID", "CURRENT_ROLE", "CURRENT_USER", "SESSION_USER",
                                                        "SYSTEM_USER",   "USER",         "VERSION"};
    return std::any_of(s_.facts.functions.begin(), s_.facts.functions.end(), [&](const FunctionUse& use) {
      return std::find(kIdentity.begin(), kIdentity.end(), use.function->name) != kIdentity.end() ||
             use.function->function_class == FunctionClass::node_state;
    });
  }

  std::string_view source(std::size_t first, std::size_t end) const { return s_.tokens.text(first, end); }
  const Table* table(const ObjectName& name) const { return s_.schema == nullptr ? nullptr : s_.schema->find(name); }

  // The one table that an UPDATE or DELETE is about.
  const TableUse* target() const {
    const TableUse* only = nullptr;
    if (s_.facts.target_count != 1) return nullptr;
    for (const TableUse& use : s_.facts.tables) {
      if (!use.joined) continue;
      if (only != nullptr) return nullptr;
      only = &use;
    }
    return only;
  }

  // In front of an UPDATE or DELETE, and in its clauses, the server takes no aggregate; in a SELECT's list and order it
  // does, also from a query inside them whose aggregate has nothing but columns from outside: all rows would become
  // one.
  bool may_aggregate(const TableUse& use, const Table& known) const {
    const Facts& facts = s_.facts;
    const auto in_where = [&](std::size_t token) { return token >= facts.where.first && token < facts.where.end; };
    return std::any_of(facts.functions.begin(), facts.functions.end(), [&](const FunctionUse& call) {
      const FunctionClass of = call.function->function_class;
      const bool over = call.over || of == FunctionClass::ranking || of == FunctionClass::window;
      if (call.depth == 0) return over || call.function->aggregate;
      if (!call.function->aggregate || over || in_where(call.token)) return false;
      const std::vector<ColumnRef> refs = column_refs(s_.tokens, {call.token + 2, call.end - 1});
      return !refs.empty() && std::none_of(refs.begin(), refs.end(), [&](const ColumnRef& ref) {
        if (!ref.qualifier.empty()) return !may_be_same_name(ref.qualifier, use.alias);
        return std::none_of(known.columns.begin(), known.columns.end(),
                            [&](const Column& column) { return may_be_same_name(column.name, ref.name); });
      });
    });
  }

  // LIMIT 1, 2 is a SELECT's.
  bool has_offset() const { return s_.facts.limit && *s_.facts.limit + 2 != s_.tokens.size(); }

  // A list has places, and an UPDATE or DELETE has no list.
  bool orders_by_place() const {
    for (const Range& part : split_commas(s_.tokens, s_.facts.order_by)) {
      bool number_alone = true;
      for (std::size_t at = part.first; at < part.end; ++at) {
        const Item& item = s_.tokens[at];
        const bool direction = item.keyword == Keyword::ASC_ || item.keyword == Keyword::DESC_;
        const bool named =
            item.kind == TokenKind::word || item.kind == TokenKind::quoted_identifier || item.kind == TokenKind::string;
        number_alone = number_alone && (direction || !named);
      }
      if (number_alone) return true;
    }
    return false;
  }

  // Its rows go with one another: a row may be gone before its turn comes, and is not counted then.
  bool refers_to_itself(const ObjectName& name) const {
    std::vector<ObjectName> reached{name};
    for (std::size_t at = 0; at < reached.size(); ++at) {
      const Table* from = table(reached[at]);
      if (from == nullptr) continue;
      for (const ObjectName& to : from->references) {
        if (to == name) return true;
        if (std::find(reached.begin(), reached.end(), to) == reached.end()) reached.push_back(to);
      }
    }
    return false;
  }

  // The rows of a text: one for an insert, one or several by key. The sample shows whether such texts are accepted.
  std::string sample(std::size_t rows) const {
    RowPlan plan = plan_;
    RowTexts texts(plan, SIZE_MAX);
    std::vector<std::string> literals;
    for (const Column& key : plan.keys) literals.emplace_back(*key_sample(key));
    for (std::size_t i = 0; i < std::max<std::size_t>(plan.values.size(), 1); ++i) literals.emplace_back("NULL");
    for (std::size_t i = 0; i < rows; ++i) texts.add(literals);
    return texts.finish().front();
  }

  bool find_no_effect(const ObjectName& name, const Table& known) {
    plan_.no_effect = "DELETE FROM " + table_name(name) + " WHERE FALSE";
    if (s_.is_safe_write(plan_.no_effect)) return true;
    for (const UniqueKey& key : known.unique_keys) {
      std::string text = "DELETE FROM " + table_name(name) + " WHERE FALSE";
      for (const std::string& column : key.columns) {
        const Column* found = find_column(known, column);
        const auto literal = found == nullptr ? std::nullopt : key_sample(*found);
        if (!literal) break;
        text += " AND " + quote_name(column) + "=" + std::string(*literal);
      }
      plan_.no_effect = text;
      if (s_.is_safe_write(text)) return true;
    }
    return false;
  }

  // The first key by which texts are accepted, over several rows if they can be, else one by one.
  bool find_key(const TableUse& use, const Table& known) {
    for (const bool each : {false, true})
      for (const UniqueKey& key : known.unique_keys) {
        plan_.keys.clear();
        plan_.one_row_each = each;
        for (const std::string& name : key.columns)
          if (const Column* column = find_column(known, name); column != nullptr && key_sample(*column))
            plan_.keys.push_back(*column);
        const bool usable = !key.nullable && plan_.keys.size() == key.columns.size() && !key.columns.empty();
        if (usable && s_.is_safe_write(sample(2))) return true;
      }
    why_ = "the rows could be replicated instead if \"" + use.name.name +
           "\" had a primary or unique NOT NULL key of whole numbers, DECIMAL, text, bytes or times";
    return false;
  }

  void select_keys(const TableUse& use) {
    plan_.select_head = "SELECT ";
    std::vector<RowPlan::Item> keys;
    for (const Column& key : plan_.keys)
      keys.push_back(named_item(quote_name(use.alias) + "." + quote_name(key.name), plan_.items.size() + keys.size()));
    plan_.items.insert(plan_.items.begin(), keys.begin(), keys.end());
    const Range reference = s_.facts.table_reference;
    plan_.select_tail = " FROM " + std::string(source(reference.first, reference.end));
  }

  void select_rows_behind(std::size_t first) {
    if (first < s_.tokens.size()) plan_.select_tail += " " + std::string(source(first, s_.tokens.size()));
  }

  bool plan_delete() {
    const TableUse* use = target();
    const Table* known = use == nullptr ? nullptr : table(use->name);
    // The server knows no alias there.
    if (known == nullptr || known->view || use->alias != use->name.name) return false;
    if (s_.facts.table_reference.empty()) return false;  // DELETE t FROM t
    if (may_aggregate(*use, *known) || has_offset() || orders_by_place()) return false;
    // The server counts the rows that it has deleted, and a SELECT those that it finds.
    if (s_.facts.limit && (s_.facts.ignore || refers_to_itself(use->name))) return false;
    plan_.kind = RowPlan::Kind::delete_;
    plan_.strict = false;
    plan_.head =
        std::string("DELETE ") + (s_.facts.ignore ? "IGNORE " : "") + "FROM " + table_name(use->name) + " WHERE ";
    if (!find_key(*use, *known) || !find_no_effect(use->name, *known)) return false;
    select_keys(*use);
    select_rows_behind(s_.facts.table_reference.end);
    return true;
  }

  bool plan_update() {
    const TableUse* use = target();
    const Table* known = use == nullptr ? nullptr : table(use->name);
    if (known == nullptr || known->view || !s_.facts.default_words.empty()) return false;
    if (may_aggregate(*use, *known) || has_offset() || orders_by_place()) return false;
    plan_.kind = RowPlan::Kind::update;
    plan_.strict = !s_.facts.ignore;
    plan_.head = std::string("UPDATE ") + (s_.facts.ignore ? "IGNORE " : "") + table_name(use->name) + " SET ";
    for (const Assignment& assignment : s_.facts.assignments)
      if (!add_assignment(assignment, *known)) return false;
    if (!find_key(*use, *known) || !find_no_effect(use->name, *known)) return false;
    select_keys(*use);
    select_rows_behind(s_.facts.assignments.back().value.end);
    return true;
  }

  // What is set from a column that was set before it, by what that has become then.
  bool add_assignment(const Assignment& assignment, const Table& known) {
    ColumnRef ref;
    if (!read_column(s_.tokens, assignment.column, ref)) return false;
    const Column* column = find_column(known, ref.name);
    if (column == nullptr || column->generated || column->auto_increment) return false;
    for (const UniqueKey& key : known.unique_keys)
      for (const std::string& name : key.columns)
        if (may_be_same_name(name, column->name)) return false;
    for (const Column& before : plan_.values) {
      if (may_be_same_name(before.name, column->name)) return false;
      for (std::size_t at = assignment.value.first; at < assignment.value.end; ++at) {
        const TokenKind kind = s_.tokens[at].kind;
        if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) continue;
        if (may_be_same_name(identifier_text(s_.tokens.text(at)), before.name)) return false;
      }
    }
    plan_.values.push_back(*column);
    plan_.items.push_back(
        named_item(std::string(source(assignment.value.first, assignment.value.end)), plan_.items.size()));
    return true;
  }

  bool plan_insert() {
    const Facts& facts = s_.facts;
    const Table* known = table(facts.shape.table);
    if (!facts.source || known == nullptr || known->view || !find_values(*known)) return false;
    plan_.kind = RowPlan::Kind::insert;
    plan_.strict = !facts.ignore;
    const Range range = facts.source_range;
    plan_.head = std::string(source(0, range.first)) + " VALUES ";
    if (range.end < s_.tokens.size()) plan_.tail = " " + std::string(source(range.end, s_.tokens.size()));
    if (!tail_is_of_target(*known) || !s_.is_safe_write(sample(1))) return false;
    if (!insert_nothing(range.first) && !find_no_effect(facts.shape.table, *known)) return false;
    split_select(range);
    return true;
  }

  // An insert of no rows, which the database refuses for what it refuses without looking at rows: a column that is left
  // out and has no default.
  bool insert_nothing(std::size_t select) {
    std::string nulls;
    for (std::size_t i = 0; i < plan_.values.size(); ++i) nulls += i == 0 ? "NULL" : ", NULL";
    plan_.no_effect = std::string(source(0, select)) + " SELECT " + nulls + " FROM DUAL WHERE FALSE" + plan_.tail;
    return s_.is_safe_write(plan_.no_effect);
  }

  bool find_values(const Table& known) {
    if (!s_.facts.insert_columns) {
      for (const Column& column : known.columns)
        if (!column.invisible) plan_.values.push_back(column);
    } else {
      for (const Range& range : split_commas(s_.tokens, *s_.facts.insert_columns)) {
        ColumnRef ref;
        const Column* column = read_column(s_.tokens, range, ref) ? find_column(known, ref.name) : nullptr;
        if (column == nullptr) return false;
        plan_.values.push_back(*column);
      }
    }
    for (std::size_t i = 0; i < plan_.values.size(); ++i)
      if (plan_.values[i].auto_increment) plan_.numbered = i;
    return true;
  }

  // Behind the rows nothing is left of what they came from.
  bool tail_is_of_target(const Table& known) const {
    const Facts& facts = s_.facts;
    if (std::any_of(facts.blocks.begin(), facts.blocks.end(),
                    [](const Block& block) { return block.place == Place::duplicate_update; }))
      return false;
    for (const Assignment& assignment : facts.duplicate_assignments)
      for (const ColumnRef& ref : column_refs(s_.tokens, assignment.value)) {
        const bool of_target = ref.qualifier.empty() || ref.qualifier == facts.shape.table.name;
        if (!of_target || find_column(known, ref.name) == nullptr) return false;
      }
    return true;
  }

  // Item by item, where that is what the SELECT has.
  void split_select(Range range) {
    const Facts& facts = s_.facts;
    plan_.select_head = source(range.first, range.end);
    if (facts.source->blocks.size() != 1) return;
    const Range list = facts.blocks[facts.source->blocks.front()].select_list;
    if (list.empty() || s_.tokens[list.first - 1].keyword == Keyword::VALUES_) return;
    std::vector<RowPlan::Item> items;
    for (const Range& item : split_commas(s_.tokens, list)) {
      if (s_.tokens[item.end - 1].symbol == '*') {
        if (!expand_star(list, items)) return;
        break;
      }
      items.push_back({std::string(source(item.first, item.end)), as_double(item)});
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
    const auto cast = [&](std::size_t end) { return "CAST(" + std::string(source(item.first, end)) + " AS DOUBLE)"; };
    ColumnRef ref;
    if (read_column(s_.tokens, item, ref)) return cast(item.end) + " AS " + quote_name(ref.name);
    if (item.end - item.first > 2 && s_.tokens[item.end - 2].keyword == Keyword::AS_)
      return cast(item.end - 2) + " AS " + std::string(source(item.end - 1, item.end));
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
    const Table* known = table(use.name);
    if (known == nullptr || known->view) return false;
    for (const Column& column : known->columns)
      if (!column.invisible) {
        const std::string text = quote_name(use.alias) + "." + quote_name(column.name);
        items.push_back({text, "CAST(" + text + " AS DOUBLE) AS " + quote_name(column.name)});
      }
    return !items.empty();
  }

  const Materialising& s_;
  std::string& why_;
  RowPlan plan_;
};

}  // namespace

bool is_undetermined(Refusal refusal) {
  switch (refusal) {
    case Refusal::limit_without_order:
    case Refusal::unordered_rows:
    case Refusal::partitioned_table:
    case Refusal::index_dependent:
    case Refusal::random_per_row:
    case Refusal::undetermined_group:
    case Refusal::undetermined_aggregate:
    case Refusal::window_function:
    case Refusal::fulltext_search:
    case Refusal::ambiguous_update:
    case Refusal::unsafe_function:
    case Refusal::view_in_write: return true;
    default: return false;
  }
}

std::shared_ptr<RowPlan> plan_rows(const Materialising& statement, std::string& why) {
  return Planner(statement, why).plan();
}

}  // namespace sqlcast::sql
