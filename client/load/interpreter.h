// Interpreter: statement after statement of a dump, what a cluster is to do for it. It follows what the dump has set
// (default database, FOREIGN_KEY_CHECKS, SQL_MODE), rewrites, and says what is passed over, rewritten or left out. It
// sends nothing. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/load/reading.h"
#include "client/load/statement.h"
#include "client/load/summary.h"

namespace sqlcast::load {

struct Rules {
  std::string database;  // all goes there, whatever the dump names by USE and CREATE DATABASE; empty = as it says
  bool views_invoker = false;
  bool engine_innodb = false;
};

// What is known of all of a dump before its first statement is carried out.
struct Foresight {
  bool none = false;                // nothing is: of a pipe. Then all keys of the load mode are added behind
  std::set<TableName> keys_behind;  // the tables whose foreign keys are added when all rows are there
  std::set<TableName> views;        // names that are views by its end, whatever stands for them before
};

struct Action {
  enum class Kind : std::uint8_t {
    none,  // notes alone
    insert,
    write,  // UPDATE, DELETE, and inserts that are not VALUES
    create_table,
    drop_table,
    create_view,
    definition,
    begin,
    commit,
    rollback,
    source,
  };
  Kind kind = Kind::none;
  std::string database;  // the request's default one
  TableName table;       // with its database
  Statement form;
  std::vector<ForeignKey> keys;  // of a definition, their parents with a database
  bool keys_taken_out = false;
  bool load_mode = false;     // FOREIGN_KEY_CHECKS=0
  bool zero_is_zero = false;  // NO_AUTO_VALUE_ON_ZERO
  bool stand_in = false;      // it stands for a view until the dump's end
  bool behind = false;        // of a view: it is made when all else is there
  bool ends_transaction = false;
  std::vector<Note> notes;
};

class Interpreter {
 public:
  explicit Interpreter(Rules rules, Foresight foresight = {});

  // `placed.statement.text` becomes what is to run. Its text is left as it is where that is an insert. bad_request for
  // what no cluster can be given: a character set that is not UTF-8, ANSI_QUOTES; and for what an import does not
  // follow of transactions: ROLLBACK TO SAVEPOINT, ROLLBACK under autocommit=0.
  Status read(Placed& placed, const Source& source, Action& action);

  // A table that could not be made: its rows are left out with it.
  void leave_out(const TableName& table) { left_out_.insert(table); }
  bool is_left_out(const TableName& table) const { return left_out_.count(table) > 0; }
  // Written under autocommit=0 and not committed, as far as was read.
  bool is_uncommitted() const { return uncommitted_; }

 private:
  Status set(std::string_view text, Action& action);
  Status set_one(const Setting& setting, Action& action);
  void autocommit(bool on, Action& action);
  Status follow_transaction(Action& action);
  Status charset(const std::string& value);
  void database(Placed& placed, Action& action);
  void table(Placed& placed, Action& action);
  void view(Placed& placed, Action& action);
  void stored_code(const std::string& text, Action& action);
  void note_triggers(Action& action);
  void pass_over(Action& action, std::string what, std::string why = {}) const;
  void leave_out(Action& action, std::string what, std::string why, bool data);
  bool refused(const Placed& placed, Action& action, bool data);
  TableName resolved(TableName name) const;

  const Rules rules_;
  const Foresight foresight_;
  std::set<TableName> left_out_;
  std::set<TableName> stood_in_;  // views whose stand-ins were read
  // Of triggers that were left out, and hang on a table of which no row was read since.
  struct LeftOutTrigger {
    std::string event;
    std::string what;
  };
  std::multimap<TableName, LeftOutTrigger> triggers_;
  std::size_t source_ = SIZE_MAX;
  std::string database_;
  bool checks_off_ = false;
  bool zero_is_zero_ = false;
  bool autocommit_off_ = false;
  bool begun_ = false;        // BEGIN was read, and no end of it
  bool uncommitted_ = false;  // outside of that
};

}  // namespace sqlcast::load
