// DataLock: one node a data folder, for as long as the object lives. The kernel lets go when the process ends,
// however it ends. Taken at start, by the main thread. May block, for the disk.
#pragma once

#include <string>

#include "base/status.h"

namespace sqlcast {

class DataLock {
 public:
  // Makes the folder when missing. io when it cannot be made, or another node has it.
  static Result<DataLock> take(const std::string& data_dir);
  DataLock(DataLock&& other) noexcept;
  DataLock& operator=(DataLock&&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sqlcast
