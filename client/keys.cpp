#include "client/keys.h"

#include <filesystem>
#include <memory>

#include "access/known_nodes.h"
#include "base/guarded_file.h"
#include "net/key_ring.h"

namespace sqlcast::client {
namespace {

Status in_file(const std::string& path, const Status& status) {
  return Status::error(Code::config, path + ": " + status.message);
}

}  // namespace

Result<access::KeyFile> read_key_file(const std::string& file) {
  const Result<std::string> text = read_guarded_file(file, Guarded::from_reading);
  if (!text) return text.status();
  Result<access::KeyFile> key = access::parse_key_file(*text);
  if (!key) return in_file(file, key.status());
  return key;
}

Status use_key_file(const std::string& file, const std::vector<std::string>& endpoints) {
  Result<access::KeyFile> key = read_key_file(file);
  if (!key) return Status::error(Code::config, key.status().message);
  const std::string list = (std::filesystem::path(file).parent_path() / "nodes").string();
  const Result<std::string> text = read_guarded_file(list, Guarded::no);
  if (!text)
    return Status::error(Code::config, text.status().message +
                                           "; the keys of the nodes stand there, beside the private "
                                           "key: a line ENDPOINT PUBLICKEY for each");
  const auto nodes = access::parse_known_nodes(*text);
  if (!nodes) return in_file(list, nodes.status());
  // A node's key may be replaced while this program runs.
  const auto again = [list] {
    const Result<std::string> now = read_guarded_file(list, Guarded::no);
    auto known = now ? access::parse_known_nodes(*now) : Result<std::vector<access::KnownNode>>(now.status());
    return known ? std::move(*known) : std::vector<access::KnownNode>();
  };
  net::key_ring().pin(std::make_shared<const access::KeyFile>(std::move(*key)), *nodes, again);
  for (const std::string& endpoint : endpoints)
    if (!net::key_ring().knows(endpoint))
      return Status::error(Code::config, list + ": the key of the node at " + endpoint +
                                             " is not there; add the line `" + endpoint +
                                             " PUBLICKEY` (`sqlcast keys list` at that node shows it)");
  return ok_status();
}

}  // namespace sqlcast::client
