#include "sql/materialise.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/literal.h"
#include "sql/materialise_insert.h"
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
    if (names_identity(facts) || knows_no_table()) return nullptr;
    const bool ok = facts.verb == Verb::delete_                                 ? plan_delete()
                    : facts.verb == Verb::update                                ? plan_update()
                    : facts.verb == Verb::insert || facts.verb == Verb::replace ? plan_insert(s_, plan_, why_)
                                                                                : false;
    if (!ok && why_.empty()) name_unknown_source();
    if (!ok || !s_.is_read(select_text(plan_))) return nullptr;
    return std::make_shared<RowPlan>(std::move(plan_));
  }

 private:
  bool inserts() const { return s_.facts.verb == Verb::insert || s_.facts.verb == Verb::replace; }

  bool is_unknown(const TableUse& use) {
    if (s_.schema == nullptr || s_.table(use.name) != nullptr) return false;
    const auto is_it = [&](const std::string& cte) { return may_be_same_name(cte, use.name.name); };
    if (std::any_of(s_.facts.cte_names.begin(), s_.facts.cte_names.end(), is_it)) return false;
    why_ = "a table \"" + use.name.name + "\" of \"" + use.name.database + "\" is not known";
    return true;
  }

  // What is changed, or joined to it, is not there: no key would help.
  bool knows_no_table() {
    return std::any_of(s_.facts.tables.begin(), s_.facts.tables.end(),
                       [&](const TableUse& use) { return (inserts() ? use.target : use.joined) && is_unknown(use); });
  }

  // Of an INSERT whose sources are not there the database says so, where it comes to ask it.
  void name_unknown_source() {
    for (const TableUse& use : s_.facts.tables)
      if (inserts() && is_unknown(use)) return;
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
      if (const Table* known = s_.table(use.name); known != nullptr) columns += known->columns.size() + 1;
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
    const Table* known = s_.table(use.name);
    return s_.facts.blocks.size() == 1 && s_.facts.cte_names.empty() && known != nullptr && !known->view &&
           find_column(*known, column) != nullptr;
  }

  // The column may be one of the tables of the statement itself, and not of a query inside it.
  bool may_be_joined(const ColumnRef& ref) const {
    const auto may_have = [&](const TableUse& use) {
      const Table* known = s_.table(use.name);
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
  bool has_offset() const { return s_.facts.limit && *s_.facts.limit + 2 != s_.end(); }

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

  // The first key by which texts are accepted, over several rows if they can be, else one by one.
  bool find_key(const TableUse& use, const Table& known) {
    const bool returns_in_order = s_.facts.returning && !s_.facts.order_by.empty();
    for (const bool each : {false, true})
      for (const UniqueKey* candidate : keys_by_use(known)) {
        const UniqueKey& key = *candidate;
        if ((moves_key_ || returns_in_order) && !each) continue;
        plan_.keys.clear();
        plan_.one_row_each = each;
        for (const std::string& name : key.columns)
          if (const Column* column = find_column(known, name); column != nullptr && key_sample(*column))
            plan_.keys.push_back(*column);
        const bool usable = !key.nullable && plan_.keys.size() == key.columns.size() && !key.columns.empty();
        if (usable && s_.accepts(plan_, 2)) return true;
      }
    return find_rows_alike(use, known) ||
           lacks("it needs a key: the rows could be replicated instead if \"" + use.name.name +
                 "\" had a primary or unique NOT NULL key of whole numbers, DECIMAL, text, bytes or times");
  }

  // Rows that have the same bytes in all columns are found by these, and as many of them are changed as were found.
  bool find_rows_alike(const TableUse& use, const Table& known) {
    if (target() != &use || refers_to_itself(use.name)) return false;
    plan_.keys.clear();
    plan_.one_row_each = false;
    plan_.alike = true;
    for (const Column& column : known.columns)
      if (!column.generated) plan_.keys.push_back(column);
    return s_.accepts(plan_, 2);
  }

  void list_keys(const TableUse& use) {
    std::vector<RowPlan::Item> keys;
    for (const Column& key : plan_.keys)
      keys.push_back(
          named_item((plan_.alike ? "BINARY " : "") + quote_name(use.alias) + "." + quote_name(key.name), named_++));
    plan_.items.insert(plan_.items.begin(), keys.begin(), keys.end());
  }

  // What stands behind the tables, from the token `behind` on, does in the SELECT, too.
  void select_from(const char* head, std::size_t behind) {
    const Range reference = s_.facts.table_reference;
    plan_.select_head = head;
    plan_.select_tail = " FROM " + std::string(s_.source(reference.first, reference.end));
    if (behind < s_.end()) plan_.select_tail += " " + std::string(s_.source(behind, s_.end()));
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
    plan_.returning = s_.returning();
    if (!delete_from(*use)) return false;
    select_from("SELECT ", facts.table_reference.end);
    return true;
  }

  bool delete_from(const TableUse& use) {
    const Table* known = s_.table(use.name);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::delete_;
    plan_.strict = false;
    plan_.head =
        std::string("DELETE ") + (s_.facts.ignore ? "IGNORE " : "") + "FROM " + table_name(use.name) + " WHERE ";
    if (!find_key(use, *known) || !s_.find_no_effect(use.name, *known, plan_)) return false;
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
    const Table* known = s_.table(use.name);
    if (known == nullptr || known->view) return false;
    plan_.kind = RowPlan::Kind::update;
    plan_.strict = !s_.facts.ignore;
    plan_.head = std::string("UPDATE ") + (s_.facts.ignore ? "IGNORE " : "") + table_name(use.name);
    // No row may leave these.
    if (!use.partitions.empty()) plan_.head += " " + std::string(s_.source(use.partitions.first, use.partitions.end));
    plan_.head += " SET ";
    moves_key_ = false;
    for (const Assignment* assignment : assignments)
      if (!add_assignment(*assignment, use, *known)) return false;
    // What a cascade has moved would not be found by the key that it had.
    if (moves_key_ && refers_to_itself(use.name)) return false;
    if (!find_key(use, *known) || !s_.find_no_effect(use.name, *known, plan_)) return false;
    // What collides is left by IGNORE, in the order in which the rows are read.
    if (moves_key_ && s_.facts.order_by.empty() && !s_.facts.ignore) note_moves();
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
      tables.push_back(s_.table(use.name));
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
    for (const std::string& name : known.referred) moves_key_ = moves_key_ || may_be_same_name(name, column->name);
    for (const Column& before : plan_.values)
      if (may_be_same_name(before.name, column->name) || names(assignment.value, before.name, use.alias)) return false;
    plan_.values.push_back(*column);
    const bool as_default = assignment.value.end - assignment.value.first == 1 &&
                            s_.tokens[assignment.value.first].keyword == Keyword::DEFAULT_;
    // What a function gives there is not always what DEFAULT(column) reads.
    if (as_default && column->default_expression.find('(') != std::string::npos) return false;
    plan_.items.push_back(named_item(as_default
                                         ? "DEFAULT(" + quote_name(use.alias) + "." + quote_name(column->name) + ")"
                                         : std::string(s_.source(assignment.value.first, assignment.value.end)),
                                     named_++));
    plan_.items.back().literal = s_.literal_alone(assignment.value);
    return true;
  }

  const Materialising& s_;
  std::string& why_;
  RowPlan plan_;
  std::vector<RowPlan> tables_;  // of a join: what is changed, with all but the SELECT
  bool moves_key_ = false;       // of the table in hand: it sets a column of a unique key, or one that is referred to
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
    case Refusal::fulltext_search:
    case Refusal::plan_dependent:
    case Refusal::unsafe_function:
    case Refusal::view_in_write: return true;
    default: return false;
  }
}

