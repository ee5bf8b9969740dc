// Recogniser: INSERT, REPLACE, UPDATE, DELETE.
#include "sql/recogniser.h"

namespace sqlcast::sql {

// ---- INSERT and REPLACE --------------------------------------------------------------------------------------

bool Recogniser::insert(bool replace) {
  facts_.verb = replace ? Verb::replace : Verb::insert;
  verdict_.statement_class = Class::write;
  bool plain = !replace;
  ++at_;
  if (here() == Keyword::DELAYED_)
    return refuse(Refusal::unsupported_syntax, "INSERT DELAYED answers before the row is there");
  if (take(Keyword::LOW_PRIORITY_) || (!replace && take(Keyword::HIGH_PRIORITY_))) plain = false;
  if (!replace && take(Keyword::IGNORE_)) {
    facts_.ignore = true;
    plain = false;
  }
  take(Keyword::INTO_);
  Name name;
  if (!read_name(name)) return false;
  if (here() == Keyword::PARTITION_) plain = false;
  if (!skip_partition_list() || !add_table(name, true, {})) return false;
  facts_.shape.table = name.object;
  if (!insert_rows(plain)) return false;
  if (here() == Keyword::AS_) return unexpected();
  if (here() == Keyword::ON_) {
    plain = false;
    if (replace || !duplicate_update()) return unexpected();
  }
  if (here() == Keyword::RETURNING_) {
    plain = false;
    if (!returning()) return false;
  }
  if (verdict_.uses_last_insert_id) plain = false;
  facts_.shape.plain = plain;
  facts_.shape.keeps_every_row = !facts_.ignore && facts_.duplicate_assignments.empty();
  facts_.shape.literals_only = plain && facts_.shape.literals_only;
  return true;
}

bool Recogniser::insert_rows(bool& plain) {
  // "(" opens the column list, or a query.
  if (symbol(at_, '(') && !is_query(at_) && !opens_values(at_)) {
    Range columns{at_ + 1, tokens_[at_].match};
    for (std::size_t k = columns.first; k < columns.end; ++k) {
      const Item& item = tokens_[k];
      const bool part = item.kind == TokenKind::word || item.kind == TokenKind::quoted_identifier ||
                        item.symbol == ',' || item.symbol == '.';
      if (!part) {
        at_ = k;
        return unexpected();
      }
    }
    if (columns.end - columns.first > 5 * kMostColumns) return too_many("columns", kMostColumns);
    at_ = columns.end + 1;
    facts_.insert_columns = columns;
  }
  // `()` in front of values or a query stands for all columns, as no list does.
  const bool no_list = facts_.insert_columns && facts_.insert_columns->empty();
  const std::size_t blocks_before = facts_.blocks.size();
  if (here() == Keyword::VALUES_ || here() == Keyword::VALUE_) {
    ++at_;
    if (!value_tuples()) return false;
    if (no_list && !facts_.empty_tuples) facts_.insert_columns.reset();
    if (facts_.blocks.size() != blocks_before) plain = false;
    return true;
  }
  plain = false;
  if (here() == Keyword::SET_ && !facts_.insert_columns) {
    ++at_;
    facts_.shape.tuples = 1;
    return assignment_list(facts_.assignments, Place::values);
  }
  if (no_list) facts_.insert_columns.reset();
  place_ = Place::query;
  facts_.source.emplace();
  facts_.source_range.first = at_;
  if (opens_values(at_) ? !values_in_parentheses() : !query(*facts_.source)) return false;
  facts_.source_range.end = at_;
  return true;
}

bool Recogniser::opens_values(std::size_t at) const {
  std::size_t open = 0;
  for (; symbol(at, '('); ++at) ++open;
  if (open == 0 || keyword(at) != Keyword::VALUES_ || !symbol(at + 1, '(')) return false;
  for (++at; symbol(at, '(');) {
    const std::size_t close = tokens_[at].match;
    for (++at; at < close; ++at)
      if (!is_literal_part(at) || keyword(at) == Keyword::DEFAULT_) return false;
    at = close + (symbol(close + 1, ',') ? 2 : 1);
  }
  for (; open > 0 && symbol(at, ')'); ++at) --open;
  return open == 0;
}

// One query that reads nothing. What orders or cuts it the server overlooks: nothing of that is known behind it.
bool Recogniser::values_in_parentheses() {
  const std::size_t behind = tokens_[at_].match + 1;
  while (take_symbol('(')) continue;
  Block block;
  block.place = place_;
  block.depth = 1;
  block.select_list.first = ++at_;
  if (!expression()) return false;
  block.select_list.end = at_;
  facts_.source->blocks.push_back(facts_.blocks.size());
  facts_.blocks.push_back(block);
  at_ = behind;
  return true;
}

bool Recogniser::value_tuples() {
  place_ = Place::values;
  facts_.values_first = at_;
  bool literals = true;
  do {
    if (!symbol(at_, '(')) return unexpected();
    if (tokens_[at_].match == at_ + 1) facts_.empty_tuples = true;
    const std::size_t close = tokens_[at_].match;
    ++at_;
    while (at_ < close) {
      literals = literals && is_literal_part(at_);
      if (!expression_token()) return false;
    }
    facts_.values_last = at_++;
    ++facts_.shape.tuples;
  } while (take_symbol(','));
  facts_.shape.literals_only = literals;
  place_ = Place::query;
  return true;
}

bool Recogniser::is_literal_part(std::size_t at) const {
  const Item& item = tokens_[at];
  switch (item.kind) {
    case TokenKind::string:
    case TokenKind::number: return true;
    case TokenKind::symbol: return item.symbol == ',' || item.symbol == '-' || item.symbol == '+';
    case TokenKind::word: break;
    default: return false;
  }
  const Item& next = tokens_[at + 1];
  switch (item.keyword) {
    case Keyword::NULL_:
    case Keyword::TRUE_:
    case Keyword::FALSE_: return true;
    case Keyword::DEFAULT_: return next.symbol != '(';
    default: break;
  }
  const bool literal_follows = next.kind == TokenKind::string || next.kind == TokenKind::number;
  return literal_follows && tokens_.text(at).starts_with('_');
}

bool Recogniser::duplicate_update() {
  ++at_;
  if (!take(Keyword::DUPLICATE_, Keyword::KEY_) || !take(Keyword::UPDATE_)) return unexpected();
  return assignment_list(facts_.duplicate_assignments, Place::duplicate_update);
}

bool Recogniser::returning() {
  const Item& before = tokens_[at_ - 1];
  verdict_.logged_end = before.offset + before.size;
  // REPLACE and ON DUPLICATE KEY UPDATE count some rows twice; what IGNORE leaves out may have been given.
  const bool one_each =
      (facts_.verb == Verb::insert && facts_.duplicate_assignments.empty()) || (facts_.verb == Verb::delete_);
  verdict_.returns_each_affected = one_each && !facts_.ignore;
  facts_.returning_at = at_++;
  facts_.returning = true;
  verdict_.returns_rows = true;
  place_ = Place::returning;
  const bool ok = expression();
  place_ = Place::query;
  return ok;
}

bool Recogniser::assignment_list(std::vector<Assignment>& list, Place place) {
  place_ = place;
  do {
    Assignment assignment;
    assignment.column.first = at_;
    while (is_name(at_) || symbol(at_, '.')) ++at_;
    assignment.column.end = at_;
    if (assignment.column.empty()) return unexpected();
    if (!expect_symbol('=')) return false;
    assignment.value.first = at_;
    if (!expression(Commas::stop)) return false;
    assignment.value.end = at_;
    if (list.size() >= kMostColumns) return too_many("columns", kMostColumns);
    list.push_back(assignment);
  } while (take_symbol(','));
  place_ = Place::query;
  return true;
}

bool Recogniser::where_clause() {
  if (!take(Keyword::WHERE_)) return true;
  facts_.where.first = at_;
  if (!expression()) return false;
  facts_.where.end = at_;
  return true;
}

// ---- UPDATE and DELETE ---------------------------------------------------------------------------------------

bool Recogniser::update() {
  facts_.verb = Verb::update;
  verdict_.statement_class = Class::write;
  ++at_;
  take(Keyword::LOW_PRIORITY_);
  facts_.ignore = take(Keyword::IGNORE_);
  From from;
  facts_.table_reference.first = at_;
  if (!table_references(from)) return false;
  facts_.table_reference.end = at_;
  facts_.target_count = from.factors;
  if (!expect(Keyword::SET_)) return false;
  if (!assignment_list(facts_.assignments, Place::assignment)) return false;
  if (!where_clause() || !order_and_limit(facts_.order_by, facts_.limit)) return false;
  if (here() == Keyword::RETURNING_ && !returning()) return false;
  return mark_update_targets();
}

// The tables that the assignments name, or, where a column has no table in front, every table.
bool Recogniser::mark_update_targets() {
  for (const Assignment& assignment : facts_.assignments) {
    const std::size_t parts = assignment.column.end - assignment.column.first;
    const std::string table = parts >= 3 ? identifier_text(tokens_.text(assignment.column.end - 3)) : std::string();
    for (TableUse& use : facts_.tables)
      if (use.joined && (table.empty() || same_word(use.alias, table))) use.target = true;
  }
  return true;
}

bool Recogniser::delete_rows() {
  facts_.verb = Verb::delete_;
  verdict_.statement_class = Class::write;
  ++at_;
  for (;;) {
    if (here() == Keyword::HISTORY_ && keyword(at_ + 1) == Keyword::FROM_)
      return refuse(Refusal::system_versioning, "DELETE HISTORY removes versions of rows");
    if (here() == Keyword::IGNORE_) facts_.ignore = true;
    if (here() != Keyword::LOW_PRIORITY_ && here() != Keyword::QUICK_ && here() != Keyword::IGNORE_) break;
    ++at_;
  }
  const bool from_first = take(Keyword::FROM_);
  // DELETE FROM a, b USING …  and  DELETE a, b FROM …  name their targets by alias.
  std::vector<Name> targets;
  const std::size_t list_at = at_;
  if (!target_list(targets)) return false;
  const bool several = from_first ? here() == Keyword::USING_ : true;
  if (several) {
    if (!(from_first ? take(Keyword::USING_) : take(Keyword::FROM_))) return unexpected();
    From from;
    facts_.table_reference.first = at_;
    if (!table_references(from) || !delete_targets(targets)) return false;
    facts_.table_reference.end = at_;
    facts_.target_count = from.factors;
    return where_clause();
  }
  if (targets.size() != 1) return unexpected();
  at_ = list_at;
  Name name;
  std::string alias;
  if (!read_name(name) || !skip_partition_list()) return false;
  if (here() == Keyword::FOR_) return refuse(Refusal::system_versioning, "application-time tables are not supported");
  if (!table_alias(alias) || !add_table(name, true, std::move(alias))) return false;
  facts_.table_reference = {list_at, at_};
  facts_.target_count = 1;
  if (!where_clause() || !order_and_limit(facts_.order_by, facts_.limit)) return false;
  return here() != Keyword::RETURNING_ || returning();
}

bool Recogniser::target_list(std::vector<Name>& targets) {
  do {
    Name name;
    if (!read_name(name)) return false;
    if (take_symbol('.') && !take_symbol('*')) return unexpected();
    targets.push_back(std::move(name));
    // A single table may go on with PARTITION or an alias: read again by delete_rows().
    if (!symbol(at_, ',')) return true;
    ++at_;
  } while (true);
}

bool Recogniser::delete_targets(const std::vector<Name>& targets) {
  for (const Name& target : targets) {
    if (!check_database(target.object.database)) return false;
    bool found = false;
    std::size_t called_so = 0;
    std::size_t exact = 0;
    for (std::size_t i = 0; i < facts_.tables.size(); ++i) {
      TableUse& use = facts_.tables[i];
      called_so += use.joined && use.alias == target.object.name ? 1U : 0U;
      const bool by_name = use.name == target.object;
      const bool by_alias = !target.qualified && same_word(use.alias, target.object.name);
      if (!by_name && !by_alias) continue;
      use.target = true;
      found = true;
      // As the server does: a table that has an alias goes by that alone.
      const bool named = by_name && use.alias == use.name.name;
      const bool aliased = !target.qualified && use.alias != use.name.name && use.alias == target.object.name;
      if (!use.joined || !(named || aliased)) continue;
      facts_.deleted.push_back(i);
      ++exact;
    }
    if (called_so != 1 || exact != 1) facts_.deleted.insert(facts_.deleted.end(), 2, facts_.tables.size());
    if (!found)
      return refuse(Refusal::unsupported_syntax,
                    "the table \"" + target.object.name + "\" to delete from is not in the statement's table list");
  }
  return true;
}

}  // namespace sqlcast::sql
