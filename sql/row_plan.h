// RowPlan: how a statement whose text does not determine what it does is executed: a SELECT that the master runs, and
// what is put around its rows so that plain statements come out (sql/row_texts.h makes them). CreateSelect: the same of
// a CREATE TABLE … SELECT. Plain values; any thread.
// Why so: docs/decisions/0037-materialised.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/verdict.h"

namespace sqlcast::sql {

// In front of every text of a statement but the first: the effects of those that begin with it are added to what stands
// before them. plan_request() sees to it that no client's text does.
inline constexpr std::string_view kFurtherRows = "/* further rows */ ";

struct RowPlan {
  enum class Kind { insert, update, delete_ };
  Kind kind = Kind::insert;

  // Of the SELECT's list.
  struct Item {
    std::string text;       // with its name
    std::string cast;       // the same value AS DOUBLE, under the same name; empty: that cannot be
    std::string literal{};  // what goes into the texts as it is, whatever the SELECT gives; empty: what it gives
    bool verbatim = false;  // `literal` is the client's, and also for NULL and what is numbered
  };
  // The SELECT: `select_head`, the items with commas between them, `select_tail`. Without items it is `select_head`.
  std::string select_head;
  std::vector<Item> items;
  std::string select_tail;

  // insert: "INSERT … INTO t (a, b) VALUES "; update: "UPDATE `d`.`t` SET "; delete: "DELETE FROM `d`.`t` WHERE ".
  std::string head;
  std::string tail;                     // insert: " ON DUPLICATE KEY UPDATE …"
  std::string returning;                // " RETURNING …", of insert and delete: behind every text
  std::vector<Column> keys;             // update, delete: what the SELECT's first columns are
  std::vector<Column> values;           // insert, update: what gets the columns behind them
  std::size_t row_width = 0;            // insert: so many values are a row; 0: all
  std::optional<std::size_t> numbered;  // insert: which of the values goes into the AUTO_INCREMENT column
  bool one_row_each = false;            // update, delete: a text a row, in the order of the SELECT
  bool alike = false;                   // update, delete: `keys` are all columns, as BINARY: several rows may have them
  // update, one_row_each: which of the key's columns which of the values goes into. Then the rows that give up a key go
  // before those that take it.
  std::vector<std::pair<std::size_t, std::size_t>> moved;
  bool ignore = false;    // insert: of a single row a text like that of many does not ignore all
  std::string no_effect;  // the text when there are no rows

  // Of a join: the same row may be given several times, of which the first counts, and one that is NULL is none. What
  // belongs to `others`, tables that are changed too, stands behind it in the SELECT's list; they have no SELECT.
  bool joined = false;
  std::vector<RowPlan> others;

  bool strict = true;  // the statement itself may fail where the SELECT only warns
  // The refusal that the statement would have had, should its rows turn out to be none that can be written as text.
  std::string code;
  std::string reason;
  std::string advice;
};

// CREATE TABLE … SELECT: the master executes it into a table that only its own session sees. What that has become is
// replicated, as a plain CREATE TABLE and plain inserts.
struct CreateSelect {
  ObjectName target;
  bool replaces = false;
  bool if_not_exists = false;
  bool ignores = false;  // what does not fit
  std::string body;      // all that stands behind the table's name

  std::string create() const;  // "CREATE TABLE `d`.`t` "
  std::string drop() const;    // what is to be replaced, an entry of its own: "DROP TABLE IF EXISTS `d`.`t`"
  // What does nothing, or has the database's error, where the table is there. No definition of a client's has this
  // text.
  std::string where_it_is_there() const;
};

// The SELECT; items with a true in `cast` as DOUBLE, which they can be.
std::string select_text(const RowPlan& plan, const std::vector<bool>& cast = {});

}  // namespace sqlcast::sql
