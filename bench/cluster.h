// Which nodes there are: found through the command line's endpoints or folder, for every command of sqlcast-bench.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/client.h"
#include "client/local/find_nodes.h"

namespace sqlcast::bench {

struct Cluster {
  std::unique_ptr<client::Client> client;  // to ask them with
  std::vector<proto::NodeStatus> nodes;    // the master first

  const proto::NodeStatus* master() const;
  std::vector<proto::NodeStatus> slaves() const;  // those that answer

  // A node by name, role ("master", "slave": the first) or endpoint.
  const proto::NodeStatus* find(std::string_view node) const;

  // Asks all again.
  Status refresh();
};

// master_unavailable when no master answers.
Result<Cluster> find_cluster(const local::ConnectionOptions& options);

}  // namespace sqlcast::bench
