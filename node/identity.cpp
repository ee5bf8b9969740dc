#include "node/identity.h"

#include <algorithm>
#include <sstream>

#include "node/durable_file.h"

namespace sqlcast::node {
namespace {

std::string path_in(const std::string& data_dir) { return data_dir + "/node"; }

std::string_view role_name(config::Role role) { return role == config::Role::master ? "master" : "slave"; }

bool is_hex_hash(const std::string& text) {
  return text.size() == 2 * Hash{}.size() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Hash to_hash(const std::string& hex) {
  Hash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i)
    hash[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return hash;
}

// One line of the file; false when it is none that this version writes.
bool take_line(const std::string& line, std::string& role, Identity& identity) {
  std::istringstream words(line);
  std::string key, name, cluster, hash;
  Epoch epoch = 0;
  Sequence sequence = 0;
  words >> key;
  if (key == "role") return static_cast<bool>(words >> role);
  if (key == "cluster") return static_cast<bool>(words >> identity.cluster) && is_hex_hash(identity.cluster);
  if (key == "confirmed") return identity.confirmed = true;
  if (key != "claim" || !(words >> name >> cluster >> epoch >> sequence >> hash)) return false;
  const std::optional<Claim> claim = claim_of(name, cluster == "-" ? "" : cluster, epoch, sequence, hash);
  if (claim) identity.claims[name] = *claim;
  return claim.has_value();
}

}  // namespace

std::optional<Claim> claim_of(const std::string& node, const std::string& cluster, Epoch epoch, Sequence sequence,
                              const std::string& hash) {
  const bool named = !node.empty() && node.size() <= 64 &&
                     std::all_of(node.begin(), node.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!named || !is_hex_hash(hash) || (!cluster.empty() && !is_hex_hash(cluster))) return std::nullopt;
  return Claim{node, cluster, {epoch, sequence, to_hash(hash)}};
}

Result<Identity> Identity::open(const std::string& data_dir, config::Role role) {
  Identity identity;
  identity.role = role;
  const std::string path = path_in(data_dir);
  const Result<std::optional<std::string>> content = read_durable(path);
  if (!content) return content.status();
  if (!content->has_value()) {
    if (Status status = identity.save(data_dir); !status.ok()) return status;
    return identity;
  }
  std::istringstream lines(**content);
  std::string written;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !take_line(line, written, identity))
      return Status::error(Code::io, path + " has a line that is not understood: " + line);
  if (written != role_name(role))
    return Status::error(Code::config, "the data folder " + data_dir + " is a " + written + "'s, and this is a " +
                                           std::string(role_name(role)) +
                                           ": a node's role does not change with the program that is started on its "
                                           "folder. Start sqlcast-" +
                                           written + " there, or give this node a data_dir of its own");
  return identity;
}

Status Identity::save(const std::string& data_dir) const {
  std::string content = "role " + std::string(role_name(role)) + "\n";
  if (!cluster.empty()) content += "cluster " + cluster + "\n";
  if (confirmed) content += "confirmed\n";
  for (const auto& [name, claim] : claims)
    content += "claim " + name + " " + (claim.cluster.empty() ? "-" : claim.cluster) + " " +
               std::to_string(claim.position.epoch) + " " + std::to_string(claim.position.sequence) + " " +
               to_hex(claim.position.hash) + "\n";
  return write_durably(path_in(data_dir), content);
}

}  // namespace sqlcast::node
