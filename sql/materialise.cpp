#include "sql/materialise.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/literal.h"
#include "sql/materialise_values.h"
#include "sql/references.h"
#include "sql/row_order.h"
#include "sql/row_texts.h"

namespace sqlcast::sql {
namespace {

constexpr std::size_t kMostComparisons = 20'000'000;  // of names; a fraction of a second

// For the items of a SELECT that stands for an UPDATE or DELETE, whose ORDER BY has no list to look into: a name of
// more characters than a column's can have, so that none is meant by it.
std::string item_name(std::size_t number) {
  return quote_name("what sqlcast reads, under a name that is too long for any column: " + std::to_string(number));
}

RowPlan::Item named_item(const std::string& expression, std::size_t number) {
  const std::string as = " AS " + item_name(number);
  return {expression + as, "CAST(" + expression + " AS DOUBLE)" + as, {}};
}

std::string table_name(const ObjectName& name) { return quote_name(name.database) + "." + quote_name(name.name); }

class Planner {
 public:
  Planner(const Materialising& statement, std::string& why) : s_(statement), why_(why) {}

  std::shared_ptr<RowPlan> plan() {
    const Facts& facts = s_.facts;
    // Of these the server tells how many rows it has given, and not how many it has changed.
    const bool counted = facts.verb != Verb::replace && facts.duplicate_assignments.empty() && !facts.ignore;
    if (names_identity(facts) || (facts.returning && !counted)) return nullptr;
    if (knows_no_table()) return nullptr;
    const bool ok = facts.verb == Verb::delete_                                 ? plan_delete()
                    : facts.verb == Verb::update                                ? plan_update()
                    : facts.verb == Verb::insert || facts.verb == Verb::replace ? plan_insert()
                                                                                : false;
    if (!ok || !s_.is_read(select_text(plan_))) return nullptr;
    return std::make_shared<RowPlan>(std::move(plan_));
  }

 private:
  // Of the statement, without RETURNING.
  std::size_t end() const { return s_.facts.returning ? s_.facts.returning_at : s_.tokens.size(); }
  std::string returning() const {
    return s_.facts.returning ? " " + std::string(source(end(), s_.tokens.size())) : std::string();
  }

  std::string_view source(std::size_t first, std::size_t end) const { return s_.tokens.text(first, end); }
  const Table* table(const ObjectName& name) const { return s_.schema == nullptr ? nullptr : s_.schema->find(name); }

  // What is changed, or joined to it, is not there: no key would help.
  bool knows_no_table() {
    const bool inserts = s_.facts.verb == Verb::insert || s_.facts.verb == Verb::replace;
    for (const TableUse& use : s_.facts.tables) {
      if (s_.schema == nullptr || (inserts ? !use.target : !use.joined) || table(use.name) != nullptr) continue;
      const auto is_it = [&](const std::string& cte) { return may_be_same_name(cte, use.name.name); };
      if (std::any_of(s_.facts.cte_names.begin(), s_.facts.cte_names.end(), is_it)) continue;
      why_ = "a table \"" + use.name.name + "\" of \"" + use.name.database + "\" is not known";
      return true;
    }
    return false;
  }

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
  bool may_aggregate() const {
    const Facts& facts = s_.facts;
    std::size_t columns = 0;
    for (const TableUse& use : facts.tables)
      if (const Table* known = table(use.name); known != nullptr) columns += known->columns.size() + 1;
    if (!facts.functions.empty() && s_.tokens.size() * columns > kMostComparisons) return true;
    const auto in_from_or_where = [&](std::size_t token) {
      const auto in = [&](const Range& range) { return token >= range.first && token < range.end; };
      return in(facts.where) || in(facts.table_reference);
    };
    return std::any_of(facts.functions.begin(), facts.functions.end(), [&](const FunctionUse& call) {
      const FunctionClass of = call.function->function_class;
      const bool over = call.over || of == FunctionClass::ranking || of == FunctionClass::window;
      if (call.depth == 0) return over || call.function->aggregate;
      if (!call.function->aggregate || over || in_from_or_where(call.token)) return false;
      const std::vector<ColumnRef> refs = column_refs(s_.tokens, {call.token + 2, call.end - 1});
      return !refs.empty() &&
             std::all_of(refs.begin(), refs.end(), [&](const ColumnRef& ref) { return may_be_joined(ref); });
    });
  }

