// ClusterFile: which nodes a local cluster has and where they listen, as DIR/cluster.json remembers it.
// `sqlcast cluster` writes it; every client program finds a cluster by it. One thread. May block, for the
// disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqlcast::local {

struct ClusterNode {
  std::string name;
  std::string role;      // "master" or "slave"
  std::string endpoint;  // for clients
  std::string publish;   // master only
};

struct ClusterFile {
  std::vector<ClusterNode> nodes;  // the master first

  const ClusterNode* find(std::string_view name) const;
  const ClusterNode* master() const;
  std::vector<std::string> endpoints() const;  // the master's first

  // io when there is none or it cannot be read, config when it makes no sense.
  static Result<ClusterFile> load(const std::filesystem::path& dir);
  // Whole or not at all.
  Status save(const std::filesystem::path& dir) const;
};

// --dir, else $SQLCAST_DIR, else ${XDG_STATE_HOME:-$HOME/.local/state}/sqlcast/cluster. Absolute.
std::filesystem::path cluster_dir(std::string_view given);

// ${XDG_STATE_HOME:-$HOME/.local/state}/sqlcast
std::filesystem::path state_dir();

Result<std::string> read_text_file(const std::filesystem::path& path);
// By way of a file beside it, so that readers see the old text or the new.
Status write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace sqlcast::local
