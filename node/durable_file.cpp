#include "node/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sqlcast::node {
namespace {

std::atomic<DiskFault> disk_fault{nullptr};

// A fault's error number becomes errno.
bool fails(const char* step) {
  const DiskFault fault = disk_fault;
  const int number = fault == nullptr ? 0 : fault(step);
  if (number != 0) errno = number;
  return number != 0;
}

Status failed(const std::string& what, const std::string& path) {
  return Status::error(Code::io, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

// A file that is open, and is closed when it goes; close() says how that went.
class File {
 public:
  File(const std::string& path, int flags)
      : path_(path), descriptor_(fails("open") ? -1 : open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool opened() const { return descriptor_ >= 0; }

  Status write(std::string_view content) {
    while (!content.empty()) {
      const bool fault = fails("write");
      const int why = errno;
      const ssize_t written = ::write(descriptor_, content.data(), fault ? content.size() / 2 : content.size());
      if (fault) errno = why;
      if (!fault && written < 0 && errno == EINTR) continue;
      if (fault || written < 0) return failed("write", path_);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ok_status();
  }

  Status read(std::string& content) {
    std::array<char, 4096> part{};
    while (true) {
      const ssize_t length = fails("read") ? -1 : ::read(descriptor_, part.data(), part.size());
      if (length < 0 && errno == EINTR) continue;
      if (length < 0) return failed("read", path_);
      if (length == 0) return ok_status();
      content.append(part.data(), static_cast<std::size_t>(length));
    }
  }

  Status sync() {
    if (fails("sync") || fsync(descriptor_) != 0) return failed("sync", path_);
    return ok_status();
  }

  // Of what is written over what was there before, and needs no word of the file system's own.
  Status sync_data() {
    if (fails("sync") || fdatasync(descriptor_) != 0) return failed("sync", path_);
    return ok_status();
  }

  Status close() {
    const bool fault = fails("close");
    const int why = errno;
    const int result = ::close(std::exchange(descriptor_, -1));
    if (fault) errno = why;
    if (fault || result != 0) return failed("close", path_);
    return ok_status();
  }

 private:
  const std::string path_;
  int descriptor_;
};

Status write_beside(const std::string& path, const std::string& content) {
  File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.opened()) return failed("make", path);
  if (Status status = file.write(content); !status.ok()) return status;
  if (Status status = file.sync(); !status.ok()) return status;
  return file.close();
}

// What stands in a folder, its files' names, is durable.
Status sync_folder(const std::string& path) {
  File folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.opened()) return failed("open", path);
  return folder.sync();
}

}  // namespace

void set_disk_fault(DiskFault fault) { disk_fault = fault; }

Status probe_disk(const std::string& folder) {
  const std::string path = folder + "/disk-probe";
  File file(path, O_WRONLY | O_CREAT);  // over the same byte: nothing but that byte is to be written
  if (!file.opened()) return failed("open", path);
  if (Status status = file.write("."); !status.ok()) return status;
  return file.sync_data();
}

Status write_durably(const std::string& path, const std::string& content) {
  const std::string fresh = path + ".new";
  if (Status status = write_beside(fresh, content); !status.ok()) {
    unlink(fresh.c_str());  // what it takes may be the room that others lack
    return status;
  }
  if (fails("rename") || std::rename(fresh.c_str(), path.c_str()) != 0) {
    Status status = failed("replace", path);
    unlink(fresh.c_str());
    return status;
  }
  return sync_folder(std::filesystem::path(path).parent_path().string());
}

Result<std::optional<std::string>> read_durable(const std::string& path) {
  File file(path, O_RDONLY);
  if (!file.opened()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return failed("open", path);
  }
  std::string content;
  if (Status status = file.read(content); !status.ok()) return status;
  return std::optional<std::string>(std::move(content));
}

}  // namespace sqlcast::node
