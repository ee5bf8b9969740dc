#include "client/gui/ui/dialogs.h"

#include <algorithm>
#include <cmath>

#include <imgui.h>
// imgui.h first: the next one does not include it.
#include <imgui_stdlib.h>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/query_panel.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

std::string_view Dialogs::open_name() const {
  constexpr std::string_view kNames[] = {"",     "connect", "settings", "keys",   "palette", "history",
                                         "text", "value",   "review",   "export", "file"};
  return kNames[static_cast<std::size_t>(open_)];
}

bool Dialogs::begin(Which which, const char* title, float width, float height) {
  if (open_ != which) return false;
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const ImVec2 size = {std::min(px(width), display.x - px(40)),
                       height > 0 ? std::min(px(height), display.y - px(60)) : 0};
  ImGui::SetNextWindowPos({display.x / 2, display.y * 0.46F}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(18), px(14)});
  bool keep = true;
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoTitleBar;
  if (!ImGui::BeginPopupModal(title, &keep, kFlags)) {
    ImGui::PopStyleVar();
    open_ = Which::none;
    return false;
  }
  ImGui::PopStyleVar();
  ImGui::PushFont(look().fonts.title);
  ui::text(title);
  ImGui::PopFont();
  ImGui::SameLine();
  ui::right_align(px(30));
  if (ui::icon_button("Close", "✕", "Close (Escape)")) keep = false;
  ui::gap(4);
  if (!keep || (ImGui::IsKeyPressed(key::kEscape, false) && !just_opened_)) close();
  return true;
}

void Dialogs::end() {
  just_opened_ = false;
  ImGui::EndPopup();
}

void Dialogs::close() {
  open_ = Which::none;
  ImGui::CloseCurrentPopup();
}

void Dialogs::draw(App& app) {
  static constexpr const char* kTitles[] = {"",          "Connect", "Settings",       "Keys",   "Commands", "History",
                                            "Full text", "Value",   "Review changes", "Export", "File"};
  if (wanted_ != Which::none) {
    open_ = wanted_;
    wanted_ = Which::none;
    just_opened_ = true;
    ImGui::OpenPopup(kTitles[static_cast<std::size_t>(open_)]);
  }
  draw_connect(app);
  draw_settings(app);
  draw_keys(app);
  draw_palette(app);
  draw_history(app);
  draw_text(app);
  draw_value(app);
  draw_review(app);
  draw_export(app);
  draw_file(app);
}

// ---- connect ---------------------------------------------------------------------------------------------------

void Dialogs::open_connect(App& app) {
  wanted_ = Which::connect;
  connect_problem_.clear();
  edited_ =
      app.session ? app.session->connection() : SavedConnection{"Local cluster", {"tcp://127.0.0.1:5750"}, "blue"};
  old_name_ = edited_.name;
  endpoints_text_.clear();
  for (const std::string& endpoint : edited_.endpoints)
    endpoints_text_ += cat(endpoints_text_.empty() ? "" : "\n", endpoint);
}

