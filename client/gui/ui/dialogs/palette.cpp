#include "client/gui/ui/dialogs/palette.h"

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool PaletteDialog::draw(Workspace&, Desk&, bool just_opened) {
  if (just_opened) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ui::input("Command", query_, "Type a part of a command", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  std::vector<const Command*> found;
  const std::string needle = lower(trim(query_));
  for (const Command& command : commands_) {
    if (command.editor_only || (command.enabled && !command.enabled())) continue;
    if (contains_ignoring_case(cat(command.group, " ", command.name), needle)) found.push_back(&command);
  }
  const bool moved = ui::choose_by_arrows(found.size(), chosen_);
  const Command* run = entered && !found.empty() ? found[chosen_] : nullptr;
  ImGui::BeginChild("##found", {0, 0}, false);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (ui::selectable(cat(found[i]->name, "##", i).c_str(), i == chosen_)) run = found[i];
    ImGui::SameLine();
    const std::string right = found[i]->chord.empty() ? found[i]->group : cat(found[i]->group, "   ", found[i]->chord);
    ui::right_align(ui::text_width(look().fonts.small, right) + px(6));
    ui::small(right);
    if (i == chosen_ && moved) ImGui::SetScrollHereY();
  }
  if (found.empty()) ui::dim("No command has that in its name.");
  ImGui::EndChild();
  if (run == nullptr) return true;
  run->run();
  return false;
}

}  // namespace sqlcast::gui
