// A scroll bar over any number of units, in double precision: a million rows do not fit a float's pixels.
// UI thread only.
#pragma once

#include <imgui.h>

namespace sqlcast::gui::ui {

// Between `low` and `high` on screen. `position` is the first unit shown of `total`, `visible` how many fit.
// True when it was moved. Draws nothing when all fits.
bool scrollbar(const char* id, bool vertical, ImVec2 low, ImVec2 high, double* position, double visible, double total);

}  // namespace sqlcast::gui::ui
