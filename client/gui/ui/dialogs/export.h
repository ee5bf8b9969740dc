// ExportDialog: a result into a file, with its progress. The job goes on when the dialog is closed. UI thread only.
#pragma once

#include <memory>

#include "client/gui/model/query_tab.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class ExportDialog final : public Dialog {
 public:
  ExportDialog(Workspace& work, const std::shared_ptr<ResultModel>& result);
  Frame frame() const override { return {"export", "Export", 620, 0}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  void draw_progress(const Workspace& work) const;
  void begin(Workspace& work, const ResultModel& result);

  std::weak_ptr<ResultModel> result_;
  bool repeatable_;     // it is a read
  bool again_ = false;  // run the statement again, for all rows
};

}  // namespace sqlcast::gui
