#include "client/gui/ui/first_steps.h"

#include <imgui.h>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/connect.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

void draw_first_steps(Workspace& work, Desk& desk) {
  const Palette& p = colours();
  ImGui::SetCursorPos({px(16), ImGui::GetCursorPosY() + px(12)});
  ImGui::BeginGroup();
  ImGui::PushTextWrapPos(ImGui::GetWindowWidth() - px(16));
  ui::heading(work.connection() ? "No node answers yet" : "Not connected to a cluster");
  if (work.connection()) {
    std::string tried;
    for (const std::string& endpoint : work.connection()->saved().endpoints)
      tried += cat(tried.empty() ? "" : ", ", endpoint);
    ui::text(cat("Trying again: ", tried), p.dim);
  }
  ui::gap(2);
  ui::text("There is a cluster already: connect to any of its nodes; it leads to the others.", p.dim);
  ui::text("There is none: start one on this machine, a master and two slaves. In a terminal that is:", p.dim);
  ImGui::PushFont(look().fonts.mono);
  ui::text("sqlcast cluster up --detach");
  ImGui::PopFont();
  ImGui::PopTextWrapPos();
  ui::gap(4);
  const bool starting = work.starting_local();
  if (ui::button(starting ? "Starting…##local" : "Start a local cluster", ui::Style::primary,
                 !starting && work.options().start_local != nullptr))
    work.start_local_cluster();
  ui::same_line_if_fits(ui::button_width("Connect…"));
  if (ui::button("Connect…")) desk.open(std::make_unique<ConnectDialog>(work));
  ImGui::EndGroup();
}

}  // namespace sqlcast::gui
