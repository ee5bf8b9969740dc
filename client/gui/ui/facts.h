// Facts: what a script or a test may ask of the window by a word ("connected", "rows", "view" …). UI thread only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sqlcast::gui {

class Workspace;
struct Comparison;

// What of the window is not in the Workspace.
struct WindowState {
  const Workspace& work;
  const Comparison* comparison = nullptr;  // null: none yet
  bool completing = false;
  std::string_view dialog;  // the open one's name
};

// Nothing: there is no such name.
std::optional<std::string> fact(std::string_view name, const WindowState& state);

}  // namespace sqlcast::gui
