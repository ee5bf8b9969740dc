#include "client/gui/model/schema_model.h"

#include <algorithm>
#include <charconv>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {

std::string text_of(const RowSet& rows, std::uint64_t row, std::size_t column) {
  const proto::Cell& cell = rows.cell(row, column);
  // The information schema may hand names out as bytes: they are text all the same.
  if (cell.kind == proto::Cell::Kind::bytes) return to_utf8(cell.view());
  return cell_text(cell);
}

std::uint64_t number_of(const RowSet& rows, std::uint64_t row, std::size_t column) {
  const std::string text = text_of(rows, row, column);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <typename T>
auto find_named(T& list, std::string_view name) {
  const auto it = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.name == name; });
  return it == list.end() ? nullptr : &*it;
}

bool is_system(std::string_view name) {
  return name == "information_schema" || name == "performance_schema" || name == "mysql" || name == "sys" ||
         name == "sqlcast";
}

}  // namespace

const SchemaColumn* SchemaTable::column(std::string_view column_name) const {
  for (const SchemaColumn& column : columns) {
    if (equal_ignoring_case(column.name, column_name)) return &column;
  }
  return nullptr;
}

std::vector<std::string> SchemaTable::primary_key() const {
  const SchemaIndex* index = find_named(indexes, "PRIMARY");
  if (index != nullptr) return index->columns;
  std::vector<std::string> names;
  for (const SchemaColumn& column : columns) {
    if (column.primary) names.push_back(column.name);
  }
  return names;
}

const SchemaTable* SchemaDatabase::table(std::string_view table_name) const { return find_named(tables, table_name); }

std::string SchemaModel::databases_sql() {
  return "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME";
}

client::Statement SchemaModel::part_sql(Part part, const std::string& database) {
  client::Statement statement;
  statement.params.emplace_back(database);
  switch (part) {
    case Part::tables:
      statement.sql =
          "SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS, ENGINE, TABLE_COMMENT FROM information_schema.TABLES "
          "WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME";
      break;
    case Part::columns:
      statement.sql =
          "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY, EXTRA, COLUMN_COMMENT "
          "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION";
      break;
    case Part::indexes:
      statement.sql =
          "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS "
          "WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";
      break;
    case Part::foreign_keys:
      statement.sql =
          "SELECT CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, "
          "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? "
          "AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";
      break;
  }
  return statement;
}

SchemaDatabase* SchemaModel::find(std::string_view name) { return find_named(databases_, name); }
const SchemaDatabase* SchemaModel::database(std::string_view name) const { return find_named(databases_, name); }

const SchemaTable* SchemaModel::table(std::string_view database_name, std::string_view name) const {
  const SchemaDatabase* found = database(database_name);
  return found == nullptr ? nullptr : found->table(name);
}

void SchemaModel::set_failed(std::string problem) {
  state_ = LoadState::failed;
  problem_ = std::move(problem);
  ++version_;
}

void SchemaModel::set_databases(const RowSet& rows) {
  std::vector<SchemaDatabase> fresh;
  for (std::uint64_t row = 0; row < rows.size(); ++row) {
    SchemaDatabase entry;
    entry.name = text_of(rows, row, 0);
    if (SchemaDatabase* known = find(entry.name)) entry = std::move(*known);
    entry.system = is_system(entry.name);
    fresh.push_back(std::move(entry));
  }
  std::stable_partition(fresh.begin(), fresh.end(), [](const SchemaDatabase& entry) { return !entry.system; });
  databases_ = std::move(fresh);
  state_ = LoadState::loaded;
  problem_.clear();
  ++version_;
}

void SchemaModel::set_database_loading(const std::string& name) {
  if (SchemaDatabase* entry = find(name)) entry->state = LoadState::loading;
}

void SchemaModel::set_database_failed(const std::string& name, std::string problem) {
  if (SchemaDatabase* entry = find(name)) {
    entry->state = LoadState::failed;
    entry->problem = std::move(problem);
    ++version_;
  }
}

void SchemaModel::set_database_loaded(const std::string& name) {
  SchemaDatabase* entry = find(name);
  if (entry == nullptr) return;
  for (const ForeignKey& key : entry->foreign_keys) {
    SchemaTable* table = find_named(entry->tables, key.table);
    if (table == nullptr) continue;
    for (SchemaColumn& column : table->columns) {
      const bool listed = std::find(key.columns.begin(), key.columns.end(), column.name) != key.columns.end();
      column.foreign = column.foreign || listed;
    }
  }
  entry->state = LoadState::loaded;
  entry->problem.clear();
  ++version_;
}

void SchemaModel::take_part(Part part, const std::string& database_name, const RowSet& rows) {
  SchemaDatabase* entry = find(database_name);
  if (entry == nullptr) return;
  if (part == Part::tables) {
    entry->tables.clear();
    entry->foreign_keys.clear();
  }
  for (std::uint64_t row = 0; row < rows.size(); ++row) {
    const std::string table_name = text_of(rows, row, part == Part::foreign_keys ? 1 : 0);
    if (part == Part::tables) {
      SchemaTable table;
      table.name = table_name;
      table.view = text_of(rows, row, 1).find("VIEW") != std::string::npos;
      table.rows = number_of(rows, row, 2);
      table.engine = text_of(rows, row, 3);
      table.comment = table.view ? std::string() : text_of(rows, row, 4);
      entry->tables.push_back(std::move(table));
      continue;
    }
    SchemaTable* table = find_named(entry->tables, table_name);
    if (table == nullptr) continue;  // made between the two questions
    if (part == Part::columns) {
      SchemaColumn column;
      column.name = text_of(rows, row, 1);
      column.type = text_of(rows, row, 2);
      column.nullable = text_of(rows, row, 3) == "YES";
      column.primary = text_of(rows, row, 4) == "PRI";
      column.unique = text_of(rows, row, 4) == "UNI";
      column.auto_increment = contains_ignoring_case(text_of(rows, row, 5), "auto_increment");
      column.comment = text_of(rows, row, 6);
      table->columns.push_back(std::move(column));
    } else if (part == Part::indexes) {
      const std::string name = text_of(rows, row, 1);
      if (table->indexes.empty() || table->indexes.back().name != name) {
        table->indexes.push_back({name, text_of(rows, row, 2) == "0", {}});
      }
      table->indexes.back().columns.push_back(text_of(rows, row, 3));
    } else {
      const std::string name = text_of(rows, row, 0);
      auto& keys = entry->foreign_keys;
      if (keys.empty() || keys.back().name != name || keys.back().table != table_name) {
        keys.push_back({name, table_name, {}, text_of(rows, row, 3), text_of(rows, row, 4), {}});
      }
      keys.back().columns.push_back(text_of(rows, row, 2));
      keys.back().referenced_columns.push_back(text_of(rows, row, 5));
    }
  }
  ++version_;
}

void SchemaModel::forget() {
  databases_.clear();
  state_ = LoadState::unknown;
  problem_.clear();
  ++version_;
}

std::string short_type(std::string_view type) {
  const std::size_t open = type.find("int(");
  if (open > 6) return std::string(type);
  const std::size_t close = std::min(type.find(')'), type.size() - 1);
  return cat(type.substr(0, open + 3), type.substr(close + 1));
}

}  // namespace sqlcast::gui
