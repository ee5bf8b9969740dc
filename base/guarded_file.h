// A guarded file: one with keys in it, read whole, when nobody but its owner may write it, or read it either. Any
// thread. May block, for the disk.
#pragma once

#include <string>

#include "base/status.h"

namespace sqlcast {

enum class Guarded {
  no,
  from_writing,  // as a table is that everybody may know
  from_reading,  // as a private key is; what systemd has put into $CREDENTIALS_DIRECTORY its group may read
};

// io: there is none, or it cannot be read (also for want of rights); config: others may do with it what they may not,
// with the command that ends that, or it has more than 16 MiB. All with the path.
Result<std::string> read_guarded_file(const std::string& path, Guarded guarded);

}  // namespace sqlcast
