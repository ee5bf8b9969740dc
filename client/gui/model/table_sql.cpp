#include "client/gui/model/table_sql.h"

#include <algorithm>
#include <set>

#include "client/gui/model/text.h"
#include "sql/literal.h"

namespace sqlcast::gui::table_sql {

namespace {

using sql::quote_name;

std::string full_name(const std::string& database, const std::string& table) {
  return cat(quote_name(database), ".", quote_name(table));
}

std::string key_list(const SchemaTable& table, std::string_view between) {
  std::string out;
  for (const std::string& name : table.primary_key()) out += cat(out.empty() ? "" : between, quote_name(name));
  return out;
}

std::string order_by_key(const SchemaTable& table) {
  const std::string key = key_list(table, ", ");
  return key.empty() ? std::string() : cat("\n ORDER BY ", key);
}

std::string definition(const Column& column) {
  return cat(quote_name(trim(column.name).empty() ? "?" : std::string(trim(column.name))), " ", trim(column.type),
             column.nullable && !column.primary ? "" : " NOT NULL", column.auto_increment ? " AUTO_INCREMENT" : "");
}

}  // namespace

std::string select(const std::string& database, const SchemaTable& table) {
  std::string columns;
  for (const SchemaColumn& column : table.columns) columns += cat(columns.empty() ? "" : ", ", quote_name(column.name));
  return cat("SELECT ", columns.empty() ? "*" : columns, "\n  FROM ", full_name(database, table.name),
             order_by_key(table), "\n LIMIT 1000");
}

std::string insert(const std::string& database, const SchemaTable& table) {
  std::string names;
  std::string values;
  for (const SchemaColumn& column : table.columns) {
    if (column.auto_increment) continue;
    names += cat(names.empty() ? "" : ", ", quote_name(column.name));
    values += cat(values.empty() ? "" : ", ", "NULL /* ", column.type, " */");
  }
  return cat("INSERT INTO ", full_name(database, table.name), " (", names, ")\nVALUES (", values, ")");
}

std::string update(const std::string& database, const SchemaTable& table) {
  std::string set;
  const std::vector<std::string> key = table.primary_key();
  for (const SchemaColumn& column : table.columns) {
    if (std::find(key.begin(), key.end(), column.name) != key.end()) continue;
    const std::string name = quote_name(column.name);
    set += cat(set.empty() ? "" : ",\n       ", name, " = ", name);
  }
  std::string where;
  for (const std::string& name : key) where += cat(where.empty() ? "" : " AND ", quote_name(name), " = 0");
  return cat("UPDATE ", full_name(database, table.name), "\n   SET ", set, "\n WHERE ",
             where.empty() ? "FALSE" : where);
}

std::string duplicate(const std::string& database, const SchemaTable& table) {
  const std::string from = full_name(database, table.name);
  const std::string to = full_name(database, table.name + "_copy");
  return cat("CREATE TABLE ", to, " LIKE ", from, ";\nINSERT INTO ", to, "\nSELECT * FROM ", from, order_by_key(table),
             ";");
}

std::string rename(const std::string& database, const SchemaTable& table) {
  return cat("RENAME TABLE ", full_name(database, table.name), " TO ", full_name(database, table.name + "_new"));
}

std::string truncate(const std::string& database, const SchemaTable& table) {
  return cat("TRUNCATE TABLE ", full_name(database, table.name));
}

std::string drop(const std::string& database, const SchemaTable& table) {
  return cat(table.view ? "DROP VIEW " : "DROP TABLE ", full_name(database, table.name));
}

std::vector<Column> columns_of(const SchemaTable& table) {
  std::vector<Column> out;
  const std::vector<std::string> key = table.primary_key();
  for (const SchemaColumn& column : table.columns) {
    const bool primary = std::find(key.begin(), key.end(), column.name) != key.end();
    out.push_back({column.name, column.name, column.type, column.nullable, primary, column.auto_increment, false});
  }
  return out;
}

std::string create(const std::string& database, const std::string& name, const std::vector<Column>& columns) {
  std::string out = cat("CREATE TABLE ", full_name(database, std::string(trim(name))), " (");
  std::string key;
  bool first = true;
  for (const Column& column : columns) {
    if (column.dropped) continue;
    out += cat(first ? "\n  " : ",\n  ", definition(column));
    first = false;
    if (column.primary) key += cat(key.empty() ? "" : ", ", quote_name(std::string(trim(column.name))));
  }
  if (!key.empty()) out += cat(",\n  PRIMARY KEY (", key, ")");
  return out + "\n)";
}

std::string alter(const std::string& database, const SchemaTable& table, const std::vector<Column>& columns) {
  std::vector<std::string> changes;
  for (const Column& column : columns) {
    const SchemaColumn* const before = column.was.empty() ? nullptr : table.column(column.was);
    const std::string name(trim(column.name));
    if (before == nullptr) {
      if (!column.dropped) changes.push_back(cat("ADD COLUMN ", definition(column)));
      continue;
    }
    if (column.dropped) {
      changes.push_back(cat("DROP COLUMN ", quote_name(column.was)));
      continue;
    }
    if (name != column.was) changes.push_back(cat("RENAME COLUMN ", quote_name(column.was), " TO ", quote_name(name)));
    if (trim(column.type) == before->type && column.nullable == before->nullable) continue;
    Column changed = column;
    changed.name = column.was;  // MODIFY names it as it is when the statement begins
    changes.push_back(cat("MODIFY COLUMN ", definition(changed)));
  }
  if (changes.empty()) return {};
  std::string out = cat("ALTER TABLE ", full_name(database, table.name));
  for (std::size_t i = 0; i < changes.size(); ++i) out += cat(i == 0 ? "\n  " : ",\n  ", changes[i]);
  return out;
}

std::string problem(const std::string& name, const std::vector<Column>& columns) {
  if (trim(name).empty()) return "Give the table a name.";
  std::set<std::string> names;
  bool any = false;
  for (const Column& column : columns) {
    if (column.dropped) continue;
    any = true;
    if (trim(column.name).empty()) return "A column has no name yet.";
    if (trim(column.type).empty()) return cat("Give ", column.name, " a type.");
    if (!names.insert(lower(trim(column.name))).second) return cat("Two columns are called ", column.name, ".");
    if (column.auto_increment && !column.primary && column.was.empty())
      return cat(column.name, " counts by itself: it has to be the key.");
  }
  return any ? std::string() : "A table has at least one column.";
}

}  // namespace sqlcast::gui::table_sql
