#include "client/gui/ui/window.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>
#include <stb_image_write.h>

#include "base/clock.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/key_input.h"
#include "client/gui/ui/script_runner.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr double kIdleWait = 0.2;  // five frames a second when nothing happens
constexpr double kAnimationWait = 0.033;
constexpr double kScriptWait = 0.004;
constexpr double kBetweenFonts = 0.5;
constexpr double kKeysBudget = 0.1;    // seconds of layout for keys that wait, before a frame is shown in between
constexpr int kSettleFrames = 3;       // after an input, so that what it opened is laid out
constexpr double kSettledAfter = 2.5;  // seconds, for --screenshot

std::string& last_error() {
  static std::string text;
  return text;
}

// Set while the loop runs: what is to be saved when the display is lost.
App*& running_app() {
  static App* app = nullptr;
  return app;
}

// Xlib calls this, on the thread that draws, when its connection breaks, and ends the program when it returns.
int display_lost(void*) {
  const Status kept = running_app() != nullptr ? running_app()->workspace().save() : ok_status();
  std::fputs("sqlcast-client: the display was lost, and the window with it; ", stderr);
  std::fputs(kept.ok() ? "tabs and settings are saved\n" : cat(kept.message, "\n").c_str(), stderr);
  std::_Exit(1);
}

// GLFW has libX11 in the program when the display is X11; there is nothing to do for others.
void watch_display() {
  using Handler = int (*)(void*);
  auto* const set = reinterpret_cast<Handler (*)(Handler)>(dlsym(RTLD_DEFAULT, "XSetIOErrorHandler"));
  if (set != nullptr) set(display_lost);
}

void take_error(int code, const char* text) { last_error() = cat("GLFW ", code, ": ", text); }

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct Window::Impl {
  GLFWwindow* window = nullptr;
  KeyInput keys;
  std::vector<std::string> dropped;  // files, since the last frame
  bool input = false;                // something came from the user since the last frame
  bool exposed = true;               // what is on the screen may not be what was drawn last
  std::size_t on_screen = 0;         // digest of what was
};

namespace {

// Minimised, or not mapped: on another workspace of some window managers. Wayland tells of neither; there the swap of
// buffers waits until the window is to be seen.
bool hidden(GLFWwindow* window) {
  return glfwGetWindowAttrib(window, GLFW_ICONIFIED) != 0 || glfwGetWindowAttrib(window, GLFW_VISIBLE) == 0;
}

// Of all that a frame draws: the same digest, the same picture.
std::size_t digest_of(const ImDrawData& data) {
  std::size_t digest = static_cast<std::size_t>(data.TotalIdxCount);
  const auto add = [&digest](const void* from, std::size_t size) {
    digest = digest * 31 + std::hash<std::string_view>()({static_cast<const char*>(from), size});
  };
  for (int i = 0; i < data.CmdListsCount; ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    add(list.VtxBuffer.Data, static_cast<std::size_t>(list.VtxBuffer.size_in_bytes()));
    add(list.IdxBuffer.Data, static_cast<std::size_t>(list.IdxBuffer.size_in_bytes()));
    for (const ImDrawCmd& command : list.CmdBuffer) add(&command.ClipRect, sizeof command.ClipRect);
  }
  return digest;
}

}  // namespace

Window::Window(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// The letter that stands on the key in the person's own layout: Ctrl+Z is where Z is.
int Window::key_of(int code, int scancode) {
  if (code < GLFW_KEY_A || code > GLFW_KEY_GRAVE_ACCENT) return code;
  const char* const name = glfwGetKeyName(code, scancode);
  if (name == nullptr || name[0] < 'a' || name[0] > 'z' || name[1] != 0) return code;
  return GLFW_KEY_A + (name[0] - 'a');
}

void Window::take_input(GLFWwindow* window) {
  static const auto kImpl = [](GLFWwindow* w) -> Impl& { return *static_cast<Impl*>(glfwGetWindowUserPointer(w)); };
  static const auto kTouched = [](GLFWwindow* w) -> Impl& {
    kImpl(w).input = true;
    return kImpl(w);
  };
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { kTouched(w); });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { kTouched(w).exposed = true; });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { kTouched(w).exposed = true; });
  glfwSetKeyCallback(window, [](GLFWwindow* w, int code, int scancode, int action, int) {
    Impl& impl = kTouched(w);
    // Held keys are repeated by Dear ImGui, by the time that has passed.
    if (action != GLFW_REPEAT) impl.keys.key(key_of(code, scancode), action == GLFW_PRESS);
  });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned code_point) { kTouched(w).keys.character(code_point); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int button, int action, int mods) {
    kTouched(w).keys.press([w, button, action, mods] { ImGui_ImplGlfw_MouseButtonCallback(w, button, action, mods); });
  });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double x, double y) {
    kTouched(w);
    ImGui_ImplGlfw_ScrollCallback(w, x, y);
  });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int focused) {
    kTouched(w);
    ImGui_ImplGlfw_WindowFocusCallback(w, focused);
  });
  glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
    Impl& impl = kTouched(w);
    for (int i = 0; i < count; ++i) impl.dropped.emplace_back(paths[i]);
  });
  glfwSetCursorEnterCallback(window, ImGui_ImplGlfw_CursorEnterCallback);
}

void Window::wake() { glfwPostEmptyEvent(); }

