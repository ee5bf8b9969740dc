// App::frame(): the layout of the window, its top and status bars.
#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/cluster_panel.h"
#include "client/gui/ui/compare_panel.h"
#include "client/gui/ui/diagram_panel.h"
#include "client/gui/ui/dialogs.h"
#include "client/gui/ui/log_panel.h"
#include "client/gui/ui/query_panel.h"
#include "client/gui/ui/schema_panel.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::chrono::microseconds kMailboxBudget{3'000};

Health state_health(const Session& session) {
  switch (session.state()) {
    case ConnectionState::connecting: return Health::busy;
    case ConnectionState::lost: return Health::unreachable;
    case ConnectionState::connected: return session.cluster.worst();
  }
  return Health::busy;
}
}  // namespace

void App::frame(double at, std::uint64_t unix_time_us) {
  if (now == 0) {  // what was said before the first frame is read from now on
    for (Toast& early : toasts) early.since = at;
  }
  now = at;
  unix_us = unix_time_us;
  mailbox_.drain(kMailboxBudget);
  if (session) {
    session->tick(now, unix_us);
    if (tab().database.empty() && !tab().no_database) {
      for (const SchemaDatabase& database : session->schema.databases()) {
        if (!database.system && tab().database.empty()) tab().database = database.name;
      }
    }
  }
  handle_keys();
  save_changes();

  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(display);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                      ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoSavedSettings |
                                      ImGuiWindowFlags_NoNavFocus | ImGuiWindowFlags_NoScrollWithMouse;
  ImGui::Begin("sqlcast", nullptr, kFlags);
  ImGui::PopStyleVar(3);
  const float top = std::floor(ImGui::GetFrameHeight() + px(14));
  const float bottom = std::floor(ImGui::GetTextLineHeight() + px(10));
  draw_top_bar(display.x);
  draw_body(top, display.y - top - bottom, display.x);
  draw_status_bar(display.x);
  dialogs_->draw(*this);
  ImGui::End();
  dialogs_->draw_toasts(*this);
  ui::leave_keys_to_focused_window();
  ui::trace().last.swap(ui::trace().seen);
  ui::trace().seen.clear();
}

void App::draw_top_bar(float width) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = std::floor(ImGui::GetFrameHeight() + px(14));
  list->AddRectFilled({0, 0}, {width, height}, p.ground);
  list->AddLine({0, height - 0.5F}, {width, height - 0.5F}, p.border);
  if (session) list->AddRectFilled({0, 0}, {px(4), height}, named_colour(session->connection().colour));
  ImGui::SetCursorPos({px(14), px(7)});
  const std::string name = session ? session->connection().name : std::string("Not connected");
  if (session) {
    ImGui::AlignTextToFramePadding();
    ui::inline_health(state_health(*session));
    ImGui::SameLine(0, px(2));
  }
  ImGui::PushFont(look().fonts.bold);
  if (ui::button(cat(one_line(name, 26), " ▾##connection").c_str(), ui::Style::ghost)) dialogs_->open_connect(*this);
  ImGui::PopFont();
  ui::note("Connection", ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), true);
  ui::tooltip("Connections: choose another cluster, save one (Ctrl+K)");
  ImGui::SameLine(0, px(16));
  int chosen = static_cast<int>(view);
  if (ui::segments("views", {"Query", "Cluster", "Diagram", "Log", "Compare"}, &chosen))
    view = static_cast<View>(chosen);
  draw_target_chooser();
}

