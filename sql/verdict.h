// The SQL policy: what a statement is, whether it may run, and whether it will do the same on every node.
//
// Allow-list: what is not known to be allowed is refused. A lexer and a small recogniser, never a prefix match.
// Pure: no database, clock or randomness of its own; the schema and the frozen values come in. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::sql {

enum class Class : std::uint8_t { read, write, ddl, refused };
enum class Determinism : std::uint8_t { safe, rewritten, unsafe };

std::string_view class_name(Class value);              // "read" …
std::string_view determinism_name(Determinism value);  // "safe" …

struct ObjectName {
  std::string database;  // as resolved with the default database; empty = none known
  std::string name;      // table; empty when the object is the database itself
  auto operator<=>(const ObjectName&) const = default;
};

// By any index; prefix: one over its first characters.
enum class Indexed : std::uint8_t { no, whole, prefix };

// What the policy needs to know of a table. Names compare as MariaDB on Linux compares them: tables by case,
// columns without. storage/ fills it from information_schema; keys hold NOT NULL-ness.
struct Column {
  std::string name;
  bool nullable = true;
  bool auto_increment = false;
  bool generated = false;
  bool invisible = false;  // not among the columns of an INSERT without a list
  std::string type;        // information_schema's DATA_TYPE ("bigint", "varchar"); empty = not known: less is proven
  std::string collation;   // of text; empty = none, or not known
  Indexed indexed = Indexed::no;
  std::string default_expression;  // as information_schema gives it; empty = none
};
struct UniqueKey {
  std::vector<std::string> columns;
  bool nullable = false;  // some column may be NULL: not a total order
};
struct Table {
  std::string engine;  // "InnoDB"; empty for a view
  bool view = false;
  bool triggers = false;  // it has some, made past the policy
  bool partitioned = false;
  std::vector<Column> columns;
  std::vector<UniqueKey> unique_keys;  // the primary key first
  std::vector<ObjectName> references;  // tables that its foreign keys refer to
};

// An immutable snapshot, shared between threads by shared_ptr<const Schema>. `version` grows with every change.
struct Schema {
  std::uint64_t version = 0;
  std::set<std::string> databases;
  std::map<ObjectName, Table> tables;
  const Table* find(const ObjectName& name) const {
    const auto it = tables.find(name);
    return it == tables.end() ? nullptr : &it->second;
  }
};

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
  std::uint64_t explicit_max = 0;  // explicit_values: the largest of them
};

// What ddl_targets are. A view counts as a table: SHOW CREATE TABLE shows it.
enum class DdlKind : std::uint8_t { none, database, table, other };

struct Verdict {
  Class statement_class = Class::refused;
  Determinism determinism = Determinism::safe;
  std::string code;       // refused: stable, upper case, documented in docs/sql-policy.md
  std::string reason;     // refused: what was refused and why
  std::string advice;     // refused: what to do instead
  std::string rewritten;  // determinism rewritten: the text to run and to replicate

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

  // The one text to give people: for a refusal, its reason and advice in a sentence or two; else what happens.
  std::string explanation() const;
};

// Named limits, each a setting with the same name (docs/configuration.md).
struct Limits {
  std::size_t max_statement_bytes = 16U << 20U;
  std::size_t max_nesting_depth = 64;
};

// The most that the settings allow: for what a master has accepted under limits of its own.
inline constexpr Limits kWidestLimits{512U << 20U, 1024};

// Supplies literal SQL text for a function whose value is frozen into the statement: the function's name in
// upper case ("UUID", "SYSDATE", "USER" …; frozen_functions() lists them) and its argument text (SYSDATE(6) → "6";
// a number or nothing) in, "'2f0c…'" out. An empty answer refuses the statement.
using Freeze = std::function<std::string(std::string_view function, std::string_view arguments)>;

struct Judgement {
  std::string_view default_database;  // empty = none
  const Schema* schema = nullptr;     // null: nothing is known of tables; what needs it is refused as unsafe
  Limits limits;
  Freeze freeze;  // null: the rewritten text keeps a placeholder literal (enough to explain)
};

// The names with which Freeze may be called.
std::vector<std::string_view> frozen_functions();

// The verdict on exactly one statement. Never throws for any bytes.
// A slave routes by statement_class alone (schema may be null there); the master decides determinism.
Verdict judge(std::string_view text, const Judgement& judgement);

// The class alone, without determinism and without a schema: what a slave needs for routing. Cheaper.
// Everything refused here is refused by judge() too.
Verdict classify(std::string_view text, std::string_view default_database, const Limits& limits = {});

}  // namespace sqlcast::sql
