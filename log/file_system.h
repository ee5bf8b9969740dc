// FileSystem and File: every call by which this room touches the disk, so that a test can let each of them fail, and
// lose what was not synced. The one real implementation is real_file_system(). A File belongs to one thread, but sync()
// may run beside the other calls; a FileSystem is for any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqlcast::log {

// disk_full when the system says that there is no room (ENOSPC, EDQUOT, EFBIG), io otherwise; the text has the path.
Status system_error(std::string_view what, const std::string& path, int error_number);

// An open file. Closed by its destructor. Every call may block, for the disk.
class File {
 public:
  virtual ~File() = default;
  // Bytes read; fewer than asked for at the end of the file alone.
  virtual Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const = 0;
  // Bytes written, at least one, perhaps fewer than given. Bytes that were not written are as they were.
  virtual Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) = 0;
  // What was written before the call, and the file's size, are on disk (fdatasync). After a failure nothing is known of
  // what was written since the last success, and another success means nothing.
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

// Every call may block, for the disk.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, bool writable) = 0;
  // A new, empty file; one that is there is emptied.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // Which names the folder has is on disk.
  virtual Status sync_folder(const std::string& path) = 0;
  // Names without the path, in no order; the folder is made, durably, when it is missing.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
};

FileSystem& real_file_system();
// The same to read with: changes nothing, whatever it is asked for (internal), and makes no folder: one that is missing
// is io.
FileSystem& read_only_file_system();

// All of the bytes, however many calls it takes. On failure some may be written.
Status write_all(File& file, std::uint64_t offset, std::string_view bytes);
// Zeros from `offset` up to `end`.
Status write_zeros(File& file, std::uint64_t offset, std::uint64_t end);

}  // namespace sqlcast::log
