#include "client/gui/find_cluster.h"

#include <cstdlib>

#include "client/local/cluster_file.h"
#include "config/config.h"

namespace sqlcast::gui {

Result<FoundCluster> find_endpoints(const std::vector<std::string>& endpoints, const std::string& config_file,
                                    const std::string& dir) {
  if (!endpoints.empty()) {
    FoundCluster found;
    for (const std::string& endpoint : endpoints) {
      found.endpoints.push_back(endpoint.find("://") == std::string::npos ? "tcp://" + endpoint : endpoint);
    }
    found.name = found.endpoints.front().substr(found.endpoints.front().find("://") + 3);
    return found;
  }
  if (!config_file.empty()) {
    config::Source source;
    source.file = config_file;
    // A master's file has no `master` setting and a slave's needs one: the one that fits is the right one.
    auto loaded = config::load(config::Role::master, source);
    if (!loaded.ok()) {
      auto slave = config::load(config::Role::slave, source);
      if (!slave.ok()) return loaded.status();
      loaded = std::move(slave);
    }
    return FoundCluster{{loaded->listen}, loaded->name.empty() ? config_file : loaded->name};
  }
  auto cluster = local::ClusterFile::load(local::cluster_dir(dir));
  if (cluster.ok()) return FoundCluster{cluster->endpoints(), "Local cluster"};
  const bool named = !dir.empty() || std::getenv("SQLCAST_DIR") != nullptr;
  if (named) return cluster.status();
  return FoundCluster{};
}

}  // namespace sqlcast::gui