std::string Materialising::returning() const {
  return facts.returning ? " " + std::string(source(end(), tokens.size())) : std::string();
}

std::string Materialising::literal_alone(Range item) const {
  const std::string_view text = source(item.first, item.end);
  if (item.end - item.first != 1) return {};
  const bool number = tokens[item.first].kind == TokenKind::number;
  const bool of_bytes =
      number && (text.starts_with("0x") || text.starts_with("0b") || text.starts_with("b'") || text.starts_with("B'"));
  const bool plain_text = tokens[item.first].kind == TokenKind::string && (text.front() == '\'' || text.front() == '"');
  return of_bytes || plain_text ? std::string(text) : std::string();
}

bool Materialising::accepts(const RowPlan& plan, std::size_t rows) const {
  RowTexts texts(plan, SIZE_MAX);
  std::vector<std::string> literals;
  for (const Column& key : plan.keys) literals.emplace_back(plan.alike ? "x'61'" : *key_sample(key));
  for (std::size_t i = 0; i < std::max<std::size_t>(plan.values.size(), 1); ++i) literals.emplace_back("NULL");
  for (std::size_t i = 0; i < rows; ++i) texts.add(literals);
  return is_safe_write(texts.finish().front());
}

bool Materialising::find_no_effect(const ObjectName& name, const Table& known, RowPlan& plan) const {
  const std::string nothing = "DELETE FROM " + table_name(name) + " WHERE FALSE";
  plan.no_effect = nothing;
  if (is_safe_write(plan.no_effect)) return true;
  for (const UniqueKey& key : known.unique_keys) {
    plan.no_effect = nothing;
    for (const std::string& column : key.columns) {
      const Column* found = find_column(known, column);
      const auto literal = found == nullptr ? std::nullopt : key_sample(*found);
      if (!literal) break;
      plan.no_effect += " AND " + quote_name(column) + "=" + std::string(*literal);
    }
    if (is_safe_write(plan.no_effect)) return true;
  }
  return false;
}

std::shared_ptr<RowPlan> plan_rows(const Materialising& statement, std::string& why) {
  return Planner(statement, why).plan();
}

}  // namespace sqlcast::sql
