// Commands: everything that the window can do by name or by key, in groups; the palette, the page of keys and the
// keyboard all read this one list. UI thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sqlcast::gui {

class Desk;
class Workspace;

struct Command {
  std::string name;
  std::string group;
  std::string chord;  // "Ctrl+Enter"; empty = from the palette only
  std::function<void()> run;
  std::function<bool()> enabled;  // empty = always
  bool editor_only = false;       // listed here, handled by the editor
};

// Both must outlive the commands, and so must the list: the palette and the page of keys are shown from it.
void make_commands(std::vector<Command>& commands, Workspace& work, Desk& desk);

// Runs the command whose keys were pressed in this frame.
void run_pressed(const std::vector<Command>& commands);

}  // namespace sqlcast::gui
