// What is shown while no cluster has answered yet: what to do, and a button that starts a local one. UI thread only.
#pragma once

namespace sqlcast::gui {

class Desk;
class Workspace;

void draw_first_steps(Workspace& work, Desk& desk);  // from the cursor on, in the window that is begun

}  // namespace sqlcast::gui
