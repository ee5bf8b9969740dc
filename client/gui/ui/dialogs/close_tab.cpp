#include "client/gui/ui/dialogs/close_tab.h"

#include <algorithm>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool CloseTabDialog::draw(Workspace& work, Desk&, bool) {
  const auto& tabs = work.tabs();
  const auto it = std::find_if(tabs.begin(), tabs.end(), [this](const auto& tab) { return tab->id() == tab_; });
  if (it == tabs.end()) return false;
  const auto index = static_cast<std::size_t>(it - tabs.begin());
  QueryTab& tab = **it;
  ui::wrapped(cat("What you changed in ", tab.path, " has not been saved."));
  ui::gap(4);
  if (ui::button("Save and close", ui::Style::primary)) {
    work.save_file(tab, tab.path);
    if (!work.loses_a_file(index)) work.close_tab(index);
    return false;
  }
  ImGui::SameLine();
  if (ui::button("Close without saving", ui::Style::danger)) {
    work.close_tab(index);
    return false;
  }
  ImGui::SameLine();
  return !ui::button("Keep it open");
}

void close_tab(Workspace& work, Desk& desk, std::size_t index) {
  if (work.loses_a_file(index)) return desk.open(std::make_unique<CloseTabDialog>(work.tabs()[index]->id()));
  work.close_tab(index);
}

}  // namespace sqlcast::gui
