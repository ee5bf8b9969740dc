#include "client/gui/ui/script_runner.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {

double to_double(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool compare_facts(const std::string& fact, std::string_view sign, const std::string& wanted) {
  if (sign == "=" || sign == "==") return fact == wanted;
  if (sign == "!=") return fact != wanted;
  if (sign == "contains") return fact.find(wanted) != std::string::npos;
  if (sign == ">=") return to_double(fact) >= to_double(wanted);
  if (sign == "<=") return to_double(fact) <= to_double(wanted);
  if (sign == ">") return to_double(fact) > to_double(wanted);
  return to_double(fact) < to_double(wanted);
}

// What is typed in each frame; "\n" alone is Enter, "" a frame without anything.
std::vector<std::string> typing(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t in_part = 4;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = code_point_at(text, i).size;
    if (text[i] == '\n') {
      parts.insert(parts.end(), {"\n", ""});
      in_part = 4;
    } else {
      if (in_part >= 4) {
        parts.emplace_back();
        in_part = 0;
      }
      parts.back() += text.substr(i, size);
      ++in_part;
    }
    i += size;
  }
  return parts;
}

constexpr double kFindWithin = 10;  // seconds for a label to appear

}  // namespace

// `text "…"`, `no text "…"`, `FACT`, `FACT SIGN VALUE`.
std::optional<bool> ScriptRunner::holds(App& app, const ScriptStep& step, std::string& seen) const {
  const auto& words = step.words;
  if (words[0] == "text" && words.size() == 2) {
    seen = "that text is not to be seen";
    return ui::trace().shows(words[1]);
  }
  if (words[0] == "no" && words.size() == 3 && words[1] == "text") {
    seen = "that text is to be seen";
    return !ui::trace().shows(words[2]);
  }
  const auto fact = app.fact(words[0]);
  if (!fact) return std::nullopt;
  seen = cat("it is '", one_line(*fact, 200), "'");
  if (words.size() == 1) return *fact == "yes" || (*fact != "no" && !fact->empty() && *fact != "0");
  if (words.size() != 3) return std::nullopt;
  return compare_facts(*fact, words[1], words[2]);
}

void ScriptRunner::fail(App& app, const ScriptStep& step, std::string_view why) {
  failure_ = cat("line ", step.line, ": ", step.source, ": ", why);
  finished_ = true;
  app.leave();
}

bool ScriptRunner::find_place(const ScriptStep& step) {
  const ui::Seen* seen = ui::trace().find(step.words[0], step.which);
  if (seen == nullptr) return false;
  place_ = {(seen->low.x + seen->high.x) / 2, (seen->low.y + seen->high.y) / 2};
  return true;
}

void ScriptRunner::advance(double now) {
  ++at_;
  phase_ = 0;
  since_ = now;
}

void ScriptRunner::before_frame(App& app, double now) {
  ImGuiIO& io = ImGui::GetIO();
  std::fill(std::begin(io.KeysDown), std::end(io.KeysDown), false);
  io.KeyCtrl = io.KeyShift = io.KeyAlt = io.KeySuper = false;
  io.MouseWheel = 0;
  if (since_ < 0) since_ = now;
  if (!finished_ && at_ < steps_.size()) {
    const ScriptStep& step = steps_[at_];
    const bool pointing = step.kind == StepKind::click || step.kind == StepKind::double_click ||
                          step.kind == StepKind::right_click || step.kind == StepKind::drag ||
                          step.kind == StepKind::hover || step.kind == StepKind::scroll;
    if (pointing) {
      if (phase_ == 0 && !find_place(step)) {
        if (now - since_ > kFindWithin) fail(app, step, "nothing with that label is to be seen");
      } else {
        begin(app, step, now);
      }
    } else if (step.kind == StepKind::type || step.kind == StepKind::paste || step.kind == StepKind::key) {
      begin(app, step, now);
    }
  }
  io.MousePos = mouse_;
  for (int i = 0; i < 3; ++i) io.MouseDown[i] = down_[i];
}

// Down in the second frame of a step, up in the third.
void ScriptRunner::press(const KeyChord& chord) {
  ImGuiIO& io = ImGui::GetIO();
  io.KeyCtrl = chord.ctrl;
  io.KeyShift = chord.shift;
  io.KeyAlt = chord.alt;
  io.KeysDown[key::kLeftControl] = chord.ctrl;
  io.KeysDown[key::kLeftShift] = chord.shift;
  io.KeysDown[key::kLeftAlt] = chord.alt;
  io.KeysDown[chord.key] = phase_ == 1;
}

