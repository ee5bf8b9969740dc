// DiagramPanel: the tables of a database and their foreign keys as an entity-relationship picture; laid out by
// itself, boxes can be dragged, the view moved and zoomed. UI thread only.
#pragma once

#include <cstdint>
#include <string>

#include <imgui.h>

#include "client/gui/model/er_layout.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class DiagramPanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);

 private:
  void show(const std::string& database);
  void lay_out_again(const SchemaDatabase& database, ImVec2 area);
  void fit(ImVec2 area);
  void draw_edge(const ErEdge& edge, ImVec2 origin);
  void draw_box(const SchemaDatabase& database, std::size_t index, ImVec2 origin);
  std::size_t box_at(ImVec2 point) const;
  void handle_keys(ImVec2 area);
  bool draw_tools(Workspace& work);
  const char* missing(Workspace& work, const SchemaDatabase* database) const;
  void handle_input(Workspace& work, ImVec2 area_low, ImVec2 area);
  void draw_ground(ImVec2 low, ImVec2 high) const;
  void draw_signs(ImVec2 low, ImVec2 size) const;
  void zoom_at(ImVec2 point, float factor);  // in the area: what is there stays there

  std::string database_;
  ErDiagram diagram_;
  std::uint64_t version_ = 0;  // of the schema that the diagram shows
  float laid_scale_ = 0;
  float zoom_ = 1;
  ImVec2 pan_{0, 0};
  bool fitted_ = false;
  int drawn_ = -2;  // frame
  std::size_t dragging_ = ~std::size_t{0};
  std::size_t hovered_ = ~std::size_t{0};
};

}  // namespace sqlcast::gui
