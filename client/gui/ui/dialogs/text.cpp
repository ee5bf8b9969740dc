#include "client/gui/ui/dialogs/text.h"

#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool TextDialog::draw(Workspace&, Desk& desk, bool) {
  ui::heading(title_);
  lines_.draw(-px(44));
  if (ui::button("Copy")) desk.copy(text_, "text");
  return true;
}

}  // namespace sqlcast::gui
