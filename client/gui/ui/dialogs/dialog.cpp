#include "client/gui/ui/dialogs/dialog.h"

#include <algorithm>

#include "client/gui/model/keys.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

void DialogHost::draw(Workspace& work, Desk& desk) {
  if (wanted_) {
    open_ = std::move(wanted_);
    just_opened_ = true;
    ImGui::OpenPopup(open_->frame().title);
  }
  if (!open_) return;
  const Dialog::Frame frame = open_->frame();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const ImVec2 size = {std::min(px(frame.width), display.x - px(40)),
                       frame.height > 0 ? std::min(px(frame.height), display.y - px(60)) : 0};
  ImGui::SetNextWindowPos({display.x / 2, display.y * 0.46F}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(18), px(14)});
  bool keep = true;
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoTitleBar;
  const bool drawn = ImGui::BeginPopupModal(frame.title, &keep, kFlags);
  ImGui::PopStyleVar();
  if (!drawn) {
    open_.reset();
    return;
  }
  ImGui::PushFont(look().fonts.title);
  ui::text(frame.title);
  ImGui::PopFont();
  ImGui::SameLine();
  ui::right_align(px(30));
  if (ui::icon_button("Close", "✕", "Close (Escape)")) keep = false;
  ui::gap(4);
  if (ImGui::IsKeyPressed(key::kEscape, false) && !just_opened_) keep = false;
  keep = open_->draw(work, desk, just_opened_) && keep;
  just_opened_ = false;
  if (!keep) {
    ImGui::CloseCurrentPopup();
    open_.reset();
  }
  ImGui::EndPopup();
}

}  // namespace sqlcast::gui