Result<std::unique_ptr<Window>> Window::open(int width, int height, const std::string& title) {
  glfwSetErrorCallback(take_error);
  if (glfwInit() == 0) {
    return Status::error(Code::io, cat("No window can be opened (", last_error(),
                                       "). Is there a display? DISPLAY or WAYLAND_DISPLAY must name one; without one, "
                                       "the shell `sqlcast` does the same work."));
  }
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  auto impl = std::make_unique<Impl>();
  impl->window = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
  if (impl->window == nullptr) {
    const std::string why = last_error();
    glfwTerminate();
    return Status::error(Code::io, cat("No window with OpenGL 3.2 can be opened (", why,
                                       "). The package libgl1-mesa-dri brings a driver that needs no graphics card."));
  }
  glfwMakeContextCurrent(impl->window);
  glfwSwapInterval(1);
  glfwSetWindowSizeLimits(impl->window, 640, 400, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwSetWindowUserPointer(impl->window, impl.get());
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  ImGui_ImplGlfw_InitForOpenGL(impl->window, false);
  take_input(impl->window);
  ImGui_ImplOpenGL3_Init("#version 150");
  return std::unique_ptr<Window>(new Window(std::move(impl)));
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(impl_->window);
  glfwTerminate();
}

float Window::content_scale() const {
  float x = 1;
  float y = 1;
  glfwGetWindowContentScale(impl_->window, &x, &y);
  return std::clamp(x, 1.0F, 4.0F);
}

void Window::fonts_changed() {
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

void Window::resize(int width, int height) { glfwSetWindowSize(impl_->window, width, height); }

void Window::draw_last() {
  int width = 0;
  int height = 0;
  glfwGetFramebufferSize(impl_->window, &width, &height);
  glViewport(0, 0, width, height);
  const ImVec4 ground = to_vec(colours().ground);
  glClearColor(ground.x, ground.y, ground.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

Status Window::save_picture(const std::string& path) {
  int width = 0;
  int height = 0;
  glfwGetFramebufferSize(impl_->window, &width, &height);
  std::vector<unsigned char> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  // Drawn once more into the back buffer: what is in the front one after a swap is not ours to read everywhere.
  draw_last();
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadBuffer(GL_BACK);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
  stbi_flip_vertically_on_write(1);
  if (stbi_write_png(path.c_str(), width, height, 3, pixels.data(), width * 3) == 0) {
    return Status::error(Code::io, cat("The picture ", path, " cannot be written: is the folder there?"));
  }
  return ok_status();
}

void Window::lay_out(App& app, ScriptRunner* script, double now) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  impl_->keys.deliver(ImGui::GetIO());
  if (script != nullptr) script->before_frame(app, now);
  ImGui::NewFrame();
  app.frame(now, unix_microseconds());
  ImGui::Render();
}

Status Window::run(App& app, ScriptRunner* script, const std::string& screenshot) {
  int settle = kSettleFrames;
  const double started = steady_seconds();
  double fonts_made = 0;
  Settings& settings = app.workspace().settings;
  float fonts_scale = settings.scale;  // that the fonts have been made at
  running_app() = &app;
  watch_display();
  const std::unique_ptr<App*, void (*)(App**)> until_the_end(&running_app(), [](App** running) { *running = nullptr; });
  while (!app.done()) {
    if (glfwWindowShouldClose(impl_->window) != 0) {
      glfwSetWindowShouldClose(impl_->window, GLFW_FALSE);
      app.quit();
      settle = kSettleFrames;
    }
    if (script != nullptr) {
      glfwWaitEventsTimeout(kScriptWait);
    } else if (hidden(impl_->window)) {
      // Nobody sees it: nothing is drawn, nor asked of the cluster. What comes to light comes with an event.
      glfwWaitEvents();
      if (hidden(impl_->window)) continue;
      impl_->exposed = true;
    } else if (settle > 0) {
      glfwPollEvents();
    } else {
      glfwWaitEventsTimeout(app.animating() ? kAnimationWait : kIdleWait);
    }
    if (std::exchange(impl_->input, false)) settle = kSettleFrames;
    settle = std::max(settle - 1, 0);

    // Characters met the first time come in batches: the atlas is made anew, which costs some frames' time.
    const bool rare = look().rare_waiting && steady_seconds() - fonts_made > kBetweenFonts;
    if (settings.scale != fonts_scale || rare) {
      fonts_made = steady_seconds();
      fonts_scale = settings.scale;
      load_fonts(settings.scale * content_scale());
      set_theme(settings.theme == "dark");
      fonts_changed();
      impl_->exposed = true;
      settle = kSettleFrames;
    }
    app.drop(std::exchange(impl_->dropped, {}));
    const double now = steady_seconds();
    lay_out(app, script, now);
    // Keys that came while a slow frame was drawn: each is seen by a frame of its own, and the last of them is shown.
    while (impl_->keys.pending() && !app.done() && steady_seconds() - now < kKeysBudget) lay_out(app, nullptr, now);
    if (impl_->keys.pending()) settle = std::max(settle, 1);
    // A frame that looks like the last one costs its layout and nothing more.
    const std::size_t digest = digest_of(*ImGui::GetDrawData());
    if (std::exchange(impl_->exposed, false) || digest != impl_->on_screen) {
      impl_->on_screen = digest;
      draw_last();
      glfwSwapBuffers(impl_->window);
    }
    glfwGetWindowSize(impl_->window, &settings.window_width, &settings.window_height);
    if (script != nullptr) {
      script->after_frame(app, now);
      if (script->finished()) break;
    }
    if (!screenshot.empty() && now - started > kSettledAfter) return save_picture(screenshot);
  }
  return ok_status();
}

}  // namespace sqlcast::gui
