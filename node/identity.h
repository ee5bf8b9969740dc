// Identity: what a data folder is, apart from what is in its database: whose it is, of which cluster, and what others
// have said to have that its database has not. Kept in the folder's file `node`. Plain values; one thread. What reads
// or writes the file may block, for the disk; all else does not.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "base/types.h"
#include "config/config.h"

namespace sqlcast::node {

// A node's word about its own history.
struct Claim {
  std::string node;
  std::string cluster;  // hex, as in a status; empty before the first entry
  Position position;
  bool operator==(const Claim&) const = default;
};

// Nothing when a hash is not one, or the name not a node's.
std::optional<Claim> claim_of(const std::string& node, const std::string& cluster, Epoch epoch, Sequence sequence,
                              const std::string& hash);

struct Identity {
  config::Role role = config::Role::master;
  std::string cluster;                  // a master's, hex; empty until its log has had an entry
  bool confirmed = false;               // a master's cluster: a slave has followed it, or a person has said so
  std::map<std::string, Claim> claims;  // a master's, by node: what its log contradicts

  // Of a folder that has none yet: a new one, written at once. config: the folder is the other role's. io: it cannot be
  // read or written. May block.
  static Result<Identity> open(const std::string& data_dir, config::Role role);

  // Durable when it returns ok. io: it could not be written. May block.
  Status save(const std::string& data_dir) const;
};

}  // namespace sqlcast::node
