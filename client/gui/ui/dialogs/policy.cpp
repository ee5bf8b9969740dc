#include "client/gui/ui/dialogs/policy.h"

#include <imgui.h>

#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

bool PolicyDialog::draw(Workspace&, Desk& desk, bool) {
  if (code_) {
    ui::heading(code_->code);
    ui::wrapped(cat("Refused: ", code_->refused));
    ui::wrapped(cat("Instead: ", code_->advice), colours().good);
    ui::gap(4);
  }
  ui::dim("The page docs/sql-policy.md of this release:");
  page_.draw(-px(44));
  if (ui::button("Copy the page")) desk.copy(policy_page(), "page");
  return true;
}

}  // namespace sqlcast::gui
