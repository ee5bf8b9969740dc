#include "client/gui/ui/dialogs/file_list.h"

#include <algorithm>
#include <filesystem>

#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

void FileList::list_folder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
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

bool FileList::draw(std::string& path, float height) {
  list_folder(path);
  ImGui::BeginChild("##files", {0, height}, false);
  std::string go;
  bool file = false;
  const std::size_t slash = folder_.size() > 1 ? folder_.rfind('/', folder_.size() - 2) : std::string::npos;
  if (slash != std::string::npos && ui::selectable("▴ ..")) go = folder_.substr(0, slash + 1);
  for (const auto& [name, folder] : list_) {
    if (!ui::selectable(cat(folder ? "▸ " : "   ", name).c_str())) continue;
    go = cat(folder_, name, folder ? "/" : "");
    file = !folder;
  }
  if (!go.empty()) path = go;
  ImGui::EndChild();
  return file;
}

}  // namespace sqlcast::gui