  // The one query that the statement has reads the table, which has the column: a name means that first.
  bool has_alone(const TableUse& use, const std::string& column) const {
    const Table* known = table(use.name);
    return s_.facts.blocks.size() == 1 && s_.facts.cte_names.empty() && known != nullptr && !known->view &&
           find_column(*known, column) != nullptr;
  }

  // The column may be one of the tables of the statement itself, and not of a query inside it.
  bool may_be_joined(const ColumnRef& ref) const {
    const auto may_have = [&](const TableUse& use) {
      const Table* known = table(use.name);
      if (!ref.qualifier.empty()) return may_be_same_name(ref.qualifier, use.alias);
      return known == nullptr || known->view ||
             std::any_of(known->columns.begin(), known->columns.end(),
                         [&](const Column& column) { return may_be_same_name(column.name, ref.name); });
    };
    std::size_t joined = 0;
    bool inner = false;
    for (const TableUse& use : s_.facts.tables) {
      joined += use.joined ? 1U : 0U;
      if (!use.joined) inner = inner || (ref.qualifier.empty() ? has_alone(use, ref.name) : may_have(use));
    }
    if (ref.qualifier.empty() && inner) return false;
    for (const TableUse& use : s_.facts.tables)
      if (use.joined && may_have(use)) return true;
    return joined != s_.facts.target_count && !inner;  // of a query that stands for a table
  }

  // LIMIT 1, 2 is a SELECT's.
  bool has_offset() const { return s_.facts.limit && *s_.facts.limit + 2 != end(); }

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
  bool refers_to_itself(const ObjectName& name) const { return s_.schema != nullptr && refers(*s_.schema, name, name); }

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
      for (const UniqueKey* candidate : keys_by_use(known)) {
        const UniqueKey& key = *candidate;
        if (moves_key_ && !each) continue;
        plan_.keys.clear();
        plan_.one_row_each = each;
        for (const std::string& name : key.columns)
          if (const Column* column = find_column(known, name); column != nullptr && key_sample(*column))
            plan_.keys.push_back(*column);
        const bool usable = !key.nullable && plan_.keys.size() == key.columns.size() && !key.columns.empty();
        if (usable && s_.is_safe_write(sample(2))) return true;
      }
    return lacks("it needs a key: the rows could be replicated instead if \"" + use.name.name +
                 "\" had a primary or unique NOT NULL key of whole numbers, DECIMAL, text, bytes or times");
  }

  void list_keys(const TableUse& use) {
    std::vector<RowPlan::Item> keys;
    for (const Column& key : plan_.keys)
      keys.push_back(named_item(quote_name(use.alias) + "." + quote_name(key.name), named_++));
    plan_.items.insert(plan_.items.begin(), keys.begin(), keys.end());
  }

  // What stands behind the tables, from the token `behind` on, does in the SELECT, too.
  void select_from(const char* head, std::size_t behind) {
    const Range reference = s_.facts.table_reference;
    plan_.select_head = head;
    plan_.select_tail = " FROM " + std::string(source(reference.first, reference.end));
    if (behind < end()) plan_.select_tail += " " + std::string(source(behind, end()));
  }

  bool plan_delete() {
    const Facts& facts = s_.facts;
    if (may_aggregate() || has_offset() || orders_by_place()) return false;
    const TableUse* use = target();
    const bool alone = use != nullptr && facts.deleted.empty();
    if (!alone) return plan_joined_delete();
    // The server knows no alias there.
    if (use->alias != use->name.name) return false;
    // The server counts the rows that it has deleted, and a SELECT those that it finds.
    if (facts.limit && (facts.ignore || refers_to_itself(use->name))) return false;
    plan_.returning = returning();
    if (!delete_from(*use)) return false;
    select_from("SELECT ", facts.table_reference.end);
    return true;
  }

