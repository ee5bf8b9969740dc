// ScriptRunner: performs the steps of a script as synthetic input, a frame at a time, on whatever window there is.
// UI thread only.
// Why so: docs/decisions/0029-window-and-its-backend.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/script.h"

namespace sqlcast::gui {

class App;

class ScriptRunner {
 public:
  struct Hooks {
    std::function<Status(const std::string& path)> screenshot;  // of the frame last drawn
    std::function<void(int width, int height)> resize;
    std::function<void(const std::string& line)> print;
  };

  ScriptRunner(std::vector<ScriptStep> steps, Hooks hooks) : steps_(std::move(steps)), hooks_(std::move(hooks)) {}

  // Before ImGui::NewFrame(), after the window's own input: puts the script's input in its place.
  void before_frame(App& app, double now);
  // After the frame was drawn: screenshots, conditions.
  void after_frame(App& app, double now);

  bool finished() const { return finished_; }
  const std::string& failure() const { return failure_; }  // empty = every step went well

 private:
  void begin(App& app, const ScriptStep& step, double now);
  void press(const KeyChord& chord);
  void advance(double now);
  void fail(App& app, const ScriptStep& step, std::string_view why);
  std::optional<bool> holds(App& app, const ScriptStep& step, std::string& seen) const;  // nothing: no such fact
  bool find_place(const ScriptStep& step);

  std::vector<ScriptStep> steps_;
  Hooks hooks_;
  std::size_t at_ = 0;
  int phase_ = 0;  // frames spent in the step
  double since_ = -1;
  ImVec2 mouse_{-1, -1};
  bool down_[3] = {false, false, false};
  ImVec2 place_{0, 0};
  bool finished_ = false;
  std::string failure_;
};

}  // namespace sqlcast::gui
