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
#include "client/gui/ui/script_runner.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

constexpr double kIdleWait = 0.2;  // five frames a second when nothing happens
constexpr double kAnimationWait = 0.033;
constexpr double kScriptWait = 0.004;
constexpr double kBetweenFonts = 0.5;
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
  bool input = false;         // something came from the user since the last frame
  bool exposed = true;        // what is on the screen may not be what was drawn last
  std::size_t on_screen = 0;  // digest of what was
};

namespace {

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
  const auto touched = [](GLFWwindow* window) { static_cast<Impl*>(glfwGetWindowUserPointer(window))->input = true; };
  static const auto kTouched = touched;
  static const auto kExposed = [](GLFWwindow* window) {
    kTouched(window);
    static_cast<Impl*>(glfwGetWindowUserPointer(window))->exposed = true;
  };
  glfwSetCursorPosCallback(impl->window, [](GLFWwindow* w, double, double) { kTouched(w); });
  glfwSetFramebufferSizeCallback(impl->window, [](GLFWwindow* w, int, int) { kExposed(w); });
  glfwSetWindowRefreshCallback(impl->window, [](GLFWwindow* w) { kExposed(w); });
  glfwSetKeyCallback(impl->window, [](GLFWwindow* w, int, int, int, int) { kTouched(w); });
  glfwSetCharCallback(impl->window, [](GLFWwindow* w, unsigned) { kTouched(w); });
  glfwSetMouseButtonCallback(impl->window, [](GLFWwindow* w, int, int, int) { kTouched(w); });
  glfwSetScrollCallback(impl->window, [](GLFWwindow* w, double, double) { kTouched(w); });
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  ImGui_ImplGlfw_InitForOpenGL(impl->window, true);
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

Status Window::run(App& app, ScriptRunner* script, const std::string& screenshot) {
  int settle = kSettleFrames;
  const double started = steady_seconds();
  double fonts_made = 0;
  Settings& settings = app.workspace().settings;
  float fonts_scale = settings.scale;  // that the fonts have been made at
  running_app() = &app;
  watch_display();
  const std::unique_ptr<App*, void (*)(App**)> until_the_end(&running_app(), [](App** running) { *running = nullptr; });
  while (!app.done() && glfwWindowShouldClose(impl_->window) == 0) {
    if (script != nullptr) {
      glfwWaitEventsTimeout(kScriptWait);
    } else if (glfwGetWindowAttrib(impl_->window, GLFW_ICONIFIED) != 0) {
      glfwWaitEvents();  // minimised: nothing is drawn; events still arrive
      if (glfwGetWindowAttrib(impl_->window, GLFW_ICONIFIED) != 0) continue;
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
    const double now = steady_seconds();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    if (script != nullptr) script->before_frame(app, now);
    ImGui::NewFrame();
    app.frame(now, unix_microseconds());
    ImGui::Render();
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
