// What nodes say of themselves, as a table and as JSON. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "proto/message.h"

namespace sqlcast::cli {

// Under it a line for each node whose log is held back. `wide`: and a table of the nodes' logs.
std::string nodes_table(const std::vector<proto::NodeStatus>& nodes, bool wide = false);

// {"nodes": [{"name": …, every field of NodeStatus}]}; indent 0 = one line.
std::string nodes_json(const std::vector<proto::NodeStatus>& nodes, int indent);

// False when some node is unreachable, or in a state that needs somebody: those without ✓ in docs/protocol.md.
bool all_well(const std::vector<proto::NodeStatus>& nodes);

}  // namespace sqlcast::cli
