// Time plots on an ImDrawList: several series, minimum and maximum per pixel, axes with units. UI thread only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <imgui.h>

#include "client/gui/model/time_series.h"

namespace sqlcast::gui::ui {

struct PlotSeries {
  const TimeSeries* series = nullptr;
  std::string label;
  ImU32 colour = 0;
};

struct Plot {
  std::string_view title;
  std::string_view unit;  // "statements/s", "ms", "sequence"
  double seconds = 300;   // shown, up to `now`
  double now = 0;
  double mark = 0;        // a line at this time; 0 = none
  bool from_zero = true;  // otherwise the axis fits the values
  bool legend = true;
};

// In the rectangle. Values under the mouse are shown beside the cursor.
void draw_plot(const Plot& plot, const std::vector<PlotSeries>& series, ImVec2 low, ImVec2 high);

}  // namespace sqlcast::gui::ui
