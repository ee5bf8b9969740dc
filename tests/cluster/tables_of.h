// The tables of a database at a node, by name: "a,b"; "NULL" when there are none.
#pragma once

#include <string>

#include "tests/support/node.h"

namespace sqlcast::support {

inline std::string tables_of(const Node& node, const std::string& database) {
  return node.ask_database(
      "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES WHERE TABLE_SCHEMA='" + database +
      "'");
}

}  // namespace sqlcast::support
