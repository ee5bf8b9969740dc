// QuitDialog: asks before the window is left while an import is under way. UI thread only.
#pragma once

#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class QuitDialog final : public Dialog {
 public:
  Frame frame() const override { return {"quit", "An import is under way", 480, 0}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;
};

}  // namespace sqlcast::gui
