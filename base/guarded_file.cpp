#include "base/guarded_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace sqlcast {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargest = 16U << 20U;

// systemd hands its credentials to the service's account by an access list, which shows as the group's right to read.
bool is_credential(const std::string& path) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  return folder != nullptr && *folder == '/' && fs::path(path).parent_path() == fs::path(folder);
}

}  // namespace

Result<std::string> read_guarded_file(const std::string& path, Guarded guarded) {
  const auto error = [&](Code code, const std::string& why) { return Status::error(code, path + ": " + why); };
  std::ifstream file(path, std::ios::binary);
  struct stat about {};
  if (!file || ::stat(path.c_str(), &about) != 0) return error(Code::io, std::strerror(errno));
  if (S_ISDIR(about.st_mode)) return error(Code::io, std::strerror(EISDIR));  // a stream throws at it
  const mode_t others = is_credential(path) ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if (guarded == Guarded::from_reading && (about.st_mode & others) != 0)
    return error(Code::config, "others than its owner may use this private key; run: chmod 600 '" + path + "'");
  if (guarded != Guarded::no && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return error(Code::config, "others than its owner may write it; run: chmod go-w '" + path + "'");
  if (static_cast<std::uintmax_t>(about.st_size) > kLargest) return error(Code::config, "is larger than 16 MiB");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return error(Code::io, std::strerror(errno));
  return text;
}

}  // namespace sqlcast