void Dialogs::draw_connect(App& app) {
  if (!begin(Which::connect, "Connect", 720, 380)) return;
  const float list_width = px(210);
  ImGui::BeginChild("##saved", {list_width, -px(4)}, false);
  ui::small("Saved connections");
  for (const SavedConnection& saved : app.settings.connections) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float size = ImGui::GetTextLineHeight();
    ImGui::GetWindowDrawList()->AddRectFilled({at.x, at.y + px(2)}, {at.x + px(4), at.y + size - px(1)},
                                              named_colour(saved.colour), px(2));
    ImGui::Indent(px(10));
    if (ui::selectable(saved.name.c_str(), saved.name == edited_.name)) {
      edited_ = saved;
      old_name_ = saved.name;
      endpoints_text_.clear();
      for (const auto& endpoint : saved.endpoints)
        endpoints_text_ += cat(endpoints_text_.empty() ? "" : "\n", endpoint);
    }
    ImGui::Unindent(px(10));
  }
  if (app.settings.connections.empty()) ui::wrapped("None yet. What you connect to is kept here.", colours().faint);
  ImGui::EndChild();
  ImGui::SameLine();
  ImGui::BeginChild("##edit", {0, -px(4)}, false);
  ui::small("Name");
  ui::input("Connection name", edited_.name, "Name", -1);
  ui::small("Nodes, one a line; any of them leads to the others");
  ImGui::PushFont(look().fonts.mono);
  ImGui::InputTextMultiline("##endpoints", &endpoints_text_, {-1, px(86)});
  ImGui::PopFont();
  ui::note_item("Endpoints");
  ui::small("Colour, shown in the top bar");
  for (const char* name : {"blue", "green", "amber", "red", "violet", "grey"}) {
    const bool chosen = edited_.colour == name;
    ImGui::PushStyleColor(ImGuiCol_Text, named_colour(name));
    if (ui::button(cat(chosen ? "● " : "○ ", name, "##colour").c_str(), ui::Style::normal)) edited_.colour = name;
    ImGui::PopStyleColor();
    ImGui::SameLine(0, px(4));
  }
  ImGui::NewLine();
  if (!connect_problem_.empty()) ui::wrapped(connect_problem_, colours().bad);
  ui::gap(4);
  const auto taken = [&] {
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
    connect_problem_.clear();
    if (trim(edited_.name).empty()) connect_problem_ = "Give the connection a name.";
    if (edited_.endpoints.empty()) connect_problem_ = "Give at least one node, such as tcp://127.0.0.1:5750.";
    return connect_problem_.empty();
  };
  if (ui::button("Connect##now", ui::Style::primary) && taken()) {
    auto& saved = app.settings.connections;
    const auto it = std::find_if(saved.begin(), saved.end(), [&](const auto& one) { return one.name == old_name_; });
    if (it != saved.end()) {
      *it = edited_;
    } else {
      saved.push_back(edited_);
    }
    app.connect(edited_);
    close();
  }
  ImGui::SameLine();
  if (ui::button("Forget", ui::Style::ghost)) {
    std::erase_if(app.settings.connections, [&](const auto& one) { return one.name == edited_.name; });
  }
  ImGui::EndChild();
  end();
}

// ---- settings --------------------------------------------------------------------------------------------------

void Dialogs::draw_settings(App& app) {
  if (!begin(Which::settings, "Settings", 560, 0)) return;
  Settings& s = app.settings;
  ui::small("Theme");
  int theme = s.theme == "light" ? 1 : 0;
  if (ui::segments("theme", {"Dark", "Light"}, &theme)) app.set_dark(theme == 0);
  ui::gap(2);
  ui::small("Scale of text and controls");
  static constexpr float kScales[] = {0.75F, 0.9F, 1.0F, 1.15F, 1.3F, 1.5F, 2.0F, 2.5F};
  static const std::vector<const char*> kLabels = {"75 %",  "90 %",  "100 %", "115 %",
                                                   "130 %", "150 %", "200 %", "250 %"};
  int scale = -1;
  for (std::size_t i = 0; i < std::size(kScales); ++i) {
    if (std::abs(kScales[i] - s.scale) < 0.01F) scale = static_cast<int>(i);
  }
  if (ui::segments("scale", kLabels, &scale)) app.set_scale(kScales[scale]);
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
  ui::small(app.options().folder.empty() ? "Nothing is kept of this session." : cat("Kept in ", app.options().folder));
  end();
}

// ---- keys, palette, history --------------------------------------------------------------------------------------

