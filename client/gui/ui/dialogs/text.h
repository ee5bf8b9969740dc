// TextDialog: a text that is too long for its place, read only. UI thread only.
#pragma once

#include <string>

#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/lines.h"

namespace sqlcast::gui {

class TextDialog final : public Dialog {
 public:
  TextDialog(std::string title, std::string text) : title_(std::move(title)), text_(std::move(text)), lines_(text_) {}
  Frame frame() const override { return {"text", "Full text", 760, 480}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  std::string title_;
  std::string text_;
  Lines lines_;
};

}  // namespace sqlcast::gui
