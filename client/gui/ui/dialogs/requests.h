// RequestsDialog: what is under way at every node and who asks there, with a button that stops one. UI thread only.
#pragma once

#include "client/gui/model/requests_model.h"
#include "client/gui/ui/dialogs/dialog.h"

namespace sqlcast::gui {

class RequestsDialog final : public Dialog {
 public:
  Frame frame() const override { return {"requests", "Who is connected, and what runs", 980, 560}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  void draw_requests(Backend& backend);
  void draw_clients();

  RequestsModel model_;
  std::uint64_t connection_ = 0;  // of the Workspace: of another one nothing is shown
};

}  // namespace sqlcast::gui
