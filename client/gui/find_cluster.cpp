#include "client/gui/find_cluster.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "client/local/cluster_file.h"
#include "client/local/find_nodes.h"
#include "client/local/local_cluster.h"
#include "client/local/process.h"
#include "config/config.h"

namespace sqlcast::gui {

namespace {

Result<FoundCluster> find(const std::vector<std::string>& endpoints, const std::string& config_file,
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

}  // namespace

Result<FoundCluster> find_endpoints(const std::vector<std::string>& endpoints, const std::string& config_file,
                                    const local::ConnectionOptions& keys) {
  auto found = find(endpoints, config_file, keys.dir);
  if (!found.ok() || found->endpoints.empty()) return found;
  local::Nodes nodes;
  nodes.endpoints = found->endpoints;
  nodes.named = !endpoints.empty() || !config_file.empty();
  if (const Status status = local::use_keys(keys, nodes); !status.ok()) return status;
  return found;
}

Result<FoundCluster> start_local_cluster(const local::ConnectionOptions& keys) {
  auto program = local::find_program("sqlcast", {});
  if (!program.ok()) return program.status();
  const std::filesystem::path folder = local::cluster_dir(keys.dir);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Status::error(Code::io, folder.string() + " cannot be made: " + error.message());
  local::SpawnOptions options;
  options.program = *program;
  options.arguments = {"cluster", "up", "--detach", "--dir", folder.string()};
  options.log = folder / "up.log";
  std::filesystem::remove(options.log, error);
  const auto process = local::spawn(options);
  if (!process.ok()) return process.status();
  if (!local::wait_for_end(*process, std::chrono::minutes(2)))
    return Status::error(Code::timeout, "It is not there after two minutes; " + options.log.string() + " says more.");
  const auto said = local::read_text_file(options.log);
  // Its last words are the same every time when it went well.
  if (!said.ok() || said->find("The cluster stays.") == std::string::npos) {
    const std::string text = said.ok() ? *said : said.status().message;
    return Status::error(Code::io, text.substr(text.size() > 600 ? text.size() - 600 : 0));
  }
  local::ConnectionOptions there = keys;
  there.dir = folder.string();
  return find_endpoints({}, {}, there);
}

}  // namespace sqlcast::gui
