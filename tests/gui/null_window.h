// NullWindow: Dear ImGui without a window: frames are laid out and thrown away, input is what a script gives.
#pragma once

#include <string>
#include <vector>

#include <imgui.h>

#include "client/gui/model/keys.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/look.h"
#include "client/gui/ui/script_runner.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui::testing {

class NullWindow {
 public:
  explicit NullWindow(float width = 1280, float height = 720) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = {width, height};
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    const std::pair<ImGuiKey_, int> keys[] = {{ImGuiKey_Tab, key::kTab},
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
    for (const auto& [name, code] : keys) io.KeyMap[name] = code;
    load_fonts(1);
    set_theme(true);
    ui::trace() = {};
    ui::trace().on = true;
  }
  ~NullWindow() { ImGui::DestroyContext(); }
  NullWindow(const NullWindow&) = delete;
  NullWindow& operator=(const NullWindow&) = delete;

  void frame(App& app, ScriptRunner* script = nullptr) {
    now += 0.02;
    ImGui::GetIO().DeltaTime = 0.02F;
    if (script != nullptr) script->before_frame(app, now);
    ImGui::NewFrame();
    app.frame(now, static_cast<std::uint64_t>(now * 1e6));
    ImGui::Render();
    if (script != nullptr) script->after_frame(app, now);
  }

  // Performs the steps; returns what failed, or nothing. Stops after `most` frames.
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
    for (int i = 0; i < most && !runner.finished(); ++i) frame(app, &runner);
    return runner.finished() ? runner.failure() : "the script did not end";
  }

  double now = 100;
};

}  // namespace sqlcast::gui::testing
