#include "client/gui/ui/dialogs/file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

FileDialog::FileDialog(Purpose purpose, std::string path, Chosen chosen)
    : purpose_(purpose), chosen_(std::move(chosen)), path_(std::move(path)) {
  const char* home = std::getenv("HOME");
  if (path_.empty()) path_ = cat(home != nullptr ? home : ".", purpose == Purpose::save ? "/query.sql" : "/");
}

void FileDialog::list_folder() {
  const std::string folder = path_.substr(0, path_.rfind('/') + 1);
  if (folder == folder_) return;
  folder_ = folder;
  list_.clear();
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder.empty() ? "." : folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || !is_utf8(name) || list_.size() > 2'000) continue;
    std::error_code ignored;
    list_.emplace_back(name, it->is_directory(ignored));
  }
  std::sort(list_.begin(), list_.end(), [](const auto& a, const auto& b) {
    if (a.second != b.second) return a.second;
    return a.first < b.first;
  });
}

bool FileDialog::draw(Workspace&, Desk&, bool just_opened) {
  if (just_opened) ImGui::SetKeyboardFocusHere();
  bool take = ui::input("File path", path_, "/path/to/file.sql", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  list_folder();
  ImGui::BeginChild("##files", {0, -px(48)}, false);
  std::string go;
  const std::size_t slash = folder_.size() > 1 ? folder_.rfind('/', folder_.size() - 2) : std::string::npos;
  if (slash != std::string::npos && ui::selectable("▴ ..")) go = folder_.substr(0, slash + 1);
  for (const auto& [name, folder] : list_) {
    if (ui::selectable(cat(folder ? "▸ " : "   ", name).c_str())) go = cat(folder_, name, folder ? "/" : "");
  }
  if (!go.empty()) path_ = go;
  ImGui::EndChild();
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
