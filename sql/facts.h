// Facts: what the recogniser saw in a statement, for the determinism rules to judge. Ranges are token indexes,
// [first, end). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/function.h"
#include "sql/verdict.h"

namespace sqlcast::sql {

// More than any server can do; what is longer is refused, so that the rules stay linear.
inline constexpr std::size_t kMostTables = 1000;
inline constexpr std::size_t kMostColumns = 4096;

struct Range {
  std::size_t first = 0;
  std::size_t end = 0;
  bool empty() const { return first >= end; }
};

// Where in a statement an expression stands.
enum class Place : std::uint8_t {
  query,             // a SELECT's clauses, a WHERE
  values,            // VALUES tuples of an INSERT, or its SET list: evaluated once
  duplicate_update,  // ON DUPLICATE KEY UPDATE
  assignment,        // SET of an UPDATE
  returning,         // only the client sees it
  definition,        // DEFAULT, CHECK, generated columns
};

struct FunctionUse {
  const Function* function = nullptr;
  std::size_t token = 0;  // its name
  std::size_t end = 0;    // one past its ")" (or its name, when it has no parentheses)
  Place place = Place::query;
  std::size_t depth = 0;  // of SELECTs around it, if only one without FROM
  bool over = false;      // followed by OVER
};

struct TableUse {
  ObjectName name;
  std::string alias;  // the name itself when there is none
  bool target = false;
  bool joined = false;  // named by the statement itself, not by a query inside it
  Range partitions{};   // PARTITION (…) behind the name of a table that is read or updated
};

// One SELECT block.
struct Block {
  Place place = Place::query;
  std::size_t depth = 0;  // 1: no SELECT around it
  Range select_list;
  Range group_by;
  Range having;
  Range order_by;
  std::optional<std::size_t> limit;       // token of LIMIT or FETCH
  std::optional<std::size_t> only_table;  // index in tables: FROM names that one table and nothing else
  bool has_from = false;
  bool distinct = false;
  bool merged = false;  // part of a UNION, EXCEPT or INTERSECT that leaves out equal rows
  bool row_limit_examined = false;
};

// A query expression: one block, or several joined by UNION and the like.
struct Query {
  std::vector<std::size_t> blocks;  // indexes in Facts::blocks
};

enum class Verb : std::uint8_t { none, read, insert, replace, update, delete_, ddl };

struct Assignment {
  Range column;
  Range value;
};

struct ColumnRenaming {
  std::string from;
  std::string to;
};

struct Facts {
  Verb verb = Verb::none;
  std::vector<TableUse> tables;
  std::vector<FunctionUse> functions;
  std::vector<Block> blocks;
  std::vector<std::string> cte_names;      // all of the statement's
  bool derived_tables = false;             // queries that stand for tables
  std::vector<std::size_t> default_words;  // DEFAULT as a value, DEFAULT(column)

  bool ignore = false;
  bool returning = false;
  std::size_t returning_at = 0;  // its token

  // INSERT and REPLACE
  InsertShape shape;
  std::size_t values_first = 0;  // tokens of the first "(" and of the last ")"
  std::size_t values_last = 0;
  std::optional<Range> insert_columns;  // the list in parentheses, or none
  std::vector<Assignment> assignments;  // INSERT … SET, UPDATE … SET
  std::vector<Assignment> duplicate_assignments;
  std::optional<Query> source;  // INSERT … SELECT
  Range source_range;           // its tokens, WITH and parentheses included
  bool empty_tuples = false;    // VALUES ()

  // UPDATE and DELETE
  std::size_t target_count = 0;  // tables joined in the statement itself
  Range table_reference;         // of one table alone: its name, partitions, alias, index hints; else all of the join
  std::vector<std::size_t> deleted;  // joined DELETE: the tables it deletes from, where it is certain which ones
  Range where;
  Range order_by;
  std::optional<std::size_t> limit;

  // DDL
  bool numbers_rows = false;  // ALTER TABLE … AUTO_INCREMENT on a column
  // ALTER TABLE: a column that takes the name of one that goes, while another takes its own.
  std::optional<ColumnRenaming> exchange;
};

}  // namespace sqlcast::sql
