#include "client/gui/ui/dialogs/review.h"

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

ReviewDialog::ReviewDialog(QueryTab& tab, const std::shared_ptr<ResultModel>& result)
    : tab_(tab.weak_from_this()), result_(result) {
  auto statements = result->edits->statements(result->grid);
  if (statements.ok()) {
    statements_ = std::move(*statements);
  } else {
    status_ = statements.status();
  }
  for (const client::Statement& statement : statements_) text_ += cat(statement.sql, ";\n");
  lines_ = Lines(text_);
}

bool ReviewDialog::draw(Workspace& work, Desk& desk, bool) {
  const auto tab = tab_.lock();
  const auto result = result_.lock();
  if (!tab || !result || !result->edits) {
    ui::dim("The result has been closed.");
    return true;
  }
  if (!status_.ok()) {
    ui::wrapped(status_.message, colours().bad);
    return true;
  }
  ui::wrapped(cat("This is sent as one atomic request: all ", statements_.size() == 1 ? "of it" : "of them",
                  " or nothing. Each statement must affect exactly one row; when a row was changed by somebody else "
                  "in the meantime, nothing happens and you are told."),
              colours().dim);
  lines_.draw(-px(48));
  const bool ready = work.connection() != nullptr && !tab->running();
  bool keep = true;
  if (ui::button("Send to the master", ui::Style::primary, ready)) {
    work.send_changes(*tab, result, statements_);
    keep = false;
  }
  ImGui::SameLine();
  if (ui::button("Copy SQL")) desk.copy(text_, "SQL");
  ImGui::SameLine();
  if (ui::button("Open in a tab")) {
    work.open_in_editor("changes", text_, false);
    keep = false;
  }
  return keep;
}

}  // namespace sqlcast::gui
