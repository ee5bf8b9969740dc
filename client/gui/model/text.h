// Small text helpers for labels: put together, count, shorten. Pure; any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace sqlcast::gui {

inline void append_part(std::string& out, std::string_view part) { out += part; }
inline void append_part(std::string& out, const char* part) { out += part; }
inline void append_part(std::string& out, char part) { out += part; }
template <std::integral T>
void append_part(std::string& out, T number) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
}

// The parts, one after the other; integers as decimal.
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (append_part(out, parts), ...);
  return out;
}

std::string fixed(double value, int decimals);          // "3.14"
std::string with_separators(std::uint64_t value);       // "1 234 567", thin and readable
std::string short_count(double value);                  // "950", "12.3k", "4.6M"
std::string human_bytes(std::uint64_t bytes);           // "1.4 MiB"
std::string human_duration(std::chrono::microseconds);  // "850 µs", "12.4 ms", "3.21 s", "2 min 5 s"
std::string human_age(std::uint64_t milliseconds);      // "now", "4 s", "3 min", "2 h", "5 d"
std::string clock_time(std::uint64_t unix_us);          // local "14:03:27.125"
std::string plural(std::uint64_t count, std::string_view one, std::string_view many);  // "1 row", "2 rows"

std::string lower(std::string_view text);  // ASCII only
std::string upper(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool contains_ignoring_case(std::string_view text, std::string_view lower_needle);  // needle already in lower case
std::string_view trim(std::string_view text);

// At most `max_characters`, with "…" when something was left out; line
// breaks and control characters shown as "↵" and "·".
std::string one_line(std::string_view text, std::size_t max_characters);

}  // namespace sqlcast::gui
