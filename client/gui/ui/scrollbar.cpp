#include "client/gui/ui/scrollbar.h"

#include <algorithm>

#include "client/gui/ui/widgets.h"

namespace sqlcast::gui::ui {

bool scrollbar(const char* id, bool vertical, ImVec2 low, ImVec2 high, double* position, double visible, double total) {
  const double most = std::max(0.0, total - visible);
  const double before = *position;
  *position = std::clamp(*position, 0.0, most);
  if (most <= 0) return before != *position;
  const float length = vertical ? high.y - low.y : high.x - low.x;
  if (length < px(12)) return false;
  const float grab = std::clamp(length * static_cast<float>(visible / total), px(24), length);
  const float travel = std::max(length - grab, 1.0F);
  ImGui::SetCursorScreenPos(low);
  ImGui::InvisibleButton(id, {high.x - low.x, high.y - low.y});
  const bool active = ImGui::IsItemActive();
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float along = vertical ? mouse.y - low.y : mouse.x - low.x;
  float at = travel * static_cast<float>(*position / most);
  ImGuiStorage& storage = *ImGui::GetStateStorage();
  const ImGuiID grip = ImGui::GetID("grip");
  if (ImGui::IsItemActivated()) {
    const bool on_grab = along >= at && along <= at + grab;
    storage.SetFloat(grip, on_grab ? along - at : grab / 2);
  }
  if (active) {
    at = std::clamp(along - storage.GetFloat(grip), 0.0F, travel);
    *position = most * static_cast<double>(at / travel);
  }
  const ImU32 colour = ImGui::GetColorU32(active                   ? ImGuiCol_ScrollbarGrabActive
                                          : ImGui::IsItemHovered() ? ImGuiCol_ScrollbarGrabHovered
                                                                   : ImGuiCol_ScrollbarGrab);
  const float inset = px(2);
  const ImVec2 grab_low = vertical ? ImVec2(low.x + inset, low.y + at) : ImVec2(low.x + at, low.y + inset);
  const ImVec2 grab_high =
      vertical ? ImVec2(high.x - inset, low.y + at + grab) : ImVec2(low.x + at + grab, high.y - inset);
  ImGui::GetWindowDrawList()->AddRectFilled(grab_low, grab_high, colour, px(4));
  return before != *position;
}

}  // namespace sqlcast::gui::ui
