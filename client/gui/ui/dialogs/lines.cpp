#include "client/gui/ui/dialogs/lines.h"

#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kLineCharacters = 110;
}

Lines::Lines(std::string_view text) {
  std::size_t begin = 0;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = code_point_at(text, at).size;
    if (text[at] == '\n' || characters >= kLineCharacters) {
      lines_.push_back(to_utf8(text.substr(begin, at - begin)));
      begin = text[at] == '\n' ? at + 1 : at;
      characters = 0;
      if (text[at] == '\n') {
        ++at;
        continue;
      }
    }
    at += size;
    ++characters;
  }
  if (begin < text.size() || lines_.empty()) lines_.push_back(to_utf8(text.substr(begin)));
}

void Lines::draw(float height) const {
  ImGui::PushStyleColor(ImGuiCol_ChildBg, colours().raised);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(10), px(8)});
  ImGui::BeginChild("##lines", {0, height}, false,
                    ImGuiWindowFlags_AlwaysUseWindowPadding | ImGuiWindowFlags_HorizontalScrollbar);
  ImGui::PushFont(look().fonts.mono);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(lines_.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) ui::text(lines_[static_cast<std::size_t>(i)]);
  }
  ImGui::PopFont();
  ImGui::EndChild();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

}  // namespace sqlcast::gui