// Pointer and keys: one change a frame, as a person's would come.
void ScriptRunner::begin(App&, const ScriptStep& step, double now) {
  ImGuiIO& io = ImGui::GetIO();
  const int button = step.kind == StepKind::right_click ? 1 : 0;
  // Frames may be slow: whether two presses are one double click is said by the step, not by the clock.
  io.MouseDoubleClickTime = step.kind == StepKind::double_click ? 60.0F : 0.0F;
  switch (step.kind) {
    case StepKind::hover:
      mouse_ = place_;
      if (++phase_ > 40) advance(now);  // long enough for a tooltip
      return;
    case StepKind::click:
    case StepKind::right_click:
      mouse_ = place_;
      if (phase_ == 2) down_[button] = true;
      if (phase_ == 4) down_[button] = false;
      if (++phase_ > 7) advance(now);
      return;
    case StepKind::double_click:
      mouse_ = place_;
      down_[0] = phase_ == 2 || phase_ == 4;
      if (++phase_ > 8) advance(now);
      return;
    case StepKind::drag: {
      const float share = std::clamp(static_cast<float>(phase_ - 3) / 10.0F, 0.0F, 1.0F);
      mouse_ = {place_.x + static_cast<float>(to_double(step.words[1])) * share,
                place_.y + static_cast<float>(to_double(step.words[2])) * share};
      down_[0] = phase_ >= 2 && phase_ < 15;
      if (++phase_ > 17) advance(now);
      return;
    }
    case StepKind::scroll:
      mouse_ = place_;
      if (phase_ == 2) io.MouseWheel = -static_cast<float>(to_double(step.words[1])) / 3;
      if (++phase_ > 4) advance(now);
      return;
    case StepKind::type: {
      // A few characters a frame, so that what reacts to typing is seen to; line breaks are presses of Enter.
      const std::vector<std::string> parts = typing(step.words[0]);
      const auto part = static_cast<std::size_t>(phase_);
      if (part < parts.size()) {
        if (parts[part] == "\n") io.KeysDown[key::kEnter] = true;
        for (std::size_t i = 0; parts[part] != "\n" && i < parts[part].size();
             i += code_point_at(parts[part], i).size) {
          io.AddInputCharacter(code_point_at(parts[part], i).value);
        }
      }
      if (static_cast<std::size_t>(++phase_) > parts.size() + 1) advance(now);
      return;
    }
    case StepKind::paste:
      if (phase_ == 0) ImGui::SetClipboardText(step.words[0].c_str());
      press({key::letter('V'), true, false, false});
      if (++phase_ > 3) advance(now);
      return;
    case StepKind::key: {
      press(*parse_chord(step.words[0]));
      if (++phase_ > 3) advance(now);
      return;
    }
    default: return;
  }
}

void ScriptRunner::after_frame(App& app, double now) {
  if (finished_) return;
  if (at_ >= steps_.size()) {
    finished_ = true;
    return;
  }
  const ScriptStep& step = steps_[at_];
  std::string seen;
  switch (step.kind) {
    case StepKind::wait: {
      const auto held = holds(app, step, seen);
      if (!held) return fail(app, step, "there is no such condition");
      if (*held) return advance(now);
      if (now - since_ > step.within) fail(app, step, cat("not within ", fixed(step.within, 0), " s: ", seen));
      return;
    }
    case StepKind::assert_that: {
      if (++phase_ < 3) return;  // what the last step did has been drawn
      const auto held = holds(app, step, seen);
      if (!held) return fail(app, step, "there is no such condition");
      if (!*held) return fail(app, step, seen);
      return advance(now);
    }
    case StepKind::screenshot: {
      if (++phase_ < 4) return;
      const Status status = hooks_.screenshot(step.words[0]);
      if (!status.ok()) return fail(app, step, status.message);
      return advance(now);
    }
    case StepKind::resize:
      if (phase_ == 0)
        hooks_.resize(static_cast<int>(to_double(step.words[0])), static_cast<int>(to_double(step.words[1])));
      if (++phase_ > 6) advance(now);
      return;
    case StepKind::drop: {
      std::error_code ignored;
      std::vector<std::string> paths;
      for (const std::string& word : step.words) paths.push_back(std::filesystem::absolute(word, ignored).string());
      app.drop(std::move(paths));
      return advance(now);
    }
    case StepKind::set: {
      const std::string& name = step.words[0];
      if (name == "theme") {
        app.workspace().settings.theme = step.words[1] == "light" ? "light" : "dark";
      } else if (name == "scale") {
        app.workspace().settings.scale = std::clamp(static_cast<float>(to_double(step.words[1])), 0.75F, 3.0F);
      } else if (name == "view" && view_from(step.words[1])) {
        app.workspace().view = *view_from(step.words[1]);
      } else if (name == "live-panel") {
        app.workspace().settings.live_panel = step.words[1] == "yes";
      } else {
        return fail(app, step, "theme, scale, view or live-panel can be set");
      }
      return advance(now);
    }
    case StepKind::pause:
      if (now - since_ >= to_double(step.words[0])) advance(now);
      return;
    case StepKind::print: {
      const auto fact = app.fact(step.words[0]);
      hooks_.print(fact ? cat(step.words[0], " = ", *fact) : step.words[0]);
      return advance(now);
    }
    case StepKind::quit:
      finished_ = true;
      app.leave();
      return;
    default: return;
  }
}

}  // namespace sqlcast::gui
