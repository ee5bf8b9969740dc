// FileDialog: names a file to open or to save to. UI thread only; lists folders as they are walked through.
#pragma once

#include <functional>
#include <string>

#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/file_list.h"

namespace sqlcast::gui {

class FileDialog final : public Dialog {
 public:
  enum class Purpose : bool { open, save };
  using Chosen = std::function<void(const std::string& path)>;

  // `path` empty: begins in the home folder.
  FileDialog(Purpose purpose, std::string path, Chosen chosen);
  Frame frame() const override { return {"file", "File", 680, 500}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;

 private:
  const Purpose purpose_;
  const Chosen chosen_;
  std::string path_;
  FileList list_;
};

// The dialogs by which the active tab gets its text from a file, and its text into one.
void open_file_dialog(Workspace& work, Desk& desk);
void save_file_dialog(Workspace& work, Desk& desk);
// Into the tab's own file where it has one.
void save_tab(Workspace& work, Desk& desk);

}  // namespace sqlcast::gui
