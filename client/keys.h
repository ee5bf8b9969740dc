// Which keys this process goes to nodes with: from files into the process's key ring (net/key_ring.h). Any thread. May
// block, for the disk.
#pragma once

#include <string>
#include <vector>

#include "access/key.h"
#include "base/status.h"

namespace sqlcast::client {

// The private key in `file` and the keys of nodes in the file `nodes` beside it. config: they cannot be used, others
// than the owner may read the private one, or one of `endpoints` is not among them.
Status use_key_file(const std::string& file, const std::vector<std::string>& endpoints);

// io: there is none, or it cannot be read (also for want of rights); config: it is none, or others may read it.
Result<access::KeyFile> read_key_file(const std::string& file);

}  // namespace sqlcast::client
