#include "client/gui/local_nodes.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "client/gui/model/text.h"
#include "client/local/cluster_file.h"
#include "client/local/local_cluster.h"
#include "client/local/process.h"

namespace sqlcast::gui {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopPatience{20'000};
constexpr milliseconds kLockPatience{10'000};
constexpr milliseconds kFirstSteps{5'000};  // a node that cannot run has ended by then
constexpr std::size_t kLogEnd = 256U << 10U;

// `sqlcast cluster` holds the same lock while it changes something.
Result<local::FileLock> lock(const std::filesystem::path& dir) {
  const auto end = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    auto held = local::FileLock::try_lock(dir / "cluster.lock");
    if (!held.ok()) return held.status();
    if (held->has_value()) return std::move(**held);
    if (std::chrono::steady_clock::now() > end)
      return Status::error(Code::busy, cat("Another `sqlcast cluster` is at work on ", dir.string(), "."));
    std::this_thread::sleep_for(milliseconds(100));
  }
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
  auto cluster = local::LocalCluster::open(local::cluster_dir(dir));
  if (!cluster.ok()) return cluster.status();
  const auto held = lock(cluster->dir());
  if (!held.ok()) return held.status();
  switch (order) {
    case NodeOrder::start: return start(*cluster, name);
    case NodeOrder::stop: cluster->stop({name}, kStopPatience, [](const std::string&) {}); return ok_status();
    case NodeOrder::kill: static_cast<void>(cluster->kill(name)); return ok_status();
  }
  return ok_status();
}

Result<std::string> end_of_log(const std::string& dir, const std::string& name) {
  auto cluster = local::LocalCluster::open(local::cluster_dir(dir));
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
  const auto cluster = local::LocalCluster::open(local::cluster_dir(dir));
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
    if (!program.ok()) return program.status();
    const auto process = local::spawn({*program, {folder}, "/dev/null", false});
    return process.ok() ? ok_status() : process.status();
  };
  return out;
}

}  // namespace sqlcast::gui
