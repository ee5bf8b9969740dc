#include "client/gui/ui/bars.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/commands.h"
#include "client/gui/ui/dialogs/connect.h"
#include "client/gui/ui/dialogs/keys.h"
#include "client/gui/ui/dialogs/settings.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr float kTiny = 900;  // units of width: below, the views are in a list

Health state_health(const Connection& connection) {
  switch (connection.state()) {
    case ConnectionState::connecting: return Health::busy;
    case ConnectionState::lost: return Health::unreachable;
    case ConnectionState::connected: return connection.cluster.worst();
  }
  return Health::busy;
}

void choose_consistency(Workspace& work, float width) {
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
    if (work.settings.consistency == choice.key) preview = choice.label;
  }
  if (ui::begin_combo("Consistency", preview, width)) {
    for (const Choice& choice : kChoices) {
      if (ui::selectable(choice.label, work.settings.consistency == choice.key)) work.settings.consistency = choice.key;
      ui::tooltip(choice.explanation);
    }
    ImGui::EndCombo();
  }
}

void draw_target_chooser(Workspace& work, Desk& desk, const std::vector<Command>& commands) {
  const Palette& p = colours();
  const NodeModel* node = work.target_node();
  const ImU32 colour = work.target.kind == client::Target::Kind::any      ? p.accent
                       : work.target.kind == client::Target::Kind::master ? p.master
                       : node != nullptr && node->master                  ? p.master
                                                                          : p.slave;
  const bool narrow = ImGui::GetWindowWidth() < px(1150);
  const bool tiny = ImGui::GetWindowWidth() < px(kTiny);
  const float node_width = px(tiny ? 136 : narrow ? 150 : 190);
  const float consistency_width = px(tiny ? 116 : narrow ? 120 : 160);
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
  const char* shape = work.target.kind == client::Target::Kind::any ? "◇ " : work.target_is_slave() ? "● " : "◆ ";
  const bool open = ui::begin_combo("Run at", cat(shape, work.target_label()), node_width);
  ImGui::PopStyleColor(3);
  if (open) {
    if (ui::selectable("◇ any node", work.target.kind == client::Target::Kind::any)) work.target = {};
    if (ui::selectable("◆ the master", work.target.kind == client::Target::Kind::master))
      work.target = {client::Target::Kind::master, {}};
    ImGui::Separator();
    if (work.connection() != nullptr) {
      for (const auto& one : work.connection()->cluster.nodes()) {
        const TargetChoice choice{client::Target::Kind::node, one->status.endpoint};
        const std::string word = one->health == Health::good ? std::string() : cat("   ", health_word(one->health));
        const std::string label = cat(one->master ? "◆ " : "● ", one->status.name, word, "##", one->key());
        if (ui::selectable(label.c_str(), work.target == choice)) work.target = choice;
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
  choose_consistency(work, consistency_width);
  ImGui::SameLine(0, px(10));
  if (ui::icon_button("Settings", "⚙", "Settings (Ctrl+,)")) desk.open(std::make_unique<SettingsDialog>());
  ImGui::SameLine(0, px(2));
  if (ui::icon_button("Help", "?", "Keys (F1)")) desk.open(std::make_unique<KeysDialog>(commands));
}

}  // namespace

namespace {

// The views, as words beside each other or, where these do not fit, as one that opens.
void choose_view(Workspace& work) {
  static const std::vector<const char*> kViews = {"Query", "Cluster", "Diagram", "Log", "Compare"};
  int chosen = static_cast<int>(work.view);
  if (ImGui::GetWindowWidth() >= px(kTiny)) {
    if (ui::segments("views", kViews, &chosen)) work.view = static_cast<View>(chosen);
    return;
  }
  if (!ui::begin_combo("View", kViews[static_cast<std::size_t>(chosen)], px(104))) return;
  for (std::size_t i = 0; i < kViews.size(); ++i) {
    if (ui::selectable(kViews[i], static_cast<int>(i) == chosen)) work.view = static_cast<View>(i);
  }
  ImGui::EndCombo();
}

}  // namespace

float top_bar_height() { return std::floor(ImGui::GetFrameHeight() + px(14)); }
float status_bar_height() { return std::floor(ImGui::GetTextLineHeight() + px(10)); }

void draw_top_bar(Workspace& work, Desk& desk, const std::vector<Command>& commands) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = top_bar_height();
  const float width = ImGui::GetIO().DisplaySize.x;
  list->AddRectFilled({0, 0}, {width, height}, p.ground);
  list->AddLine({0, height - 0.5F}, {width, height - 0.5F}, p.border);
  if (work.connection() != nullptr)
    list->AddRectFilled({0, 0}, {px(4), height}, named_colour(work.connection()->saved().colour));
  ImGui::SetCursorPos({px(14), px(7)});
  const std::string name =
      work.connection() != nullptr ? work.connection()->saved().name : std::string("Not connected");
  if (work.connection() != nullptr) {
    ImGui::AlignTextToFramePadding();
    ui::inline_health(state_health(*work.connection()));
    ImGui::SameLine(0, px(2));
  }
  ImGui::PushFont(look().fonts.bold);
  const bool tiny = ImGui::GetWindowWidth() < px(kTiny);
  if (ui::button(cat(one_line(name, tiny ? 13 : 26), " ▾##connection").c_str(), ui::Style::ghost))
    desk.open(std::make_unique<ConnectDialog>(work));
  ImGui::PopFont();
  ui::note("Connection", ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), true);
  ui::tooltip("Connections: choose another cluster, save one (Ctrl+K)");
  ImGui::SameLine(0, tiny ? px(4) : px(16));
  choose_view(work);
  draw_target_chooser(work, desk, commands);
}

