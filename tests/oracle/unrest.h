// Unrest: makes copies of the same rows physically different, one node at a time, past the node, as its administrator
// does: rows in another order, rebuilt tables, other statistics. What the rows are does not change.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/generator.h"
#include "tests/support/cluster.h"

namespace sqlcast::oracle {

// For moments in which nothing is written. Throws std::runtime_error.
void make_different(const support::Node& node, const std::vector<Table>& tables, Random& random);

}  // namespace sqlcast::oracle
