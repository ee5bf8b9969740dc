// Verdict: what the policy says of a statement. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/schema.h"

namespace sqlcast::sql {

enum class Class : std::uint8_t { read, write, ddl, refused };
enum class Determinism : std::uint8_t { safe, rewritten, unsafe, materialised };

struct RowPlan;       // sql/row_plan.h
struct CreateSelect;  // the same

std::string_view class_name(Class value);              // "read" …
std::string_view determinism_name(Determinism value);  // "safe" …

// Where the values of the table's AUTO_INCREMENT column come from.
enum class AutoIncrementUse : std::uint8_t {
  absent,           // the table is known and has no such column
  generated,        // it is an integer, and every tuple leaves it out or has literally NULL, 0 or DEFAULT for it
  explicit_values,  // it is an integer, and every tuple has a literal positive one for it: nothing is generated
  unknown,          // anything else, and tables not in the schema
};

// What a VALUES insert looks like, for choosing AUTO_INCREMENT values and for putting inserts together.
struct InsertShape {
  ObjectName table;
  bool plain = false;        // INSERT INTO t [(columns)] VALUES (…)[, (…)…]: no IGNORE, SET, SELECT, subquery,
                             // ON DUPLICATE KEY, RETURNING, PARTITION, LAST_INSERT_ID(), modifiers
  std::uint64_t tuples = 0;  // of VALUES; 0 when the rows come from elsewhere
  std::size_t values_offset = 0;  // plain: where the first "(" of the first tuple stands in the text to run
  std::size_t values_end = 0;     // plain: one past the last ")"
  bool literals_only = false;     // plain: the tuples hold nothing but literals, DEFAULT and NULL: inserts of the
                                  // same text before values_offset can be put together into one statement
  bool order_free = false;        // literals_only, into a table that is known and has neither foreign keys
                                  // nor triggers: such inserts into different tables do the same in any order
  bool keeps_every_row = false;   // neither IGNORE nor ON DUPLICATE KEY UPDATE: when it succeeds, each row is there
  AutoIncrementUse auto_increment = AutoIncrementUse::unknown;
  std::uint64_t explicit_max = 0;          // explicit_values: the largest of them
  std::uint64_t own_before_generated = 0;  // unknown: the largest literal id in front of the first tuple that generates
};

// What ddl_targets are. A view counts as a table: SHOW CREATE TABLE shows it.
enum class DdlKind : std::uint8_t { none, database, table, other };

struct Verdict {
  Class statement_class = Class::refused;
  Determinism determinism = Determinism::safe;
  // refused, materialised: what of the text is not taken; stable, upper case, documented in docs/sql-policy.md
  std::string code;
  std::string reason;     // refused: what was refused and why
  std::string advice;     // refused: what to do instead
  std::string rewritten;  // determinism rewritten: the text to run and to replicate
  // determinism materialised: how; one of them is not null then
  std::shared_ptr<const RowPlan> rows;
  std::shared_ptr<const CreateSelect> created;

  // The statement itself in the text to run (`rewritten`, or what was judged): without the blanks and comments around
  // it and without its ";". Cut it out before joining statements: a trailing "-- …" would swallow what follows.
  std::size_t body_offset = 0;
  std::size_t body_end = 0;

  bool uses_rand = false;     // RAND() somewhere: rand seeds must be imposed
  bool uses_clock = false;    // NOW() and family
  bool returns_rows = false;  // read, or … RETURNING
  // … RETURNING, which only the client sees: where the text to run ends without it (0: there is none), and whether the
  // server gives exactly one row for each that it counts as affected.
  std::size_t logged_end = 0;
  bool returns_each_affected = false;
  bool uses_last_insert_id = false;
  bool moves_ids = false;             // judge(): an UPDATE that may set a column that is AUTO_INCREMENT
  std::vector<ObjectName> tables;     // every table named, resolved
  std::optional<InsertShape> insert;  // INSERT and REPLACE only
  DdlKind ddl_kind = DdlKind::none;
  std::vector<ObjectName> ddl_targets;  // objects whose definition the DDL changes (before and after, for RENAME)
  std::vector<std::string> parts;       // DDL that must become several entries (DROP TABLE a, b): their texts
  bool replaces = false;                // the first of two parts makes room for the second (CREATE OR REPLACE TABLE)
  bool empties = false;                 // TRUNCATE, also of partitions: one after the other, and may be done once more

  // The one text to give people: for a refusal, its reason and advice in a sentence or two; else what happens.
  std::string explanation() const;
};

}  // namespace sqlcast::sql
