// ClusterPanel's plots, and the choice of their stretch of time and of the moment that is looked at.
#include <algorithm>
#include <string>
#include <vector>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/cluster_panel.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

const std::vector<const char*> kPlots = {"Throughput", "Lag", "Position"};
constexpr std::size_t kPositions = 2;
const std::vector<const char*> kRanges = {"1 min", "5 min", "1 h"};

}  // namespace

void ClusterPanel::draw_plots(Workspace& work, ImVec2 low, ImVec2 high, bool small) {
  const ClusterModel& cluster = work.connection()->cluster;
  std::vector<ui::PlotSeries> all;
  std::vector<ui::PlotSeries> slaves;
  for (const auto& node : cluster.nodes()) {
    const ImU32 colour = node_colour(cluster, *node);
    all.push_back({&node->throughput, node->status.name, colour});
    if (!node->master) slaves.push_back({&node->lag, node->status.name, colour});
  }
  std::vector<ui::PlotSeries> positions;
  for (std::size_t i = 0; i < all.size(); ++i)
    positions.push_back({&cluster.nodes()[i]->position, all[i].label, all[i].colour});
  ui::Plot plot;
  plot.now = work.connection()->now();
  // A window that has just connected has no five minutes to show.
  const double age = plot.now - work.connection()->connecting_since();
  plot.seconds = age < 55 || range_ == 0 ? 60 : age < 115 ? 120 : range_ == 1 ? 300 : 3'600;
  plot.mark = work.view == View::cluster ? then_ : 0;
  const bool across = !small && high.x - low.x > px(780);
  const float room = high.y - low.y;
  // Below each other, only so many as can be read.
  const int count = across ? 3 : room < px(150) ? 1 : room < px(280) ? 2 : 3;
  const auto place = [&](int index, ImVec2& from, ImVec2& to) {
    if (across) {
      const float width = (high.x - low.x - px(40)) / 3;
      from = {low.x + (width + px(20)) * static_cast<float>(index), low.y};
      to = {from.x + width, high.y};
    } else {
      const float height = (high.y - low.y - px(12) * static_cast<float>(count - 1)) / static_cast<float>(count);
      from = {low.x, low.y + (height + px(12)) * static_cast<float>(index)};
      to = {high.x, from.y + height};
    }
  };
  plot.legend = !small && cluster.nodes().size() <= 6;
  struct Kind {
    const char* unit;
    const std::vector<ui::PlotSeries>* series;
  };
  const Kind kinds[] = {{"statements/s", &all}, {"ms", &slaves}, {"sequence", &positions}};
  for (int i = 0; i < count; ++i) {
    const auto kind = static_cast<std::size_t>(count == 1 && work.view == View::cluster ? one_plot_ : i);
    ImVec2 from;
    ImVec2 to;
    place(i, from, to);
    plot.title = kPlots[kind];
    plot.unit = kinds[kind].unit;
    plot.from_zero = kind != kPositions;
    ui::draw_plot(plot, *kinds[kind].series, from, to);
  }
}

// "53 s ago"
std::string ClusterPanel::then_words(const Connection& connection) const {
  return cat(human_age(static_cast<std::uint64_t>(std::max(0.0, connection.now() - then_) * 1000)), " ago");
}

void ClusterPanel::draw_back_in_time(const Connection& connection, float width) {
  const double since = connection.cluster.looked_since();
  const double oldest = since > 0 ? std::min(3'600.0, connection.now() - since) : 0;
  auto back = static_cast<float>(then_ > 0 ? connection.now() - then_ : 0);
  ImGui::SetNextItemWidth(width);
  if (ImGui::SliderFloat("##back", &back, static_cast<float>(std::max(oldest, 1.0)), 0, then_ > 0 ? "" : "now"))
    then_ = back < 1 ? 0 : connection.now() - static_cast<double>(back);
  ui::note_item("Back in time");
  ui::tooltip("Drag to the left: the nodes, their lag and the events as they were then");
}

// All of draw_time(), and which plot there is, behind one button that ends at `right`.
void ClusterPanel::draw_time_menu(Workspace& work, ImVec2 right) {
  const Connection& connection = *work.connection();
  const std::string words = then_ > 0 ? then_words(connection) : std::string(kRanges[static_cast<std::size_t>(range_)]);
  const std::string label = cat(words, " ▾##time");
  ImGui::SetCursorScreenPos({right.x - ui::button_width(label.c_str()), right.y});
  if (then_ > 0) ImGui::PushStyleColor(ImGuiCol_Text, colours().busy);
  const bool pressed = ui::button(label.c_str(), ui::Style::ghost);
  if (then_ > 0) ImGui::PopStyleColor();
  ui::note("Time", ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), true);
  ui::tooltip("What the plot shows, and back in time");
  if (pressed) ImGui::OpenPopup("##time");
  if (!ImGui::BeginPopup("##time")) return;
  for (std::size_t i = 0; i < kPlots.size(); ++i) {
    if (ui::menu_item(kPlots[i], nullptr, one_plot_ == static_cast<int>(i))) one_plot_ = static_cast<int>(i);
  }
  ImGui::Separator();
  for (std::size_t i = 0; i < kRanges.size(); ++i) {
    if (ui::menu_item(kRanges[i], nullptr, range_ == static_cast<int>(i))) range_ = static_cast<int>(i);
  }
  ImGui::Separator();
  draw_back_in_time(connection, px(200));
  if (then_ > 0 && ui::menu_item("Now")) then_ = 0;
  ImGui::EndPopup();
}

// Which stretch of the last hour the plots show, and which moment of it everything else does.
void ClusterPanel::draw_time(Workspace& work, ImVec2 low, float width) {
  const Connection& connection = *work.connection();
  ImGui::SetCursorScreenPos(low);
  ImGui::PushClipRect(low, {low.x + width, low.y + ImGui::GetFrameHeight() + px(2)}, true);
  ui::segments("range", kRanges, &range_);
  ImGui::SameLine(0, px(14));
  draw_back_in_time(connection, std::max(px(90), std::min(px(320), width - px(420))));
  if (then_ > 0) {
    ImGui::SameLine();
    if (ui::button("Now")) then_ = 0;
    ImGui::SameLine();
    ui::badge("AS IT WAS", colours().busy);
    ImGui::SameLine();
    ui::dim(then_words(connection));
  }
  ImGui::PopClipRect();
}

}  // namespace sqlcast::gui
