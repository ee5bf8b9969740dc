#include "client/gui/ui/dialogs/quit.h"

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool QuitDialog::draw(Workspace& work, Desk& desk, bool) {
  if (!work.importing()) {
    ui::wrapped("The import has ended.");
  } else {
    ui::wrapped(cat("Leaving stops the import of ", work.import_job->options().files.front(),
                    ". What is loaded stays; imported again, it can be gone on with where it stopped."));
  }
  ui::gap(4);
  if (ui::button(work.importing() ? "Stop it and leave" : "Leave",
                 work.importing() ? ui::Style::danger : ui::Style::primary)) {
    desk.leave();
    return false;
  }
  ImGui::SameLine();
  return !ui::button("Stay");
}

}  // namespace sqlcast::gui
