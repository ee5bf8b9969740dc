// NullWindow: Dear ImGui without a window: frames are laid out and thrown away, input is what a script gives. Its time
// is made, a fiftieth of a second a frame; on a real cluster it is the machine's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/keys.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/key_input.h"
#include "client/gui/ui/look.h"
#include "client/gui/ui/script_runner.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui::testing {

enum class Clock : std::uint8_t { made, real };

class NullWindow {
 public:
  explicit NullWindow(float width = 1280, float height = 720, Clock clock = Clock::made) : clock_(clock) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = {width, height};
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;  // as the real one
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    const std::pair<ImGuiKey_, int> named[] = {{ImGuiKey_Tab, key::kTab},
                                               {ImGuiKey_LeftArrow, key::kLeft},
                                               {ImGuiKey_RightArrow, key::kRight},
                                               {ImGuiKey_UpArrow, key::kUp},
                                               {ImGuiKey_DownArrow, key::kDown},
                                               {ImGuiKey_PageUp, key::kPageUp},
                                               {ImGuiKey_PageDown, key::kPageDown},
                                               {ImGuiKey_Home, key::kHome},
                                               {ImGuiKey_End, key::kEnd},
                                               {ImGuiKey_Insert, key::kInsert},
                                               {ImGuiKey_Delete, key::kDelete},
                                               {ImGuiKey_Backspace, key::kBackspace},
                                               {ImGuiKey_Space, key::kSpace},
                                               {ImGuiKey_Enter, key::kEnter},
                                               {ImGuiKey_Escape, key::kEscape},
                                               {ImGuiKey_KeyPadEnter, key::kKeypadEnter},
                                               {ImGuiKey_A, 'A'},
                                               {ImGuiKey_C, 'C'},
                                               {ImGuiKey_V, 'V'},
                                               {ImGuiKey_X, 'X'},
                                               {ImGuiKey_Y, 'Y'},
                                               {ImGuiKey_Z, 'Z'}};
    for (const auto& [name, code] : named) io.KeyMap[name] = code;
    load_fonts(1);
    set_theme(true);
    ui::trace() = {};
    ui::trace().on = true;
  }
  ~NullWindow() { ImGui::DestroyContext(); }
  NullWindow(const NullWindow&) = delete;
  NullWindow& operator=(const NullWindow&) = delete;

  // For a backend: there is news, draw a frame. Any thread, also after the window is gone.
  std::function<void()> waker() const {
    return [news = news_] {
      const std::lock_guard lock(news->mutex);
      news->there = true;
      news->changed.notify_one();
    };
  }

  void frame(App& app, ScriptRunner* script = nullptr) {
    if (clock_ == Clock::real) wait_for_news();
    now = clock_ == Clock::made ? now + frame_seconds : steady_seconds();
    ImGui::GetIO().DeltaTime = static_cast<float>(clock_ == Clock::made ? frame_seconds : 0.02);
    keys.deliver(ImGui::GetIO());
    if (script != nullptr) script->before_frame(app, now);
    ImGui::NewFrame();
    app.frame(now, static_cast<std::uint64_t>(now * 1e6));
    ImGui::Render();
    if (script != nullptr) script->after_frame(app, now);
  }

  // Performs the steps; returns what failed, or nothing. Made time stops after `most` frames; in real time each step
  // has its own limit.
  std::string perform(App& app, std::string_view script_text, int most = 3'000) {
    auto steps = parse_script(script_text);
    if (!steps.ok()) return steps.status().message;
    ScriptRunner::Hooks hooks;
    hooks.screenshot = [](const std::string&) { return ok_status(); };
    hooks.resize = [](int width, int height) {
      ImGui::GetIO().DisplaySize = {static_cast<float>(width), static_cast<float>(height)};
    };
    hooks.print = [](const std::string&) {};
    ScriptRunner runner(std::move(*steps), std::move(hooks));
    for (int i = 0; (i < most || clock_ == Clock::real) && !runner.finished(); ++i) frame(app, &runner);
    return runner.finished() ? runner.failure() : "the script did not end";
  }

  // As the real window: what came since the last frame, each press in a layout of its own, hardly any time apart.
  void frame_with_keys(App& app) {
    frame(app);
    const double usual = std::exchange(frame_seconds, 0.001);
    while (keys.pending()) frame(app);
    frame_seconds = usual;
  }

  double now = 100;
  double frame_seconds = 0.02;  // of made time
  KeyInput keys;                // what a person presses; scripts put theirs in its place

 private:
  struct News {
    std::mutex mutex;
    std::condition_variable changed;
    bool there = false;
  };

  static double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  // As a window does: until something has arrived, or it is time for a frame all the same.
  void wait_for_news() {
    std::unique_lock lock(news_->mutex);
    news_->changed.wait_for(lock, std::chrono::milliseconds(10), [this] { return news_->there; });
    news_->there = false;
  }

  const Clock clock_;
  std::shared_ptr<News> news_ = std::make_shared<News>();
};

}  // namespace sqlcast::gui::testing