void App::draw_target_chooser() {
  const Palette& p = colours();
  const NodeView* node = target_node();
  const ImU32 colour = target.kind == client::Target::Kind::any      ? p.accent
                       : target.kind == client::Target::Kind::master ? p.master
                       : node != nullptr && node->master             ? p.master
                                                                     : p.slave;
  const bool narrow = ImGui::GetWindowWidth() < px(1150);
  const float node_width = px(narrow ? 150 : 190);
  const float consistency_width = px(narrow ? 120 : 160);
  const float labels =
      narrow ? 0
             : ui::text_width(look().fonts.small, "run at") + ui::text_width(look().fonts.small, "reads see") + px(26);
  ImGui::SameLine();
  ui::right_align(node_width + consistency_width + labels + px(20) + px(56));
  if (!narrow) {
    ImGui::AlignTextToFramePadding();
    ui::small("run at");
    ImGui::SameLine(0, px(6));
  }
  ImGui::PushStyleColor(ImGuiCol_FrameBg, fade(colour, 0.2F));
  ImGui::PushStyleColor(ImGuiCol_FrameBgHovered, fade(colour, 0.3F));
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  const char* shape = target.kind == client::Target::Kind::any ? "◇ " : target_is_slave() ? "● " : "◆ ";
  const bool open = ui::begin_combo("Run at", cat(shape, target_label()), node_width);
  ImGui::PopStyleColor(3);
  if (open) {
    if (ui::selectable("◇ any node", target.kind == client::Target::Kind::any)) target = {};
    if (ui::selectable("◆ the master", target.kind == client::Target::Kind::master))
      target = {client::Target::Kind::master, {}};
    ImGui::Separator();
    if (session) {
      for (const auto& one : session->cluster.nodes()) {
        const TargetChoice choice{client::Target::Kind::node, one->status.endpoint};
        const std::string word = one->health == Health::good ? std::string() : cat("   ", health_word(one->health));
        const std::string label = cat(one->master ? "◆ " : "● ", one->status.name, word, "##", one->key());
        if (ui::selectable(label.c_str(), target == choice)) target = choice;
      }
    }
    ImGui::EndCombo();
  }
  ui::tooltip("Where statements go. “any”: reads to a node that answers, the rest to the master.");
  ImGui::SameLine(0, px(10));
  if (!narrow) {
    ui::small("reads see");
    ImGui::SameLine(0, px(6));
  }
  struct Choice {
    const char* key;
    const char* label;
    const char* explanation;
  };
  static constexpr Choice kChoices[] = {
      {"session", "my writes", "a read waits until the node has what this window wrote"},
      {"any", "whatever is there", "fastest: what the node has, however old"},
      {"max_lag", "limited lag", "no older than the lag set in the settings"},
      {"master", "the newest", "answered by the master"}};
  const char* preview = "";
  for (const Choice& choice : kChoices) {
    if (settings.consistency == choice.key) preview = choice.label;
  }
  if (ui::begin_combo("Consistency", preview, consistency_width)) {
    for (const Choice& choice : kChoices) {
      if (ui::selectable(choice.label, settings.consistency == choice.key)) settings.consistency = choice.key;
      ui::tooltip(choice.explanation);
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine(0, px(10));
  if (ui::icon_button("Settings", "⚙", "Settings (Ctrl+,)")) dialogs_->open_settings();
  ImGui::SameLine(0, px(2));
  if (ui::icon_button("Help", "?", "Keys (F1)")) dialogs_->open_keys();
}

void App::draw_body(float top, float height, float width) {
  ImGui::SetCursorPos({0, top});
  float left = 0;
  if (view == View::query || view == View::compare) {
    float sidebar = std::min(px(settings.sidebar_width), width * 0.4F);
    schema_panel_->draw(*this, {0, top}, {sidebar, height});
    if (ui::splitter("sidebar splitter", true, &sidebar, px(140), width * 0.4F, {sidebar, top}, height, false)) {
      settings.sidebar_width = sidebar / look().scale;
    }
    left = std::min(px(settings.sidebar_width), width * 0.4F) + 1;
  }
  float right = width;
  if (view == View::query && settings.live_panel && width > px(900)) {
    float live = std::min(px(settings.live_width), width * 0.36F);
    right = width - live;
    cluster_panel_->draw_small(*this, {right, top}, {live, height});
    if (ui::splitter("live splitter", true, &live, px(240), width * 0.36F, {right, top}, height, true)) {
      settings.live_width = live / look().scale;
    }
  }
  const ImVec2 low = {left, top};
  const ImVec2 size = {right - left - 1, height};
  switch (view) {
    case View::query: query_panel_->draw(*this, low, size); break;
    case View::cluster: cluster_panel_->draw(*this, low, size); break;
    case View::diagram: diagram_panel_->draw(*this, low, size); break;
    case View::log: log_panel_->draw(*this, low, size); break;
    case View::compare: compare_panel_->draw(*this, low, size); break;
  }
}

void App::draw_status_bar(float width) {
  const Palette& p = colours();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const float height = std::floor(ImGui::GetTextLineHeight() + px(10));
  const float y = display.y - height;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({0, y}, {width, display.y}, p.ground);
  list->AddLine({0, y}, {width, y}, p.border);
  ImFont* font = look().fonts.small;
  const float text_y = y + (height - font->FontSize) / 2;
  const float middle = y + height / 2;
  float x = px(12);
  if (!session) {
    ui::draw_text(list, font, {x, text_y}, p.dim, "Not connected. Ctrl+K connects.");
    return;
  }
  const ConnectionState state = session->state();
  const char* word = state == ConnectionState::connected    ? "Connected"
                     : state == ConnectionState::connecting ? "Connecting…"
                                                            : "Connection lost, trying again";
  ui::health_shape(list, {x + px(6), middle}, px(6),
                   state == ConnectionState::connected ? Health::good : state_health(*session));
  x += px(18);
  x += ui::draw_text(list, font, {x, text_y}, state == ConnectionState::connected ? p.text : p.warn, word) + px(18);
  for (const auto& node : session->cluster.nodes()) {
    if (x > width * 0.62F) {
      x += ui::draw_text(list, font, {x, text_y}, p.faint, "…") + px(10);
      break;
    }
    ui::health_shape(list, {x + px(5), middle}, px(5.5F), node->health);
    x += px(15);
    const std::string lag = node->master || node->health != Health::good || node->status.lag_ms == 0
                                ? std::string()
                                : cat(" ", node->status.lag_ms, " ms");
    const std::string label =
        cat(node->status.name, node->health == Health::good ? lag : cat(" ", health_word(node->health)));
    x += ui::draw_text(list, font, {x, text_y}, node->health == Health::good ? p.dim : health_colour(node->health),
                       label) +
         px(14);
  }
  std::string right = cat("position ", with_separators(session->cluster.head()));
  if (const Sequence mine = session->backend().session_position(); mine > 0)
    right = cat("my writes to ", with_separators(mine), "   ", right);
  if (view == View::query) {
    const EditorBuffer& buffer = tab().buffer;
    right = cat("line ", buffer.line_of(buffer.caret()) + 1, ", column ", buffer.column_of(buffer.caret()) + 1, "   ",
                right);
  }
  ui::draw_text(list, font, {width - ui::text_width(font, right) - px(12), text_y}, p.dim, right);
}

}  // namespace sqlcast::gui
