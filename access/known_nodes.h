// KnownNodes: which key a node has that is to be connected to: the file `nodes` beside a private key. One a line:
//
//   tcp://10.0.0.5:5750 PUBLICKEY
//
// An endpoint may have several keys, while the node's own is replaced; each is tried. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/key.h"
#include "base/status.h"

namespace sqlcast::access {

struct KnownNode {
  std::string endpoint;
  PublicKey key{};
  bool operator==(const KnownNode&) const = default;
};

// config: "line 7: …" for the first line that is wrong. Endpoints are not looked into.
Result<std::vector<KnownNode>> parse_known_nodes(std::string_view text);
std::string format_known_nodes(const std::vector<KnownNode>& nodes);

}  // namespace sqlcast::access
