#include "client/gui/ui/dialogs/keys.h"

#include <algorithm>
#include <cmath>

#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
float chord_width(const Command& command) { return ui::text_width(look().fonts.small, command.chord) + px(12); }
}  // namespace

void KeysDialog::draw_command(const Command& command, float column) const {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::text(command.name, colours().dim);
  ImFont* mono = look().fonts.small;
  const float width = chord_width(command);
  const ImVec2 low = {at.x + column - width, at.y};
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(low, {low.x + width, low.y + mono->FontSize + px(4)}, colours().raised, px(4));
  ui::draw_text(list, mono, {low.x + px(6), low.y + px(2)}, colours().text, command.chord);
  ui::note(command.chord, low, {low.x + width, low.y + mono->FontSize}, false, true);
}

bool KeysDialog::draw(Workspace&, Desk&, bool) {
  ui::dim("Every command is also in the palette, Ctrl+Shift+P.");
  ui::gap(2);
  std::vector<std::string> groups;
  std::size_t total = 0;
  for (const Command& command : commands_) {
    if (std::find(groups.begin(), groups.end(), command.group) == groups.end()) groups.push_back(command.group);
    total += command.chord.empty() ? 0U : 1U;
  }
  total += groups.size() * 2;
  ImGui::BeginChild("##list", {0, 0}, false);
  // As many columns as can be read.
  constexpr float kGap = 15;
  float needed = 1;
  for (const Command& command : commands_)
    if (!command.chord.empty())
      needed = std::max(needed, ImGui::CalcTextSize(command.name.c_str()).x + px(10) + chord_width(command));
  const float room = ImGui::GetContentRegionAvail().x;
  const float columns = std::clamp(std::floor((room + px(kGap)) / (needed + px(kGap))), 1.0F, 3.0F);
  const float column = (room - px(kGap) * (columns - 1)) / columns;
  std::size_t used = 0;
  ImGui::BeginGroup();
  for (const std::string& group : groups) {
    std::size_t size = 2;
    for (const Command& command : commands_) size += command.group == group && !command.chord.empty() ? 1U : 0U;
    if (size == 2) continue;
    if (used > 0 && used + size / 2 > total / static_cast<std::size_t>(columns) + 1) {
      ImGui::EndGroup();
      ImGui::SameLine(0, px(kGap));
      ImGui::BeginGroup();
      used = 0;
    }
    used += size;
    ui::heading(group);
    for (const Command& command : commands_) {
      if (command.group == group && !command.chord.empty()) draw_command(command, column);
    }
    ImGui::Dummy({column, px(8)});
  }
  ImGui::EndGroup();
  ImGui::EndChild();
  return true;
}

}  // namespace sqlcast::gui
