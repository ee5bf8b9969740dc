// Recogniser: SHOW, DESCRIBE, EXPLAIN, ANALYZE: reads that are no SELECT.
#include "sql/recogniser.h"

namespace sqlcast::sql {
namespace {

struct RefusedShow {
  std::string_view word;
  Refusal refusal;
};

constexpr RefusedShow kRefusedShows[] = {
    {"GRANTS", Refusal::accounts},
    {"AUTHORS", Refusal::unsupported_syntax},
    {"CONTRIBUTORS", Refusal::unsupported_syntax},
    {"PROCESSLIST", Refusal::private_information},
    {"EXPLAIN", Refusal::private_information},
    {"ENGINE", Refusal::private_information},
    {"OPEN", Refusal::private_information},
    {"PROFILE", Refusal::session_state},
    {"PROFILES", Refusal::session_state},
    {"WARNINGS", Refusal::session_state},
    {"ERRORS", Refusal::session_state},
    {"COUNT", Refusal::session_state},
    {"BINARY", Refusal::server_administration},
    {"BINLOG", Refusal::server_administration},
    {"BINLOG_STATUS", Refusal::server_administration},
    {"MASTER", Refusal::server_administration},
    {"SLAVE", Refusal::server_administration},
    {"SLAVES", Refusal::server_administration},
    {"REPLICA", Refusal::server_administration},
    {"REPLICAS", Refusal::server_administration},
    {"RELAYLOG", Refusal::server_administration},
    {"ALL", Refusal::server_administration},
    {"USER_STATISTICS", Refusal::private_information},
    {"CLIENT_STATISTICS", Refusal::private_information},
    {"TABLE_STATISTICS", Refusal::private_information},
    {"INDEX_STATISTICS", Refusal::private_information},
    {"LOCALES", Refusal::unsupported_syntax},
    {"PACKAGE", Refusal::stored_code},
};

}  // namespace

bool Recogniser::show() {
  facts_.verb = Verb::read;
  verdict_.statement_class = Class::read;
  verdict_.returns_rows = true;
  ++at_;
  take(Keyword::EXTENDED_);
  const bool full = take(Keyword::FULL_);
  for (const RefusedShow& refused : kRefusedShows) {
    if (!word_is(at_, refused.word)) continue;
    return refuse(refused.refusal, "SHOW " + std::string(refused.word) +
                                       " shows what belongs to other people, to a session or to this node's server");
  }
  switch (here()) {
    case Keyword::DATABASES_:
    case Keyword::SCHEMAS_:
    case Keyword::ENGINES_:
    case Keyword::CHARSET_: ++at_; return show_filter();
    case Keyword::CHARACTER_: ++at_; return expect(Keyword::SET_) && show_filter();
    case Keyword::STORAGE_: ++at_; return expect(Keyword::ENGINES_);
    case Keyword::TABLES_: ++at_; return show_from_database() && show_filter();
    case Keyword::TABLE_: ++at_; return expect(Keyword::STATUS_) && show_from_database() && show_filter();
    case Keyword::COLUMNS_:
    case Keyword::FIELDS_:
    case Keyword::INDEX_:
    case Keyword::INDEXES_:
    case Keyword::KEYS_: {
      ++at_;
      if (!take(Keyword::FROM_) && !take(Keyword::IN_)) return unexpected();
      Name name;
      if (!read_name(name)) return false;
      if (take(Keyword::FROM_) || take(Keyword::IN_)) {
        if (!is_name(at_)) return unexpected();
        name.object.database = identifier_text(tokens_.text(at_++));
        name.qualified = true;
      }
      return add_table(name, false, {}) && show_filter();
    }
    case Keyword::CREATE_: return show_create();
    case Keyword::GLOBAL_:
    case Keyword::SESSION_:
    case Keyword::LOCAL_: ++at_; break;
    default: break;
  }
  if (full) return unexpected();
  // SHOW VARIABLES and STATUS say what the server is; no account, file content or statement is in them.
  if (take(Keyword::STATUS_) || take_word("VARIABLES") || take_word("COLLATION")) return show_filter();
  if (take_word("PRIVILEGES") || take_word("PLUGINS")) return true;
  if (take_word("TRIGGERS") || take_word("EVENTS")) return show_from_database() && show_filter();
  if (take(Keyword::PROCEDURE_) || take_word("FUNCTION")) return expect(Keyword::STATUS_) && show_filter();
  return unexpected();
}

bool Recogniser::show_create() {
  ++at_;
  if (take(Keyword::DATABASE_) || take(Keyword::SCHEMA_)) {
    if (take(Keyword::IF_) && !(take(Keyword::NOT_) && take(Keyword::EXISTS_))) return unexpected();
    if (!is_name(at_)) return unexpected();
    return check_database(identifier_text(tokens_.text(at_++)));
  }
  if (word_is(at_, "USER")) return refuse(Refusal::accounts, "SHOW CREATE USER shows an account");
  if (!take(Keyword::TABLE_) && !take(Keyword::VIEW_) && !take(Keyword::PROCEDURE_) && !take_word("FUNCTION") &&
      !take_word("TRIGGER") && !take_word("EVENT") && !take_word("SEQUENCE"))
    return unexpected();
  Name name;
  return read_name(name) && add_table(name, false, {});
}

bool Recogniser::show_from_database() {
  if (!take(Keyword::FROM_) && !take(Keyword::IN_))
    return !default_database_.empty() ||
           refuse(Refusal::no_database, "SHOW without FROM shows the default database, and the request has none");
  if (!is_name(at_)) return unexpected();
  return check_database(identifier_text(tokens_.text(at_++)));
}

bool Recogniser::show_filter() {
  if (take(Keyword::LIKE_)) {
    if (tokens_[at_].kind != TokenKind::string) return at_end() ? unexpected() : expression_token() && unexpected();
    ++at_;
    return true;
  }
  return !take(Keyword::WHERE_) || expression();
}

// EXPLAIN, DESCRIBE, DESC and ANALYZE: a plan, or a table's columns. Only of queries: a plan of a write may run it.
bool Recogniser::explain() {
  facts_.verb = Verb::read;
  verdict_.statement_class = Class::read;
  verdict_.returns_rows = true;
  const bool analyze = here() == Keyword::ANALYZE_;
  ++at_;
  if (analyze) {
    if (here() == Keyword::TABLE_ || here() == Keyword::TABLES_ || here() == Keyword::LOCAL_ ||
        word_is(at_, "NO_WRITE_TO_BINLOG"))
      return refuse(Refusal::maintenance, "ANALYZE TABLE maintains a table of one node");
  } else {
    take(Keyword::ANALYZE_);
  }
  if (take(Keyword::FORMAT_)) {
    if (!expect_symbol('=')) return false;
    if (!is_name(at_) && tokens_[at_].kind != TokenKind::string) return unexpected();
    ++at_;
  } else if (here() == Keyword::EXTENDED_ || here() == Keyword::PARTITIONS_) {
    ++at_;
  }
  switch (here()) {
    case Keyword::SELECT_:
    case Keyword::WITH_:
    case Keyword::VALUES_: {
      Query explained;
      return query(explained);
    }
    case Keyword::INSERT_:
    case Keyword::REPLACE_:
    case Keyword::UPDATE_:
    case Keyword::DELETE_:
      return refuse(Refusal::explain_write, analyze ? "ANALYZE runs the write that it explains"
                                                    : "EXPLAIN of a write needs the right to write");
    case Keyword::FOR_:
      return refuse(Refusal::private_information, "EXPLAIN FOR CONNECTION shows other people's queries");
    default: break;
  }
  if (symbol(at_, '(')) {
    Query explained;
    return query(explained);
  }
  return analyze ? unexpected() : describe_table();
}

bool Recogniser::describe_table() {
  Name name;
  if (!read_name(name) || !add_table(name, false, {})) return false;
  if (is_name(at_) || tokens_[at_].kind == TokenKind::string) ++at_;
  return true;
}

}  // namespace sqlcast::sql
