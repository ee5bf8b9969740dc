#include "node/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace sqlcast::node {
namespace {

Status failed(const std::string& what, const std::string& path) {
  return Status::error(Code::io, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

Status sync_path(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("open", path);
  const bool synced = fsync(descriptor) == 0;
  const Status status = synced ? ok_status() : failed("sync", path);
  close(descriptor);
  return status;
}

}  // namespace

Status write_durably(const std::string& path, const std::string& content) {
  const std::string fresh = path + ".new";
  {
    std::ofstream file(fresh);
    file << content;
    if (!file.flush()) return failed("write", fresh);
  }
  if (Status status = sync_path(fresh); !status.ok()) return status;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed("replace", path);
  return sync_path(std::filesystem::path(path).parent_path().string());
}

}  // namespace sqlcast::node
