// PaletteDialog: every command by its name, found by typing a part of it. UI thread only.
#pragma once

#include <string>
#include <vector>

#include "client/gui/ui/commands.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class PaletteDialog final : public Dialog {
 public:
  explicit PaletteDialog(const std::vector<Command>& commands) : commands_(commands) {}
  Frame frame() const override { return {"palette", "Commands", 620, 520}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  const std::vector<Command>& commands_;
  std::string query_;
  std::size_t chosen_ = 0;
};

}  // namespace sqlcast::gui
