// FileCursor: the records of one log file, one after the other. Reads ahead and holds 256 KiB at most, or the one
// record it looks at; a length is believed only as far as its own check holds and the file reaches. May block, for the
// disk. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "log/file_system.h"
#include "log/format.h"

namespace sqlcast::log {

enum class Look {
  record,   // there is one
  nothing,  // zeros, or the end of the file
  bad,      // bytes that are no record
};

class FileCursor {
 public:
  // Reads the header of the file that begins at `first`, and stands at the first record. diverged: it belongs to
  // another cluster than the given one; io: it has another file's name. Else errors of decode_header and of FileSystem.
  static Result<FileCursor> open(FileSystem& system, const std::string& folder, Sequence first,
                                 const std::optional<Hash>& cluster);

  // What is at offset(). The record's views are valid until the next call of a method that is not const.
  Result<Look> look(Record& record);
  // Behind the record that look() gave.
  void skip(const Record& record) { offset_ += record.size; }
  // `size` bytes from `offset`, fewer at the end of the file; valid as a record's views are.
  Result<std::string_view> view(std::uint64_t offset, std::size_t size);
  void go_to(std::uint64_t offset) { offset_ = offset; }
  std::uint64_t offset() const { return offset_; }
  // What was read ahead is read again: more has been written since.
  void forget() {
    window_.clear();
    read_ahead_ = kFirstReadAhead;
  }

  // Behind the last byte that is not zero, from offset() on; offset() when there is none.
  Result<std::uint64_t> end_of_data();
  // Whether behind offset() stands the head of a record that was written when the file was on disk beyond offset():
  // then what is here was on disk, and has been damaged since.
  Result<bool> known_synced();

  const FileHeader& header() const { return header_; }
  std::uint64_t file_bytes() const { return size_; }  // when last asked
  const std::string& path() const { return path_; }

 private:
  static constexpr std::size_t kFirstReadAhead = 16U << 10U;
  static constexpr std::size_t kLastReadAhead = 256U << 10U;

  FileCursor(std::unique_ptr<File> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  std::unique_ptr<File> file_;
  std::string path_;
  FileHeader header_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = kHeaderBytes;
  std::uint64_t window_at_ = 0;
  std::string window_;
  std::size_t read_ahead_ = kFirstReadAhead;
};

// Whether the file is the one that was made after `previous`, the first sequence of the file before it in the folder; 0
// = there is none, which is ok. io: one is missing between them, or they do not belong together. Does not block.
Status check_order(const FileHeader& header, const std::string& path, Sequence previous);

}  // namespace sqlcast::log
