#include "client/gui/ui/cluster_panel.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/desk.h"
#include "client/gui/ui/dialogs/requests.h"
#include "client/gui/ui/dialogs/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

ImU32 ClusterPanel::node_colour(const ClusterModel& cluster, const NodeModel& node) const {
  if (node.master) return colours().master;
  std::size_t index = 1;
  for (const auto& other : cluster.nodes()) {
    if (other->key() == node.key()) break;
    if (!other->master) ++index;
  }
  return colours().series[1 + (index - 1) % (colours().series.size() - 1)];
}

namespace {

constexpr std::string_view kNotLooking = "This window was not looking then";

// How far a slave is, as far as that is to be known.
std::string lag_words(const NodeModel& node) {
  if (node.health == Health::alone) return "master away";
  if (node.status.lag_ms == 0) return "in step";
  return cat("lag ", human_duration(std::chrono::milliseconds(node.status.lag_ms)));
}

// What a node's box says, a line each.
std::vector<std::pair<std::string, ImU32>> node_lines(const Workspace& work, const NodeModel& node, bool small,
                                                      float width) {
  const Palette& p = colours();
  const proto::NodeStatus& s = node.status;
  std::vector<std::pair<std::string, ImU32>> lines;
  const auto line = [&lines](std::string text, ImU32 colour) { lines.emplace_back(std::move(text), colour); };
  const std::string rate =
      cat(short_count(node.reachable ? std::max(s.entries_per_second, 0.0) : 0), small ? "/s" : " statements/s");
  // Of the past it is not kept.
  const std::string epoch = s.epoch > 0 ? cat("   epoch ", s.epoch) : std::string();
  if (node.health >= Health::lagging && !node.problem.empty()) {
    line(one_line(node.problem, 90), health_colour(node.health));
  }
  if (!node.reachable) {
    const double ago = node.last_seen > 0 ? work.connection()->now() - node.last_seen : 0;
    line(cat("was at ", with_separators(s.position), epoch), p.dim);
    if (node.last_seen > 0)
      line(cat("last heard of ", human_age(static_cast<std::uint64_t>(ago * 1000)), " ago"), p.dim);
  } else if (s.state == "Starting" && s.position == 0) {
    line("starting: it does not know yet where it stands", p.dim);
  } else if (small) {
    // What has no room beside the rest stands below, where there is room for that.
    const std::string where = cat("at ", with_separators(s.position), node.master ? "" : cat("  ", lag_words(node)));
    const bool one_line_fits = ui::text_width(look().fonts.small, cat(where, "  ", rate)) <= width;
    line(one_line_fits ? cat(where, "  ", rate) : where, p.dim);
    if (!one_line_fits) line(rate, p.dim);
  } else {
    line(cat("position ", with_separators(s.position), epoch), p.dim);
    line(node.master ? rate : cat(lag_words(node), "   ", rate), p.dim);
    const std::string queue =
        s.queue_capacity > 0 ? cat("queue ", s.queue_depth, "/", s.queue_capacity, "   ") : std::string();
    line(cat(queue, "database ", s.database_up && node.reachable ? "up" : "down"),
         s.database_up || !node.reachable ? p.dim : p.bad);
  }
  return lines;
}

}  // namespace

