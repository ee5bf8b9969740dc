#include "log/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace sqlcast::log {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr std::size_t kZeroChunk = 1U << 20U;

class RealFile : public File {
 public:
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;
  ~RealFile() override { ::close(descriptor_); }

  Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count = ::pread(descriptor_, to + done, size - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("read", path_, errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) override {
    for (;;) {
      const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("write to", path_, errno);
      return static_cast<std::size_t>(count);
    }
  }

  // Not called again after EINTR either: whether the failure was taken note of is not known.
  Status sync() override { return ::fdatasync(descriptor_) == 0 ? ok_status() : system_error("sync", path_, errno); }

  Result<std::uint64_t> size() const override {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0) return system_error("examine", path_, errno);
    return static_cast<std::uint64_t>(found.st_size);
  }

 private:
  const int descriptor_;
  const std::string path_;
};

Result<std::vector<std::string>> names_in(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator each(path, error), end; !error && each != end; each.increment(error))
    names.push_back(each->path().filename().string());
  if (error) return system_error("list", path, error.value());
  return names;
}

class RealFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, bool writable) override {
    return opened("open", path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  }
  Result<std::unique_ptr<File>> create(const std::string& path) override {
    return opened("create", path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return std::rename(from.c_str(), to.c_str()) == 0 ? ok_status() : system_error("rename to", to, errno);
  }
  Status remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? ok_status() : system_error("remove", path, errno);
  }
  Status sync_folder(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return system_error("open", path, errno);
    Status status = ::fsync(descriptor) == 0 ? ok_status() : system_error("sync", path, errno);
    ::close(descriptor);
    return status;
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    std::error_code error;
    const bool made = std::filesystem::create_directories(path, error);
    if (error) return system_error("make", path, error.value());
    if (made) {
      const std::string parent = std::filesystem::path(path).parent_path().string();
      if (Status status = sync_folder(parent.empty() ? "." : parent); !status.ok()) return status;
    }
    return names_in(path);
  }

 private:
  static Result<std::unique_ptr<File>> opened(std::string_view what, const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags, kFileMode);
    if (descriptor < 0) return system_error(what, path, errno);
    return std::unique_ptr<File>(std::make_unique<RealFile>(descriptor, path));
  }
};

Status never(const std::string& path) {
  return Status::error(Code::internal, path + " was to be changed by what may only read");
}

class ReadOnlyFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, bool writable) override {
    return writable ? never(path) : real_file_system().open(path, false);
  }
  Result<std::unique_ptr<File>> create(const std::string& path) override { return never(path); }
  Status rename(const std::string&, const std::string& to) override { return never(to); }
  Status remove(const std::string& path) override { return never(path); }
  Status sync_folder(const std::string& path) override { return never(path); }
  Result<std::vector<std::string>> list(const std::string& path) override { return names_in(path); }
};

}  // namespace

Status system_error(std::string_view what, const std::string& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  return Status::error(full ? Code::disk_full : Code::io,
                       "cannot " + std::string(what) + " " + path + ": " + std::strerror(error_number));
}

FileSystem& real_file_system() {
  static RealFileSystem system;
  return system;
}

FileSystem& read_only_file_system() {
  static ReadOnlyFileSystem system;
  return system;
}

Status write_all(File& file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const Result<std::size_t> written = file.write(offset, bytes);
    if (!written.ok()) return written.status();
    if (*written == 0) return Status::error(Code::io, "a write to the log wrote nothing and said nothing");
    offset += *written;
    bytes.remove_prefix(*written);
  }
  return ok_status();
}

Status write_zeros(File& file, std::uint64_t offset, std::uint64_t end) {
  static const std::string kZeros(kZeroChunk, '\0');
  while (offset < end) {
    const std::uint64_t size = std::min<std::uint64_t>(end - offset, kZeroChunk);
    if (Status status = write_all(file, offset, std::string_view(kZeros).substr(0, size)); !status.ok()) return status;
    offset += size;
  }
  return ok_status();
}

}  // namespace sqlcast::log
