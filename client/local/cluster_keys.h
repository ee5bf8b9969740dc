// The keys of a local cluster: DIR/keys, its owner's alone (mode 700): a private key for each node and, as `admin.key`,
// one for who made the cluster; `allowed`, the table that all of its nodes read; `nodes`, their public keys by
// endpoint. Who changes them holds lock_keys() from the reading to the writing. Any thread. May block, for
// the disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "access/allowed_keys.h"
#include "access/key.h"
#include "base/status.h"
#include "client/local/cluster_file.h"
#include "client/local/process.h"

namespace sqlcast::local {

struct KeyPlaces {
  std::filesystem::path folder;
  explicit KeyPlaces(const std::filesystem::path& cluster) : folder(cluster / "keys") {}
  std::filesystem::path key_of(const std::string& name) const { return folder / (name + ".key"); }
  std::filesystem::path admin() const { return key_of("admin"); }
  std::filesystem::path allowed() const { return folder / "allowed"; }
  std::filesystem::path nodes() const { return folder / "nodes"; }
};

// The cluster was made with keys.
bool has_keys(const std::filesystem::path& cluster);

// The file `keys.lock` of a folder with tables of keys: two who read, change and write one would undo one another. Not
// the cluster's own lock, which a start holds for as long as that takes: a key is revoked at once. Waits for whoever
// has it, for `patience`, then busy.
Result<FileLock> lock_keys(const std::filesystem::path& folder,
                           std::chrono::milliseconds patience = std::chrono::seconds(30));

// What is missing of them is made, and `nodes` written as the cluster's file has it. Under lock_keys() of its own.
Status make_cluster_keys(const std::filesystem::path& cluster, const ClusterFile& file,
                         std::chrono::milliseconds patience = std::chrono::seconds(30));
// `nodes` alone, after ports have changed. A second key of an endpoint, of a rotation that goes on, is kept.
Status write_cluster_nodes(const std::filesystem::path& cluster, const ClusterFile& file);

// From now on this process goes to the cluster's nodes with its owner's key; nothing without keys. config: they are
// somebody else's, or cannot be used.
Status use_cluster_keys(const std::filesystem::path& cluster);

// A private key, made anew, in a file that is its owner's alone. io, too, when there is a file and it may not be
// replaced; needs no lock.
Result<access::KeyFile> make_key(const std::filesystem::path& path, const std::string& name, bool may_replace);

// A table of keys, whole or not at all. One that was there keeps owner and mode, as a node that has an account of its
// own reads it; a new one is its owner's alone (mode 600).
Status write_table(const std::filesystem::path& path, const std::string& text);

// One more line at the end of a table, which need not be there yet; what it says of this name with this key goes, so
// that a key gets another role with no moment without one. bad_request: the table would not be one any more.
Status add_grant(const std::filesystem::path& table, const access::Grant& grant);

}  // namespace sqlcast::local
