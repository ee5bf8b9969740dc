// PolicyDialog: what a code of the SQL policy means and what to do, over the whole page. UI thread only.
#pragma once

#include <string_view>

#include "client/gui/model/policy_page.h"
#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/lines.h"

namespace sqlcast::gui {

class PolicyDialog final : public Dialog {
 public:
  explicit PolicyDialog(std::string_view code) : code_(policy_code(code)), page_(policy_page()) {}
  Frame frame() const override { return {"policy", "The SQL policy", 820, 560}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  std::optional<PolicyCode> code_;
  Lines page_;
};

}  // namespace sqlcast::gui
