#include "bench/cluster.h"

namespace sqlcast::bench {

const proto::NodeStatus* Cluster::master() const { return find("master"); }

std::vector<proto::NodeStatus> Cluster::slaves() const {
  std::vector<proto::NodeStatus> found;
  for (const proto::NodeStatus& node : nodes)
    if (node.role == "slave" && node.state != "Unreachable") found.push_back(node);
  return found;
}

const proto::NodeStatus* Cluster::find(std::string_view wanted) const {
  for (const proto::NodeStatus& node : nodes)
    if (node.name == wanted || node.endpoint == wanted) return &node;
  for (const proto::NodeStatus& node : nodes)
    if (node.role == wanted && node.state != "Unreachable") return &node;
  return nullptr;
}

Status Cluster::refresh() {
  auto all = client->cluster_status();
  if (!all.ok()) return all.status();
  nodes = std::move(*all);
  if (master() == nullptr)
    return Status::error(Code::master_unavailable, "no master answers; `sqlcast status` shows the nodes");
  return ok_status();
}

Result<Cluster> find_cluster(const local::ConnectionOptions& options) {
  const auto nodes = local::find_nodes(options);
  if (!nodes.ok()) return nodes.status();
  client::Options settings;
  settings.endpoints = nodes->endpoints;
  auto client = client::Client::open(settings);
  if (!client.ok()) return client.status();
  Cluster cluster;
  cluster.client = std::move(*client);
  if (const Status status = cluster.refresh(); !status.ok()) return status;
  return cluster;
}

}  // namespace sqlcast::bench