void ClusterPanel::draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  ImGui::SetCursorScreenPos(low);
  ImGui::BeginChild("##cluster", size, false, ImGuiWindowFlags_NoScrollbar);
  const ImVec2 high = {low.x + size.x, low.y + size.y};
  if (!work.connection() || work.connection()->cluster.nodes().empty()) {
    then_ = 0;
    draw_nobody(work, low, high);
    ImGui::EndChild();
    return;
  }
  const float side = std::clamp(size.x * 0.3F, px(330), px(460));
  // With little room the nodes stand below each other, over one plot, and time is in a menu.
  const bool tight = size.x - side < px(520) || size.y < px(400);
  const float plots = tight ? px(108) : std::clamp(size.y * 0.4F, px(190), px(420));
  if (std::exchange(connection_, work.connections()) != work.connections()) then_ = 0;
  if (then_ > 0 && std::exchange(past_of_, then_) != then_) past_ = work.connection()->cluster.as_of(then_);
  draw_topology(work, desk, low, {high.x - side, high.y - plots}, tight);
  if (!tight) draw_time(work, {low.x + px(14), high.y - plots + px(6)}, size.x - side - px(28));
  const float time = tight ? 0 : ImGui::GetFrameHeight() + px(6);
  draw_plots(work, {low.x + px(14), high.y - plots + px(10) + time}, {high.x - side - px(14), high.y - px(8)}, tight);
  if (tight) draw_time_menu(work, {high.x - side - px(8), high.y - plots + px(3)});
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddLine({high.x - side, low.y}, {high.x - side, high.y}, colours().border);
  list->AddLine({low.x, high.y - plots}, {high.x - side, high.y - plots}, colours().border);
  const float details = std::min(size.y * 0.62F, px(760));  // all facts, where there is room
  draw_details(work, desk, {high.x - side, low.y}, {side, details});
  list->AddLine({high.x - side, low.y + details}, {high.x, low.y + details}, colours().border);
  draw_events(work, {high.x - side, low.y + details}, {side, size.y - details}, ClusterModel::kMaxEvents);
  ImGui::EndChild();
}

void ClusterPanel::draw_small(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  ImGui::SetCursorScreenPos(low);
  ImGui::BeginChild("##live", size, false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const ImVec2 high = {low.x + size.x, low.y + size.y};
  if (!work.connection() || work.connection()->cluster.nodes().empty()) {
    then_ = 0;
    draw_nobody(work, low, high);
    ImGui::EndChild();
    return;
  }
  const auto nodes = static_cast<float>(std::min<std::size_t>(work.connection()->cluster.nodes().size(), 6));
  const float topology = std::min(size.y * 0.42F, px(64) + nodes * px(58));
  draw_topology(work, desk, low, {high.x, low.y + topology}, true);
  const float events = std::min(px(170), size.y * 0.22F);
  draw_plots(work, {low.x + px(10), low.y + topology + px(8)}, {high.x - px(8), high.y - events - px(6)}, true);
  ImGui::GetWindowDrawList()->AddLine({low.x, high.y - events}, {high.x, high.y - events}, colours().border);
  draw_events(work, {low.x, high.y - events}, {size.x, events}, 40);
  ImGui::EndChild();
}

void ClusterPanel::draw_nobody(Workspace& work, ImVec2 low, ImVec2 high) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 centre = {(low.x + high.x) / 2, low.y + (high.y - low.y) * 0.36F};
  ui::health_shape(list, centre, px(18), Health::unreachable);
  const bool trying = work.connection() != nullptr;
  std::vector<std::string> lines{trying ? "No node answers yet" : "Not connected"};
  if (trying) {
    const double seconds = work.now() - work.connection()->connecting_since();
    lines.push_back(cat("trying again, ", fixed(std::max(0.0, seconds), 0), " s"));
    for (const std::string& endpoint : work.connection()->saved().endpoints) lines.push_back(endpoint);
    const std::string& why = work.connection()->cluster.problem();
    const char* const end = why.data() + why.size();
    for (const char* at = why.data(); at < end;) {
      const char* stop = look().fonts.small->CalcWordWrapPositionA(1, at, end, high.x - low.x - px(40));
      if (stop == at) break;
      lines.emplace_back(trim({at, static_cast<std::size_t>(stop - at)}));
      at = stop;
    }
  }
  float y = centre.y + px(34);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ImFont* font = i == 0 ? look().fonts.bold : look().fonts.small;
    ui::draw_text(list, font, {centre.x - ui::text_width(font, lines[i]) / 2, y}, i == 0 ? p.text : p.dim, lines[i]);
    y += font->FontSize + px(5);
  }
  if (work.options().start_local == nullptr || work.options().scripted) return;
  const char* const label = work.starting_local() ? "Starting…##local" : "Start a local cluster";
  ImGui::SetCursorScreenPos({centre.x - ui::button_width(label) / 2, y + px(8)});
  if (ui::button(label, ui::Style::normal, !work.starting_local())) work.start_local_cluster();
}

