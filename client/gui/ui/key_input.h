// KeyInput: what keyboard and mouse buttons did, in their order, handed to Dear ImGui so that a frame sees at most one
// press and the characters that it made. Otherwise what comes while a slow frame is drawn would lose its order: "a",
// Enter, "b" would be a line break and "ab", and a key that went down and up would not have been pressed at all.
// UI thread only.
#pragma once

#include <deque>
#include <functional>

#include <imgui.h>

namespace sqlcast::gui {

class KeyInput {
 public:
  static constexpr std::size_t kMost = 65'536;  // waiting; what comes then is let go

  void key(int code, bool down);
  void character(unsigned code_point);
  // Some other press, such as a mouse button's: it is run in its place among the keys, once.
  void press(std::function<void()> run);

  // Hands on what the next frame is to see; before ImGui::NewFrame().
  void deliver(ImGuiIO& io);
  bool pending() const { return !events_.empty(); }  // another frame is needed at once

 private:
  enum class Kind : unsigned char { down, up, character, other };
  struct Event {
    Kind kind = Kind::other;
    unsigned code = 0;
    std::function<void()> run;
  };
  void add(Event event);

  std::deque<Event> events_;
};

}  // namespace sqlcast::gui
