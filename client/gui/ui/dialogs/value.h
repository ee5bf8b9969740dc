// ValueDialog: one cell's value whole, as text, JSON or bytes. UI thread only.
#pragma once

#include <string>

#include "client/gui/model/query_tab.h"
#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/lines.h"

namespace sqlcast::gui {

class ValueDialog final : public Dialog {
 public:
  // `at` is a cell that the result shows.
  ValueDialog(const ResultModel& result, CellAt at);
  Frame frame() const override { return {"value", "Value", 860, 560}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  enum Mode : int { text, json, hex };
  void show_lines();

  std::string title_;
  std::string value_;
  std::string note_;
  std::string why_;  // it cannot be edited
  bool bytes_ = false;
  bool null_ = false;
  int mode_ = text;
  Lines lines_;
};

// Opens it, when there is such a cell.
void show_value(Desk& desk, const ResultModel& result, CellAt at);

}  // namespace sqlcast::gui
