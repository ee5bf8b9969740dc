// `sqlcast log mend`: what is damaged in the log of a node that does not run is had from another node. One thread. May
// block, for the disk and for that node.
#pragma once

#include <string>

#include "base/status.h"
#include "client/local/find_nodes.h"

namespace sqlcast::cli {

// `folder`: the log's, of this machine. `from`: the other node, and the keys to go to it with. Each file that was
// mended is told on standard output. Errors: io: the node runs; those of log::mend_closed_log(), and of who asks the
// other node.
Status mend_log(const std::string& folder, const local::ConnectionOptions& from, bool json);

}  // namespace sqlcast::cli
