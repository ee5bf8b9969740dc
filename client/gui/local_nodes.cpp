#include "client/gui/local_nodes.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "client/gui/model/text.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_folder.h"
#include "client/local/local_cluster.h"
#include "client/local/process.h"

namespace sqlcast::gui {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopPatience{20'000};
constexpr milliseconds kLockPatience{10'000};
constexpr milliseconds kFirstSteps{5'000};  // a node that cannot run has ended by then
constexpr std::size_t kLogEnd = 256U << 10U;

// With the keys that the connection has, whosever they are.
Result<local::LocalCluster> open_cluster(const std::string& dir) {
  return local::LocalCluster::open(local::cluster_dir(dir), false);
}

Status start(local::LocalCluster& cluster, const std::string& name) {
  if (cluster.running(name)) return ok_status();
  const auto master = local::find_program("sqlcast-master", {});
  if (!master.ok()) return master.status();
  const auto slave = local::find_program("sqlcast-slave", {});
  if (!slave.ok()) return slave.status();
  if (Status status = cluster.start(name, {*master, *slave}, false); !status.ok()) return status;
  const Status ready = cluster.wait_ready(
      {name}, kFirstSteps, [](const auto&, const auto&) {}, [] { return false; });
  // It takes its time: the window shows how far it is.
  return cluster.running(name) ? ok_status() : ready;
}

Status carry_out(const std::string& dir, const std::string& name, NodeOrder order) {
  const auto use = order == NodeOrder::start ? local::FolderUse::start : local::FolderUse::stop;
  const auto held = local::lock_folder(local::cluster_dir(dir), use, kLockPatience, [] { return true; });
  if (!held.ok()) return held.status();
  auto cluster = open_cluster(dir);
  if (!cluster.ok()) return cluster.status();
  if (cluster->file().find(name) == nullptr)
    return Status::error(Code::bad_request,
                         cat("There is no node ", name, " in ", cluster->dir().string(), " any more."));
  switch (order) {
    case NodeOrder::start: return start(*cluster, name);
    case NodeOrder::stop: cluster->stop({name}, kStopPatience, [](const std::string&) {}); return ok_status();
    case NodeOrder::kill: static_cast<void>(cluster->kill(name)); return ok_status();
  }
  return ok_status();
}

Result<std::string> end_of_log(const std::string& dir, const std::string& name) {
  auto cluster = open_cluster(dir);
  if (!cluster.ok()) return cluster.status();
  const std::filesystem::path path = cluster->log_of(name);
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return Status::error(Code::io, cat(path.string(), " cannot be read."));
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg()));
  const std::size_t from = size > kLogEnd ? size - kLogEnd : 0;
  std::string text(size - from, '\0');
  file.seekg(static_cast<std::streamoff>(from));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return from == 0 ? text : text.substr(std::min(text.find('\n') + 1, text.size()));
}

std::vector<LocalNode> list(const std::string& dir) {
  const auto cluster = open_cluster(dir);
  if (!cluster.ok()) return {};
  std::vector<LocalNode> out;
  for (const local::ClusterNode& node : cluster->file().nodes) {
    out.push_back(
        {node.name, node.endpoint, (cluster->dir() / node.name).string(), cluster->running(node.name).has_value()});
  }
  return out;
}

}  // namespace

LocalNodes local_nodes(const std::string& dir) {
  LocalNodes out;
  out.list = [dir] { return list(dir); };
  out.order = [dir](const std::string& name, NodeOrder order) { return carry_out(dir, name, order); };
  out.log = [dir](const std::string& name) { return end_of_log(dir, name); };
  out.show_folder = [](const std::string& folder) -> Status {
    const auto program = local::find_program("xdg-open", {});
    if (!program.ok())
      return Status::error(Code::io, cat("xdg-open is not installed on this machine; the folder is ", folder));
    const auto process = local::spawn({*program, {folder}, "/dev/null", false});
    return process.ok() ? ok_status() : process.status();
  };
  return out;
}

}  // namespace sqlcast::gui