  bool delete_from(const TableUse& use) {
    const Table* known = table(use.name);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::delete_;
    plan_.strict = false;
    plan_.head =
        std::string("DELETE ") + (s_.facts.ignore ? "IGNORE " : "") + "FROM " + table_name(use.name) + " WHERE ";
    if (!find_key(use, *known) || !find_no_effect(use.name, *known)) return false;
    list_keys(use);
    return true;
  }

  bool plan_joined_delete() {
    std::vector<const TableUse*> uses;
    for (const std::size_t at : s_.facts.deleted) {
      if (at >= s_.facts.tables.size()) return false;
      uses.push_back(&s_.facts.tables[at]);
    }
    if (!put_in_order(uses)) return false;
    for (const TableUse* use : uses) {
      if (!delete_from(*use)) return false;
      end_table();
    }
    if (!join_tables()) return false;
    select_from("SELECT DISTINCT ", s_.facts.table_reference.end);
    return true;
  }

  bool plan_update() {
    const Facts& facts = s_.facts;
    if (facts.assignments.size() * s_.tokens.size() > kMostComparisons) return false;
    if (facts.returning || may_aggregate() || has_offset() || orders_by_place()) return false;
    const TableUse* use = target();
    if (use == nullptr) return plan_joined_update();
    std::vector<const Assignment*> assignments;
    for (const Assignment& assignment : facts.assignments) assignments.push_back(&assignment);
    if (!update_table(*use, assignments)) return false;
    select_from("SELECT ", facts.assignments.back().value.end);
    return true;
  }

  bool update_table(const TableUse& use, const std::vector<const Assignment*>& assignments) {
    const Table* known = table(use.name);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::update;
    plan_.strict = !s_.facts.ignore;
    plan_.head = std::string("UPDATE ") + (s_.facts.ignore ? "IGNORE " : "") + table_name(use.name) + " SET ";
    moves_key_ = false;
    for (const Assignment* assignment : assignments)
      if (!add_assignment(*assignment, use, *known)) return false;
    // What a cascade has moved would not be found by the key that it had.
    if (moves_key_ && refers_to_itself(use.name)) return false;
    if (!find_key(use, *known) || !find_no_effect(use.name, *known)) return false;
    if (moves_key_ && s_.facts.order_by.empty()) note_moves();
    list_keys(use);
    return true;
  }

  void note_moves() {
    for (std::size_t k = 0; k < plan_.keys.size(); ++k)
      for (std::size_t v = 0; v < plan_.values.size(); ++v)
        if (plan_.keys[k].name == plan_.values[v].name) plan_.moved.emplace_back(k, v);
  }

  // The key that moves rather than another: its rows are put into an order in which they do not collide.
  std::vector<const UniqueKey*> keys_by_use(const Table& known) const {
    std::vector<const UniqueKey*> keys;
    for (const UniqueKey& key : known.unique_keys) keys.push_back(&key);
    std::stable_partition(keys.begin(), keys.end(), [&](const UniqueKey* key) {
      return std::any_of(key->columns.begin(), key->columns.end(), [&](const std::string& name) {
        return std::any_of(plan_.values.begin(), plan_.values.end(),
                           [&](const Column& value) { return same_word(value.name, name); });
      });
    });
    return keys;
  }

  // A row that matches several of another table takes its value from the first that is read.
  bool plan_joined_update() {
    const Facts& facts = s_.facts;
    if (facts.limit) return lacks("a joined UPDATE with LIMIT cannot be replicated by its rows");
    std::vector<const TableUse*> uses;
    std::map<const TableUse*, std::vector<const Assignment*>> assignments;
    for (const Assignment& assignment : facts.assignments) {
      const TableUse* use = owner(assignment);
      if (use == nullptr) return lacks("say of which table each column is that is set, as in t.column");
      if (assignments[use].empty()) uses.push_back(use);
      assignments[use].push_back(&assignment);
    }
    if (uses.size() > 1 && reads_what_it_sets())
      return lacks("it reads columns that it sets in another table: change one table at a time");
    if (!put_in_order(uses)) return false;
    for (const TableUse* use : uses) {
      if (!update_table(*use, assignments[use])) return false;
      end_table();
    }
    if (!join_tables()) return false;
    select_from("SELECT ", facts.assignments.back().value.end);
    return true;
  }

