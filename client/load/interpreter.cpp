#include "client/load/interpreter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/policy.h"

namespace sqlcast::load {
namespace {

using Sort = Note::Sort;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return result;
}

std::string unquote(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"' || value.front() == '`'))
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

// The word of a SQL_MODE by which a statement means something else; empty without one.
std::string foreign_mode(std::string_view value) {
  constexpr std::array<std::string_view, 14> kForeign = {"ANSI_QUOTES",
                                                         "NO_BACKSLASH_ESCAPES",
                                                         "PIPES_AS_CONCAT",
                                                         "REAL_AS_FLOAT",
                                                         "HIGH_NOT_PRECEDENCE",
                                                         "ANSI",
                                                         "ORACLE",
                                                         "MSSQL",
                                                         "DB2",
                                                         "POSTGRESQL",
                                                         "MAXDB",
                                                         "MYSQL323",
                                                         "MYSQL40",
                                                         "EMPTY_STRING_IS_NULL"};
  if (!value.empty() && value != "0" && value.find_first_not_of("0123456789") == std::string_view::npos)
    return std::string(value);
  for (std::size_t at = 0; at < value.size();) {
    const auto in_word = [&](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    std::size_t end = at;
    while (end < value.size() && in_word(value[end])) ++end;
    const std::string_view word = value.substr(at, end - at);
    if (std::find(kForeign.begin(), kForeign.end(), word) != kForeign.end()) return std::string(word);
    at = end + 1;
  }
  return {};
}

}  // namespace

Interpreter::Interpreter(Rules rules, Foresight foresight)
    : rules_(std::move(rules)), foresight_(std::move(foresight)), database_(rules_.database) {}

TableName Interpreter::resolved(TableName name) const {
  if (name.database.empty()) name.database = database_;
  return name;
}

void Interpreter::pass_over(Action& action, std::string what, std::string why) const {
  action.kind = Action::Kind::none;
  action.notes.push_back({Sort::passed_over, std::move(what), std::move(why), false, 0});
}

void Interpreter::leave_out(Action& action, std::string what, std::string why, bool data) {
  action.kind = Action::Kind::none;
  action.notes.push_back({Sort::left_out, std::move(what), std::move(why), data, 0});
}

Status Interpreter::read(Placed& placed, const Source& source, Action& action) {
  action = {};
  if (placed.source != source_) {
    source_ = placed.source;
    if (rules_.database.empty() && !source.database.empty()) database_ = source.database;
  }
  std::string& text = placed.statement.text;
  action.stand_in = text.starts_with("/*!50001 CREATE TABLE") || text.starts_with("/*!50001 CREATE VIEW");
  if (placed.statement.commented) text = open_comments(text);
  action.form = classify(text);
  action.table = resolved(action.form.table);
  action.database = database_;
  action.load_mode = checks_off_;
  action.zero_is_zero = zero_is_zero_;
  if (Status status = follow_transaction(action); !status.ok()) return status;
  switch (action.form.kind) {
    case Kind::nothing:
    case Kind::not_followed: break;
    case Kind::insert:
      action.kind = action.form.body > 0 ? Action::Kind::insert : Action::Kind::write;
      note_triggers(action);
      break;
    case Kind::write: action.kind = Action::Kind::write; break;
    case Kind::create_table: table(placed, action); break;
    case Kind::create_view: view(placed, action); break;
    case Kind::drop_view: action.kind = Action::Kind::definition; break;
    case Kind::drop_table:
      action.kind = Action::Kind::drop_table;
      if (foresight_.views.count(action.table) > 0) pass_over(action, "DROP TABLE", "of a view's stand-in");
      break;
    case Kind::create_database:
    case Kind::drop_database:
    case Kind::use: database(placed, action); break;
    case Kind::begin: action.kind = Action::Kind::begin; break;
    case Kind::commit: action.kind = Action::Kind::commit; break;
    case Kind::rollback: action.kind = Action::Kind::rollback; break;
    case Kind::source: action.kind = Action::Kind::source; break;
    case Kind::set: return set(text, action);
    case Kind::passed_over: pass_over(action, action.form.what); break;
    case Kind::savepoint: pass_over(action, action.form.what, "nothing goes back to it"); break;
    case Kind::read: pass_over(action, action.form.what, "it changes nothing"); break;
    case Kind::definition:
      action.kind = Action::Kind::definition;
      (void)refused(placed, action, false);
      break;
    case Kind::stored_code: stored_code(text, action); break;
    case Kind::hidden_code:
      leave_out(action, action.form.what, "what it would write is not known: write it as statements", true);
      break;
    case Kind::account:
      leave_out(action, action.form.what, "accounts and rights are each node's own, not the cluster's", false);
      break;
    case Kind::administration:
      leave_out(action, action.form.what, "no statement of data that a cluster takes", false);
      break;
    case Kind::bulk_file:
      leave_out(action, action.form.what, "its rows are in a file of their own: import that one as CSV", true);
      break;
  }
  if (!action.form.table.name.empty() && action.table.database.empty())
    return Status::error(Code::bad_request, action.form.what + " " + action.form.table.name +
                                                " is of no database: the dump names none, so --database has to");
  return ok_status();
}

void Interpreter::stored_code(const std::string& text, Action& action) {
  leave_out(action, action.form.what, "stored code does not run in a cluster; move it into the application", false);
  if (!action.form.what.starts_with("CREATE TRIGGER")) return;
  Trigger trigger = read_trigger(text);
  if (!trigger.table.name.empty())
    triggers_.insert({resolved(std::move(trigger.table)), {std::move(trigger.event), action.form.what}});
}

// Rows that a trigger would have written or changed, had it been there, as in the dump it was: they are not there.
void Interpreter::note_triggers(Action& action) {
  const auto [first, last] = triggers_.equal_range(action.table);
  for (auto at = first; at != last;) {
    const bool fires = at->second.event == "INSERT" || !action.form.plain;
    if (!fires) {
      ++at;
      continue;
    }
    action.notes.push_back({Sort::left_out,
                            "what " + at->second.what + " does when rows of " + action.table.name + " come behind it",
                            "what it would have written or changed is not there; load that as rows", true, 0});
    at = triggers_.erase(at);
  }
}

bool Interpreter::refused(const Placed& placed, Action& action, bool data) {
  constexpr sql::Limits kLimits{};
  const sql::Verdict verdict = sql::classify(placed.statement.text, database_, kLimits);
  if (verdict.statement_class != sql::Class::refused) return false;
  leave_out(action, action.form.what, verdict.explanation(), data);
  return true;
}

void Interpreter::table(Placed& placed, Action& action) {
  if (action.stand_in || foresight_.views.count(action.table) > 0) {
    stood_in_.insert(action.table);
    return pass_over(action, "CREATE TABLE", "stands for a view until the dump's end");
  }
  action.kind = Action::Kind::create_table;
  TableRules rules;
  rules.without_keys = foresight_.keys_behind.count(action.table) > 0 || (foresight_.none && checks_off_);
  rules.to_innodb = rules_.engine_innodb;
  TableDefinition definition = read_table(placed.statement.text, rules);
  placed.statement.text = std::move(definition.text);
  action.keys = std::move(definition.keys);
  action.keys_taken_out = rules.without_keys;
  for (ForeignKey& key : action.keys)
    if (key.parent.database.empty()) key.parent.database = action.table.database;
  left_out_.erase(action.table);
  const std::string engine = upper(definition.engine);
  if (!engine.empty() && engine != "INNODB" && !rules.to_innodb) {
    leave_out(
        action, action.form.what,
        "its engine is " + definition.engine + ", which does not survive a crash; --engine innodb makes it InnoDB",
        true);
  } else if (!refused(placed, action, true)) {
    for (std::string& change : definition.changes)
      action.notes.push_back({Sort::rewritten, action.form.what, std::move(change), false, 0});
    return;
  }
  left_out_.insert(action.table);
}

void Interpreter::view(Placed& placed, Action& action) {
  if (action.stand_in) {
    stood_in_.insert(action.table);
    return pass_over(action, "CREATE VIEW", "stands for a view until the dump's end");
  }
  action.behind = checks_off_ || stood_in_.count(action.table) > 0;
  action.kind = Action::Kind::create_view;
  InvokerView view = invoker_view(placed.statement.text);
  if (view.other_rights && !rules_.views_invoker)
    return leave_out(action, action.form.what,
                     "it runs with the rights of an account (SQL SECURITY DEFINER); --views invoker makes it run with "
                     "those of who reads it",
                     false);
  placed.statement.text = std::move(view.text);
  if (refused(placed, action, false)) return;
  if (view.other_rights)
    action.notes.push_back({Sort::rewritten, action.form.what, "SQL SECURITY INVOKER, no definer", false, 0});
  else if (view.had_definer)
    action.notes.push_back({Sort::rewritten, action.form.what, "no definer, whose rights it does not use", false, 0});
}

void Interpreter::database(Placed& placed, Action& action) {
  const std::string& name = action.form.kind == Kind::use ? action.form.what : action.form.table.database;
  if (!rules_.database.empty())
    return pass_over(action, action.form.kind == Kind::use ? "USE" : action.form.what, "--database says where it goes");
  if (action.form.kind == Kind::use) {
    database_ = name;
    return;
  }
  action.kind = Action::Kind::definition;
  action.table = {};
  if (action.form.kind == Kind::drop_database || refused(placed, action, true)) return;
  // As mydumper writes it: one that is there already is as good.
  std::string& text = placed.statement.text;
  const std::size_t behind = upper(text).find("DATABASE");
  if (behind != std::string::npos && upper(text).find("EXISTS") == std::string::npos &&
      !upper(text).starts_with("CREATE OR"))
    text.insert(behind + 8, " IF NOT EXISTS");
}

Status Interpreter::set(std::string_view text, Action& action) {
  const std::vector<Setting> settings = settings_of(text);
  if (settings.empty() && upper(text).find("STATEMENT") == std::string::npos) {
    leave_out(action, "SET", "accounts, roles and transactions are not set in a cluster", false);
    return ok_status();
  }
  if (settings.empty()) leave_out(action, "SET STATEMENT", "write its statement without it", true);
  for (const Setting& setting : settings) {
    if (setting.global)
      leave_out(action, "SET GLOBAL " + setting.name, "settings of a server are each node's own", false);
    else if (Status status = set_one(setting, action); !status.ok())
      return status;
  }
  if (action.notes.empty()) pass_over(action, "SET", "a cluster pins the settings of its sessions");
  return ok_status();
}

Status Interpreter::set_one(const Setting& setting, Action& action) {
  const std::string value = upper(unquote(setting.value));
  if (setting.name == "FOREIGN_KEY_CHECKS") checks_off_ = value == "0" || value == "OFF" || value == "FALSE";
  if (setting.name == "SQL_MODE") {
    zero_is_zero_ = value.find("NO_AUTO_VALUE_ON_ZERO") != std::string::npos;
    if (const std::string mode = foreign_mode(value); !mode.empty())
      return Status::error(Code::bad_request,
                           "SQL_MODE " + mode + " gives its statements another meaning than a cluster does");
  }
  if (setting.name == "NAMES" || setting.name == "CHARACTER_SET_CLIENT") return charset(setting.value);
  if (setting.name == "TIME_ZONE" && !value.starts_with("@") && value != "+00:00" && value != "UTC" &&
      value != "SYSTEM" && value != "DEFAULT")
    return Status::error(Code::bad_request,
                         "its times are of the zone " + setting.value +
                             ", and a cluster's are UTC: make the dump with --tz-utc, or change its TIMESTAMP values");
  if (setting.name == "TIME_ZONE" && (value == "SYSTEM" || value == "DEFAULT"))
    action.notes.push_back({Sort::rewritten, "SET TIME_ZONE = " + value,
                            "read as UTC; where it stands for another zone, TIMESTAMP values are moved by that", false,
                            0});
  if (setting.name == "AUTOCOMMIT") autocommit(value != "0" && value != "OFF" && value != "FALSE", action);
  return ok_status();
}

void Interpreter::autocommit(bool on, Action& action) {
  if (on && autocommit_off_) {
    action.ends_transaction = true;
    begun_ = uncommitted_ = false;
  }
  autocommit_off_ = !on;
}

// BEGIN … COMMIT is followed, and so are statements that end a transaction without saying so.
Status Interpreter::follow_transaction(Action& action) {
  const Kind kind = action.form.kind;
  const std::string& what = action.form.what;
  const bool of_code = kind == Kind::stored_code || kind == Kind::account;
  const bool passed_over = kind == Kind::passed_over && what != "UNLOCK";
  const bool defines = kind == Kind::create_table || kind == Kind::drop_table || kind == Kind::create_database ||
                       kind == Kind::drop_database || kind == Kind::create_view || kind == Kind::drop_view ||
                       kind == Kind::definition;
  if (of_code || passed_over || defines) action.ends_transaction = true;
  if (kind == Kind::not_followed)
    return Status::error(Code::bad_request, what +
                                                ": an import takes a transaction whole or not at all, and cannot "
                                                "follow this; write the script without it");
  if (kind == Kind::rollback && uncommitted_ && !begun_)
    return Status::error(Code::bad_request,
                         "ROLLBACK under autocommit=0, of statements that are carried out already: put BEGIN in front "
                         "of what it is to take back");
  if (kind == Kind::insert || kind == Kind::write) uncommitted_ = uncommitted_ || (autocommit_off_ && !begun_);
  if (kind == Kind::begin || kind == Kind::commit || action.ends_transaction) uncommitted_ = false;
  if (kind == Kind::begin || kind == Kind::commit || kind == Kind::rollback || action.ends_transaction)
    begun_ = kind == Kind::begin;
  return ok_status();
}

Status Interpreter::charset(const std::string& value) {
  const std::string name = upper(unquote(value));
  for (const char* known : {"UTF8", "UTF8MB3", "UTF8MB4", "BINARY", "ASCII", "DEFAULT", "NULL"})
    if (name == known) return ok_status();
  if (name.starts_with("@")) return ok_status();
  return Status::error(Code::bad_request, "it is written in the character set " + value +
                                              ", and a cluster takes UTF-8: convert the file (iconv -f " + value +
                                              " -t UTF-8) and its SET NAMES, or dump with "
                                              "--default-character-set=utf8mb4");
}

}  // namespace sqlcast::load
