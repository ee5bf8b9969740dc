// Dialog: a window over the window; one is open at a time, and lives as long as that. The host draws its frame.
// UI thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "client/gui/ui/desk.h"

namespace sqlcast::gui {

class Workspace;

class Dialog {
 public:
  virtual ~Dialog() = default;

  struct Frame {
    std::string_view name;  // for scripts
    const char* title;      // shown
    float width;            // unscaled pixels
    float height;           // 0 = of what is in it
  };
  virtual Frame frame() const = 0;

  // What is in it. `just_opened`: in its first frame. False: it is to be closed.
  virtual bool draw(Workspace& work, Desk& desk, bool just_opened) = 0;
};

class DialogHost {
 public:
  void open(std::unique_ptr<Dialog> dialog) { wanted_ = std::move(dialog); }
  bool any_open() const { return open_ != nullptr; }
  std::string_view open_name() const { return open_ ? open_->frame().name : std::string_view(); }
  void draw(Workspace& work, Desk& desk);

 private:
  std::unique_ptr<Dialog> wanted_;
  std::unique_ptr<Dialog> open_;
  bool just_opened_ = false;
};

}  // namespace sqlcast::gui
