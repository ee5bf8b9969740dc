#include "access/known_nodes.h"

#include "access/lines.h"
#include "base/types.h"

namespace sqlcast::access {

Result<std::vector<KnownNode>> parse_known_nodes(std::string_view text) {
  std::vector<KnownNode> nodes;
  for (const Line& line : lines_of(text)) {
    if (line.words.size() != 2) return line_error(line.number, "expected ENDPOINT PUBLICKEY");
    const Result<PublicKey> key = parse_key(line.words[1]);
    if (!key) return line_error(line.number, key.status().message);
    nodes.push_back({std::string(line.words[0]), *key});
  }
  return nodes;
}

std::string format_known_nodes(const std::vector<KnownNode>& nodes) {
  std::string text = "# The keys of the nodes that are connected to: ENDPOINT PUBLICKEY. Nothing here is secret.\n";
  for (const KnownNode& node : nodes) text += node.endpoint + " " + to_hex(node.key) + "\n";
  return text;
}

}  // namespace sqlcast::access
