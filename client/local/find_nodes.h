// From what a command line says to the endpoints of nodes, the same for every program. Plain; may block, for files
// alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::local {

struct ConnectionOptions {
  std::string host;
  std::uint16_t port = 0;  // 0 = not given
  std::vector<std::string> endpoints;
  std::string dir;
  std::string key;  // file of a private key
};

inline constexpr std::uint16_t kDefaultPort = 5750;

struct Nodes {
  std::vector<std::string> endpoints;
  bool named = false;  // host, port or endpoint were given: one is asked, not the cluster of a folder
  std::string where;   // for messages: "tcp://…" or the folder
};

// $SQLCAST_KEY, or what was given.
std::string key_file_of(const ConnectionOptions& options);

// From then on this process goes to the nodes with the key that was given; else, when `dir` was given, with that
// cluster's; else $SQLCAST_KEY; else that of the usual local cluster, to its nodes. config: the keys cannot be used.
Status use_keys(const ConnectionOptions& options, const Nodes& nodes);

// The keys, too, are in use then (use_keys). The endpoints, host and port given, else the local cluster in `dir`.
// config says what to do when there is neither.
Result<Nodes> find_nodes(const ConnectionOptions& options);

}  // namespace sqlcast::local
