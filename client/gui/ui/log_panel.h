// LogPanel: the replicated statements, live and from the log. UI thread only.
#pragma once

#include <optional>
#include <string>

#include <imgui.h>

#include "client/gui/model/log_model.h"

namespace sqlcast::gui {

class App;

class LogPanel {
 public:
  void draw(App& app, ImVec2 low, ImVec2 size);
  void focus_filter() { focus_ = true; }

 private:
  void draw_tools(App& app);
  void draw_rows(App& app, ImVec2 size);
  void handle_keys(App& app, const LogModel& log, double fits);
  std::string filter_;
  std::string jump_;
  bool focus_ = false;
  int drawn_ = -2;  // frame
  bool follow_ = true;
  double top_ = 0;
  std::size_t selected_ = ~std::size_t{0};
  std::optional<LogRow> picked_;
};

}  // namespace sqlcast::gui
