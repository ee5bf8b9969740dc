#include "client/gui/model/script.h"

#include <charconv>
#include <map>

#include "client/gui/model/keys.h"
#include "client/gui/model/text.h"
#include "client/text/escape.h"

namespace sqlcast::gui {

namespace {

struct Form {
  StepKind kind;
  std::size_t least;
  std::size_t most;
  std::string_view usage;
};

const std::map<std::string_view, Form>& forms() {
  static const std::map<std::string_view, Form> kForms = {
      {"wait", {StepKind::wait, 1, 8, "wait CONDITION [within SECONDS]"}},
      {"assert", {StepKind::assert_that, 1, 8, "assert CONDITION"}},
      {"click", {StepKind::click, 1, 1, "click \"LABEL\" [#N]"}},
      {"double-click", {StepKind::double_click, 1, 1, "double-click \"LABEL\" [#N]"}},
      {"right-click", {StepKind::right_click, 1, 1, "right-click \"LABEL\" [#N]"}},
      {"drag", {StepKind::drag, 3, 3, "drag \"LABEL\" DX DY"}},
      {"hover", {StepKind::hover, 1, 1, "hover \"LABEL\" [#N]"}},
      {"type", {StepKind::type, 1, 1, "type \"TEXT\""}},
      {"paste", {StepKind::paste, 1, 1, "paste \"TEXT\""}},
      {"key", {StepKind::key, 1, 1, "key Ctrl+Enter"}},
      {"scroll", {StepKind::scroll, 2, 2, "scroll \"LABEL\" LINES"}},
      {"screenshot", {StepKind::screenshot, 1, 1, "screenshot FILE"}},
      {"resize", {StepKind::resize, 2, 2, "resize WIDTH HEIGHT"}},
      {"drop", {StepKind::drop, 1, 9, "drop FILE…"}},
      {"set", {StepKind::set, 2, 2, "set theme|scale|view VALUE"}},
      {"pause", {StepKind::pause, 1, 1, "pause SECONDS"}},
      {"print", {StepKind::print, 1, 1, "print STATE"}},
      {"quit", {StepKind::quit, 0, 0, "quit"}},
  };
  return kForms;
}

// Words by blanks; "…" holds blanks, with \" \\ \n \t inside.
Result<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    if (line[at] == '#' && (at + 1 >= line.size() || line[at + 1] < '0' || line[at + 1] > '9')) break;
    std::string word;
    if (line[at] == '"') {
      ++at;
      std::string raw;
      while (at < line.size() && line[at] != '"') {
        if (line[at] == '\\' && at + 1 < line.size()) raw += line[at++];
        raw += line[at++];
      }
      if (at >= line.size()) return Status::error(Code::config, "a quote is not closed");
      ++at;
      word = text::unescape_line(raw);
    } else {
      while (at < line.size() && line[at] != ' ' && line[at] != '\t') word += line[at++];
    }
    out.push_back(std::move(word));
  }
  return out;
}

template <typename T>
bool to_number(std::string_view text, T& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

}  // namespace

Result<std::vector<ScriptStep>> parse_script(std::string_view text) {
  std::vector<ScriptStep> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto fail = [&](std::string_view why) {
      return Status::error(Code::config, cat("line ", number, " (", line, "): ", why));
    };
    auto words = split_words(line);
    if (!words) return fail(words.status().message);
    const auto form = forms().find((*words)[0]);
    if (form == forms().end()) {
      std::string known;
      for (const auto& [name, unused] : forms()) known += cat(known.empty() ? "" : ", ", name);
      return fail(cat("no such step; there are ", known));
    }
    ScriptStep step;
    step.kind = form->second.kind;
    step.line = number;
    step.source = line;
    step.words.assign(words->begin() + 1, words->end());
    if (step.kind == StepKind::wait && step.words.size() >= 3 && step.words[step.words.size() - 2] == "within") {
      if (!to_number(step.words.back(), step.within)) return fail("`within` needs seconds");
      step.words.resize(step.words.size() - 2);
    }
    if (step.words.size() == 2 && step.words[1].starts_with('#') && form->second.most == 1) {
      if (!to_number(std::string_view(step.words[1]).substr(1), step.which) || step.which == 0) {
        return fail("#N counts from 1");
      }
      --step.which;
      step.words.pop_back();
    }
    if (step.words.size() < form->second.least || step.words.size() > form->second.most) {
      return fail(cat("the form is `", form->second.usage, "`"));
    }
    if (step.kind == StepKind::key) {
      if (const auto chord = parse_chord(step.words[0]); !chord) return fail(chord.status().message);
    }
    out.push_back(std::move(step));
  }
  return out;
}

Result<KeyChord> parse_chord(std::string_view text) {
  static const std::map<std::string_view, int> kNames = {
      {"enter", key::kEnter},
      {"escape", key::kEscape},
      {"tab", key::kTab},
      {"space", key::kSpace},
      {"backspace", key::kBackspace},
      {"delete", key::kDelete},
      {"insert", key::kInsert},
      {"left", key::kLeft},
      {"right", key::kRight},
      {"up", key::kUp},
      {"down", key::kDown},
      {"home", key::kHome},
      {"end", key::kEnd},
      {"pageup", key::kPageUp},
      {"pagedown", key::kPageDown},
      {"/", key::kSlash},
      {".", key::kPeriod},
      {",", key::kComma},
      {"-", key::kMinus},
      {"=", key::kEqual},
  };
  KeyChord chord;
  std::string_view rest = text;
  while (true) {
    const std::size_t plus = rest.find('+');
    if (plus == std::string_view::npos || plus == 0) break;
    const std::string modifier = lower(rest.substr(0, plus));
    if (modifier == "ctrl") {
      chord.ctrl = true;
    } else if (modifier == "shift") {
      chord.shift = true;
    } else if (modifier == "alt") {
      chord.alt = true;
    } else {
      return Status::error(Code::config, cat("'", modifier, "' is no modifier: Ctrl, Shift, Alt"));
    }
    rest.remove_prefix(plus + 1);
  }
  const std::string name = lower(rest);
  if (const auto it = kNames.find(name); it != kNames.end()) {
    chord.key = it->second;
  } else if (name.size() == 1 && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= '0' && name[0] <= '9'))) {
    chord.key = static_cast<unsigned char>(upper(name)[0]);
  } else if (int number = 0; name.size() >= 2 && name[0] == 'f' &&
                             to_number(std::string_view(name).substr(1), number) && number >= 1 && number <= 12) {
    chord.key = key::kF1 + number - 1;
  } else {
    return Status::error(Code::config, cat("'", rest, "' is no key: a letter, a digit, F1 to F12, Enter, Escape …"));
  }
  return chord;
}

}  // namespace sqlcast::gui
