#include "node/node_id.h"

#include <random>

#include "base/types.h"
#include "node/durable_file.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kBytes = 16;

}  // namespace

Result<std::string> node_id(const std::string& data_dir) {
  const std::string path = data_dir + "/node-id";
  const Result<std::optional<std::string>> content = read_durable(path);
  if (!content) return content.status();
  if (content->has_value()) {
    const std::string id = (*content)->substr(0, (*content)->find('\n'));
    if (id.size() != 2 * kBytes || id.find_first_not_of("0123456789abcdef") != std::string::npos)
      return Status::error(Code::io, path + " is not what this node has written: remove it, and a new one is made");
    return id;
  }
  std::random_device source;
  std::string bytes;
  while (bytes.size() < kBytes) bytes.push_back(static_cast<char>(source() & 0xFFU));
  const std::string id = to_hex(std::string_view(bytes));
  if (Status status = write_durably(path, id + '\n'); !status.ok()) return status;
  return id;
}

}  // namespace sqlcast::node
