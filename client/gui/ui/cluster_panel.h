// ClusterPanel: the topology with live flow, the nodes' facts, time plots, the timeline of events; in full as a view,
// and small beside the editor. UI thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/cluster_model.h"
#include "client/gui/ui/plot.h"

namespace sqlcast::gui {

class Connection;
class Desk;
class Workspace;

class ClusterPanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);        // the view
  void draw_small(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);  // beside the editor
  const std::string& selected() const { return selected_; }

 private:
  void draw_topology(Workspace& work, Desk& desk, ImVec2 low, ImVec2 high, bool small);
  void draw_node(Workspace& work, Desk& desk, const NodeModel& node, ImVec2 low, ImVec2 size, bool small);
  void draw_node_menu(Workspace& work, Desk& desk, const NodeModel& node, ImVec2 low, ImVec2 size);
  void draw_link(Workspace& work, const NodeModel& node, ImVec2 from, ImVec2 to);
  void draw_plots(Workspace& work, ImVec2 low, ImVec2 high, bool small);
  void draw_events(Workspace& work, ImVec2 low, ImVec2 size, std::size_t most);
  void draw_details(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);
  void draw_nobody(Workspace& work, ImVec2 low, ImVec2 high);
  ImU32 node_colour(const ClusterModel& cluster, const NodeModel& node) const;

  void draw_time(Workspace& work, ImVec2 low, float width);
  void draw_time_menu(Workspace& work, ImVec2 right);
  void draw_back_in_time(const Connection& connection, float width);
  std::string then_words(const Connection& connection) const;
  static void draw_not_looking(ImVec2 at);

  std::string selected_;          // key of a node
  int range_ = 1;                 // of the plots: a minute, five, an hour
  int one_plot_ = 0;              // which, where only one has room
  std::uint64_t connection_ = 0;  // of the Workspace, when it was drawn last
  double then_ = 0;               // the moment that is looked at; 0 = now
  double past_of_ = 0;            // when `past_` was
  std::vector<std::unique_ptr<NodeModel>> past_;
};

}  // namespace sqlcast::gui
