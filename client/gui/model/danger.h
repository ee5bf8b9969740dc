// Danger: what a statement takes away that nothing brings back: all rows of a table, a table, a database. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sqlcast::gui {

struct Danger {
  std::string what;       // "DELETE without WHERE: every row of school.student"
  std::string count_sql;  // a SELECT that counts the rows that it is about; empty = there is nothing to count
  std::string sql;        // the statement
};

// Of one statement; nothing: it is not to be asked about. `every_write`: any change is.
std::optional<Danger> danger_of(std::string_view sql, std::string_view database, bool every_write);

}  // namespace sqlcast::gui
