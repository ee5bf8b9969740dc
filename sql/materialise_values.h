// What an INSERT gives its columns, and the plan of one whose VALUES have queries. Pure; any thread.
#pragma once

#include "sql/materialise.h"

namespace sqlcast::sql {

// The columns that the rows of an INSERT have values for. False: not known.
bool find_values(const Materialising& statement, const Table& target, RowPlan& plan);

// One row of VALUES or SET: what has a query is read, and all else stays the text that it is. False: that cannot be, as
// a query looks at the row itself.
bool plan_values(const Materialising& statement, const Table& target, RowPlan& plan);

}  // namespace sqlcast::sql