void ClusterPanel::draw_topology(Workspace& work, Desk& desk, ImVec2 low, ImVec2 high, bool small) {
  const Palette& p = colours();
  const ClusterModel& cluster = work.connection()->cluster;
  const bool past = work.view == View::cluster && then_ > 0;
  const auto& nodes = past ? past_ : cluster.nodes();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::PushClipRect(low, high, true);
  ui::draw_text(list, look().fonts.bold, {low.x + px(12), low.y + px(8)}, p.text, "Cluster");
  const std::string summary = nodes.empty() ? std::string() : ClusterModel::summary_of(nodes);
  const Health worst = ClusterModel::worst_of(nodes);
  const float width = ui::text_width(look().fonts.small, summary);
  ui::draw_text(list, look().fonts.small, {high.x - width - px(12), low.y + px(10)},
                worst == Health::good ? p.dim : health_colour(worst), summary);

  std::vector<const NodeModel*> slaves;
  const NodeModel* const master = ClusterModel::master_of(nodes);
  for (const auto& node : nodes) {
    if (node.get() != master) slaves.push_back(node.get());
  }
  // Master on the left, its slaves in one or more columns on the right; small, below each other.
  const float top = low.y + px(38);
  const float room = high.y - top - px(8);
  if (small) {
    const float box =
        std::min(px(52), (room - px(4)) / static_cast<float>(std::max<std::size_t>(1, slaves.size() + 1)) - px(6));
    const float left = low.x + px(12);
    const ImVec2 master_at = {left, top};
    const float indent = px(26);
    for (std::size_t i = 0; i < slaves.size(); ++i) {
      const ImVec2 at = {left + indent, top + (box + px(8)) * static_cast<float>(i + 1)};
      const ImVec2 from = {left + px(12), master_at.y + box};
      const ImVec2 to = {at.x, at.y + box / 2};
      if (master != nullptr) draw_link(work, *slaves[i], from, to);
      draw_node(work, desk, *slaves[i], at, {high.x - px(12) - at.x, box}, true);
    }
    if (master != nullptr) draw_node(work, desk, *master, master_at, {high.x - px(12) - left, box}, true);
    if (nodes.empty()) draw_not_looking({left, top});
    ImGui::PopClipRect();
    return;
  }
  const float box_width = std::clamp((high.x - low.x) * 0.3F, px(200), px(300));
  const auto columns = static_cast<std::size_t>(slaves.size() > 16 ? 3 : slaves.size() > 6 ? 2 : 1);
  const std::size_t per_column = std::max<std::size_t>(1, (slaves.size() + columns - 1) / columns);
  const float box_height = std::min(px(104), room / static_cast<float>(per_column) - px(12));
  const float slave_width =
      columns == 1 ? box_width
                   : std::min(box_width, (high.x - low.x - box_width - px(150)) / static_cast<float>(columns) - px(12));
  const float slaves_left = high.x - px(24) - (slave_width + px(12)) * static_cast<float>(columns) + px(12);
  const ImVec2 master_at = {std::max(low.x + px(24), low.x + (slaves_left - low.x - box_width) * 0.3F),
                            top + (room - std::min(px(104), room)) / 2};
  const ImVec2 master_size = {box_width, std::min(px(104), room)};
  for (std::size_t i = 0; i < slaves.size(); ++i) {
    const std::size_t column = i / per_column;
    const std::size_t row = i % per_column;
    const std::size_t in_column = std::min(per_column, slaves.size() - column * per_column);
    const float total = (box_height + px(12)) * static_cast<float>(in_column) - px(12);
    const ImVec2 at = {slaves_left + (slave_width + px(12)) * static_cast<float>(column),
                       top + (room - total) / 2 + (box_height + px(12)) * static_cast<float>(row)};
    if (master != nullptr) {
      draw_link(work, *slaves[i], {master_at.x + master_size.x, master_at.y + master_size.y / 2},
                {at.x, at.y + box_height / 2});
    }
    draw_node(work, desk, *slaves[i], at, {slave_width, box_height}, box_height < px(80));
  }
  if (master != nullptr) {
    draw_node(work, desk, *master, master_at, master_size, false);
  } else if (past && nodes.empty()) {
    draw_not_looking({low.x + px(24), (low.y + high.y) / 2});
  } else {
    ui::draw_text(list, look().fonts.bold, master_at, p.bad, "✕ no node knows of a master");
  }
  ImGui::PopClipRect();
}

