// Whether each row of a result is one row of one table, and each of its columns that table's column of the same name.
// Pure; any thread.
#pragma once

#include <string_view>

namespace sqlcast::gui {

// By its text: SELECT of columns or * FROM one table, with WHERE, HAVING, ORDER BY and LIMIT. An alias, an expression,
// DISTINCT, GROUP BY, an index hint, a second table or a second SELECT make it false.
bool is_plain_select(std::string_view sql);

}  // namespace sqlcast::gui
