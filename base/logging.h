// Log lines for people: time, level, node name, message. On standard error. Any thread.
#pragma once

#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace sqlcast::logging {

enum class Level { debug, info, warn, error };

// Call once, before other threads start. `name` is shown on every line.
void init(std::string_view name, Level level);

void write(Level level, std::string_view message);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace sqlcast::logging