void ClusterPanel::draw_not_looking(ImVec2 at) {
  ui::draw_text(ImGui::GetWindowDrawList(), look().fonts.bold, at, colours().dim, kNotLooking);
  ui::note(kNotLooking, at, {at.x + ui::text_width(look().fonts.bold, kNotLooking), at.y + px(16)}, false);
}

void ClusterPanel::draw_link(Workspace& work, const NodeModel& node, ImVec2 from, ImVec2 to) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const bool broken = node.health >= Health::unreachable || node.health == Health::alone;
  const ImU32 colour = broken                        ? health_colour(node.health)
                       : node.health == Health::good ? p.slave
                                                     : health_colour(node.health);
  const bool steep = std::abs(to.y - from.y) > std::abs(to.x - from.x) * 1.2F && to.x - from.x < px(40);
  const ImVec2 a = steep ? ImVec2(from.x, to.y) : ImVec2((from.x + to.x) / 2, from.y);
  const ImVec2 b = steep ? ImVec2(from.x, to.y) : ImVec2((from.x + to.x) / 2, to.y);
  const auto point = [&](float t) {
    const float u = 1 - t;
    return ImVec2(u * u * u * from.x + 3 * u * u * t * a.x + 3 * u * t * t * b.x + t * t * t * to.x,
                  u * u * u * from.y + 3 * u * u * t * a.y + 3 * u * t * t * b.y + t * t * t * to.y);
  };
  constexpr int kSteps = 40;
  for (int i = 0; i < kSteps; ++i) {
    if (broken && i % 4 >= 2) continue;  // a dashed line: no connection
    list->AddLine(point(static_cast<float>(i) / kSteps), point(static_cast<float>(i + 1) / kSteps),
                  fade(colour, broken ? 0.8F : 0.55F), px(1.8F));
  }
  if (broken) {
    const ImVec2 middle = point(0.5F);
    list->AddCircleFilled(middle, px(9), p.panel);
    list->AddLine({middle.x - px(4), middle.y - px(4)}, {middle.x + px(4), middle.y + px(4)}, colour, px(2));
    list->AddLine({middle.x - px(4), middle.y + px(4)}, {middle.x + px(4), middle.y - px(4)}, colour, px(2));
    return;
  }
  // Dots travel when statements do: more and faster with more of them.
  if (node.measured_rate > 0.05) {
    const double speed = std::min(0.25 + std::log10(1 + node.measured_rate) * 0.15, 1.0);
    const int dots = std::min(2 + static_cast<int>(std::log10(1 + node.measured_rate) * 2), 10);
    for (int i = 0; i < dots; ++i) {
      const double phase =
          std::fmod((work.options().scripted ? 0.35 : work.now() * speed) + static_cast<double>(i) / dots, 1.0);
      list->AddCircleFilled(point(static_cast<float>(phase)), px(3), p.write, 10);
    }
  }
}

