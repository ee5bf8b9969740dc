// FileList: the folder that a path stands in, to be walked through by clicks. Reads a folder when it is another one.
// UI thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sqlcast::gui {

class FileList {
 public:
  // `height` as of ImGui::BeginChild(). A click changes `path`; true when it then names a file.
  bool draw(std::string& path, float height);

 private:
  void list_folder(const std::string& path);

  std::string folder_;
  std::vector<std::pair<std::string, bool>> list_;  // name, folder
};

}  // namespace sqlcast::gui
