// Schema: what the policy needs to know of databases and tables. Plain values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sqlcast::sql {

struct ObjectName {
  std::string database;                                 // as resolved with the default database; empty = none known
  std::string name;                                     // table; empty when the object is the database itself
  auto operator<=>(const ObjectName&) const = default;  // NOLINT(modernize-use-nullptr): there is no pointer
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
  std::uint32_t length = 0;        // of text, in characters; 0 where not known
  std::uint32_t scale = 0;         // digits behind the point, of DECIMAL and of what has a time; 0 where not known
  bool empty_word = false;         // of ENUM: '' is one of its words
  std::string default_expression;  // as information_schema gives it; empty = none
};
struct UniqueKey {
  std::vector<std::string> columns;
  bool nullable = false;  // some column may be NULL, or is not in it as a whole: not a total order
};
// What becomes of rows of a table when the row that they refer to is deleted.
enum class OnDelete : std::uint8_t { restrict, cascade, set_null };
struct Table {
  std::string engine;  // "InnoDB"; empty for a view
  bool view = false;
  bool triggers = false;  // it has some, made past the policy
  bool partitioned = false;
  std::vector<Column> columns;
  std::vector<UniqueKey> unique_keys;  // the primary key first
  std::vector<ObjectName> references;  // tables that its foreign keys refer to
  std::vector<OnDelete> on_delete;     // what each of these does; behind its end: restrict
  std::vector<std::string> referred;   // its own columns that foreign keys refer to, whether unique or not
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

}  // namespace sqlcast::sql
