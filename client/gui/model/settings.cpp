#include "client/gui/model/settings.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "base/mutex.h"
#include "client/gui/model/text.h"
#include "client/text/escape.h"

namespace sqlcast::gui {

namespace {

constexpr std::string_view kFileName = "desktop.settings";
constexpr std::uint64_t kMaxFileBytes = 64U << 20U;

Status bad_line(std::size_t line, std::string_view why) {
  return Status::error(Code::config, cat("line ", line, ": ", why));
}

template <typename T>
Status number_in(std::string_view text, T low, T high, T& value) {
  T parsed{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !(parsed >= low) || !(parsed <= high)) {
    return Status::error(Code::config, cat("'", one_line(text, 40), "' is not a number in the range wanted"));
  }
  value = parsed;
  return ok_status();
}

Status one_of(std::string_view text, std::initializer_list<std::string_view> words, std::string& value) {
  if (std::find(words.begin(), words.end(), text) == words.end()) {
    return Status::error(Code::config, cat("'", one_line(text, 40), "' is none of the words it may be"));
  }
  value = text;
  return ok_status();
}

Status flag(std::string_view text, bool& value) {
  if (text != "yes" && text != "no") return Status::error(Code::config, "it is yes or no");
  value = text == "yes";
  return ok_status();
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Status set_general(Settings& out, std::string_view key, std::string_view value) {
  if (key == "theme") return one_of(value, {"dark", "light"}, out.theme);
  if (key == "scale") return number_in(value, 0.75F, 3.0F, out.scale);
  if (key == "live_panel") return flag(value, out.live_panel);
  if (key == "sidebar_width") return number_in(value, 80.0F, 4'000.0F, out.sidebar_width);
  if (key == "live_width") return number_in(value, 80.0F, 4'000.0F, out.live_width);
  if (key == "editor_share") return number_in(value, 0.05F, 0.95F, out.editor_share);
  if (key == "window_width") return number_in(value, 320, 16'384, out.window_width);
  if (key == "window_height") return number_in(value, 240, 16'384, out.window_height);
  if (key == "view") return one_of(value, {"query", "cluster", "diagram", "log", "compare"}, out.view);
  if (key == "consistency") return one_of(value, {"session", "any", "max_lag", "master"}, out.consistency);
  if (key == "max_lag_ms") return number_in(value, 0, 3'600'000, out.max_lag_ms);
  if (key == "page_rows") return number_in(value, 1, 65'536, out.page_rows);
  if (key == "fetch_rows") return number_in(value, 1'000, 4'000'000, out.fetch_rows);
  if (key == "auto_complete") return flag(value, out.auto_complete);
  if (key == "show_system") return flag(value, out.show_system);
  if (key == "active_tab") return number_in(value, 0, 1'000, out.active_tab);
  if (key == "last_connection") out.last_connection = value;
  return ok_status();
}

Status set_connection(SavedConnection& out, std::string_view key, std::string_view value) {
  if (key == "name") out.name = value;
  if (key == "endpoints") out.endpoints = split_list(value);
  if (key == "colour") return one_of(value, {"blue", "green", "amber", "red", "violet", "grey"}, out.colour);
  return ok_status();
}

void set_tab(SavedTab& out, std::string_view key, std::string_view value) {
  if (key == "title") out.title = value;
  if (key == "path") out.path = value;
  if (key == "text") out.text = value;
  if (key == "database") out.database = value;
}

}  // namespace

std::string print_settings(const Settings& settings) {
  std::string out = "# What sqlcast-client remembers. Written when it ends; change it while it is closed.\n[general]\n";
  const auto line = [&out](std::string_view key, const auto& value) { out += cat(key, " = ", value, "\n"); };
  const auto yes_no = [](bool value) { return std::string_view(value ? "yes" : "no"); };
  const auto real = [](float value) { return fixed(static_cast<double>(value), 3); };
  line("theme", settings.theme);
  line("scale", real(settings.scale));
  line("live_panel", yes_no(settings.live_panel));
  line("sidebar_width", real(settings.sidebar_width));
  line("live_width", real(settings.live_width));
  line("editor_share", real(settings.editor_share));
  line("window_width", settings.window_width);
  line("window_height", settings.window_height);
  line("view", settings.view);
  line("consistency", settings.consistency);
  line("max_lag_ms", settings.max_lag_ms);
  line("page_rows", settings.page_rows);
  line("fetch_rows", settings.fetch_rows);
  line("auto_complete", yes_no(settings.auto_complete));
  line("show_system", yes_no(settings.show_system));
  line("active_tab", settings.active_tab);
  line("last_connection", text::escape_line(settings.last_connection));
  for (const SavedConnection& connection : settings.connections) {
    out += "\n[connection]\n";
    line("name", text::escape_line(connection.name));
    std::string endpoints;
    for (const std::string& endpoint : connection.endpoints) endpoints += cat(endpoints.empty() ? "" : " ", endpoint);
    line("endpoints", text::escape_line(endpoints));
    line("colour", connection.colour);
  }
  for (const SavedTab& tab : settings.tabs) {
    out += "\n[tab]\n";
    line("title", text::escape_line(tab.title));
    line("path", text::escape_line(tab.path));
    line("database", text::escape_line(tab.database));
    line("text", text::escape_line(tab.text));
  }
  return out;
}

Result<Settings> parse_settings(std::string_view text) {
  Settings out;
  std::string section;
  if (!is_utf8(text)) return Status::error(Code::config, "it is not UTF-8 text");
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      if (line.back() != ']') return bad_line(number, "a section needs a closing bracket");
      section = line.substr(1, line.size() - 2);
      if (section == "connection") out.connections.emplace_back();
      if (section == "tab") out.tabs.emplace_back();
      continue;
    }
    const std::size_t equals = raw.find('=');
    if (equals == std::string_view::npos || section.empty()) return bad_line(number, "expected `key = value`");
    const std::string_view key = trim(raw.substr(0, equals));
    std::string_view written = raw.substr(equals + 1);
    if (written.starts_with(' ')) written.remove_prefix(1);
    const std::string value = text::unescape_line(written);
    Status status;
    if (section == "general") status = set_general(out, key, value);
    if (section == "connection") status = set_connection(out.connections.back(), key, value);
    if (section == "tab") set_tab(out.tabs.back(), key, value);
    if (!status.ok()) return bad_line(number, cat(key, ": ", status.message));
  }
  std::erase_if(out.connections, [](const auto& item) { return item.name.empty() || item.endpoints.empty(); });
  return out;
}

Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return Status::error(Code::io, cat(path, " cannot be read: ", error.message(), "."));
  if (size > max_bytes) {
    return Status::error(Code::too_large,
                         cat(path, " has ", human_bytes(size), "; at most ", human_bytes(max_bytes), " are opened."));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return Status::error(Code::io, cat(path, " cannot be read: ", std::strerror(errno), "."));
  return text;
}

Status write_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out) return Status::error(Code::io, cat(path, " cannot be written: ", std::strerror(errno), "."));
  }
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (error) return Status::error(Code::io, cat(path, " cannot be written: ", error.message(), "."));
  return ok_status();
}

bool has_settings(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder + "/" + std::string(kFileName), ignored);
}

LoadedSettings load_settings(const std::string& folder) {
  const std::string path = folder + "/" + std::string(kFileName);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const auto text = read_file(path, kMaxFileBytes);
  auto settings = text ? parse_settings(*text) : Result<Settings>(text.status());
  if (settings) return {std::move(*settings), {}};
  const std::string aside = path + ".bad";
  std::filesystem::rename(path, aside, error);
  return {{},
          cat("The settings file could not be understood (", settings.status().message, "). Defaults are used; ",
              error ? cat("it stays at ", path) : cat("it was kept as ", aside), ".")};
}

Status save_settings(const std::string& folder, const Settings& settings) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Status::error(Code::io, cat(folder, " cannot be made: ", error.message(), "."));
  return write_file(folder + "/" + std::string(kFileName), print_settings(settings));
}

Status Keeper::save(std::uint64_t number, const Settings& settings, std::string_view history) {
  const MutexLock lock(mutex_);
  if (number <= saved_) return ok_status();
  saved_ = number;
  if (Status status = save_settings(folder_, settings); !status.ok()) return status;
  return write_file(folder_ + "/history", history);
}

}  // namespace sqlcast::gui
