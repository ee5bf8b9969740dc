// Lines: a long text of which only what is seen is drawn; long lines are broken. UI thread only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::gui {

class Lines {
 public:
  Lines() = default;
  explicit Lines(std::string_view text);
  bool empty() const { return lines_.empty(); }
  void draw(float height) const;  // < 0: so much is left below

 private:
  std::vector<std::string> lines_;
};

}  // namespace sqlcast::gui