float draw_banner(const Workspace& work, float top) {
  const Connection* const connection = work.connection();
  const auto lost = connection != nullptr ? connection->cluster.lost_master() : std::nullopt;
  if (!lost) return 0;
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = std::floor(look().fonts.ui->FontSize + px(12));
  const float width = ImGui::GetIO().DisplaySize.x;
  list->AddRectFilled({0, top}, {width, top + height}, fade(p.bad, 0.18F));
  list->AddRectFilled({0, top}, {px(4), top + height}, p.bad);
  const float y = top + (height - look().fonts.ui->FontSize) / 2;
  ui::health_shape(list, {px(20), top + height / 2}, px(7), Health::unreachable);
  float x = px(36);
  x += ui::draw_text(list, look().fonts.bold, {x, y}, p.bad, cat("The ", lost->called(), " does not answer")) + px(12);
  const std::string since =
      lost->since_unix == 0
          ? std::string("since before this window looked")
          : cat("since ", clock_time(lost->since_unix).substr(0, 8), ", ",
                human_age(static_cast<std::uint64_t>(std::max(0.0, connection->now() - lost->since) * 1000)));
  ui::draw_text(list, look().fonts.ui, {x, y}, p.text, cat(since, ". Reads go on at the slaves; writes wait for it."),
                width - px(8));
  return height;
}

void draw_status_bar(const Workspace& work) {
  const Palette& p = colours();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const float width = display.x;
  const float height = status_bar_height();
  const float y = display.y - height;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({0, y}, {width, display.y}, p.ground);
  list->AddLine({0, y}, {width, y}, p.border);
  ImFont* font = look().fonts.small;
  const float text_y = y + (height - font->FontSize) / 2;
  const float middle = y + height / 2;
  float x = px(12);
  if (work.connection() == nullptr) {
    ui::draw_text(list, font, {x, text_y}, p.dim, "Not connected. Ctrl+K connects.");
    return;
  }
  const ConnectionState state = work.connection()->state();
  const char* word = state == ConnectionState::connected    ? "Connected"
                     : state == ConnectionState::connecting ? "Connecting…"
                                                            : "Connection lost, trying again";
  ui::health_shape(list, {x + px(6), middle}, px(6),
                   state == ConnectionState::connected ? Health::good : state_health(*work.connection()));
  x += px(18);
  x += ui::draw_text(list, font, {x, text_y}, state == ConnectionState::connected ? p.text : p.warn, word) + px(18);
  std::string right = cat("position ", with_separators(work.connection()->cluster.head()));
  if (const Sequence mine = work.connection()->backend().session_position(); mine > 0)
    right = cat("my writes to ", with_separators(mine), "   ", right);
  if (work.view == View::query) {
    const EditorBuffer& buffer = work.tab().buffer;
    right = cat("line ", buffer.line_of(buffer.caret()) + 1, ", column ", buffer.column_of(buffer.caret()) + 1, "   ",
                right);
  }
  const float right_begin = width - ui::text_width(font, right) - px(12);
  ui::draw_text(list, font, {right_begin, text_y}, p.dim, right);
  const auto& nodes = work.connection()->cluster.nodes();
  for (const auto& node : nodes) {
    const std::string lag = node->master || node->health != Health::good || node->status.lag_ms == 0
                                ? std::string()
                                : cat(" ", node->status.lag_ms, " ms");
    const std::string label =
        cat(node->status.name, node->health == Health::good ? lag : cat(" ", health_word(node->health)));
    const float end = x + px(15) + ui::text_width(font, label);
    if (end > right_begin - px(node == nodes.back() ? 14 : 40)) {
      ui::draw_text(list, font, {x, text_y}, p.faint, "…");
      break;
    }
    ui::health_shape(list, {x + px(5), middle}, px(5.5F), node->health);
    x += px(15);
    x += ui::draw_text(list, font, {x, text_y}, node->health == Health::good ? p.dim : health_colour(node->health),
                       label) +
         px(14);
  }
}

}  // namespace sqlcast::gui
