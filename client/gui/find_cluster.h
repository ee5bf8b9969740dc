// Which nodes to connect to, from the command line. May block, for files. One thread.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "client/local/find_nodes.h"

namespace sqlcast::gui {

struct FoundCluster {
  std::vector<std::string> endpoints;  // empty: nothing was named and no local cluster is there
  std::string name;
};

// Endpoints given, else the node that a configuration file describes, else the local cluster of the folder in `keys`
// (an unnamed one: $SQLCAST_DIR or the usual folder). The process goes to them with their key, or $SQLCAST_KEY, from
// then on. config or io with what to change when what was named is unusable.
Result<FoundCluster> find_endpoints(const std::vector<std::string>& endpoints, const std::string& config_file,
                                    const local::ConnectionOptions& keys);

// `sqlcast cluster up --detach` in that folder, or the usual one; its nodes when they serve. Blocks until then, up to
// two minutes. The end of what the program said when it did not work.
Result<FoundCluster> start_local_cluster(const local::ConnectionOptions& keys);

}  // namespace sqlcast::gui
