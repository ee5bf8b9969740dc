// ReviewDialog: the SQL that row changes become, before it is sent. UI thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/gui/model/query_tab.h"
#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/lines.h"

namespace sqlcast::gui {

class ReviewDialog final : public Dialog {
 public:
  // The result has changes.
  ReviewDialog(QueryTab& tab, const std::shared_ptr<ResultModel>& result);
  Frame frame() const override { return {"review", "Review changes", 900, 520}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  std::weak_ptr<QueryTab> tab_;
  std::weak_ptr<ResultModel> result_;
  std::vector<client::Statement> statements_;
  Status status_;
  std::string text_;
  Lines lines_;
};

}  // namespace sqlcast::gui