namespace {

// Of a node on this machine, its process and its files.
void draw_local_menu(Workspace& work, Desk& desk, const std::string& endpoint) {
  if (ImGui::IsWindowAppearing()) work.look_for_local_nodes();
  const LocalNode* const node = work.local_node(endpoint);
  if (node == nullptr) return;
  ImGui::Separator();
  if (ui::menu_item("Start this node", nullptr, false, !node->running)) work.order_node(node->name, NodeOrder::start);
  if (ui::menu_item("Stop this node", nullptr, false, node->running)) work.order_node(node->name, NodeOrder::stop);
  if (ui::menu_item("Kill this node", nullptr, false, node->running)) work.order_node(node->name, NodeOrder::kill);
  ImGui::Separator();
  if (ui::menu_item("Show its log")) {
    work.read_node_log(node->name, [&desk, name = node->name](std::string text) {
      desk.open(std::make_unique<TextDialog>(cat("The log of ", name), std::move(text)));
    });
  }
  if (ui::menu_item("Open its folder")) work.show_folder(node->folder);
  if (ui::menu_item("Copy its folder")) desk.copy(node->folder, "folder");
}

}  // namespace

void ClusterPanel::draw_node_menu(Workspace& work, Desk& desk, const NodeModel& node, ImVec2 low, ImVec2 size) {
  const proto::NodeStatus& s = node.status;
  ImGui::SetCursorScreenPos(low);
  ImGui::PushID(node.key().c_str());
  ImGui::InvisibleButton("##node", {std::max(1.0F, size.x), std::max(1.0F, size.y)});
  ui::note(cat("node ", node.name()), low, {low.x + size.x, low.y + size.y}, true);
  if (ImGui::IsItemClicked()) {
    selected_ = node.key();
  }
  if (ImGui::BeginPopupContextItem()) {
    if (ui::menu_item("Run statements here")) work.target = {client::Target::Kind::node, s.endpoint};
    if (ui::menu_item("Copy endpoint")) desk.copy(s.endpoint, "endpoint");
    draw_local_menu(work, desk, s.endpoint);
    ImGui::EndPopup();
  }
  ui::tooltip(cat(s.name, "  ", s.role, "  ", s.state, "\n", s.endpoint, "\nsqlcast ", s.version, "   ",
                  s.database_version, s.message.empty() ? "" : "\n", s.message));
  ImGui::PopID();
}

void ClusterPanel::draw_node(Workspace& work, Desk& desk, const NodeModel& node, ImVec2 low, ImVec2 size, bool small) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 high = {low.x + size.x, low.y + size.y};
  const bool selected = selected_ == node.key();
  // One that does not answer is grey: what stands there is what was.
  const ImU32 role = !node.reachable ? p.dim : node.master ? p.master : p.slave;
  const bool bad = node.health >= Health::lagging;
  list->AddRectFilled(low, high, p.raised, px(7));
  if (bad) list->AddRectFilled(low, high, fade(health_colour(node.health), 0.10F), px(7));
  list->AddRect(low, high,
                selected ? p.accent
                : bad    ? health_colour(node.health)
                         : fade(role, 0.5F),
                px(7), 0, px(selected || bad ? 2 : 1.2F));
  list->AddRectFilled(low, {low.x + px(5), high.y}, role, px(7), ImDrawFlags_RoundCornersLeft);
  ImGui::PushClipRect(low, {high.x - px(4), high.y}, true);
  const float x = low.x + px(14);
  ImFont* font = look().fonts.small;
  const float row = font->FontSize + px(4);
  const float head = look().fonts.bold->FontSize + px(small ? 2 : 4);
  const auto lines = node_lines(work, node, small, size.x - px(small ? 42 : 20));
  const float fit = std::clamp(std::floor((size.y - px(8) - head) / row), 1.0F, static_cast<float>(lines.size()));
  float y = low.y + (small ? std::max(px(2), (size.y - head - fit * row) / 2) : px(8));
  ui::health_shape(list, {x + px(7), y + look().fonts.bold->FontSize / 2}, px(7), node.health);
  ui::draw_text(list, look().fonts.bold, {x + px(22), y}, node.reachable ? p.text : p.dim, node.name());
  const std::string state =
      node.health == Health::good ? (node.master ? "serving" : "live") : std::string(health_word(node.health));
  const float name_end = x + px(30) + ui::text_width(look().fonts.bold, node.name());
  float room = high.x - px(10) - name_end;
  std::string right = cat(node.master ? "MASTER" : "SLAVE", " · ", state);
  if (ui::text_width(font, right) >= room) right = state;  // the border's colour says the role too
  const float right_width = ui::text_width(font, right);
  if (right_width < room) {
    ui::draw_text(list, font, {high.x - right_width - px(10), y + px(2)},
                  node.health == Health::good ? role : health_colour(node.health), right);
    room -= right_width + px(6);
  }
  if (room > px(12)) {  // its colour in the plots
    const float middle = y + look().fonts.bold->FontSize / 2;
    list->AddRectFilled({name_end, middle - px(1.5F)}, {name_end + px(12), middle + px(1.5F)},
                        node_colour(work.connection()->cluster, node), px(1));
  }
  y += head;
  const auto line = [&](std::string_view value, ImU32 colour) {
    if (y + font->FontSize > high.y) return;
    ui::draw_text(list, font, {x + (small ? px(22) : px(0)), y}, colour, value, high.x - px(6));
    y += row;
  };
  for (const auto& [value, colour] : lines) line(value, colour);
  ImGui::PopClipRect();
  draw_node_menu(work, desk, node, low, size);
}

