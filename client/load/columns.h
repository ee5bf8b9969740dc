// What an insert has to know of its table, asked of the cluster once a table. One thread. May block, for the cluster.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/client.h"
#include "client/load/statement.h"

namespace sqlcast::load {

struct TableColumn {
  std::string name;
  std::string type;  // "bigint"
  bool auto_increment = false;
  bool generated = false;
  bool invisible = false;
  bool refers_to_itself = false;  // its table: rows count on rows in front of them
};

// In their order; empty when there is no such table.
Result<std::vector<TableColumn>> columns_of(client::Client& client, const TableName& table);

// Names of columns are compared without case, as far as ASCII letters go.
bool same_column(std::string_view a, std::string_view b);

// For the tuples of one insert.
struct InsertColumns {
  std::vector<std::size_t> generated;  // places in a tuple whose value the table computes
  std::optional<std::size_t> id;       // place of the AUTO_INCREMENT column's value
  bool refers_to_itself = false;       // the table
  bool id_missing = false;             // the table has one, and the tuples do not
};
InsertColumns insert_columns(const std::vector<TableColumn>& table, const std::vector<std::string>& named);

}  // namespace sqlcast::load
