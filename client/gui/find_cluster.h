// Which nodes to connect to, from the command line. May block, for files. One thread.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::gui {

struct FoundCluster {
  std::vector<std::string> endpoints;  // empty: nothing was named and no local cluster is there
  std::string name;
};

// Endpoints given, else the node that a configuration file describes, else the local cluster of a folder (an
// unnamed one: $SQLCAST_DIR or the usual folder). config or io with what to change when what was named is unusable.
Result<FoundCluster> find_endpoints(const std::vector<std::string>& endpoints, const std::string& config_file,
                                    const std::string& dir);

}  // namespace sqlcast::gui
