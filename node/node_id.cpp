#include "node/node_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/types.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kBytes = 16;

Status failed(const std::string& what, const std::string& path) {
  return Status::error(Code::io, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

// There whole or not at all, also after power has failed.
Status write_whole(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed("make", fresh);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const Status status = written ? ok_status() : failed("write", fresh);
  close(file);
  if (!status.ok()) return status;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed("make", path);
  return ok_status();
}

}  // namespace

Result<std::string> node_id(const std::string& data_dir) {
  const std::string path = data_dir + "/node-id";
  std::error_code problem;
  if (std::filesystem::exists(path, problem)) {
    std::ifstream file(path);
    std::string id;
    if (!std::getline(file, id)) return failed("read", path);
    if (id.size() != 2 * kBytes || id.find_first_not_of("0123456789abcdef") != std::string::npos)
      return Status::error(Code::io, path + " is not what this node has written: remove it, and a new one is made");
    return id;
  }
  std::random_device source;
  std::string bytes;
  while (bytes.size() < kBytes) bytes.push_back(static_cast<char>(source() & 0xFFU));
  const std::string id = to_hex(std::string_view(bytes));
  if (Status status = write_whole(path, id + '\n'); !status.ok()) return status;
  return id;
}

}  // namespace sqlcast::node
