// LocalCluster: the nodes of one folder as processes on this machine: made, started, watched, stopped.
//
// DIR/cluster.json remembers the nodes, DIR/NAME/ holds what a node has: node.yaml (its configuration), node.log,
// node.pid, data/. Who changes anything holds DIR/cluster.lock. One thread. May block: for
// the disk, and where a time is given for the nodes.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/local/cluster_file.h"
#include "client/local/process.h"

namespace sqlcast::local {

class LocalCluster {
 public:
  struct Programs {
    std::filesystem::path master;
    std::filesystem::path slave;
  };
  // Called when a node's state changes while it is waited for: name, "Starting" …
  using Progress = std::function<void(const std::string& name, const std::string& state)>;

  // The cluster of a folder as it was left. io when there is none there. `with_keys`: this process goes to its nodes
  // with its owner's key; config when it cannot. To stop nodes, none is needed.
  static Result<LocalCluster> open(const std::filesystem::path& dir, bool with_keys = true);
  // The same, or a new one; with at least so many slaves. Chooses free ports on loopback for new nodes.
  // `usual_ports`: 5750 and 5751 for the master, 5760 and so on for slaves, where these are free.
  // A new one gets keys, unless `keys` is false; an old one without them gets them when it is true and no node runs:
  // config otherwise, and when it has keys and shall not. The keys are this process's then, too.
  static Result<LocalCluster> open_or_make(const std::filesystem::path& dir, std::optional<unsigned> slaves,
                                           bool usual_ports = false, std::optional<bool> keys = std::nullopt);

  const std::filesystem::path& dir() const { return dir_; }
  const ClusterFile& file() const { return file_; }
  std::filesystem::path log_of(const std::string& name) const { return dir_ / name / "node.log"; }

  std::optional<ProcessId> running(const std::string& name) const;

  // Gives nodes that do not run, and whose port another program has taken, new ones, everywhere they are written.
  // Returns a line for people about each change.
  Result<std::vector<std::string>> repair_ports();

  // Writes its configuration when it has none. Nothing happens to a running node. `accept_history` is for a master.
  Status start(const std::string& name, const Programs& programs, bool die_with_parent, bool accept_history = false);

  // Until each of these is Serving or Live. The Status of a failure ends with the end of the node's log.
  // `stop_waiting` is looked at often; true ends it with `cancelled`.
  Status wait_ready(const std::vector<std::string>& names, std::chrono::milliseconds timeout, const Progress& progress,
                    const std::function<bool()>& stop_waiting) const;

  // SIGTERM, slaves first; SIGKILL for those that do not end in time. `say` gets a line about each.
  void stop(const std::vector<std::string>& names, std::chrono::milliseconds patience,
            const std::function<void(const std::string&)>& say) const;

  // SIGKILL, at once. False when it was not running.
  bool kill(const std::string& name) const;

  std::vector<std::string> names() const;

 private:
  LocalCluster(std::filesystem::path dir, ClusterFile file) : dir_(std::move(dir)), file_(std::move(file)) {}

  Status write_config(const ClusterNode& node) const;
  std::string log_tail(const std::string& name) const;

  std::filesystem::path dir_;
  ClusterFile file_;
};

// The configuration of a node with its endpoints as `node` and `master` have them: `text` with those lines replaced
// (it may be edited by hand otherwise), or a new one when `text` is empty. `keys`: the folder of the
// cluster's keys, named where no security is set yet; empty: none. Pure.
std::string node_config(const std::string& text, const ClusterNode& node, const ClusterNode& master,
                        const std::string& data_dir, const std::string& keys = {});

// The next to this executable, else on PATH. io when there is none.
Result<std::filesystem::path> find_program(const std::string& name, const std::string& given);

}  // namespace sqlcast::local