void Dialogs::draw_keys(App& app) {
  if (!begin(Which::keys, "Keys", 1060, 690)) return;
  ui::dim("Every command is also in the palette, Ctrl+Shift+P.");
  ui::gap(2);
  std::vector<std::string> groups;
  for (const Command& command : app.commands) {
    if (std::find(groups.begin(), groups.end(), command.group) == groups.end()) groups.push_back(command.group);
  }
  ImGui::BeginChild("##list", {0, 0}, false);
  const float column = (ImGui::GetContentRegionAvail().x - px(30)) / 3;
  std::size_t total = 0;
  for (const Command& command : app.commands) total += command.chord.empty() ? 0U : 1U;
  total += groups.size() * 2;
  std::size_t used = 0;
  ImGui::BeginGroup();
  for (const std::string& group : groups) {
    std::size_t size = 2;
    for (const Command& command : app.commands) size += command.group == group && !command.chord.empty() ? 1U : 0U;
    if (size == 2) continue;
    if (used > 0 && used + size / 2 > total / 3 + 1) {
      ImGui::EndGroup();
      ImGui::SameLine(0, px(15));
      ImGui::BeginGroup();
      used = 0;
    }
    used += size;
    ui::heading(group);
    for (const Command& command : app.commands) {
      if (command.group != group || command.chord.empty()) continue;
      const ImVec2 at = ImGui::GetCursorScreenPos();
      ui::text(command.name, colours().dim);
      ImFont* mono = look().fonts.small;
      const float width = ui::text_width(mono, command.chord) + px(12);
      const ImVec2 low = {at.x + column - width, at.y};
      ImDrawList* list = ImGui::GetWindowDrawList();
      list->AddRectFilled(low, {low.x + width, low.y + mono->FontSize + px(4)}, colours().raised, px(4));
      ui::draw_text(list, mono, {low.x + px(6), low.y + px(2)}, colours().text, command.chord);
    }
    ImGui::Dummy({column, px(8)});
  }
  ImGui::EndGroup();
  ImGui::EndChild();
  end();
}

void Dialogs::open_palette() {
  wanted_ = Which::palette;
  query_.clear();
  chosen_ = 0;
}

void Dialogs::open_history() {
  wanted_ = Which::history;
  query_.clear();
  chosen_ = 0;
}

void Dialogs::draw_palette(App& app) {
  if (!begin(Which::palette, "Commands", 620, 520)) return;
  if (just_opened_) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ui::input("Command", query_, "Type a part of a command", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  std::vector<const Command*> found;
  const std::string needle = lower(trim(query_));
  for (const Command& command : app.commands) {
    if (command.editor_only || (command.enabled && !command.enabled())) continue;
    if (contains_ignoring_case(cat(command.group, " ", command.name), needle)) found.push_back(&command);
  }
  if (ImGui::IsKeyPressed(key::kDown, true)) ++chosen_;
  if (ImGui::IsKeyPressed(key::kUp, true) && chosen_ > 0) --chosen_;
  chosen_ = found.empty() ? 0 : std::min(chosen_, found.size() - 1);
  const Command* run = entered && !found.empty() ? found[chosen_] : nullptr;
  ImGui::BeginChild("##found", {0, 0}, false);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (ui::selectable(cat(found[i]->name, "##", i).c_str(), i == chosen_)) run = found[i];
    ImGui::SameLine();
    const std::string right = found[i]->chord.empty() ? found[i]->group : cat(found[i]->group, "   ", found[i]->chord);
    ui::right_align(ui::text_width(look().fonts.small, right) + px(6));
    ui::small(right);
    if (i == chosen_ && (ImGui::IsKeyPressed(key::kDown) || ImGui::IsKeyPressed(key::kUp))) ImGui::SetScrollHereY();
  }
  if (found.empty()) ui::dim("No command has that in its name.");
  ImGui::EndChild();
  if (run != nullptr) {
    close();
    end();
    run->run();
    return;
  }
  end();
}

