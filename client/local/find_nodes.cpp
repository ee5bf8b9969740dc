#include "client/local/find_nodes.h"

#include <cstdlib>

#include "base/logging.h"
#include "client/keys.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_keys.h"
#include "net/endpoint.h"

namespace sqlcast::local {

std::string key_file_of(const ConnectionOptions& options) {
  const char* const named = std::getenv("SQLCAST_KEY");
  return options.key.empty() && named != nullptr ? std::string(named) : options.key;
}

Status use_keys(const ConnectionOptions& options, const Nodes& nodes) {
  const bool of_folder = options.key.empty() && !options.dir.empty() && has_keys(cluster_dir(options.dir));
  if (const std::string file = key_file_of(options); !file.empty() && !of_folder)
    return client::use_key_file(file, nodes.endpoints);
  Status status = use_cluster_keys(cluster_dir(options.dir));
  if (!nodes.named) return status;
  // A node that was named need not be of the cluster whose keys cannot be used.
  if (!status.ok()) logging::warn("the keys of the local cluster are not used: {}", status.message);
  return ok_status();
}

namespace {

Result<Nodes> find_endpoints(const ConnectionOptions& options) {
  Nodes nodes;
  nodes.endpoints = options.endpoints;
  if (!options.host.empty() || options.port != 0) {
    const std::string host = options.host.empty() ? "127.0.0.1" : options.host;
    const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
    nodes.endpoints.push_back("tcp://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" +
                              std::to_string(options.port == 0 ? kDefaultPort : options.port));
  }
  for (const std::string& endpoint : nodes.endpoints) {
    if (const auto parsed = net::parse_peer_endpoint(endpoint); !parsed.ok()) return parsed.status();
    nodes.where += (nodes.where.empty() ? "" : ", ") + endpoint;
  }
  nodes.named = !nodes.endpoints.empty();
  if (nodes.named) return nodes;

  const std::filesystem::path dir = cluster_dir(options.dir);
  auto cluster = ClusterFile::load(dir);
  if (cluster.ok()) {
    nodes.endpoints = cluster->endpoints();
    nodes.where = dir.string();
    return nodes;
  }
  if (cluster.status().code != Code::io) return cluster.status();
  return Status::error(Code::config, "there is no local cluster in " + dir.string() +
                                         ". Start one with `sqlcast cluster up`, say where it is with --dir, or name a "
                                         "node with -h HOST -P PORT");
}

}  // namespace

Result<Nodes> find_nodes(const ConnectionOptions& options) {
  Result<Nodes> nodes = find_endpoints(options);
  if (!nodes) return nodes;
  if (Status status = use_keys(options, *nodes); !status.ok()) return status;
  return nodes;
}

}  // namespace sqlcast::local
