// What a statement of a dump is, and its text made fit for a cluster: executable comments opened, foreign keys taken
// out of a definition, views without an account, engines and collations changed where asked. Pure; any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::load {

struct TableName {
  std::string database;  // empty: the default one
  std::string name;
  auto operator<=>(const TableName&) const = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

std::string backquoted(std::string_view name);  // `name`
std::string backquoted(const TableName& name);  // `database`.`name`

// Comments are taken out, and what executable ones hold for a MariaDB 10.11 takes their place: /*!40101 … */ and
// /*M!100616 … */, but not those of MySQL from 5.7 on, as MariaDB does it.
std::string open_comments(std::string_view text);

enum class Kind : std::uint8_t {
  nothing,  // nothing is left once its comments are gone
  insert,   // INSERT, REPLACE
  create_table,
  drop_table,  // of one table
  create_database,
  drop_database,
  use,
  create_view,
  drop_view,
  begin,
  commit,
  rollback,
  savepoint,     // SAVEPOINT, RELEASE: they change nothing by themselves
  not_followed,  // of transactions: ROLLBACK TO, AND CHAIN, XA
  set,
  passed_over,  // locks, keys switched off and on, FLUSH …: what a cluster does not need
  read,         // SELECT, SHOW: it changes nothing
  source,
  definition,   // any other DDL
  write,        // UPDATE, DELETE
  stored_code,  // triggers, routines, events
  hidden_code,  // CALL, EXECUTE, a block: it may write anything
  account,      // users, rights
  administration,
  bulk_file,  // LOAD DATA: rows in another file
};

struct Statement {
  Kind kind = Kind::nothing;
  TableName table;                   // of insert and of what defines; a database's name in `database` alone
  std::string what;                  // for people: "CREATE TRIGGER tr"; the file of source; the name of USE
  std::size_t body = 0;              // insert: where its tuples begin, behind VALUES; 0: it is of another form
  std::vector<std::string> columns;  // insert: its list of columns; empty without one
  bool plain = false;                // insert: INSERT INTO … VALUES, without IGNORE and the like
};

// Of a text without comments.
Statement classify(std::string_view text);

// SET a = 1, @@session.b = 2: names in upper case and without what is in front of them, values as written. Of SET
// NAMES x and SET CHARACTER SET x: NAMES, x. Empty when it is none of these, as SET PASSWORD.
struct Setting {
  std::string name;  // "@x" for a variable of the user
  std::string value;
  bool global = false;
};
std::vector<Setting> settings_of(std::string_view text);

struct ForeignKey {
  std::string definition;  // CONSTRAINT `x` FOREIGN KEY (…) REFERENCES …
  TableName parent;
};
struct TableDefinition {
  std::string text;                  // without its foreign keys when these were to be taken out
  std::vector<ForeignKey> keys;      // all of them
  std::string engine;                // as written; empty = none
  std::vector<std::string> changes;  // for people: what was rewritten
};
struct TableRules {
  bool without_keys = false;
  bool to_innodb = false;
};
// Of CREATE TABLE. Its collations that MariaDB 10.11 lacks become the nearest that it has.
TableDefinition read_table(std::string_view text, const TableRules& rules);

// What CREATE TRIGGER hangs on: "INSERT", "UPDATE" or "DELETE" of a table; without a name where it is none.
struct Trigger {
  std::string event;
  TableName table;
};
Trigger read_trigger(std::string_view text);

// CREATE VIEW with SQL SECURITY INVOKER in place of what it says, and without DEFINER.
struct InvokerView {
  std::string text;
  bool had_definer = false;
  bool other_rights = false;  // it ran with its definer's
};
InvokerView invoker_view(std::string_view text);

// The words of a text that may be names, quotes taken off: which tables and views it may be about.
std::vector<std::string> names_in(std::string_view text);

}  // namespace sqlcast::load
