#include "client/gui/ui/dialogs/settings.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool SettingsDialog::draw(Workspace& work, Desk&, bool) {
  Settings& s = work.settings;
  ui::small("Theme");
  int theme = s.theme == "light" ? 1 : 0;
  if (ui::segments("theme", {"Dark", "Light"}, &theme)) s.theme = theme == 0 ? "dark" : "light";
  ui::gap(2);
  ui::small("Scale of text and controls");
  static constexpr float kScales[] = {0.75F, 0.9F, 1.0F, 1.15F, 1.3F, 1.5F, 2.0F, 2.5F};
  static const std::vector<const char*> kLabels = {"75 %",  "90 %",  "100 %", "115 %",
                                                   "130 %", "150 %", "200 %", "250 %"};
  int scale = -1;
  for (std::size_t i = 0; i < std::size(kScales); ++i) {
    if (std::abs(kScales[i] - s.scale) < 0.01F) scale = static_cast<int>(i);
  }
  if (ui::segments("scale", kLabels, &scale)) s.scale = kScales[scale];
  ui::gap(2);
  ui::small("Rows in a page");
  ImGui::SetNextItemWidth(px(160));
  if (ImGui::InputInt("##page", &s.page_rows, 100, 1'000)) s.page_rows = std::clamp(s.page_rows, 1, 65'536);
  ui::small("Rows held of one result, at most");
  ImGui::SetNextItemWidth(px(160));
  if (ImGui::InputInt("##held", &s.fetch_rows, 10'000, 100'000))
    s.fetch_rows = std::clamp(s.fetch_rows, 1'000, 4'000'000);
  ui::small("Lag allowed to a slave with consistency “max lag”, in milliseconds");
  ImGui::SetNextItemWidth(px(160));
  if (ImGui::InputInt("##lag", &s.max_lag_ms, 100, 1'000)) s.max_lag_ms = std::clamp(s.max_lag_ms, 0, 3'600'000);
  ui::gap(2);
  ui::checkbox("Propose completions while typing", &s.auto_complete);
  ui::checkbox("Show system databases in the tree", &s.show_system);
  if (!look().notice.empty()) {
    ui::gap(4);
    ui::wrapped(look().notice, colours().warn);
  }
  ui::gap(4);
  const std::string& folder = work.options().folder;
  ui::small(folder.empty() ? "Nothing is kept of this session." : cat("Kept in ", folder));
  return true;
}

}  // namespace sqlcast::gui
