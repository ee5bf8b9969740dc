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

// `sqlcast cluster up --detach` in that folder, or the usual one; its nodes when they serve. Blocks until then, up to
// two minutes. The end of what the program said when it did not work.
Result<FoundCluster> start_local_cluster(const std::string& dir);

}  // namespace sqlcast::gui
