#include "client/gui/ui/key_input.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/gui/model/keys.h"

namespace sqlcast::gui {

namespace {
bool is_modifier(unsigned code) { return code >= key::kLeftShift && code <= key::kRightSuper; }
}  // namespace

void KeyInput::add(Event event) {
  if (events_.size() < kMost) events_.push_back(std::move(event));
}

void KeyInput::key(int code, bool down) {
  if (code < 0 || code >= IM_ARRAYSIZE(ImGuiIO::KeysDown)) return;
  add({down ? Kind::down : Kind::up, static_cast<unsigned>(code), {}});
}

void KeyInput::character(unsigned code_point) { add({Kind::character, code_point, {}}); }

void KeyInput::press(std::function<void()> run) { add({Kind::other, 0, std::move(run)}); }

void KeyInput::deliver(ImGuiIO& io) {
  std::vector<unsigned> released;
  bool pressed = false;  // then only the characters that the press made belong to this frame
  while (!events_.empty()) {
    const Event& event = events_.front();
    const bool again = std::find(released.begin(), released.end(), event.code) != released.end();
    if (event.kind != Kind::character && (pressed || (event.kind == Kind::down && again))) break;
    switch (event.kind) {
      case Kind::up:
        io.KeysDown[event.code] = false;
        released.push_back(event.code);
        break;
      case Kind::down:
        io.KeysDown[event.code] = true;
        pressed = !is_modifier(event.code);
        break;
      case Kind::character:
        io.AddInputCharacter(event.code);
        pressed = true;
        break;
      case Kind::other:
        event.run();
        pressed = true;
        break;
    }
    events_.pop_front();
  }
  io.KeyCtrl = io.KeysDown[key::kLeftControl] || io.KeysDown[key::kRightControl];
  io.KeyShift = io.KeysDown[key::kLeftShift] || io.KeysDown[key::kRightShift];
  io.KeyAlt = io.KeysDown[key::kLeftAlt] || io.KeysDown[key::kRightAlt];
  io.KeySuper = io.KeysDown[key::kLeftSuper] || io.KeysDown[key::kRightSuper];
}

}  // namespace sqlcast::gui
