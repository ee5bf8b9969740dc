#include "master/known_slaves.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace sqlcast::master {
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

Result<KnownSlaves> KnownSlaves::load(const std::string& data_dir) {
  KnownSlaves known;
  known.path_ = data_dir + "/slaves";
  std::error_code problem;
  if (!std::filesystem::exists(known.path_, problem)) return known;
  std::ifstream file(known.path_);
  for (std::string name; std::getline(file, name);)
    if (!name.empty()) known.names_.insert(name);
  if (!file.eof()) return failed("read", known.path_);
  return known;
}

Status KnownSlaves::add(const std::string& name) {
  if (!names_.insert(name).second) return ok_status();
  const std::string fresh = path_ + ".new";
  {
    std::ofstream file(fresh);
    for (const std::string& each : names_) file << each << '\n';
    if (!file.flush()) return failed("write", fresh);
  }
  if (Status status = sync_path(fresh); !status.ok()) return status;
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) return failed("replace", path_);
  return sync_path(std::filesystem::path(path_).parent_path().string());
}

}  // namespace sqlcast::master
