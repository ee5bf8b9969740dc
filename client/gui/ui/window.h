// Window: the GLFW window with its OpenGL context, and the loop that draws frames only when something changed.
// The main thread's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

struct GLFWwindow;

namespace sqlcast::gui {

class App;
class ScriptRunner;

class Window {
 public:
  // Opens a window of this size. io with what to do when there is no display.
  static Result<std::unique_ptr<Window>> open(int width, int height, const std::string& title);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  static void wake();  // a frame soon; any thread
  float content_scale() const;

  // Until the app is done or the window is closed. `script` may be null; `screenshot`: a file for a picture of the
  // window once it has settled, then the end; empty = none.
  Status run(App& app, ScriptRunner* script, const std::string& screenshot);

  Status save_picture(const std::string& path);  // PNG of the frame last drawn
  void resize(int width, int height);
  void fonts_changed();  // uploads the atlas again

 private:
  struct Impl;
  static int key_of(int code, int scancode);
  static void take_input(GLFWwindow* window);
  void lay_out(App& app, ScriptRunner* script, double now);
  void draw_last();
  explicit Window(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::gui
