#include "sql/rules.h"

#include <algorithm>

#include "sql/row_order.h"

namespace sqlcast::sql {
namespace {

bool inside(Range range, std::size_t token) { return token >= range.first && token < range.end; }

std::string called(const FunctionUse& use) { return std::string(use.function->name) + "()"; }

}  // namespace

bool is_unsafe_default(std::string_view expression) {
  if (same_word(expression, "CURRENT_TIMESTAMP()") || same_word(expression, "NULL")) return false;
  Lexer lexer(expression);
  std::string_view word;
  for (Token token; lexer.next(token);) {
    if (token.kind == TokenKind::blank) continue;
    if (token.text == "(" && !word.empty()) {
      const Function* function = find_function(word);
      if (same_word(word, "DATABASE") || same_word(word, "SCHEMA")) return true;  // the session's
      const bool known = function != nullptr ? (function->function_class == FunctionClass::safe ||
                                                function->function_class == FunctionClass::clock)
                                             : is_type_word(word) || takes_group(find_keyword(word));
      if (!known) return true;
    }
    // nextval(`d`.`s`) is caught above; MySQL writes CURRENT_USER without parentheses.
    if (token.kind == TokenKind::variable || same_word(token.text, "CURRENT_USER") ||
        same_word(token.text, "CURRENT_ROLE"))
      return true;
    word =
        token.kind == TokenKind::word || token.kind == TokenKind::quoted_identifier ? token.text : std::string_view();
  }
  return false;
}

bool Rules::refuse(Refusal refusal, std::string reason) {
  refusal_ = refusal;
  reason_ = std::move(reason);
  return false;
}

bool Rules::check() {
  switch (facts_.verb) {
    case Verb::none:
    case Verb::read: return true;
    case Verb::ddl: return check_functions() && check_ddl();
    case Verb::insert:
    case Verb::replace:
      return check_tables() && check_default_words() && check_functions() && check_blocks() && check_conditions() &&
             check_insert();
    case Verb::update:
    case Verb::delete_:
      read_row_order();
      return check_tables() && check_default_words() && check_functions() && check_blocks() && check_conditions() &&
             check_update();
  }
  return true;
}

bool Rules::check_tables() {
  for (const TableUse& use : facts_.tables) {
    const Table* known = table(use.name);
    if (known == nullptr) continue;
    if (known->view)
      return refuse(Refusal::view_in_write, "\"" + use.name.name + "\" is a view, whose definition is not judged here");
    if (!known->engine.empty() && !same_word(known->engine, "INNODB"))
      return refuse(Refusal::engine_not_innodb,
                    "\"" + use.name.name + "\" is a " + known->engine + " table, which takes no part in transactions");
    if (known->triggers && use.target)
      return refuse(Refusal::stored_code, "\"" + use.name.name + "\" has a trigger, whose statements are not judged");
  }
  return true;
}

// DEFAULT and DEFAULT(column) may stand for the default of any of the tables.
bool Rules::check_default_words() {
  if (facts_.default_words.empty()) return true;
  for (const TableUse& use : facts_.tables) {
    const Table* known = table(use.name);
    if (known != nullptr && !check_defaults(*known)) return false;
  }
  return true;
}

// ---- functions -----------------------------------------------------------------------------------------------

bool Rules::check_functions() {
  for (const FunctionUse& use : facts_.functions) {
    // As in a read, but for what it would change in the rows.
    if (use.place == Place::returning) {
      if (!check_returned(use)) return false;
      continue;
    }
    if (!(use.place == Place::definition ? check_definition(use) : check_function(use))) return false;
  }
  return true;
}

// RETURNING is not in the log: there RAND() would go on from where the last row left it.
bool Rules::check_returned(const FunctionUse& use) {
  if (use.function->function_class != FunctionClass::random || facts_.shape.tuples == 1) return true;
  const bool writes_random =
      std::any_of(facts_.functions.begin(), facts_.functions.end(), [](const FunctionUse& other) {
        return other.function->function_class == FunctionClass::random && other.place != Place::returning;
      });
  return !writes_random ||
         refuse(Refusal::random_per_row, "RAND() in RETURNING changes what RAND() gives to the rows that follow");
}

bool Rules::check_definition(const FunctionUse& use) {
  if (use.function->function_class == FunctionClass::safe) return true;
  return refuse(Refusal::unsafe_default,
                "a definition that calls " + called(use) + " would give each node, or each row, another value");
}

bool Rules::check_function(const FunctionUse& use) {
  const std::string name = called(use);
  if (use.over && use.function->function_class != FunctionClass::ranking)
    return refuse(Refusal::window_function, name + " OVER depends on the order of rows that compare equal");
  switch (use.function->function_class) {
    case FunctionClass::frozen: return check_frozen(use);
    case FunctionClass::random: return check_random(use);
    case FunctionClass::ordered: return check_aggregate_order(use);
    case FunctionClass::window:
      return refuse(Refusal::window_function, name + " depends on the order of rows that compare equal");
    case FunctionClass::any_row:
      return refuse(Refusal::undetermined_group, name + " depends on which row the server meets first");
    case FunctionClass::fulltext:
      return refuse(Refusal::fulltext_search,
                    "full-text search sees committed rows only, and nodes commit at different places in the log");
    case FunctionClass::node_state: return refuse(Refusal::node_state, name + " reads what is each node's own");
    default: return !use.function->aggregate || check_exact_aggregate(use);
  }
}

// Is the call evaluated exactly once (for `per_tuple`: in an order that the text alone gives)?
bool Rules::evaluated_once(const FunctionUse& use, bool per_tuple) const {
  if (use.depth > 0) return false;
  switch (use.place) {
    case Place::values: return true;
    case Place::duplicate_update: return !facts_.source && (per_tuple || facts_.shape.tuples == 1);
    case Place::assignment: return one_row_ || (per_tuple && rows_in_order_);
    default: return false;
  }
}

bool Rules::check_frozen(const FunctionUse& use) {
  const std::size_t arguments = use.end - use.token;  // NAME, NAME(), NAME(n): 1, 3, 4 tokens
  const bool plain = arguments <= 3 || (arguments == 4 && tokens_[use.token + 2].kind == TokenKind::number);
  if (plain && evaluated_once(use, false)) {
    frozen_.push_back(&use);
    return true;
  }
  return refuse(Refusal::unsafe_function,
                called(use) + " gives each node another value, and can only be frozen where it is evaluated once: " +
                    (plain ? "in VALUES, or in an UPDATE of one row by its key" : "with literal arguments"));
}

bool Rules::check_random(const FunctionUse& use) {
  if (evaluated_once(use, true)) return true;
  if (use.place == Place::query && facts_.source && facts_.source->blocks.size() == 1) {
    const Block& block = facts_.blocks[facts_.source->blocks.front()];
    if (!block.has_from && inside(block.select_list, use.token)) return true;
  }
  return refuse(Refusal::random_per_row, "RAND() over several rows depends on the order in which they are read");
}

// GROUP_CONCAT(x ORDER BY x): rows that compare equal contribute equal text.
bool Rules::check_aggregate_order(const FunctionUse& use) {
  const std::size_t close = use.end - 1;
  std::size_t order_at = close;
  std::size_t order_end = close;
  for (std::size_t at = use.token + 2; at < close; ++at) {
    const Item& item = tokens_[at];
    if (item.symbol == '(') at = item.match;
    if (item.keyword == Keyword::ORDER_) order_at = at;
    if (item.keyword == Keyword::SEPARATOR_ || item.keyword == Keyword::LIMIT_) {
      order_end = at;
      break;
    }
  }
  Range arguments{use.token + 2, std::min(order_at, order_end)};
  const Range order{std::min(order_at + 2, order_end), order_end};
  if (tokens_[arguments.first].keyword == Keyword::DISTINCT_) ++arguments.first;
  bool ordered = !order.empty();
  const std::vector<Range> keys = split_commas(tokens_, order);
  for (const Range& argument : split_commas(tokens_, arguments)) {
    const bool literal = argument.end - argument.first == 1 && (tokens_[argument.first].kind == TokenKind::string ||
                                                                tokens_[argument.first].kind == TokenKind::number);
    const bool found = std::any_of(keys.begin(), keys.end(), [&](Range key) {
      const Keyword last = tokens_[key.end - 1].keyword;
      if (last == Keyword::ASC_ || last == Keyword::DESC_) --key.end;
      return tokens_.text(key.first, key.end) == tokens_.text(argument.first, argument.end);
    });
    ordered = ordered && (literal || found);
  }
  if (ordered && !has_same_values(arguments))
    return refuse(Refusal::undetermined_aggregate, called(use) + " orders " + kEqualNotSame);
  if (ordered) return true;
  return refuse(Refusal::undetermined_aggregate, called(use) + " depends on the order in which rows are read");
}

// ---- queries inside a write ----------------------------------------------------------------------------------

void Rules::read_aggregates() {
  for (const FunctionUse& use : facts_.functions)
    if (use.function->aggregate && !use.over) aggregates_.push_back(&use);
  std::sort(aggregates_.begin(), aggregates_.end(),
            [](const FunctionUse* a, const FunctionUse* b) { return a->token < b->token; });
}

// Those of the block itself: what an aggregate of a query inside it takes may be a column of the block.
std::vector<Range> Rules::aggregates_in(const Block& block) const {
  std::vector<Range> found;
  for (const Range& range : {block.select_list, block.having, block.order_by}) {
    auto use = std::lower_bound(aggregates_.begin(), aggregates_.end(), range.first,
                                [](const FunctionUse* a, std::size_t token) { return a->token < token; });
    for (; use != aggregates_.end() && (*use)->token < range.end; ++use)
      if ((*use)->depth == block.depth) found.push_back({(*use)->token, (*use)->end});
  }
  return found;
}

OnlyTable Rules::only_table_of(const Block& block) const {
  if (!block.only_table) return {};
  const TableUse& use = facts_.tables[*block.only_table];
  return {table(use.name), use.alias};
}

bool Rules::check_blocks() {
  read_aggregates();
  for (const Block& block : facts_.blocks) {
    if (block.place == Place::returning) continue;
    if (block.row_limit_examined)
      return refuse(Refusal::limit_without_order, "ROWS EXAMINED stops at a row that depends on the plan");
    if (!check_groups(block) || !check_distinct(block)) return false;
    if (!block.limit) continue;
    const bool ordered = !block.distinct && block.group_by.empty() &&
                         is_total_order(tokens_, only_table_of(block), block.order_by, block.select_list);
    if (ordered) continue;
    return refuse(Refusal::limit_without_order,
                  "LIMIT picks rows whose order is not determined by a unique key of one table");
  }
  return true;
}

// Without ONLY_FULL_GROUP_BY the server takes a column that is not grouped from any row of the group.
bool Rules::check_groups(const Block& block) {
  const std::vector<Range> aggregates = aggregates_in(block);
  if (block.group_by.empty() && aggregates.empty()) return true;
  const std::vector<Range> keys = split_commas(tokens_, block.group_by);
  if (keys.size() > kMostColumns) return refuse(Refusal::undetermined_group, "GROUP BY has too many columns");
  const OnlyTable only = only_table_of(block);
  std::vector<ColumnRef> grouped_columns;
  std::vector<std::string> names;  // of those that are certainly the only table's
  for (const Range& key : keys) {
    ColumnRef column;
    if (!read_column(tokens_, key, column)) continue;
    if (only.owns(column)) names.push_back(column.name);
    grouped_columns.push_back(std::move(column));
  }
  if (only.table != nullptr && covers_key(*only.table, names)) return true;
  std::vector<std::string> aliases;
  const auto is_alias = [&aliases](const std::string& name) {
    return std::any_of(aliases.begin(), aliases.end(), [&](const std::string& word) { return same_word(word, name); });
  };
  // x and a.x are the same column where no query around this one can have an x.
  const bool outermost = block.depth == 1 && block.place == Place::query && facts_.source.has_value();
  const auto is_grouped = [&](const ColumnRef& column) {
    return std::any_of(grouped_columns.begin(), grouped_columns.end(), [&](const ColumnRef& key) {
      if (!same_word(key.name, column.name)) return false;
      if (key.qualifier == column.qualifier) return true;
      if (block.only_table) return only.owns(key) && only.owns(column);
      return outermost && (key.qualifier.empty() || column.qualifier.empty());
    });
  };
  const auto check_item = [&](Range item, bool may_use_alias) {
    const bool star =
        tokens_[item.end - 1].symbol == '*' && (item.end - item.first == 1 || tokens_[item.end - 2].symbol == '.');
    if (star) return refuse(Refusal::undetermined_group, "\"*\" takes columns that are not in GROUP BY from any row");
    const bool grouped = std::any_of(keys.begin(), keys.end(), [&](const Range& key) {
      return tokens_.text(key.first, key.end) == tokens_.text(item.first, item.end);
    });
    // What an alias stands for is judged in the list.
    std::vector<Range> skipped = aggregates;
    if (may_use_alias)
      for (const ColumnRef& column : column_refs(tokens_, item, aggregates))
        if (column.qualifier.empty() && is_alias(column.name) && columns_called(column.name).empty())
          skipped.push_back({column.token, column.token + 1});
    std::sort(skipped.begin(), skipped.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    if (!has_same_values(item, skipped, grouped))
      return refuse(Refusal::undetermined_group,
                    shown(item) + " has " + kEqualNotSame + ": any row of a group gives it");
    if (grouped) return true;
    for (const ColumnRef& column : column_refs(tokens_, item, aggregates)) {
      if (is_grouped(column) || (may_use_alias && column.qualifier.empty() && is_alias(column.name))) continue;
      return refuse(Refusal::undetermined_group,
                    "\"" + column.name + "\" is not in GROUP BY: any row of the group may give it");
    }
    return true;
  };
  constexpr std::size_t kMostComparisons = 1'000'000;
  const std::size_t tokens = block.select_list.end - block.select_list.first + block.having.end - block.having.first +
                             block.order_by.end - block.order_by.first;
  if (tokens * keys.size() > kMostComparisons)
    return refuse(Refusal::undetermined_group, "GROUP BY has too many columns for so long a list");
  for (const Range& item : split_commas(tokens_, block.select_list)) {
    if (!check_item(item, false)) return false;
    const Item& last = tokens_[item.end - 1];
    if (item.end - item.first > 1 && (last.kind == TokenKind::word || last.kind == TokenKind::quoted_identifier))
      aliases.push_back(identifier_text(tokens_.text(item.end - 1)));
  }
  for (const Range& range : {block.having, block.order_by})
    for (const Range& item : split_commas(tokens_, range))
      if (!check_item(item, true)) return false;
  return true;
}

// ---- UPDATE and DELETE ---------------------------------------------------------------------------------------

const TableUse* Rules::only_joined() const {
  const TableUse* only = nullptr;
  if (facts_.target_count != 1) return nullptr;
  for (const TableUse& use : facts_.tables) {
    if (!use.joined) continue;
    if (only != nullptr) return nullptr;
    only = &use;
  }
  return only;
}

void Rules::read_row_order() {
  const TableUse* use = only_joined();
  const Table* known = use == nullptr ? nullptr : table(use->name);
  if (known == nullptr) return;
  one_row_ = picks_one_row(tokens_, *known, use->alias, facts_.where);
  rows_in_order_ = is_total_order(tokens_, {known, use->alias}, facts_.order_by, {});
}

// After an UPDATE or DELETE whose WHERE leaves no partition, MariaDB 10.11 keeps that in its cache of open tables, and
// the next one that reads the table in the order of an index finds no row (a SELECT between puts it right). Which plan
// one has, and what the cache holds, is each server's own.
bool Rules::check_partitions() {
  if (one_row_) return true;
  for (const TableUse& use : facts_.tables) {
    const Table* known = table(use.name);
    if (known != nullptr && known->partitioned && use.joined)
      return refuse(Refusal::partitioned_table,
                    "\"" + use.name.name + "\" is partitioned: the server may find other rows on each node, or none");
  }
  return true;
}

bool Rules::check_update() {
  if (!check_partitions()) return false;
  if ((facts_.limit || facts_.ignore) && !one_row_ && !rows_in_order_) {
    if (facts_.limit)
      return refuse(Refusal::limit_without_order,
                    "LIMIT picks rows whose order is not determined by a unique key of the table");
    return refuse(Refusal::unordered_rows, "IGNORE leaves out rows depending on the order in which they are written");
  }
  if (facts_.verb == Verb::delete_) return check_deleted_relations();
  return check_moved_keys() && (facts_.target_count == 1 || check_joined_update());
}

Rules::Joined Rules::joined_tables() const {
  Joined joined;
  for (const TableUse& use : facts_.tables) {
    if (!use.joined) continue;
    joined.tables.push_back(table(use.name));
    joined.aliases.push_back(use.alias);
  }
  return joined;
}

// A target row that matches several rows of another table takes its value from whichever comes first.
bool Rules::check_joined_update() {
  const auto [tables, aliases] = joined_tables();
  constexpr std::size_t kMostJoined = 64;
  constexpr std::size_t kMostRefs = 10'000;
  if (tables.size() > kMostJoined) return refuse(Refusal::ambiguous_update, "the join has too many tables to judge");
  std::size_t judged = 0;
  std::vector<Range> conditions = facts_.on;
  if (!facts_.where.empty()) conditions.push_back(facts_.where);
  const auto ambiguous = [&](const std::string& what) {
    return refuse(Refusal::ambiguous_update,
                  what + ": a row that matches several rows of the other table takes the value of any of them");
  };
  // The server changes rows of one table while it joins, and what it reads there next is the changed row.
  std::vector<std::size_t> targets;
  for (const Assignment& assignment : facts_.assignments) {
    ColumnRef column;
    const bool plain = read_column(tokens_, assignment.column, column);
    targets.push_back(plain ? owner_of(column, tables, aliases) : tables.size());
    if (targets.size() > 1 && (targets.front() == tables.size() || targets.back() != targets.front()))
      return refuse(Refusal::ambiguous_update,
                    "several tables are changed: which rows are joined depends on which of them is changed first");
  }
  std::vector<bool> determined;
  for (const Assignment& assignment : facts_.assignments) {
    const std::vector<ColumnRef> refs = column_refs(tokens_, assignment.value);
    if (refs.empty()) continue;
    if ((judged += refs.size()) > kMostRefs) return ambiguous("the assignments are too long to judge");
    ColumnRef column;
    if (!read_column(tokens_, assignment.column, column)) return ambiguous("the assignment cannot be judged");
    const std::size_t owner = owner_of(column, tables, aliases);
    if (owner == tables.size()) return ambiguous("it is not known which table \"" + column.name + "\" belongs to");
    if (determined.empty()) determined = determined_by(tokens_, tables, aliases, owner, conditions);
    for (const ColumnRef& ref : refs) {
      const std::size_t from = owner_of(ref, tables, aliases);
      if (from == tables.size()) return ambiguous("it is not known which table \"" + ref.name + "\" belongs to");
      if (from != owner && !determined[from])
        return ambiguous("\"" + column.name + "\" is set from \"" + ref.name + "\"");
    }
  }
  return true;
}

// In VALUES and SET a query of one table by itself, without picking or grouping, is a row-wise look at it.
std::string Rules::values_left_to_the_plan() const {
  for (const Block& block : facts_.blocks) {
    if (!block.has_from || block.place != Place::values) continue;
    if (block.depth > 1) return "a query in a query reads a table";
    if (!block.only_table) return "a query in it joins tables";
    if (!block.group_by.empty() || !block.having.empty() || block.distinct || block.merged)
      return "a query in it groups rows";
    if (block.limit) return "LIMIT picks rows";
  }
  return {};
}

// Which rows are joined first, which of equal ones is met, what an index finds, what a cache keeps: that none of it
// matters is proven by rules, and rules have been wrong. A row-wise look at one table needs no such proof.
std::string Rules::left_to_the_plan() const {
  const bool inserts = facts_.verb == Verb::insert || facts_.verb == Verb::replace;
  if (!inserts && facts_.verb != Verb::update && facts_.verb != Verb::delete_) return {};
  if (inserts && !facts_.source) return values_left_to_the_plan();
  if (!inserts && facts_.target_count > 1) return "it joins tables";
  // An aggregate in a query without FROM is of the query around it.
  for (const FunctionUse& use : facts_.functions)
    if (inserts && use.place != Place::returning && (use.over || use.function->aggregate))
      return "it groups or ranks rows";
  for (std::size_t i = 0; i < facts_.blocks.size(); ++i) {
    const Block& block = facts_.blocks[i];
    if (!block.has_from || block.place == Place::returning) continue;
    const bool is_source = inserts && facts_.source->blocks.size() == 1 && facts_.source->blocks.front() == i;
    if (!is_source) return "a query in it reads a table";
    if (!block.only_table)
      return facts_.derived_tables || !facts_.cte_names.empty() ? "a query in it stands for a table"
                                                                : "it joins tables";
    if (!block.group_by.empty() || !block.having.empty() || block.distinct) return "it groups rows";
    if (block.limit) return "LIMIT picks rows";
  }
  return {};
}

}  // namespace sqlcast::sql
