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
      return check_tables() && check_default_words() && check_functions() && check_insert() && check_plan() &&
             check_conditions() && check_source();
    case Verb::update:
    case Verb::delete_:
      read_row_order();
      return check_tables() && check_default_words() && check_functions() && check_plan() && check_conditions() &&
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
  switch (use.function->function_class) {
    case FunctionClass::frozen: return check_frozen(use);
    case FunctionClass::random: return check_random(use);
    case FunctionClass::fulltext:
      return refuse(Refusal::fulltext_search,
                    "full-text search sees committed rows only, and nodes commit at different places in the log");
    case FunctionClass::node_state: return refuse(Refusal::node_state, name + " reads what is each node's own");
    default: return true;
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

// ---- UPDATE and DELETE ---------------------------------------------------------------------------------------

OnlyTable Rules::only_table_of(const Block& block) const {
  if (!block.only_table) return {};
  const TableUse& use = facts_.tables[*block.only_table];
  return {table(use.name), use.alias};
}

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
  const OneRow one = picks_one_row(tokens_, *known, use->alias, facts_.where);
  one_row_ = one.picked;
  found_by_key_ = one.by_key;
  // Of rows that are the same in every column it does not matter which come first.
  rows_in_order_ = is_total_order(tokens_, {known, use->alias}, facts_.order_by, {}) ||
                   (facts_.limit && means_rows_alike(tokens_, *known, facts_.where));
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
  return check_moved_keys();
}

// A query of one table by itself, that neither picks rows nor groups them, looks at each row alone.
std::string Rules::left_to_the_plan(const Block& block) const {
  if (block.depth > 1) return "there is a query in a query";
  if (block.has_from && !block.only_table) return "a query in it joins tables";
  if (!block.group_by.empty() || !block.having.empty() || block.distinct || block.merged) return "it groups rows";
  if (block.limit || block.row_limit_examined) return "LIMIT picks rows";
  return {};
}

// x IN (SELECT …), x = ANY (SELECT …); in more parentheses it means the same.
bool Rules::compares_with_query() const {
  if (facts_.blocks.empty()) return false;
  for (std::size_t at = 0; at + 2 < tokens_.size(); ++at) {
    const Keyword word = tokens_[at].keyword;
    const bool compares =
        word == Keyword::IN_ || word == Keyword::ANY_ || word == Keyword::SOME_ || word == Keyword::ALL_;
    if (!compares || tokens_[at + 1].symbol != '(') continue;
    std::size_t inside = at + 2;
    while (tokens_[inside].symbol == '(') ++inside;
    const Keyword first = tokens_[inside].keyword;
    if (first == Keyword::SELECT_ || first == Keyword::WITH_ || first == Keyword::VALUES_) return true;
  }
  return false;
}

// Which rows are joined first, which of equal ones is met, what an index finds, what a cache keeps: nothing is proven
// of these.
std::string Rules::left_to_the_plan() const {
  const bool inserts = facts_.verb == Verb::insert || facts_.verb == Verb::replace;
  if (facts_.target_count > 1) return "it joins tables";
  for (const FunctionUse& use : facts_.functions) {
    const FunctionClass of = use.function->function_class;
    const bool of_rows = use.over || use.function->aggregate || of == FunctionClass::any_row ||
                         of == FunctionClass::ordered || of == FunctionClass::ranking || of == FunctionClass::window;
    if (of_rows && use.place != Place::returning) return "it groups, ranks or counts rows";
  }
  if (compares_with_query()) return "a query in it is compared with";
  if (facts_.derived_tables || !facts_.cte_names.empty()) return "a query in it stands for a table";
  for (const Block& block : facts_.blocks) {
    if (block.place == Place::returning) continue;
    if (!inserts || (facts_.source && facts_.source->blocks.size() > 1)) return "there is a query in it";
    if (std::string what = left_to_the_plan(block); !what.empty()) return what;
  }
  return {};
}

bool Rules::check_plan() {
  const std::string what = left_to_the_plan();
  return what.empty() || refuse(Refusal::plan_dependent, what);
}

}  // namespace sqlcast::sql
