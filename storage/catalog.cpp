#include "storage/catalog.h"

#include <algorithm>
#include <cstdlib>

#include "proto/entry.h"
#include "sql/literal.h"
#include "storage/dialect.h"
#include "storage/errors.h"

namespace sqlcast::storage {
namespace {

constexpr const char* kNotSystem =
    "TABLE_SCHEMA NOT IN ('mysql','information_schema','performance_schema','sys','sqlcast')";

constexpr const char* kColumnsQuery =
    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, IS_NULLABLE, EXTRA, COLUMN_DEFAULT, DATA_TYPE, COLLATION_NAME, "
    "COALESCE(DATETIME_PRECISION,NUMERIC_SCALE,0), COALESCE(CHARACTER_MAXIMUM_LENGTH,0), "
    "IF(DATA_TYPE='enum',COLUMN_TYPE,'') FROM "
    "information_schema.COLUMNS WHERE ";

const std::string& text(const Row& row, std::size_t column) {
  static const std::string kEmpty;
  return row[column] ? *row[column] : kEmpty;
}

std::uint32_t number(const Row& row, std::size_t column) {
  return static_cast<std::uint32_t>(std::strtoul(text(row, column).c_str(), nullptr, 10));
}

sql::ObjectName name_of(const Row& row) { return {text(row, 0), text(row, 1)}; }

sql::OnDelete on_delete_of(const std::string& rule) {
  if (rule == "CASCADE") return sql::OnDelete::cascade;
  return rule == "SET NULL" ? sql::OnDelete::set_null : sql::OnDelete::restrict;
}

Result<std::string> definition(Connection& connection, const sql::ObjectName& target) {
  const std::string sql = target.name.empty()
                              ? "SHOW CREATE DATABASE " + quote_name(target.database)
                              : "SHOW CREATE TABLE " + quote_name(target.database) + "." + quote_name(target.name);
  Result<std::vector<Row>> rows = connection.rows(sql);
  // So a server without descriptors, too, says of a table that is there; that may be over when it is looked for.
  constexpr int kLooks = 3;
  for (int i = 0; i < kLooks && !rows && is_absent(rows.status()); ++i) {
    if (Status opens = opens_files(connection); !opens.ok()) return opens;
    rows = connection.rows(sql);
  }
  if (!rows) {
    if (is_absent(rows.status())) return std::string("absent");
    return rows.status();
  }
  if (rows->empty() || rows->front().size() < 2) return std::string("absent");
  std::string result = without_auto_increment(text(rows->front(), 1));
  if (target.name.empty()) {
    // Which tables it has: DROP DATABASE takes one after the other.
    const Result<std::vector<std::string>> tables = table_names(connection, target.database);
    if (!tables) return tables.status();
    for (const std::string& table : *tables) result += '\0' + table;
    return result;
  }
  // Which table it is: two of the same definition can change places (RENAME, EXCHANGE PARTITION).
  rows = connection.rows(table_ids_sql(target));
  if (!rows) return rows.status();
  for (const Row& row : *rows) result += '\0' + text(row, 0) + '\0' + text(row, 1);
  return result;
}

// What the tables' foreign keys refer to.
Status load_references(Connection& connection, sql::Schema& schema) {
  Result<std::vector<Row>> rows = connection.rows(
      "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, DELETE_RULE FROM "
      "information_schema.REFERENTIAL_CONSTRAINTS");
  if (!rows) return rows.status();
  if (rows->empty()) return ok_status();
  for (const Row& row : *rows)
    if (const auto known = schema.tables.find(name_of(row)); known != schema.tables.end()) {
      known->second.references.push_back({text(row, 2), text(row, 3)});
      known->second.on_delete.push_back(on_delete_of(text(row, 4)));
    }
  rows = connection.rows(
      "SELECT REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM "
      "information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL");
  if (!rows) return rows.status();
  for (const Row& row : *rows)
    if (const auto known = schema.tables.find(name_of(row)); known != schema.tables.end())
      known->second.referred.push_back(text(row, 2));
  return ok_status();
}

}  // namespace

Result<sql::Schema> load_schema(Connection& connection, std::uint64_t version) {
  sql::Schema schema;
  schema.version = version;

  Result<std::vector<Row>> rows = connection.rows(
      "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN "
      "('mysql','information_schema','performance_schema','sys','sqlcast')");
  if (!rows) return rows.status();
  for (const Row& row : *rows) schema.databases.insert(text(row, 0));

  rows = connection.rows(std::string("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_TYPE, CREATE_OPTIONS FROM "
                                     "information_schema.TABLES WHERE ") +
                         kNotSystem);
  if (!rows) return rows.status();
  for (const Row& row : *rows) {
    sql::Table& table = schema.tables[name_of(row)];
    table.engine = text(row, 2);
    table.view = text(row, 3) == "VIEW";
    table.partitioned = text(row, 4).find("partitioned") != std::string::npos;
  }

  rows =
      connection.rows(std::string(kColumnsQuery) + kNotSystem + " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION");
  if (!rows) return rows.status();
  for (const Row& row : *rows) {
    sql::Column column;
    column.name = text(row, 2);
    column.nullable = text(row, 3) == "YES";
    column.auto_increment = text(row, 4).find("auto_increment") != std::string::npos;
    column.generated = text(row, 4).find("GENERATED") != std::string::npos;
    column.invisible = text(row, 4).find("INVISIBLE") != std::string::npos;
    column.default_expression = text(row, 5);
    column.type = text(row, 6);
    column.collation = text(row, 7);
    column.scale = number(row, 8);
    column.length = number(row, 9);
    column.empty_word = sql::has_empty_word(text(row, 10));
    schema.tables[name_of(row)].columns.push_back(std::move(column));
  }

  rows = connection.rows(std::string("SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, NULLABLE, SUB_PART, "
                                     "NON_UNIQUE, INDEX_TYPE FROM information_schema.STATISTICS WHERE ") +
                         kNotSystem +
                         " ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME<>'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
  if (!rows) return rows.status();
  sql::ObjectName last_table;
  std::string last_index;
  for (const Row& row : *rows) {
    sql::Table& table = schema.tables[name_of(row)];
    const bool prefix = row[5].has_value();
    for (sql::Column& column : table.columns)
      if (column.name == text(row, 3))
        column.indexed = std::max(column.indexed, prefix ? sql::Indexed::prefix : sql::Indexed::whole);
    if (text(row, 6) != "0") continue;
    if (name_of(row) != last_table || text(row, 2) != last_index) table.unique_keys.emplace_back();
    last_table = name_of(row);
    last_index = text(row, 2);
    sql::UniqueKey& key = table.unique_keys.back();
    key.columns.push_back(text(row, 3));
    // A prefix does not order its column totally, nor does a key over what is too long for one, by which no row is
    // found either: as little use as a NULL.
    if (text(row, 4) == "YES" || prefix || text(row, 7) == "HASH") key.nullable = true;
  }

  if (Status status = load_references(connection, schema); !status.ok()) return status;

  // sqlcast makes none; an external database may have some.
  rows = connection.rows("SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS");
  if (!rows) return rows.status();
  for (const Row& row : *rows)
    if (const auto known = schema.tables.find(name_of(row)); known != schema.tables.end())
      known->second.triggers = true;
  return schema;
}

Result<std::string> fingerprint(Connection& connection, const std::vector<sql::ObjectName>& targets) {
  std::string all;
  for (const sql::ObjectName& target : targets) {
    Result<std::string> one = definition(connection, target);
    if (!one) return one.status();
    all += target.database + '\0' + target.name + '\0' + *one + '\0';
  }
  const Hash hash = proto::chain_hash({}, 0, 0, 0, all);
  return std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// It reads a folder for that, and says why when it cannot.
Status opens_files(Connection& connection) { return connection.rows("SHOW DATABASES LIKE 'sqlcast'").status(); }

Result<std::vector<std::string>> outside_references(Connection& connection, const std::string& database) {
  const Result<std::vector<Row>> rows = connection.rows(
      "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
      "UNIQUE_CONSTRAINT_SCHEMA=" +
      quote_text(database) + " AND CONSTRAINT_SCHEMA<>" + quote_text(database));
  if (!rows) return rows.status();
  std::vector<std::string> names;
  for (const Row& row : *rows) names.push_back(text(row, 0) + "." + text(row, 1) + " (" + text(row, 2) + ")");
  return names;
}

Result<std::vector<std::string>> table_names(Connection& connection, const std::string& database) {
  const Result<std::vector<Row>> rows =
      connection.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=" + quote_text(database) +
                      " ORDER BY TABLE_NAME");
  if (!rows) return rows.status();
  std::vector<std::string> names;
  for (const Row& row : *rows) names.push_back(text(row, 0));
  return names;
}

}  // namespace sqlcast::storage
