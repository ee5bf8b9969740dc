// KeysDialog: every command that has a key, by group. UI thread only.
#pragma once

#include <vector>

#include "client/gui/ui/commands.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class KeysDialog final : public Dialog {
 public:
  explicit KeysDialog(const std::vector<Command>& commands) : commands_(commands) {}
  Frame frame() const override { return {"keys", "Keys", 1120, 690}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  void draw_command(const Command& command, float column) const;

  const std::vector<Command>& commands_;
};

}  // namespace sqlcast::gui
