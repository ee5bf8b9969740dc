// TemporaryFolder: a folder of the test's own, empty at first, that goes with the object, with all that is in it. Its
// name is short: a database's socket may be in it, whose path has 107 bytes at most. Any thread.
#pragma once

#include <filesystem>
#include <string>

namespace sqlcast::support {

class TemporaryFolder {
 public:
  TemporaryFolder();  // throws std::runtime_error when there can be none
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sqlcast::support
