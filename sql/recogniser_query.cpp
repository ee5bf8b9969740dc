// Recogniser: SELECT and the query expressions around it.
#include "sql/recogniser.h"

namespace sqlcast::sql {

bool Recogniser::query_in_parentheses() {
  const std::size_t close = tokens_[at_].match;
  ++at_;
  Query inner;
  if (!query(inner)) return false;
  if (at_ != close) return unexpected();
  ++at_;
  return true;
}

bool Recogniser::query(Query& result) {
  const std::size_t visible = ctes_.size();
  ++query_depth_;
  if (here() == Keyword::WITH_ && !with_clause()) return false;
  if (!query_part(result)) return false;
  std::size_t marked = 0;  // blocks of `result` that are
  while (here() == Keyword::UNION_ || here() == Keyword::EXCEPT_ || here() == Keyword::INTERSECT_) {
    ++at_;
    const bool all = take(Keyword::ALL_);
    if (!all) take(Keyword::DISTINCT_);
    if (!query_part(result)) return false;
    if (all) continue;
    for (; marked < result.blocks.size(); ++marked) facts_.blocks[result.blocks[marked]].merged = true;
  }
  // ORDER BY and LIMIT behind the last part order and cut the whole, of which no one table can be told.
  if (result.blocks.size() > 1) facts_.blocks[result.blocks.back()].only_table.reset();
  --query_depth_;
  ctes_.resize(visible);
  return true;
}

bool Recogniser::with_clause() {
  ++at_;
  const bool recursive = take(Keyword::RECURSIVE_);
  do {
    if (!is_name(at_)) return unexpected();
    if (ctes_.size() >= kMostTables) return too_many("tables", kMostTables);
    const std::string name = identifier_text(tokens_.text(at_++));
    facts_.cte_names.push_back(name);
    if (symbol(at_, '(')) at_ = tokens_[at_].match + 1;
    if (recursive) ctes_.push_back(name);
    if (!expect(Keyword::AS_)) return false;
    if (!symbol(at_, '(') || !query_in_parentheses()) return unexpected();
    if (!recursive) ctes_.push_back(name);
    if (take(Keyword::CYCLE_)) {
      while (is_name(at_) && here() != Keyword::RESTRICT_) {
        ++at_;
        take_symbol(',');
      }
      if (!expect(Keyword::RESTRICT_)) return false;
    }
  } while (take_symbol(','));
  switch (here()) {
    case Keyword::UPDATE_:
    case Keyword::DELETE_:
    case Keyword::INSERT_:
    case Keyword::REPLACE_:
      return refuse(Refusal::write_in_cte, "MariaDB does not know a write behind a common table expression");
    default: return true;
  }
}

bool Recogniser::query_part(Query& result) {
  if (here() == Keyword::SELECT_) return select(result);
  Block block;
  block.place = place_;
  block.depth = query_depth_;
  if (here() == Keyword::VALUES_) {
    ++at_;
    block.select_list.first = at_;
    if (!symbol(at_, '(') && !word_is(at_, "ROW")) return unexpected();
    if (!expression()) return false;
    block.select_list.end = at_;
  } else if (symbol(at_, '(')) {
    const std::size_t close = tokens_[at_].match;
    ++at_;
    if (!query(result)) return false;
    if (at_ != close) return unexpected();
    ++at_;
    if (here() != Keyword::ORDER_ && here() != Keyword::LIMIT_ && here() != Keyword::OFFSET_ &&
        here() != Keyword::FETCH_)
      return forbidden_tail();
  } else {
    return unexpected();
  }
  if (!select_tail(block)) return false;
  result.blocks.push_back(facts_.blocks.size());
  facts_.blocks.push_back(block);
  return true;
}

bool Recogniser::select(Query& result) {
  Block block;
  block.place = place_;
  block.depth = query_depth_;
  ++at_;
  for (bool option = true; option;) {
    switch (here()) {
      case Keyword::DISTINCT_:
      case Keyword::DISTINCTROW_: block.distinct = true; [[fallthrough]];
      case Keyword::ALL_:
      case Keyword::HIGH_PRIORITY_:
      case Keyword::STRAIGHT_JOIN_:
      case Keyword::SQL_BIG_RESULT_:
      case Keyword::SQL_BUFFER_RESULT_:
      case Keyword::SQL_CACHE_:
      case Keyword::SQL_CALC_FOUND_ROWS_:
      case Keyword::SQL_NO_CACHE_:
      case Keyword::SQL_SMALL_RESULT_: ++at_; break;
      default: option = false;
    }
  }
  block.select_list.first = at_;
  if (!expression()) return false;
  block.select_list.end = at_;
  if (!forbidden_tail()) return false;
  if (take(Keyword::FROM_) && !take(Keyword::DUAL_)) {
    block.has_from = true;
    const std::size_t tables_before = facts_.tables.size();
    From from;
    if (!table_references(from)) return false;
    if (from.plain && from.factors == 1 && facts_.tables.size() == tables_before + 1) block.only_table = tables_before;
  }
  if (take(Keyword::WHERE_) && !expression()) return false;
  if (take(Keyword::GROUP_, Keyword::BY_)) {
    block.group_by.first = at_;
    if (!expression()) return false;
    block.group_by.end = at_;
    take(Keyword::WITH_, Keyword::ROLLUP_);
  }
  if (take(Keyword::HAVING_)) {
    block.having.first = at_;
    if (!expression()) return false;
    block.having.end = at_;
  }
  if (take(Keyword::WINDOW_)) {
    do {
      if (!is_name(at_)) return unexpected();
      ++at_;
      if (!expect(Keyword::AS_)) return false;
      if (!symbol(at_, '(') || !group()) return unexpected();
    } while (take_symbol(','));
  }
  if (!select_tail(block)) return false;
  result.blocks.push_back(facts_.blocks.size());
  facts_.blocks.push_back(block);
  return true;
}

bool Recogniser::select_tail(Block& block) {
  if (!order_and_limit(block.order_by, block.limit)) return false;
  if (take(Keyword::ROWS_)) {
    if (!expect(Keyword::EXAMINED_)) return false;
    if (tokens_[at_].kind != TokenKind::number) return unexpected();
    ++at_;
    block.row_limit_examined = true;
  }
  if (here() == Keyword::OFFSET_ || here() == Keyword::FETCH_) {
    if (!block.limit) block.limit = at_;
    if (take(Keyword::OFFSET_)) {
      if (tokens_[at_].kind != TokenKind::number) return unexpected();
      ++at_;
      if (!take(Keyword::ROW_) && !take(Keyword::ROWS_)) return unexpected();
    }
    if (take(Keyword::FETCH_)) {
      if (!take(Keyword::FIRST_) && !take(Keyword::NEXT_)) return unexpected();
      if (tokens_[at_].kind == TokenKind::number) ++at_;
      if (!take(Keyword::ROW_) && !take(Keyword::ROWS_)) return unexpected();
      if (!take_word("ONLY") && !(take(Keyword::WITH_) && take_word("TIES"))) return unexpected();
    }
  }
  return forbidden_tail();
}

bool Recogniser::order_and_limit(Range& order, std::optional<std::size_t>& limit) {
  if (take(Keyword::ORDER_, Keyword::BY_)) {
    order.first = at_;
    if (!expression()) return false;
    order.end = at_;
  }
  if (here() != Keyword::LIMIT_) return true;
  limit = at_++;
  if (here() == Keyword::ROWS_) return true;
  if (tokens_[at_].kind != TokenKind::number) return at_end() ? unexpected() : limit_value_refused();
  ++at_;
  if (take_symbol(',') || take(Keyword::OFFSET_)) {
    if (tokens_[at_].kind != TokenKind::number) return limit_value_refused();
    ++at_;
  }
  return true;
}

bool Recogniser::limit_value_refused() {
  if (tokens_[at_].kind == TokenKind::parameter) return expression_token();
  return unexpected();
}

bool Recogniser::forbidden_tail() {
  switch (here()) {
    case Keyword::INTO_:
      if (keyword(at_ + 1) == Keyword::OUTFILE_ || keyword(at_ + 1) == Keyword::DUMPFILE_)
        return refuse(Refusal::file_access,
                      "SELECT … INTO " + std::string(tokens_.text(at_ + 1)) + " writes a file on the server");
      return refuse(Refusal::session_state, "SELECT … INTO keeps a value in the session");
    case Keyword::FOR_:
      return refuse(Refusal::locking, "SELECT … FOR locks rows for a transaction that the client does not hold");
    case Keyword::LOCK_:
      return refuse(Refusal::locking,
                    "SELECT … LOCK IN SHARE MODE locks rows for a transaction that the client does not hold");
    case Keyword::PROCEDURE_: return refuse(Refusal::unsupported_syntax, "the PROCEDURE clause is obsolete");
    default: return true;
  }
}

// ---- FROM ----------------------------------------------------------------------------------------------------

bool Recogniser::table_references(From& from) {
  if (!table_factor(from)) return false;
  for (;;) {
    switch (here()) {
      case Keyword::NATURAL_:
      case Keyword::INNER_:
      case Keyword::CROSS_:
      case Keyword::LEFT_:
      case Keyword::RIGHT_:
        ++at_;
        if (here() != Keyword::INNER_ && here() != Keyword::LEFT_ && here() != Keyword::RIGHT_ &&
            here() != Keyword::OUTER_ && here() != Keyword::JOIN_)
          return unexpected();
        continue;
      case Keyword::OUTER_:
        ++at_;
        if (here() != Keyword::JOIN_) return unexpected();
        continue;
      case Keyword::STRAIGHT_JOIN_:
      case Keyword::JOIN_:
        ++at_;
        if (!table_factor(from)) return false;
        continue;
      case Keyword::ON_:
        if (keyword(at_ + 1) == Keyword::DUPLICATE_) return true;
        ++at_;
        if (!expression(Commas::stop)) return false;
        continue;
      case Keyword::USING_:
        if (!symbol(at_ + 1, '(')) return true;
        at_ = tokens_[at_ + 1].match + 1;
        continue;
      default: break;
    }
    if (!symbol(at_, ',')) return true;
    ++at_;
    if (!table_factor(from)) return false;
  }
}

bool Recogniser::table_factor(From& from) {
  std::string alias;
  if (take(Keyword::LATERAL_) && !symbol(at_, '(')) return unexpected();
  if (symbol(at_, '(')) {
    if (is_query(at_) || keyword(at_ + 1) == Keyword::VALUES_) {
      from.plain = false;
      facts_.derived_tables = true;
      ++from.factors;
      if (!query_in_parentheses() || !table_alias(alias)) return false;
      if (symbol(at_, '(')) at_ = tokens_[at_].match + 1;
      return true;
    }
    const std::size_t close = tokens_[at_].match;
    ++at_;
    if (!table_references(from)) return false;
    if (at_ != close) return unexpected();
    ++at_;
    return true;
  }
  ++from.factors;
  if (here() == Keyword::JSON_TABLE_ && symbol(at_ + 1, '(')) {
    from.plain = false;
    facts_.derived_tables = true;
    ++at_;
    return group() && table_alias(alias);
  }
  Name name;
  if (!read_name(name)) return false;
  if (symbol(at_, '('))
    return refuse(Refusal::unknown_function, shown(name.end - 1) + " is no table function that the policy knows");
  if (is_cte(name)) from.plain = false;
  Range partitions{at_, at_};
  if (!skip_partition_list()) return false;
  partitions.end = at_;
  if (here() == Keyword::FOR_ && (keyword(at_ + 1) == Keyword::SYSTEM_TIME_ || word_is(at_ + 1, "PORTION")))
    return refuse(Refusal::system_versioning, "system-versioned and application-time tables are not supported");
  return table_alias(alias) && index_hints() && add_table(name, false, std::move(alias), partitions);
}

bool Recogniser::skip_partition_list() {
  if (here() != Keyword::PARTITION_ || !symbol(at_ + 1, '(')) return true;
  at_ = tokens_[at_ + 1].match + 1;
  return true;
}

bool Recogniser::table_alias(std::string& alias) {
  const bool as = take(Keyword::AS_);
  switch (here()) {
    case Keyword::USE_:
    case Keyword::FORCE_:
    case Keyword::IGNORE_:
    case Keyword::PARTITION_:
    case Keyword::OUTER_:
    case Keyword::VALUES_:
      if (!as) return true;
      break;
    default: break;
  }
  if (is_name(at_)) {
    alias = identifier_text(tokens_.text(at_++));
    return true;
  }
  return as ? unexpected() : true;
}

bool Recogniser::index_hints() {
  while (here() == Keyword::USE_ || here() == Keyword::FORCE_ || here() == Keyword::IGNORE_) {
    ++at_;
    if (!take(Keyword::INDEX_) && !take(Keyword::KEY_)) return unexpected();
    if (take(Keyword::FOR_) && !take(Keyword::JOIN_) && !take(Keyword::ORDER_, Keyword::BY_) &&
        !take(Keyword::GROUP_, Keyword::BY_))
      return unexpected();
    if (!symbol(at_, '(')) return unexpected();
    at_ = tokens_[at_].match + 1;
    if (symbol(at_, ',') && (keyword(at_ + 1) == Keyword::USE_ || keyword(at_ + 1) == Keyword::FORCE_ ||
                             keyword(at_ + 1) == Keyword::IGNORE_))
      ++at_;
  }
  return true;
}

}  // namespace sqlcast::sql
