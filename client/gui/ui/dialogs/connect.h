// ConnectDialog: choose a saved connection or describe a new one. UI thread only.
#pragma once

#include <string>

#include "client/gui/model/settings.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class ConnectDialog final : public Dialog {
 public:
  explicit ConnectDialog(const Workspace& work);  // with the present connection in its fields
  Frame frame() const override { return {"connect", "Connect", 720, 380}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  void edit(const SavedConnection& connection);
  void draw_saved(const Workspace& work);
  void draw_fields();
  bool take_fields();  // false: problem_ says what is missing

  SavedConnection edited_;
  std::string endpoints_text_;
  std::string old_name_;
  std::string problem_;
};

}  // namespace sqlcast::gui
