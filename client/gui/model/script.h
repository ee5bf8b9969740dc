// Script: the steps of `--script FILE`, one a line; docs/desktop-client.md describes them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqlcast::gui {

enum class StepKind : std::uint8_t {
  wait,         // wait CONDITION… [within SECONDS]
  assert_that,  // assert CONDITION…
  click,        // click "LABEL" [#N]
  double_click,
  right_click,
  drag,  // drag "LABEL" DX DY
  hover,
  type,        // type "TEXT"
  paste,       // paste "TEXT", by way of the clipboard
  key,         // key Ctrl+Shift+Enter
  scroll,      // scroll "LABEL" LINES
  screenshot,  // screenshot FILE
  resize,      // resize WIDTH HEIGHT
  drop,        // drop FILE, as if it was dropped on the window
  set,         // set theme light, set scale 1.5, set view cluster
  pause,       // pause SECONDS
  print,       // print "TEXT" or print STATE
  quit,
};

struct ScriptStep {
  StepKind kind = StepKind::pause;
  std::size_t line = 0;
  std::string source;              // the line, for messages
  std::vector<std::string> words;  // arguments, quotes removed
  double within = 20;              // wait: seconds
  std::size_t which = 0;           // click: 0 = the first with that label
};

// config with the line and what was expected.
Result<std::vector<ScriptStep>> parse_script(std::string_view text);

// "Ctrl+Shift+Enter" → key code (GLFW's numbers) and modifiers.
struct KeyChord {
  int key = 0;
  bool ctrl = false;
  bool shift = false;
  bool alt = false;
  bool operator==(const KeyChord&) const = default;
};
Result<KeyChord> parse_chord(std::string_view text);

}  // namespace sqlcast::gui
