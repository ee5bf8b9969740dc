// CloseTabDialog: asks before a tab is closed whose file does not have what it shows. UI thread only.
#pragma once

#include <cstdint>

#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class CloseTabDialog final : public Dialog {
 public:
  explicit CloseTabDialog(std::uint64_t tab) : tab_(tab) {}
  Frame frame() const override { return {"close", "Close the tab", 460, 0}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  const std::uint64_t tab_;
};

// Closes it, or asks first.
void close_tab(Workspace& work, Desk& desk, std::size_t index);

}  // namespace sqlcast::gui
