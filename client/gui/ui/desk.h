// Desk: what a panel or dialog may ask of the window around it; everything else it finds in the Workspace.
// Does not block. UI thread only.
#pragma once

#include <memory>
#include <string_view>

namespace sqlcast::gui {

class Dialog;

class Desk {
 public:
  virtual ~Desk() = default;

  // Onto the clipboard; a toast says "Copied: `what`".
  virtual void copy(std::string_view text, std::string_view what) = 0;
  // From the next frame on, in place of the one that is open.
  virtual void open(std::unique_ptr<Dialog> dialog) = 0;
  virtual bool dialog_open() const = 0;
  // Ends the window, or asks first where that would break something off.
  virtual void quit() = 0;
  virtual void leave() = 0;  // ends it
};

}  // namespace sqlcast::gui