  // The table that the assignment is certainly to.
  const TableUse* owner(const Assignment& assignment) const {
    ColumnRef ref;
    if (!read_column(s_.tokens, assignment.column, ref)) return nullptr;
    std::vector<const TableUse*> uses;
    std::vector<const Table*> tables;
    std::vector<std::string> aliases;
    for (const TableUse& use : s_.facts.tables) {
      if (!use.joined) continue;
      uses.push_back(&use);
      tables.push_back(table(use.name));
      aliases.push_back(use.alias);
    }
    // A query that stands for a table may have a column of that name, and one of several tables of one name another.
    if (ref.qualifier.empty() && uses.size() != s_.facts.target_count) return nullptr;
    if (!ref.qualifier.empty() && std::count(aliases.begin(), aliases.end(), ref.qualifier) != 1) return nullptr;
    const std::size_t at = owner_of(ref, tables, aliases);
    return at < uses.size() ? uses[at] : nullptr;
  }

  // Which of several tables is changed first is the server's plan.
  bool reads_what_it_sets() const {
    const std::vector<Assignment>& all = s_.facts.assignments;
    for (const Assignment& reads : all)
      for (const Assignment& sets : all) {
        ColumnRef ref;
        if (&reads == &sets) continue;
        if (!read_column(s_.tokens, sets.column, ref) || names(reads.value, ref.name, ref.qualifier)) return true;
      }
    return false;
  }

  bool lacks(std::string what) {
    why_ = std::move(what);
    return false;
  }

  bool put_in_order(std::vector<const TableUse*>& uses) {
    if (s_.schema == nullptr) return false;
    uses = in_order(*s_.schema, std::move(uses));
    return !uses.empty() ||
           lacks("its tables refer to each other in a ring, or one is there twice: change one table at a time");
  }

  void end_table() {
    tables_.push_back(std::move(plan_));
    plan_ = {};
  }

  bool join_tables() {
    if (tables_.empty()) return false;
    plan_ = std::move(tables_.front());
    plan_.joined = true;
    for (std::size_t i = 1; i < tables_.size(); ++i) {
      plan_.items.insert(plan_.items.end(), tables_[i].items.begin(), tables_[i].items.end());
      plan_.others.push_back(std::move(tables_[i]));
    }
    return true;
  }

  // The expression names that column, behind `alias` or nothing; an empty alias is any.
  bool names(Range expression, const std::string& column, const std::string& alias) const {
    for (std::size_t at = expression.first; at < expression.end; ++at) {
      const TokenKind kind = s_.tokens[at].kind;
      if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) continue;
      if (!may_be_same_name(identifier_text(s_.tokens.text(at)), column)) continue;
      const bool qualified = at >= expression.first + 2 && s_.tokens[at - 1].symbol == '.';
      if (!qualified || alias.empty() || may_be_same_name(identifier_text(s_.tokens.text(at - 2)), alias)) return true;
    }
    return false;
  }

  // What is set from a column that was set before it, by what that has become then.
  bool add_assignment(const Assignment& assignment, const TableUse& use, const Table& known) {
    ColumnRef ref;
    if (!read_column(s_.tokens, assignment.column, ref)) return false;
    const Column* column = find_column(known, ref.name);
    if (column == nullptr || column->generated) return false;
    for (const UniqueKey& key : known.unique_keys)
      for (const std::string& name : key.columns) moves_key_ = moves_key_ || may_be_same_name(name, column->name);
    for (const Column& before : plan_.values)
      if (may_be_same_name(before.name, column->name) || names(assignment.value, before.name, use.alias)) return false;
    plan_.values.push_back(*column);
    const bool as_default = assignment.value.end - assignment.value.first == 1 &&
                            s_.tokens[assignment.value.first].keyword == Keyword::DEFAULT_;
    // What a function gives there is not always what DEFAULT(column) reads.
    if (as_default && column->default_expression.find('(') != std::string::npos) return false;
    plan_.items.push_back(named_item(as_default
                                         ? "DEFAULT(" + quote_name(use.alias) + "." + quote_name(column->name) + ")"
                                         : std::string(source(assignment.value.first, assignment.value.end)),
                                     named_++));
    plan_.items.back().literal = number_or_bytes(assignment.value);
    return true;
  }

