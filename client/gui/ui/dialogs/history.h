// HistoryDialog: what has been run, found by its words; one choice puts it into the editor. UI thread only.
#pragma once

#include <string>

#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class HistoryDialog final : public Dialog {
 public:
  Frame frame() const override { return {"history", "History", 900, 600}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  std::string query_;
  std::size_t chosen_ = 0;
};

}  // namespace sqlcast::gui
