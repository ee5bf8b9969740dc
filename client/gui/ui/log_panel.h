// LogPanel: the replicated statements, live and from the log. UI thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/log_model.h"

namespace sqlcast::gui {

class Desk;
class Workspace;

class LogPanel {
 public:
  void draw(Workspace& work, Desk& desk, ImVec2 low, ImVec2 size);

 private:
  void draw_tools(Workspace& work);
  void draw_rows(Workspace& work, ImVec2 size);
  void draw_shapes(Workspace& work, ImVec2 size);
  void handle_keys(Workspace& work, const LogModel& log, double fits);
  std::string filter_;
  std::string jump_;
  int drawn_ = -2;  // frame
  bool follow_ = true;
  double top_ = 0;
  std::size_t selected_ = ~std::size_t{0};
  std::optional<LogRow> picked_;
  int what_ = 0;         // statements, or their shapes
  int order_ = 0;        // of the shapes
  double counted_ = -1;  // when shapes_ was
  int counted_order_ = 0;
  std::vector<LogShapes::Shape> shapes_;
};

}  // namespace sqlcast::gui
