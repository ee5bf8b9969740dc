// TableSql: the statements of a table's menu and of the form that designs one. What is shown is what is sent. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "client/gui/model/schema_model.h"

namespace sqlcast::gui::table_sql {

std::string select(const std::string& database, const SchemaTable& table);  // every column, in the key's order
std::string insert(const std::string& database, const SchemaTable& table);  // one row, its types as a comment
std::string update(const std::string& database, const SchemaTable& table);  // one row, by its key
std::string duplicate(const std::string& database, const SchemaTable& table);
std::string rename(const std::string& database, const SchemaTable& table);
std::string truncate(const std::string& database, const SchemaTable& table);
std::string drop(const std::string& database, const SchemaTable& table);

// A column as the form has it.
struct Column {
  std::string was;  // its name in the table as it is; empty: a new one
  std::string name;
  std::string type = "VARCHAR(100)";
  bool nullable = true;
  bool primary = false;
  bool auto_increment = false;
  bool dropped = false;
};
std::vector<Column> columns_of(const SchemaTable& table);

std::string create(const std::string& database, const std::string& name, const std::vector<Column>& columns);
// From `table` to what the form has; empty: nothing differs. The key stays as it is.
std::string alter(const std::string& database, const SchemaTable& table, const std::vector<Column>& columns);
// What is missing before it can be sent, a sentence; empty: nothing.
std::string problem(const std::string& name, const std::vector<Column>& columns);

}  // namespace sqlcast::gui::table_sql