  // 0x41 and b'1' by themselves are numbers where a column is one; a SELECT gives their bytes.
  std::string number_or_bytes(Range item) const {
    const std::string_view text = source(item.first, item.end);
    const bool alone = item.end - item.first == 1 && s_.tokens[item.first].kind == TokenKind::number;
    const bool of_bytes =
        alone && (text.starts_with("0x") || text.starts_with("0b") || text.starts_with("b'") || text.starts_with("B'"));
    return of_bytes ? std::string(text) : std::string();
  }

  bool plan_insert() {
    const Facts& facts = s_.facts;
    const Table* known = table(facts.shape.table);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::insert;
    if (!facts.source) {
      plan_.returning = returning();
      return plan_values(s_, *known, plan_) && tail_is_of_target(*known) && s_.is_safe_write(sample(1));
    }
    if (!find_values(s_, *known, plan_)) return false;
    plan_.ignore = facts.ignore;
    plan_.strict = !facts.ignore;
    const Range range = facts.source_range;
    plan_.head = std::string(source(0, range.first)) + " VALUES ";
    if (range.end < end()) plan_.tail = " " + std::string(source(range.end, end()));
    plan_.returning = returning();
    if (!tail_is_of_target(*known) || !s_.is_safe_write(sample(1)) || !s_.is_safe_write(sample(2))) return false;
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

  // Behind the rows nothing is left of what they came from.
  bool tail_is_of_target(const Table& known) const {
    const Facts& facts = s_.facts;
    if (std::any_of(facts.blocks.begin(), facts.blocks.end(),
                    [](const Block& block) { return block.place == Place::duplicate_update; }))
      return false;
    for (const Assignment& assignment : facts.duplicate_assignments)
      for (const ColumnRef& ref : column_refs(s_.tokens, assignment.value)) {
        if (s_.tokens[ref.token - 1].symbol == '(' && same_word(source(ref.token - 2, ref.token - 1), "VALUES"))
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
      const Table* known = table(use.name);
      return !use.target && (known == nullptr || known->view || find_column(*known, name) != nullptr);
    });
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
      items.push_back({std::string(source(item.first, item.end)), as_double(item), number_or_bytes(item)});
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
        items.push_back({text, "CAST(" + text + " AS DOUBLE) AS " + quote_name(column.name), {}});
      }
    return !items.empty();
  }

  const Materialising& s_;
  std::string& why_;
  RowPlan plan_;
  std::vector<RowPlan> tables_;  // of a join: what is changed, with all but the SELECT
  bool moves_key_ = false;       // of the table in hand: it sets a column of a primary or unique key
  std::size_t named_ = 0;        // items so far
};

}  // namespace

bool names_identity(const Facts& facts) {
  constexpr std::array<std::string_view, 7> kIdentity{"CONNECTION_ID", "CURRENT_ROLE", "CURRENT_USER", "SESSION_USER",
                                                      "SYSTEM_USER",   "USER",         "VERSION"};
  return std::any_of(facts.functions.begin(), facts.functions.end(), [&](const FunctionUse& use) {
    return std::find(kIdentity.begin(), kIdentity.end(), use.function->name) != kIdentity.end() ||
           use.function->function_class == FunctionClass::node_state;
  });
}

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
    case Refusal::plan_dependent:
    case Refusal::unsafe_function:
    case Refusal::view_in_write: return true;
    default: return false;
  }
}

std::shared_ptr<RowPlan> plan_rows(const Materialising& statement, std::string& why) {
  return Planner(statement, why).plan();
}

}  // namespace sqlcast::sql
