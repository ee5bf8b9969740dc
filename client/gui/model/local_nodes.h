// LocalNodes: what can be done to the nodes of a cluster on this machine. The functions may block, for other programs:
// in the background alone. A plain value. Empty ones: the window has no cluster of its own to look after.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::gui {

struct LocalNode {
  std::string name;
  std::string endpoint;
  std::string folder;  // its configuration, log, data
  bool running = false;
};

enum class NodeOrder : std::uint8_t { start, stop, kill };

struct LocalNodes {
  std::function<std::vector<LocalNode>()> list;
  // Not ok says why not; one that is so already is ok.
  std::function<Status(const std::string& name, NodeOrder order)> order;
  std::function<Result<std::string>(const std::string& name)> log;  // the end of it
  std::function<Status(const std::string& folder)> show_folder;     // in the desktop's own program
};

}  // namespace sqlcast::gui
