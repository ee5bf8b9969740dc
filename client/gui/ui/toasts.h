// The toasts in the corner of the window. UI thread only.
#pragma once

namespace sqlcast::gui {

class Desk;
class Workspace;

// After everything else: they lie over it.
void draw_toasts(Workspace& work, Desk& desk);

}  // namespace sqlcast::gui
