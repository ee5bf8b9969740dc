// ClusterPanel: the topology with live flow, the nodes' facts, time plots, the timeline of events; in full as a view,
// and small beside the editor. UI thread only.
#pragma once

#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/cluster_model.h"
#include "client/gui/ui/plot.h"

namespace sqlcast::gui {

class App;

class ClusterPanel {
 public:
  void draw(App& app, ImVec2 low, ImVec2 size);        // the view
  void draw_small(App& app, ImVec2 low, ImVec2 size);  // beside the editor
  const std::string& selected() const { return selected_; }

 private:
  void draw_topology(App& app, ImVec2 low, ImVec2 high, bool small);
  void draw_node(App& app, const NodeView& node, ImVec2 low, ImVec2 size, bool small);
  void draw_link(App& app, const NodeView& node, ImVec2 from, ImVec2 to);
  void draw_plots(App& app, ImVec2 low, ImVec2 high, bool small);
  void draw_events(App& app, ImVec2 low, ImVec2 size, std::size_t most);
  void draw_details(App& app, ImVec2 low, ImVec2 size);
  void draw_nobody(App& app, ImVec2 low, ImVec2 high);
  ImU32 node_colour(const ClusterModel& cluster, const NodeView& node) const;

  std::string selected_;  // key of a node
};

}  // namespace sqlcast::gui