void ClusterPanel::draw_events(Workspace& work, ImVec2 low, ImVec2 size, std::size_t most) {
  const Palette& p = colours();
  const auto& events = work.connection()->cluster.events();
  ImGui::SetCursorScreenPos(low);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(12), px(8)});
  ImGui::BeginChild("##events", size, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  ui::heading("Events");
  if (events.empty()) ui::wrapped("Nothing has happened since this window connected.", p.faint);
  std::size_t shown = 0;
  for (auto it = events.rbegin(); it != events.rend() && shown < most; ++it, ++shown) {
    if (work.view == View::cluster && then_ > 0 && it->time > then_) continue;
    ImU32 colour = p.dim;  // NOLINT(clang-analyzer-deadcode.DeadStores): every kind has its own
    const char* shape = "○";
    switch (it->kind) {
      case EventKind::failed: colour = p.bad, shape = "✕"; break;
      case EventKind::left: colour = p.bad, shape = "⊘"; break;
      case EventKind::gap:
      case EventKind::lagging: colour = p.warn, shape = "▲"; break;
      case EventKind::joined:
      case EventKind::recovered:
      case EventKind::caught_up: colour = p.good, shape = "●"; break;
      case EventKind::master_changed: colour = p.master, shape = "◆"; break;
    }
    ui::text(shape, colour);
    ImGui::SameLine(px(34));
    ui::small(clock_time(it->unix_us).substr(0, 8), p.faint);
    ImGui::SameLine(0, px(8));
    ui::text(cat(it->node, " ", event_word(it->kind)), colour);
    if (!it->text.empty()) {
      ImGui::Indent(px(22));
      ui::small(one_line(it->text, 120));
      ImGui::Unindent(px(22));
    }
  }
  ImGui::EndChild();
}

