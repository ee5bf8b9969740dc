#include "client/gui/ui/toasts.h"

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/dialogs/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr std::size_t kLongText = 100;

struct Manner {
  const char* word;
  ImU32 colour;
};

Manner manner_of(ToastKind kind) {
  const Palette& p = colours();
  switch (kind) {
    case ToastKind::error: return {"Error", p.bad};
    case ToastKind::warning: return {"Warning", p.warn};
    case ToastKind::good: return {"Done", p.good};
    case ToastKind::info: break;
  }
  return {"Note", p.accent};
}

// True when it was dismissed.
bool draw_toast(const Toast& toast, Desk& desk) {
  const Manner manner = manner_of(toast.kind);
  const ImVec2 low = ImGui::GetWindowPos();
  ImGui::GetWindowDrawList()->AddRectFilled(low, {low.x + px(4), low.y + ImGui::GetWindowHeight()}, manner.colour,
                                            px(8), ImDrawFlags_RoundCornersLeft);
  ui::badge(manner.word, manner.colour);
  ImGui::SameLine();
  ImGui::PushTextWrapPos(px(380));
  ImGui::PushFont(look().fonts.bold);
  ui::text(toast.title);
  ImGui::PopFont();
  if (!toast.text.empty()) ui::text(one_line(toast.text, 160), colours().dim);
  ImGui::PopTextWrapPos();
  if (toast.text.empty()) {  // one line is enough
    ImGui::SameLine();
    ui::right_align(px(26));
    return ui::icon_button("Dismiss", "✕", "Dismiss");
  }
  if (toast.text.size() > kLongText) {
    if (ui::button(cat("Full text##", toast.id).c_str(), ui::Style::ghost))
      desk.open(std::make_unique<TextDialog>(toast.title, toast.text));
    ImGui::SameLine();
  }
  return ui::button(cat("Dismiss##", toast.id).c_str(), ui::Style::ghost);
}

}  // namespace

void draw_toasts(Workspace& work, Desk& desk) {
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  float bottom = display.y - px(40);
  std::uint64_t dismissed = 0;
  const auto& shown = work.toasts.shown();
  for (auto toast = shown.rbegin(); toast != shown.rend(); ++toast) {
    ImGui::SetNextWindowPos({display.x - px(16), bottom}, ImGuiCond_Always, {1, 1});
    ImGui::SetNextWindowSizeConstraints({px(300), 0}, {px(460), px(400)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(14), px(10)});
    ImGui::Begin(cat("##toast", toast->id).c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoMove);
    ImGui::PopStyleVar();
    if (draw_toast(*toast, desk)) dismissed = toast->id;
    if (ImGui::IsWindowHovered()) work.toasts.keep(toast->id, work.now());
    bottom -= ImGui::GetWindowHeight() + px(8);
    ImGui::End();
  }
  work.toasts.dismiss(dismissed);
}

}  // namespace sqlcast::gui
