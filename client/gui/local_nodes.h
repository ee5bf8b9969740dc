// The LocalNodes of the cluster in a folder, by client/local. May block, as that says. One thread.
#pragma once

#include <string>

#include "client/gui/model/local_nodes.h"

namespace sqlcast::gui {

// `dir` as of the command line: empty = $SQLCAST_DIR or the usual folder.
LocalNodes local_nodes(const std::string& dir);

}  // namespace sqlcast::gui
