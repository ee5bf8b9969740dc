// Where the log's files of a node of this machine are. One thread. May block, for the disk.
#pragma once

#include <string>

#include "base/status.h"

namespace sqlcast::cli {

struct LogPlace {
  std::string data;  // the node's data folder; else a local cluster's:
  std::string dir;   // as local::cluster_dir() has it
  std::string node;  // a name of its nodes; empty = its master
};

// The folder of the log's files. bad_request: the words contradict each other, or there is no such node; config: there
// is no such folder, or it is none of a node; io: it cannot be looked into. Each text says what to give instead.
Result<std::string> find_log_folder(const LogPlace& place);

}  // namespace sqlcast::cli
