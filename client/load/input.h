// Input: the bytes of a file or a pipe, plain or compressed by gzip or zstd, which its first bytes tell, not its name.
// One thread. May block, for the disk or the pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace sqlcast::load {

class Input {
 public:
  // A path, or "-" for standard input. io when it cannot be opened, is a folder, or its first bytes cannot be read.
  static Result<std::unique_ptr<Input>> open(const std::string& path);
  virtual ~Input() = default;

  // Fills `to` with up to `size` bytes; 0 at the end. io when it cannot be read, or what is compressed is damaged or
  // ends too early.
  virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
  // Bytes of the file that were read, compressed as they are.
  virtual std::uint64_t taken() const = 0;
};

// 0 for what has no size, such as a pipe.
std::uint64_t file_size(const std::string& path);
// Whether it can be read a second time.
bool is_regular_file(const std::string& path);

}  // namespace sqlcast::load
