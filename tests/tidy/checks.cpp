#include "tests/tidy/checks.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

namespace sqlcast::tidy {
namespace {

constexpr std::size_t kMaxLines = 600;
constexpr std::size_t kMaxFunctionLines = 80;
constexpr std::string_view kPollMark = "// poll interval";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string at(const std::string& path, std::size_t line) { return path + ":" + std::to_string(line) + ": "; }

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool begins_with_one_of(std::string_view header, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const auto& each) { return header.starts_with(each); });
}

struct Include {
  std::string_view header;  // empty = the line includes nothing
  bool quoted = false;
};

Include include_of(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('#')) return {};
  line = trim(line.substr(1));
  constexpr std::string_view kInclude = "include";
  if (!line.starts_with(kInclude)) return {};
  line = trim(line.substr(kInclude.size()));
  if (line.empty() || (line.front() != '<' && line.front() != '"')) return {};
  const std::size_t end = line.find(line.front() == '<' ? '>' : '"', 1);
  if (end == std::string_view::npos) return {};
  return {line.substr(1, end - 1), line.front() == '"'};
}

// A header of C++ itself: neither a folder nor an ending.
bool is_standard(std::string_view header) { return header.find_first_of("./") == std::string_view::npos; }

std::string judge_own(const std::vector<Place>& rooms, const Place& place, std::string_view path,
                      std::string_view header) {
  const Place* target = place_of(rooms, header);
  if (target == nullptr) return "\"" + std::string(header) + "\" is not written from the root of the tree";
  if (target == &place || has(place.rooms, target->path)) return {};
  // main.cpp has a line of its own in the table, but is part of its room.
  if (path.starts_with(target->path + "/") && place.path == path) return {};
  return place.path + " may not include " + target->path + " (\"" + std::string(header) + "\")";
}

std::string judge_foreign(const std::vector<Place>& rooms, const Place& place, std::string_view header) {
  const Place* everywhere = nullptr;
  for (const Place& each : rooms)
    if (each.path == "*") everywhere = &each;
  if (is_standard(header) || begins_with_one_of(header, place.foreign)) return {};
  if (everywhere != nullptr && begins_with_one_of(header, everywhere->foreign)) return {};
  std::string allowed;
  for (const Place& each : rooms)
    if (begins_with_one_of(header, each.foreign)) allowed += (allowed.empty() ? "" : ", ") + each.path;
  return place.path + " may not include <" + std::string(header) + ">; " +
         (allowed.empty() ? "tests/tidy/rooms.txt does not know it" : "only these may: " + allowed);
}

bool is_header(std::string_view path) { return path.ends_with(".h"); }

bool snake_case_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string_view stem = name.substr(0, name.rfind('.'));
  return !stem.empty() && std::all_of(stem.begin(), stem.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
  });
}

bool sleeps(std::string_view line) {
  constexpr std::array kCalls = {"sleep_for(", "sleep_until(", "usleep(", "nanosleep(", "::sleep("};
  return std::any_of(kCalls.begin(), kCalls.end(),
                     [&](const char* call) { return line.find(call) != std::string_view::npos; });
}

// The opening comment says who may call what is declared there.
bool names_thread(const std::vector<std::string_view>& lines) {
  for (const std::string_view line : lines) {
    if (!line.starts_with("//")) return false;
    for (const char* word : {"thread", "Thread", "ure", "lain", "alue"})
      if (line.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// What stands in front of the first "(" of a line; for a test, its words.
std::string function_name(std::string_view line) {
  const std::size_t end = line.find('(');
  if (line.starts_with("TEST_CASE")) return std::string(line.substr(end + 2, line.find('"', end + 2) - end - 2));
  const std::size_t first = line.find_last_of(" *&", end == std::string_view::npos ? end : end - 1);
  return std::string(line.substr(first + 1, end == std::string_view::npos ? end : end - first - 1));
}

void check_header(const std::string& path, const std::vector<std::string_view>& lines, Complaints& complaints) {
  if (lines.empty() || !lines.front().starts_with("//"))
    complaints.push_back(at(path, 1) + "a header opens with a comment: what it is, what it promises, which thread");
  else if (!path.starts_with("tests/") && !names_thread(lines))
    complaints.push_back(at(path, 1) +
                         "the opening comment of a header names its thread, or says pure, plain or value");
  if (std::find(lines.begin(), lines.end(), "#pragma once") == lines.end())
    complaints.push_back(at(path, 1) + "a header has #pragma once");
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (trim(lines[i]).starts_with("using namespace"))
      complaints.push_back(at(path, i + 1) + "a header does not say `using namespace`");
}

}  // namespace

std::vector<Place> parse_rooms(std::string_view text, Complaints& complaints) {
  std::vector<Place> rooms;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t first = line.find('|');
    const std::size_t second = first == std::string_view::npos ? first : line.find('|', first + 1);
    if (second == std::string_view::npos) {
      complaints.push_back(at("tests/tidy/rooms.txt", i + 1) + "is not PLACE | ROOMS | HEADERS");
      continue;
    }
    rooms.push_back({std::string(trim(line.substr(0, first))), words_of(line.substr(first + 1, second - first - 1)),
                     words_of(line.substr(second + 1))});
  }
  for (const Place& place : rooms)
    for (const std::string& room : place.rooms)
      if (std::none_of(rooms.begin(), rooms.end(), [&](const Place& each) { return each.path == room; }))
        complaints.push_back("tests/tidy/rooms.txt:1: " + place.path + " may include " + room + ", which has no line");
  return rooms;
}

const Place* place_of(const std::vector<Place>& rooms, std::string_view path) {
  const Place* best = nullptr;
  for (const Place& place : rooms) {
    const bool inside = path == place.path || path.starts_with(place.path + "/");
    if (inside && (best == nullptr || place.path.size() > best->path.size())) best = &place;
  }
  return best;
}

Complaints check_includes(const std::vector<Place>& rooms, const std::string& path, std::string_view text) {
  Complaints complaints;
  const Place* place = place_of(rooms, path);
  if (place == nullptr) return {at(path, 1) + "no line of tests/tidy/rooms.txt covers this file"};
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Include include = include_of(lines[i]);
    if (include.header.empty()) continue;
    const std::string wrong =
        include.quoted ? judge_own(rooms, *place, path, include.header) : judge_foreign(rooms, *place, include.header);
    if (!wrong.empty()) complaints.push_back(at(path, i + 1) + wrong);
  }
  return complaints;
}

