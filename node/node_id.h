// node_id(): tells data folders apart, whatever their nodes are called. Made by chance with the folder, kept in its
// file `node-id`. May block, for the disk. Called at start, by the main thread.
#pragma once

#include <string>

#include "base/status.h"

namespace sqlcast::node {

// 32 hexadecimal characters, the same for as long as the folder lives. io: the file can be neither read nor made.
Result<std::string> node_id(const std::string& data_dir);

}  // namespace sqlcast::node
