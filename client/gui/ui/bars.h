// Bars: the top bar (connection, views, where statements run) and the status bar. UI thread only.
#pragma once

#include <vector>

#include "client/gui/ui/commands.h"

namespace sqlcast::gui {

float top_bar_height();
float status_bar_height();
void draw_top_bar(Workspace& work, Desk& desk, const std::vector<Command>& commands);
// What all of the window is to be seen with: the master does not answer. Returns its height, 0 when there is nothing.
float draw_banner(const Workspace& work, float top);
void draw_status_bar(const Workspace& work);

}  // namespace sqlcast::gui
