// SettingsDialog: how the window looks and how much it fetches. UI thread only.
#pragma once

#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class SettingsDialog final : public Dialog {
 public:
  Frame frame() const override { return {"settings", "Settings", 560, 0}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;
};

}  // namespace sqlcast::gui
