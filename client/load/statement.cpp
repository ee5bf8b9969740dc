#include "client/load/statement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/load/tokens.h"

namespace sqlcast::load {
namespace {

using sql::Token;
using sql::TokenKind;

constexpr int kServerVersion = 101'100;

// "40101 SET …" behind "/*!": whether it runs, with the number taken off.
bool take_version(std::string_view& inside, bool of_mariadb) {
  std::size_t digits = 0;
  while (digits < inside.size() && digits < 6 && inside[digits] >= '0' && inside[digits] <= '9') ++digits;
  if (digits < 5) return true;
  int version = 0;
  std::from_chars(inside.data(), inside.data() + digits, version);
  inside.remove_prefix(digits);
  constexpr int kFirstOfMySql = 50'700;
  constexpr int kLastOfMySql = 99'999;
  if (!of_mariadb && version >= kFirstOfMySql && version <= kLastOfMySql) return false;
  return version <= kServerVersion;
}

// Reads [database .] name.
bool take_name(Tokens& tokens, TableName& name) {
  if (!tokens.is_name()) return false;
  name = {{}, tokens.name()};
  tokens.next();
  if (!tokens.symbol('.')) return true;
  tokens.next();
  if (!tokens.is_name()) return false;
  name = {std::move(name.name), tokens.name()};
  tokens.next();
  return true;
}

void skip_if_exists(Tokens& tokens) {
  if (!tokens.take("IF")) return;
  tokens.take("NOT");
  tokens.take("EXISTS");
}

Statement make(Kind kind, std::string what) {
  Statement statement;
  statement.kind = kind;
  statement.what = std::move(what);
  return statement;
}

Statement read_insert(Tokens& tokens, bool replace) {
  Statement statement = make(Kind::insert, replace ? "REPLACE" : "INSERT");
  statement.plain = !replace;
  for (const char* word : {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"})
    if (tokens.take(word)) statement.plain = false;
  if (tokens.take("IGNORE")) statement.plain = false;
  tokens.take("INTO");
  if (!take_name(tokens, statement.table)) return statement;
  if (tokens.symbol('(')) {
    tokens.next();
    while (!tokens.end() && !tokens.symbol(')')) {
      if (tokens.is_name()) statement.columns.push_back(tokens.name());
      tokens.next();
    }
    tokens.next();
  }
  if (!tokens.word("VALUES") && !tokens.word("VALUE")) {
    statement.plain = false;
    return statement;
  }
  statement.body = tokens.offset() + tokens.size();
  return statement;
}

// Behind CREATE, with OR REPLACE and what stands in front of VIEW and of stored code passed over.
Statement read_create(Tokens& tokens) {
  bool temporary = false;
  for (bool more = true; more && !tokens.end();) {
    more = false;
    if (tokens.take("OR")) more = tokens.take("REPLACE");
    if (tokens.take("ALGORITHM") || tokens.take("DEFINER")) {
      more = true;
      if (tokens.symbol('=')) tokens.next();
      tokens.next();
      if (tokens.symbol('(')) tokens.skip_group();
      if (tokens.variable()) {
        const bool alone = tokens.size() == 1;
        tokens.next();
        if (alone) tokens.next();
      }
    }
    if (tokens.take("SQL")) {
      more = tokens.take("SECURITY");
      tokens.next();
    }
    if (tokens.take("TEMPORARY")) more = temporary = true;
    if (tokens.take("AGGREGATE") || tokens.take("UNIQUE") || tokens.take("FULLTEXT") || tokens.take("SPATIAL"))
      more = true;
  }
  Statement statement = make(Kind::definition, "CREATE " + tokens.upper());
  const auto named = [&](Kind kind) {
    tokens.next();
    skip_if_exists(tokens);
    statement.kind = kind;
    if (tokens.is_name()) {
      (void)take_name(tokens, statement.table);
      statement.what += " " + statement.table.name;
    }
    return statement;
  };
  if (tokens.word("TABLE")) return named(temporary ? Kind::administration : Kind::create_table);
  if (tokens.word("VIEW")) return named(Kind::create_view);
  if (tokens.word("DATABASE") || tokens.word("SCHEMA")) {
    statement = named(Kind::create_database);
    statement.table = {std::exchange(statement.table.name, {}), {}};
    return statement;
  }
  for (const char* word : {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"})
    if (tokens.word(word)) return named(Kind::stored_code);
  if (tokens.word("USER") || tokens.word("ROLE")) return named(Kind::account);
  if (tokens.word("INDEX")) return statement;
  return named(Kind::administration);
}

Statement read_drop(Tokens& tokens) {
  if (tokens.take("TEMPORARY")) return make(Kind::administration, "DROP TEMPORARY " + tokens.upper());
  Statement statement = make(Kind::definition, "DROP " + tokens.upper());
  const std::string kind = tokens.upper();
  tokens.next();
  skip_if_exists(tokens);
  for (const char* word : {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"})
    if (kind == word) statement.kind = Kind::passed_over;
  if (kind == "USER" || kind == "ROLE") statement.kind = Kind::account;
  TableName name;
  if (!take_name(tokens, name)) return statement;
  statement.what += " " + name.name;
  statement.table = std::move(name);
  if (kind == "DATABASE" || kind == "SCHEMA") {
    statement.kind = Kind::drop_database;
    statement.table = {std::move(statement.table.name), {}};
  }
  if (kind == "TABLE" && (tokens.end() || !tokens.symbol(','))) statement.kind = Kind::drop_table;
  if (kind == "VIEW" && (tokens.end() || !tokens.symbol(','))) statement.kind = Kind::drop_view;
  return statement;
}

Statement read_alter(Tokens& tokens) {
  Statement statement = make(Kind::definition, "ALTER " + tokens.upper());
  if (!tokens.word("TABLE")) {
    if (tokens.word("USER") || tokens.word("ROLE")) statement.kind = Kind::account;
    for (const char* word : {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "DEFINER"})
      if (tokens.word(word)) statement.kind = Kind::stored_code;
    return statement;
  }
  tokens.next();
  (void)take_name(tokens, statement.table);
  statement.what += " " + statement.table.name;
  const bool keys = tokens.take("DISABLE") || tokens.take("ENABLE");
  if (keys && tokens.take("KEYS") && tokens.end()) {
    statement.kind = Kind::passed_over;
    statement.what = "DISABLE KEYS, ENABLE KEYS";
  }
  return statement;
}

// Behind COMMIT or ROLLBACK.
Statement read_end(Tokens& tokens, Kind kind, std::string what) {
  tokens.take("WORK");
  if (tokens.word("TO")) return make(Kind::not_followed, what + " TO SAVEPOINT");
  if (tokens.take("AND") && tokens.word("CHAIN")) return make(Kind::not_followed, what + " AND CHAIN");
  return make(kind, std::move(what));
}

struct Plain {
  std::string_view word;
  Kind kind;
};

constexpr std::array kPlain = {
    Plain{"SELECT", Kind::read},
    Plain{"SHOW", Kind::read},
    Plain{"DESCRIBE", Kind::read},
    Plain{"DESC", Kind::read},
    Plain{"EXPLAIN", Kind::read},
    Plain{"WITH", Kind::read},
    Plain{"LOCK", Kind::passed_over},
    Plain{"UNLOCK", Kind::passed_over},
    Plain{"FLUSH", Kind::passed_over},
    Plain{"ANALYZE", Kind::passed_over},
    Plain{"OPTIMIZE", Kind::passed_over},
    Plain{"CHECK", Kind::passed_over},
    Plain{"SAVEPOINT", Kind::savepoint},
    Plain{"RELEASE", Kind::savepoint},
    Plain{"XA", Kind::not_followed},
    Plain{"UPDATE", Kind::write},
    Plain{"DELETE", Kind::write},
    Plain{"TRUNCATE", Kind::definition},
    Plain{"RENAME", Kind::definition},
    Plain{"GRANT", Kind::account},
    Plain{"REVOKE", Kind::account},
    Plain{"CALL", Kind::hidden_code},
    Plain{"EXECUTE", Kind::hidden_code},
    Plain{"IF", Kind::hidden_code},
    Plain{"LOOP", Kind::hidden_code},
    Plain{"WHILE", Kind::hidden_code},
    Plain{"FOR", Kind::hidden_code},
    Plain{"REPEAT", Kind::hidden_code},
    Plain{"CASE", Kind::hidden_code},
    Plain{"LOAD", Kind::bulk_file},
    Plain{"SET", Kind::set},
};

}  // namespace

std::string backquoted(std::string_view name) {
  std::string text = "`";
  for (const char c : name) text += c == '`' ? std::string("``") : std::string(1, c);
  return text + "`";
}

std::string backquoted(const TableName& name) {
  return (name.database.empty() ? std::string() : backquoted(name.database) + ".") + backquoted(name.name);
}

std::string open_comments(std::string_view text) {
  std::string out;
  sql::Lexer lexer(text);
  for (Token token; lexer.next(token);) {
    if (token.kind == TokenKind::comment) {
      out += ' ';
    } else if (token.kind == TokenKind::executable_comment) {
      const bool of_mariadb = token.text.substr(2, 1) == "M";
      std::string_view inside = token.text.substr(of_mariadb ? 4 : 3);
      if (inside.ends_with("*/")) inside.remove_suffix(2);
      out += ' ';
      if (take_version(inside, of_mariadb)) out += open_comments(inside);
      out += ' ';
    } else {
      out += token.text;
    }
  }
  const std::size_t first = out.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(" \t\r\n") - first + 1);
}

Statement classify(std::string_view text) {
  Tokens tokens(text);
  if (tokens.end()) return {};
  const std::string first = tokens.upper();
  if (tokens.take("INSERT")) return read_insert(tokens, false);
  if (tokens.take("REPLACE")) return read_insert(tokens, true);
  if (tokens.take("CREATE")) return read_create(tokens);
  if (tokens.take("DROP")) return read_drop(tokens);
  if (tokens.take("ALTER")) return read_alter(tokens);
  if (tokens.take("USE")) return make(Kind::use, tokens.end() ? std::string() : tokens.name());
  if (tokens.word("SOURCE")) {
    std::string_view file = text.substr(tokens.offset() + tokens.size());
    while (!file.empty() && (file.front() == ' ' || file.front() == '\t')) file.remove_prefix(1);
    return make(Kind::source, std::string(file));
  }
  if (tokens.take("BEGIN")) return make(tokens.end() || tokens.word("WORK") ? Kind::begin : Kind::hidden_code, "BEGIN");
  if (tokens.take("COMMIT")) return read_end(tokens, Kind::commit, first);
  if (tokens.take("ROLLBACK")) return read_end(tokens, Kind::rollback, first);
  if (tokens.take("START"))
    return make(tokens.word("TRANSACTION") ? Kind::begin : Kind::administration, "START " + tokens.upper());
  for (const Plain& plain : kPlain)
    if (plain.word == first) return make(plain.kind, first);
  return make(Kind::administration, first);
}

std::vector<Setting> settings_of(std::string_view text) {
  Tokens tokens(text);
  tokens.take("SET");
  std::vector<Setting> settings;
  const bool character_set = tokens.take("CHARACTER") && tokens.take("SET");
  if (character_set || tokens.take("CHARSET") || tokens.take("NAMES")) {
    if (!tokens.end()) settings.push_back({"NAMES", tokens.name(), false});
    return settings;
  }
  while (!tokens.end()) {
    Setting setting;
    setting.global = tokens.take("GLOBAL") || tokens.take("PERSIST");
    tokens.take("SESSION");
    tokens.take("LOCAL");
    std::string name = tokens.upper();
    tokens.next();
    while (!tokens.end() && tokens.symbol('.')) {
      tokens.next();
      setting.global = setting.global || name.ends_with("GLOBAL");
      name = tokens.upper();
      tokens.next();
    }
    if (name.starts_with("@@GLOBAL.")) setting.global = true;
    if (name.starts_with("@@")) name.erase(0, name.rfind('.') == std::string::npos ? 2 : name.rfind('.') + 1);
    setting.name = std::move(name);
    if (tokens.end() || !(tokens.symbol('=') || tokens.text() == ":=")) return {};
    tokens.next();
    if (tokens.end()) return {};
    const std::size_t begin = tokens.offset();
    std::size_t end = begin;
    while (!tokens.end() && !tokens.symbol(',')) {
      end = tokens.offset() + tokens.size();
      if (tokens.symbol('('))
        tokens.skip_group();
      else
        tokens.next();
    }
    setting.value = std::string(text.substr(begin, end - begin));
    settings.push_back(std::move(setting));
    tokens.next();
  }
  return settings;
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (Tokens tokens(text); !tokens.end(); tokens.next())
    if (tokens.is_name()) names.push_back(tokens.name());
  return names;
}

Trigger read_trigger(std::string_view text) {
  Tokens tokens(text);
  Trigger trigger;
  while (!tokens.end() && !tokens.word("BEFORE") && !tokens.word("AFTER")) tokens.next();
  tokens.next();
  trigger.event = tokens.upper();
  tokens.next();
  if (!tokens.take("ON") || !take_name(tokens, trigger.table)) return {};
  return trigger;
}

}  // namespace sqlcast::load
