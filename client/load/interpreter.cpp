#include "client/load/interpreter.h"

#include <algorithm>
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
  switch (action.form.kind) {
    case Kind::nothing: break;
    case Kind::insert: action.kind = action.form.body > 0 ? Action::Kind::insert : Action::Kind::write; break;
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
    case Kind::read: pass_over(action, action.form.what, "it changes nothing"); break;
    case Kind::definition:
      action.kind = Action::Kind::definition;
      (void)refused(placed, action, false);
      break;
    case Kind::stored_code:
      leave_out(action, action.form.what, "stored code does not run in a cluster; move it into the application", false);
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

bool Interpreter::refused(const Placed& placed, Action& action, bool data) {
  constexpr sql::Limits kLimits{};
  const sql::Verdict verdict = sql::classify(placed.statement.text, database_, kLimits);
  if (verdict.statement_class != sql::Class::refused) return false;
  leave_out(action, action.form.what, verdict.explanation(), data);
  return true;
}

void Interpreter::table(Placed& placed, Action& action) {
  if (action.stand_in || foresight_.views.count(action.table) > 0)
    return pass_over(action, "CREATE TABLE", "stands for a view until the dump's end");
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
  if (action.stand_in) return pass_over(action, "CREATE VIEW", "stands for a view until the dump's end");
  action.kind = Action::Kind::create_view;
  bool changed = false;
  std::string text = invoker_view(placed.statement.text, changed);
  if (changed && !rules_.views_invoker)
    return leave_out(action, action.form.what,
                     "it runs with the rights of an account (SQL SECURITY DEFINER); --views invoker makes it run with "
                     "those of who reads it",
                     false);
  placed.statement.text = std::move(text);
  if (refused(placed, action, false)) return;
  if (changed)
    action.notes.push_back({Sort::rewritten, action.form.what, "SQL SECURITY INVOKER, no definer", false, 0});
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
  if (settings.empty()) {
    leave_out(action, "SET", "accounts, roles and transactions are not set in a cluster", false);
    return ok_status();
  }
  for (const Setting& setting : settings) {
    if (setting.global)
      leave_out(action, "SET GLOBAL " + setting.name, "settings of a server are each node's own", false);
    else if (Status status = set_one(setting); !status.ok())
      return status;
  }
  if (action.notes.empty()) pass_over(action, "SET", "a cluster pins the settings of its sessions");
  return ok_status();
}

Status Interpreter::set_one(const Setting& setting) {
  const std::string value = upper(unquote(setting.value));
  if (setting.name == "FOREIGN_KEY_CHECKS") checks_off_ = value == "0" || value == "OFF" || value == "FALSE";
  if (setting.name == "SQL_MODE") {
    zero_is_zero_ = value.find("NO_AUTO_VALUE_ON_ZERO") != std::string::npos;
    for (const char* mode : {"ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT"})
      if (value.find(mode) != std::string::npos)
        return Status::error(Code::bad_request, "SQL_MODE " + std::string(mode) +
                                                    " gives its strings another meaning than a cluster does");
  }
  if (setting.name == "NAMES" || setting.name == "CHARACTER_SET_CLIENT") return charset(setting.value);
  if (setting.name == "TIME_ZONE" && !value.starts_with("@") && value != "+00:00" && value != "UTC" &&
      value != "SYSTEM")
    return Status::error(Code::bad_request,
                         "its times are of the zone " + setting.value +
                             ", and a cluster's are UTC: make the dump with --tz-utc, or change its TIMESTAMP values");
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