Complaints check_text(const std::string& path, std::string_view text) {
  // In pieces, so that this file may pass its own check.
  const std::array<std::string, 2> notes = {std::string("TO") + "DO", std::string("FIX") + "ME"};
  Complaints complaints;
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.find('\t') != std::string_view::npos && !path.ends_with(".tsv"))
      complaints.push_back(at(path, i + 1) + "has a tab; indent with blanks, write \\t in strings");
    if (line.ends_with(' ') || line.ends_with('\r') || line.ends_with('\t'))
      complaints.push_back(at(path, i + 1) + "ends with a blank");
    for (const std::string& note : notes)
      if (line.find(note) != std::string_view::npos)
        complaints.push_back(at(path, i + 1) + "has a " + note + "; do it, or open an issue");
  }
  if (!text.empty() && !text.ends_with('\n'))
    complaints.push_back(at(path, lines.size()) + "the last line has no newline");
  return complaints;
}

Complaints check_source(const std::string& path, std::string_view text, const std::vector<std::string>& may_be_long) {
  const std::string off = std::string("#if") + " 0";
  Complaints complaints;
  const auto lines = lines_of(text);
  if (lines.size() > kMaxLines && !has(may_be_long, path))
    complaints.push_back(at(path, lines.size()) + "more than " + std::to_string(kMaxLines) +
                         " lines: what is its second subject? (or list it in tests/tidy/long_files.txt)");
  if (!snake_case_name(path)) complaints.push_back(at(path, 1) + "file names are snake_case");
  if (is_header(path)) check_header(path, lines, complaints);
  const bool test = path.starts_with("tests/") && !path.starts_with("tests/tidy/");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).starts_with(off)) complaints.push_back(at(path, i + 1) + "code that is switched off; delete it");
    const bool marked = lines[i].find(kPollMark) != std::string_view::npos ||
                        (i > 0 && lines[i - 1].find(kPollMark) != std::string_view::npos);
    if (test && sleeps(lines[i]) && !marked)
      complaints.push_back(at(path, i + 1) + "a test waits for a condition and does not sleep; between two looks at " +
                           "it, write the comment `" + std::string(kPollMark) + "`");
  }
  return complaints;
}

// As clang-format leaves it, a definition begins in the first column, and ends there with a brace.
Complaints check_functions(const std::string& path, std::string_view text,
                           const std::vector<std::string>& may_be_long) {
  Complaints complaints;
  const auto lines = lines_of(text);
  std::size_t first = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.empty() || line.front() == ' ' || line.front() == '#' || line.front() == '/') continue;
    if (line.front() != '}') {
      if (first == lines.size()) first = i;
      if (line.ends_with(';') || line.starts_with("namespace")) first = lines.size();
      continue;
    }
    const std::size_t length = first == lines.size() ? 0 : i - first + 1;
    if (line == "}" && length > kMaxFunctionLines && !has(may_be_long, path + " " + function_name(lines[first])))
      complaints.push_back(at(path, first + 1) + function_name(lines[first]) + " has " + std::to_string(length) +
                           " lines, more than " + std::to_string(kMaxFunctionLines) +
                           " (part it, or list it in tests/tidy/long_files.txt)");
    first = lines.size();
  }
  return complaints;
}

Complaints check_unused(const std::vector<Source>& sources) {
  std::vector<std::string> included;
  for (const Source& source : sources)
    for (const std::string_view line : lines_of(source.text))
      if (const Include include = include_of(line); include.quoted) included.emplace_back(include.header);
  std::sort(included.begin(), included.end());
  Complaints complaints;
  for (const Source& source : sources)
    if (is_header(source.path) && !std::binary_search(included.begin(), included.end(), source.path))
      complaints.push_back(at(source.path, 1) + "no file includes this header");
  return complaints;
}

}  // namespace sqlcast::tidy