namespace {

struct Fact {
  std::string name;
  std::string value;
  bool warning = false;
};

// Of an earlier release, which does not say, nothing.
std::vector<Fact> log_facts(const proto::LogStatus& log) {
  std::vector<Fact> facts;
  if (log.files != 0)
    facts.push_back({"log", cat(human_bytes(log.bytes), " in ", plural(log.files, "file", "files"), ", from ",
                                with_separators(log.first))});
  if (log.syncs != 0) {
    const auto time = [](std::uint64_t us) { return human_duration(std::chrono::microseconds(us)); };
    facts.push_back({"log sync", cat("p99 ", time(log.sync_p99_us), ", p50 ", time(log.sync_p50_us))});
  }
  if (log.trimmed_files != 0)
    facts.push_back(
        {"log removed", cat("up to ", with_separators(log.trimmed_to), ", ", plural(log.trimmed_files, "file", "files"),
                            ", ", human_age(log.trimmed_ms_ago), log.trimmed_ms_ago < 1'000 ? "" : " ago")});
  if (!log.held_by.empty())
    facts.push_back({"log held back by",
                     cat(log.held_by == proto::kOwnDatabase ? std::string("its own database") : log.held_by, ", from ",
                         with_separators(log.held_from), " on, for ", human_age(log.held_ms)),
                     true});
  return facts;
}

}  // namespace

void ClusterPanel::draw_details(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size) {
  const Palette& p = colours();
  const auto& nodes = then_ > 0 ? past_ : work.connection()->cluster.nodes();
  if (nodes.empty()) {
    ImGui::SetCursorScreenPos({low.x + px(14), low.y + px(10)});
    ui::dim(kNotLooking);
    return;
  }
  const NodeModel* node = nullptr;
  for (const auto& one : nodes) {
    if (one->key() == selected_) node = one.get();
  }
  if (node == nullptr) node = ClusterModel::master_of(nodes);
  if (node == nullptr) node = nodes.front().get();
  const proto::NodeStatus& s = node->status;
  ImGui::SetCursorScreenPos(low);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(14), px(10)});
  ImGui::BeginChild("##details", size, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  ui::inline_health(node->health);
  ImGui::SameLine(0, px(6));
  ui::heading(node->name());
  ImGui::SameLine();
  ui::badge(node->master ? "MASTER" : "SLAVE", node->master ? p.master : p.slave);
  ImGui::SameLine();
  ui::badge(node->master && node->health == Health::good ? "SERVING" : upper(health_word(node->health)),
            health_colour(node->health));
  if (!node->problem.empty()) ui::wrapped(node->problem, health_colour(node->health));
  ui::gap(2);
  if (ui::button("Run statements here")) {
    work.target = {client::Target::Kind::node, s.endpoint};
    work.view = View::query;
  }
  ui::same_line_if_fits(ui::button_width("Who is connected"));
  if (ui::button("Who is connected")) desk.open(std::make_unique<RequestsDialog>());
  ui::gap(2);
  const float column = px(142);
  const auto fact = [&](std::string_view name, std::string_view value, bool warning = false) {
    if (value.empty()) return;
    ui::small(name);
    ImGui::SameLine(column);
    warning ? ui::wrapped(value, p.warn) : ui::wrapped(value);
  };
  fact("state", s.state);
  fact("endpoint", s.endpoint);
  fact("publisher", s.publisher);
  if (s.epoch > 0) fact("epoch", cat(s.epoch));
  fact("position", with_separators(s.position));
  if (s.durable && s.durable->sequence != s.position)
    fact("on disk", cat(with_separators(s.durable->sequence), ", the end of its log"));
  if (!node->master) {
    const std::string lag = human_duration(std::chrono::milliseconds(s.lag_ms));
    fact("behind", node->health == Health::alone ? cat("not to be known: the master is away, ", lag, " by now")
                   : s.head == 0
                       ? lag  // as it was: how far the master was is not kept
                       : cat(s.head > s.position ? with_separators(s.head - s.position) : "0", " entries, ", lag));
  }
  fact("hash", s.hash.substr(0, 16));
  for (const Fact& of_log : log_facts(s.log)) fact(of_log.name, of_log.value, of_log.warning);
  fact("throughput", cat(fixed(s.entries_per_second, 1), " statements/s"));
  fact("queue", s.queue_capacity == 0 ? std::string() : cat(s.queue_depth, " of ", s.queue_capacity));
  fact("database", s.database_up ? "up" : "down");
  fact("server", s.database_version);
  fact("sqlcast", s.version);
  fact("security", s.security, s.security == "none");
  if (s.uptime_ms > 0) fact("up for", human_age(s.uptime_ms));
  for (const auto& [name, value] : s.counters) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    fact(words, with_separators(value));
  }
  ImGui::EndChild();
}

}  // namespace sqlcast::gui
