#include "client/gui/ui/dialogs/keys.h"

#include <algorithm>

#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

void KeysDialog::draw_command(const Command& command, float column) const {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::text(command.name, colours().dim);
  ImFont* mono = look().fonts.small;
  const float width = ui::text_width(mono, command.chord) + px(12);
  const ImVec2 low = {at.x + column - width, at.y};
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(low, {low.x + width, low.y + mono->FontSize + px(4)}, colours().raised, px(4));
  ui::draw_text(list, mono, {low.x + px(6), low.y + px(2)}, colours().text, command.chord);
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
  const float column = (ImGui::GetContentRegionAvail().x - px(30)) / 3;
  std::size_t used = 0;
  ImGui::BeginGroup();
  for (const std::string& group : groups) {
    std::size_t size = 2;
    for (const Command& command : commands_) size += command.group == group && !command.chord.empty() ? 1U : 0U;
    if (size == 2) continue;
    if (used > 0 && used + size / 2 > total / 3 + 1) {
      ImGui::EndGroup();
      ImGui::SameLine(0, px(15));
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
