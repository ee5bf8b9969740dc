// SchemaModel: what databases, tables, columns, keys and indexes there are, loaded lazily, a database at a time.
// Holds the SELECTs that ask for it and reads their answers. UI thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/model/grid_model.h"

namespace sqlcast::gui {

enum class LoadState : std::uint8_t { unknown, loading, loaded, failed };

struct SchemaColumn {
  std::string name;
  std::string type;  // as declared: "varchar(40)"
  bool nullable = true;
  bool primary = false;
  bool unique = false;
  bool auto_increment = false;
  bool foreign = false;
  std::string comment;
};

struct SchemaIndex {
  std::string name;
  bool unique = false;
  std::vector<std::string> columns;
};

struct ForeignKey {
  std::string name;
  std::string table;
  std::vector<std::string> columns;
  std::string referenced_database;
  std::string referenced_table;
  std::vector<std::string> referenced_columns;
};

struct SchemaTable {
  std::string name;
  bool view = false;
  std::uint64_t rows = 0;  // the database's estimate
  std::string engine;
  std::string comment;
  std::vector<SchemaColumn> columns;
  std::vector<SchemaIndex> indexes;
  const SchemaColumn* column(std::string_view column_name) const;
  std::vector<std::string> primary_key() const;
};

struct SchemaDatabase {
  std::string name;
  LoadState state = LoadState::unknown;
  std::string problem;
  std::vector<SchemaTable> tables;
  std::vector<ForeignKey> foreign_keys;
  bool system = false;  // information_schema, performance_schema, mysql, sys, sqlcast
  const SchemaTable* table(std::string_view table_name) const;
};

class SchemaModel {
 public:
  // The questions, in this order for one database.
  enum class Part : std::uint8_t { tables, columns, indexes, foreign_keys };
  static constexpr Part kParts[] = {Part::tables, Part::columns, Part::indexes, Part::foreign_keys};
  static std::string databases_sql();
  static client::Statement part_sql(Part part, const std::string& database);

  LoadState state() const { return state_; }
  const std::string& problem() const { return problem_; }
  const std::vector<SchemaDatabase>& databases() const { return databases_; }
  const SchemaDatabase* database(std::string_view name) const;
  const SchemaTable* table(std::string_view database, std::string_view name) const;
  std::uint64_t version() const { return version_; }  // grows with every change

  void set_loading() { state_ = LoadState::loading; }
  void set_failed(std::string problem);
  void set_databases(const RowSet& rows);  // keeps what is loaded of those that remain
  void set_database_loading(const std::string& name);
  void set_database_failed(const std::string& name, std::string problem);
  void take_part(Part part, const std::string& database, const RowSet& rows);
  void set_database_loaded(const std::string& name);
  void forget();  // another cluster

 private:
  SchemaDatabase* find(std::string_view name);

  LoadState state_ = LoadState::unknown;
  std::string problem_;
  std::vector<SchemaDatabase> databases_;
  std::uint64_t version_ = 0;
};

// "int(10) unsigned" → "int unsigned": the width that older servers tell of whole numbers says nothing.
std::string short_type(std::string_view type);

}  // namespace sqlcast::gui
