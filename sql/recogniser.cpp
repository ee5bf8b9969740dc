#include "sql/recogniser.h"

#include <algorithm>

#include "sql/system_names.h"

namespace sqlcast::sql {

// ---- tokens --------------------------------------------------------------------------------------------------

bool Recogniser::is_name(std::size_t at) const {
  const Item& item = tokens_[at];
  if (item.kind == TokenKind::quoted_identifier) return true;
  return item.kind == TokenKind::word && !ends_clause(item.keyword);
}

bool Recogniser::word_is(std::size_t at, std::string_view word) const {
  return tokens_[at].kind == TokenKind::word && same_word(tokens_.text(at), word);
}

bool Recogniser::take(Keyword wanted) {
  if (here() != wanted || at_end()) return false;
  ++at_;
  return true;
}

bool Recogniser::take(Keyword first, Keyword second) {
  if (here() != first || keyword(at_ + 1) != second) return false;
  at_ += 2;
  return true;
}

bool Recogniser::take_symbol(char c) {
  if (!symbol(at_, c)) return false;
  ++at_;
  return true;
}

bool Recogniser::take_word(std::string_view word) {
  if (!word_is(at_, word)) return false;
  ++at_;
  return true;
}

bool Recogniser::expect(Keyword wanted) { return take(wanted) || unexpected(); }
bool Recogniser::expect_symbol(char c) { return take_symbol(c) || unexpected(); }
bool Recogniser::expect_end() { return at_end() || unexpected(); }

bool Recogniser::refuse(Refusal refusal, std::string reason) {
  if (refusal_ == Refusal::none) {
    refusal_ = refusal;
    reason_ = std::move(reason);
  }
  return false;
}

std::string Recogniser::shown(std::size_t at) const {
  if (at >= tokens_.size()) return "the end of the statement";
  constexpr std::size_t kLongest = 40;
  std::string_view text = tokens_.text(at);
  if (text.size() <= kLongest) return "\"" + std::string(text) + "\"";
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "\"" + std::string(text.substr(0, end)) + "…\"";
}

bool Recogniser::unexpected() {
  return refuse(Refusal::unsupported_syntax, "the policy does not know what " + shown(at_) + " at byte " +
                                                 std::to_string(tokens_[at_].offset) + " means there");
}

bool Recogniser::too_many(std::string_view what, std::size_t most) {
  return refuse(Refusal::statement_too_large,
                "the statement names more than " + std::to_string(most) + " " + std::string(what));
}

// ---- names ---------------------------------------------------------------------------------------------------

bool Recogniser::read_name(Name& name) {
  if (!is_name(at_)) return unexpected();
  name.first = at_;
  std::string text = identifier_text(tokens_.text(at_++));
  if (symbol(at_, '.') && !symbol(at_ + 1, '*')) {
    // After a dot any word is a name.
    const TokenKind kind = tokens_[at_ + 1].kind;
    if (kind != TokenKind::word && kind != TokenKind::quoted_identifier) return unexpected();
    name.qualified = true;
    name.object.database = std::move(text);
    name.object.name = identifier_text(tokens_.text(at_ + 1));
    at_ += 2;
  } else {
    name.object.database = std::string(default_database_);
    name.object.name = std::move(text);
  }
  name.end = at_;
  return true;
}

bool Recogniser::check_database(std::string_view database) {
  if (is_system_schema(database))
    return refuse(Refusal::system_schema, same_word(database, "SQLCAST")
                                              ? "the schema sqlcast holds the log, which is not a table for clients"
                                              : "the schema " + std::string(database) +
                                                    " belongs to the server: accounts and internals live there");
  if (facts_.verb != Verb::read && is_information_schema(database))
    return refuse(Refusal::system_schema, "information_schema describes each node by itself and can only be read");
  return true;
}

bool Recogniser::is_cte(const Name& name) const {
  return !name.qualified && std::find(ctes_.begin(), ctes_.end(), name.object.name) != ctes_.end();
}

// A session always has some default database, which is not the client's: a name must not depend on it.
bool Recogniser::refuse_without_database(const Name& name) {
  // The server finds a common table expression by its name in any case.
  const bool cte = std::any_of(ctes_.begin(), ctes_.end(),
                               [&](const std::string& known) { return may_be_same_name(known, name.object.name); });
  if (!name.object.database.empty() || cte) return true;
  return refuse(Refusal::no_database,
                "\"" + name.object.name + "\" is in no database, and the request has no default one");
}

bool Recogniser::add_table(const Name& name, bool target, std::string alias, Range partitions) {
  if (!target && is_cte(name)) return true;
  if (!refuse_without_database(name)) return false;
  if (!check_database(name.object.database)) return false;
  if (is_information_schema(name.object.database) && !information_schema_table_allowed(name.object.name))
    return refuse(Refusal::private_information,
                  "information_schema." + name.object.name + " shows what belongs to other people or to this node");
  if (facts_.tables.size() >= kMostTables) return too_many("tables", kMostTables);
  facts_.tables.push_back({name.object, alias.empty() ? std::string(name.object.name) : std::move(alias), target,
                           query_depth_ == 0, partitions});
  return true;
}

// ---- statements ----------------------------------------------------------------------------------------------

bool Recogniser::run() {
  if (is_system_schema(default_database_))
    return refuse(Refusal::system_schema,
                  "the default database " + std::string(default_database_) + " is not for clients");
  bool ok = false;
  switch (here()) {
    case Keyword::SELECT_:
    case Keyword::WITH_:
    case Keyword::VALUES_: ok = read_query(); break;
    case Keyword::INSERT_: ok = insert(false); break;
    case Keyword::REPLACE_: ok = insert(true); break;
    case Keyword::UPDATE_: ok = update(); break;
    case Keyword::DELETE_: ok = delete_rows(); break;
    case Keyword::CREATE_:
    case Keyword::ALTER_:
    case Keyword::DROP_:
    case Keyword::RENAME_:
    case Keyword::TRUNCATE_: ok = ddl_statement(); break;
    case Keyword::SHOW_: ok = show(); break;
    case Keyword::EXPLAIN_:
    case Keyword::DESCRIBE_:
    case Keyword::DESC_:
    case Keyword::ANALYZE_: ok = explain(); break;
    default: ok = symbol(at_, '(') ? read_query() : unknown_statement();
  }
  if (!ok || !expect_end()) return false;
  finish_tables();
  return true;
}

bool Recogniser::read_query() {
  facts_.verb = Verb::read;
  verdict_.statement_class = Class::read;
  verdict_.returns_rows = true;
  Query read;
  return query(read);
}

bool Recogniser::unknown_statement() {
  Refusal refusal = Refusal::none;
  std::string reason;
  if (tokens_[0].kind == TokenKind::word && refused_verb(tokens_.text(0), tokens_.text(1), refusal, reason))
    return refuse(refusal, std::move(reason));
  if (tokens_[0].kind == TokenKind::parameter)
    return refuse(Refusal::parameter_unbound, "the parameter " + shown(0) + " has no value");
  return refuse(Refusal::unknown_statement, "no statement that the policy knows starts with " + shown(0));
}

void Recogniser::finish_tables() {
  // The server finds a common table expression by its name in any case, and in a RECURSIVE list before it is defined:
  // where one may be meant, no table is known.
  const auto may_be_cte = [&](const ObjectName& name) {
    return std::any_of(facts_.cte_names.begin(), facts_.cte_names.end(),
                       [&](const std::string& cte) { return may_be_same_name(cte, name.name); });
  };
  for (Block& block : facts_.blocks)
    if (!facts_.cte_names.empty() && block.only_table && may_be_cte(facts_.tables[*block.only_table].name))
      block.only_table.reset();
  verdict_.tables.reserve(facts_.tables.size());
  for (const TableUse& use : facts_.tables)
    if (std::find(verdict_.tables.begin(), verdict_.tables.end(), use.name) == verdict_.tables.end())
      verdict_.tables.push_back(use.name);
}

}  // namespace sqlcast::sql
