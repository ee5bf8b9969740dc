// The plan of an INSERT or REPLACE: of one that has a SELECT, and of one whose VALUES or SET have queries. Pure; any
// thread.
#pragma once

#include "sql/materialise.h"

namespace sqlcast::sql {

// False: its rows cannot be replicated instead; `why` then says why, when that is something that can be changed.
bool plan_insert(const Materialising& statement, RowPlan& plan, std::string& why);

}  // namespace sqlcast::sql
