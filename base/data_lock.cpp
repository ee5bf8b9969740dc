#include "base/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sqlcast {

DataLock::DataLock(DataLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DataLock::~DataLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<DataLock> DataLock::take(const std::string& data_dir) {
  std::error_code problem;
  std::filesystem::create_directories(data_dir, problem);
  if (problem) return Status::error(Code::io, "cannot make the data folder " + data_dir + ": " + problem.message());
  const std::string path = data_dir + "/lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return Status::error(Code::io, "cannot open " + path + ": " + std::strerror(errno));
  DataLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return Status::error(
        Code::io, "another node is running in " + data_dir + "; stop it, or give this one a data_dir of its own");
  return lock;
}

}  // namespace sqlcast