void Dialogs::draw_history(App& app) {
  if (!begin(Which::history, "History", 900, 600)) return;
  if (just_opened_) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ui::input("Search history", query_, "Words of a statement", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  const std::vector<std::size_t> found = app.history.search(query_, 300);
  if (ImGui::IsKeyPressed(key::kDown, true)) ++chosen_;
  if (ImGui::IsKeyPressed(key::kUp, true) && chosen_ > 0) --chosen_;
  chosen_ = found.empty() ? 0 : std::min(chosen_, found.size() - 1);
  std::size_t take = found.size();
  if (entered && !found.empty()) take = chosen_;
  ui::small("Enter or a click puts the statement into the editor.");
  ImGui::BeginChild("##found", {0, 0}, false);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const HistoryItem& item = app.history.items()[found[i]];
    ImGui::PushFont(look().fonts.mono);
    if (ui::selectable(cat(one_line(item.sql, 90), "##", i).c_str(), i == chosen_)) take = i;
    ImGui::PopFont();
    ui::small(cat("    ", clock_time(item.time_us).substr(0, 8), "   ", item.node, "   ", item.outcome, "   ",
                  human_duration(std::chrono::microseconds(item.elapsed_us))),
              item.ok ? 0 : colours().bad);
  }
  if (found.empty())
    ui::dim(app.history.items().empty() ? "Nothing has been run yet." : "No statement has these words.");
  ImGui::EndChild();
  if (take < found.size()) {
    const std::string sql = app.history.items()[found[take]].sql;
    EditorBuffer& buffer = app.tab().buffer;
    buffer.set_caret(buffer.text().size());
    buffer.insert(cat(buffer.text().empty() || buffer.text().ends_with('\n') ? "" : "\n", sql, ";\n"));
    buffer.set_caret(buffer.caret() - 2);
    app.view = View::query;
    app.query_panel().focus_editor();
    close();
  }
  end();
}

// ---- toasts ----------------------------------------------------------------------------------------------------

void Dialogs::draw_toasts(App& app) {
  const Palette& p = colours();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  float bottom = display.y - px(40);
  std::uint64_t dismissed = 0;
  const Toast* enlarge = nullptr;
  for (auto it = app.toasts.rbegin(); it != app.toasts.rend(); ++it) {
    Toast& toast = *it;
    ImGui::SetNextWindowPos({display.x - px(16), bottom}, ImGuiCond_Always, {1, 1});
    ImGui::SetNextWindowSizeConstraints({px(300), 0}, {px(460), px(400)});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(14), px(10)});
    ImGui::Begin(cat("##toast", toast.id).c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoMove);
    ImGui::PopStyleVar();
    const ImU32 colour = toast.kind == ToastKind::error     ? p.bad
                         : toast.kind == ToastKind::warning ? p.warn
                         : toast.kind == ToastKind::good    ? p.good
                                                            : p.accent;
    const char* word = toast.kind == ToastKind::error     ? "Error"
                       : toast.kind == ToastKind::warning ? "Warning"
                       : toast.kind == ToastKind::good    ? "Done"
                                                          : "Note";
    const ImVec2 low = ImGui::GetWindowPos();
    ImGui::GetWindowDrawList()->AddRectFilled(low, {low.x + px(4), low.y + ImGui::GetWindowHeight()}, colour, px(8),
                                              ImDrawFlags_RoundCornersLeft);
    ui::badge(word, colour);
    ImGui::SameLine();
    ImGui::PushTextWrapPos(px(380));
    ImGui::PushFont(look().fonts.bold);
    ui::text(toast.title);
    ImGui::PopFont();
    if (!toast.text.empty()) ui::text(one_line(toast.text, 160), p.dim);
    ImGui::PopTextWrapPos();
    if (!toast.text.empty() && toast.text.size() > 100) {
      if (ui::button(cat("Full text##", toast.id).c_str(), ui::Style::ghost)) enlarge = &toast;
      ImGui::SameLine();
    }
    if (toast.text.empty()) {  // one line is enough
      ImGui::SameLine();
      ui::right_align(px(26));
      if (ui::icon_button("Dismiss", "✕", "Dismiss")) dismissed = toast.id;
    } else if (ui::button(cat("Dismiss##", toast.id).c_str(), ui::Style::ghost)) {
      dismissed = toast.id;
    }
    if (ImGui::IsWindowHovered()) toast.since = app.now;
    bottom -= ImGui::GetWindowHeight() + px(8);
    ImGui::End();
  }
  if (enlarge != nullptr) open_text(enlarge->title, enlarge->text);
  const double now = app.now;
  std::erase_if(app.toasts, [&](const Toast& toast) {
    const double life = toast.kind == ToastKind::error ? 15 : 6;
    return toast.id == dismissed || (!toast.open && now - toast.since > life);
  });
}

}  // namespace sqlcast::gui
