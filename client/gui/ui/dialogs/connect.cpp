#include "client/gui/ui/dialogs/connect.h"

#include <algorithm>
#include <array>

#include <imgui.h>
// imgui.h first: the next one does not include it.
#include <imgui_stdlib.h>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

ConnectDialog::ConnectDialog(const Workspace& work) {
  edit(work.connection() != nullptr ? work.connection()->saved()
                                    : SavedConnection{"Local cluster", {"tcp://127.0.0.1:5750"}, "blue"});
}

void ConnectDialog::edit(const SavedConnection& connection) {
  edited_ = connection;
  old_name_ = connection.name;
  endpoints_text_.clear();
  for (const std::string& endpoint : connection.endpoints)
    endpoints_text_ += cat(endpoints_text_.empty() ? "" : "\n", endpoint);
}

void ConnectDialog::draw_saved(const Workspace& work) {
  ImGui::BeginChild("##saved", {px(210), -px(4)}, false);
  ui::small("Saved connections");
  for (const SavedConnection& saved : work.settings.connections) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float size = ImGui::GetTextLineHeight();
    ImGui::GetWindowDrawList()->AddRectFilled({at.x, at.y + px(2)}, {at.x + px(4), at.y + size - px(1)},
                                              named_colour(saved.colour), px(2));
    ImGui::Indent(px(10));
    if (ui::selectable(saved.name.c_str(), saved.name == edited_.name)) edit(saved);
    ImGui::Unindent(px(10));
  }
  if (work.settings.connections.empty()) ui::wrapped("None yet. What you connect to is kept here.", colours().faint);
  ImGui::EndChild();
}

void ConnectDialog::draw_fields() {
  ui::small("Name");
  ui::input("Connection name", edited_.name, "Name", -1);
  ui::small("Nodes, one a line; any of them leads to the others");
  ImGui::PushFont(look().fonts.mono);
  ImGui::InputTextMultiline("##endpoints", &endpoints_text_, {-1, px(86)});
  ImGui::PopFont();
  ui::note_item("Endpoints");
  ui::wrapped("Colour, shown in the top bar; red is production: every write is asked about first", colours().dim);
  constexpr std::array<const char*, 6> kColours = {"blue", "green", "amber", "red", "violet", "grey"};
  for (const char* name : kColours) {
    if (name != kColours.front()) ui::same_line_if_fits(ui::button_width(cat("● ", name).c_str()), px(4));
    const bool chosen = edited_.colour == name;
    ImGui::PushStyleColor(ImGuiCol_Text, named_colour(name));
    if (ui::button(cat(chosen ? "● " : "○ ", name, "##colour").c_str(), ui::Style::normal)) edited_.colour = name;
    ImGui::PopStyleColor();
  }
  if (!problem_.empty()) ui::wrapped(problem_, colours().bad);
  ui::gap(4);
}

bool ConnectDialog::take_fields() {
  edited_.endpoints.clear();
  std::string_view rest = endpoints_text_;
  while (!rest.empty()) {
    const std::size_t stop = std::min(rest.find_first_of(" \n,;"), rest.size());
    std::string endpoint(trim(rest.substr(0, stop)));
    rest.remove_prefix(std::min(stop + 1, rest.size()));
    if (endpoint.empty()) continue;
    if (endpoint.find("://") == std::string::npos) endpoint.insert(0, "tcp://");
    edited_.endpoints.push_back(std::move(endpoint));
  }
  problem_.clear();
  if (trim(edited_.name).empty()) problem_ = "Give the connection a name.";
  if (edited_.endpoints.empty()) problem_ = "Give at least one node, such as tcp://127.0.0.1:5750.";
  return problem_.empty();
}

bool ConnectDialog::draw(Workspace& work, Desk& desk, bool) {
  bool keep = true;
  draw_saved(work);
  ImGui::SameLine();
  ImGui::BeginChild("##edit", {0, -px(4)}, false);
  draw_fields();
  if (ui::button("Connect##now", ui::Style::primary) && take_fields()) {
    auto& saved = work.settings.connections;
    const auto it = std::find_if(saved.begin(), saved.end(), [&](const auto& one) { return one.name == old_name_; });
    if (it != saved.end()) {
      *it = edited_;
    } else {
      saved.push_back(edited_);
    }
    keep = false;
    if (!work.connect(edited_)) desk.open(std::make_unique<ConnectDialog>(work));
  }
  ImGui::SameLine();
  if (ui::button("Forget", ui::Style::ghost)) {
    std::erase_if(work.settings.connections, [&](const auto& one) { return one.name == edited_.name; });
  }
  ImGui::EndChild();
  return keep;
}

}  // namespace sqlcast::gui
