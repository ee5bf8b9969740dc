#include "client/gui/ui/dialogs/file.h"

#include <cstdlib>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

FileDialog::FileDialog(Purpose purpose, std::string path, Chosen chosen)
    : purpose_(purpose), chosen_(std::move(chosen)), path_(std::move(path)) {
  const char* home = std::getenv("HOME");
  if (path_.empty()) path_ = cat(home != nullptr ? home : ".", purpose == Purpose::save ? "/query.sql" : "/");
}

bool FileDialog::draw(Workspace&, Desk&, bool just_opened) {
  if (just_opened) ImGui::SetKeyboardFocusHere();
  bool take = ui::input("File path", path_, "/path/to/file.sql", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  list_.draw(path_, -px(48));
  take = ui::button(purpose_ == Purpose::save ? "Save" : "Open", ui::Style::primary) || take;
  if (!take || path_.empty() || path_.ends_with('/')) return true;
  chosen_(path_);
  return false;
}

void open_file_dialog(Workspace& work, Desk& desk) {
  desk.open(std::make_unique<FileDialog>(FileDialog::Purpose::open, std::string(),
                                         [&work](const std::string& path) { work.open_file(path); }));
}

void save_file_dialog(Workspace& work, Desk& desk) {
  desk.open(std::make_unique<FileDialog>(FileDialog::Purpose::save, work.tab().path,
                                         [&work](const std::string& path) { work.save_file(work.tab(), path); }));
}

void save_tab(Workspace& work, Desk& desk) {
  if (work.tab().path.empty()) return save_file_dialog(work, desk);
  work.save_file(work.tab(), work.tab().path);
}

}  // namespace sqlcast::gui
