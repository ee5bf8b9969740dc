#include "client/gui/model/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace sqlcast::gui {

std::string fixed(double value, int decimals) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
  return result.ec == std::errc() ? std::string(buffer, result.ptr) : std::string("?");
}

std::string with_separators(std::uint64_t value) {
  const std::string digits = cat(value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ' ';
    out += digits[i];
  }
  return out;
}

std::string short_count(double value) {
  const double size = std::abs(value);
  if (size < 10 && size != std::floor(size)) return fixed(value, 1);
  if (size < 1000) return fixed(value, 0);
  if (size < 1e6) return cat(fixed(value / 1e3, size < 1e5 ? 1 : 0), "k");
  if (size < 1e9) return cat(fixed(value / 1e6, size < 1e8 ? 1 : 0), "M");
  return cat(fixed(value / 1e9, 1), "G");
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return plural(bytes, "byte", "bytes");
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return cat(fixed(value, value < 10 ? 1 : 0), " ", kUnits[unit]);
}

std::string human_duration(std::chrono::microseconds duration) {
  const auto us = duration.count();
  const double value = static_cast<double>(us);
  if (us < 1'000) return cat(us, " µs");
  if (us < 1'000'000) return cat(fixed(value / 1e3, us < 100'000 ? 1 : 0), " ms");
  if (us < 60'000'000) return cat(fixed(value / 1e6, us < 10'000'000 ? 2 : 1), " s");
  return cat(us / 60'000'000, " min ", us / 1'000'000 % 60, " s");
}

std::string human_age(std::uint64_t milliseconds) {
  const std::uint64_t seconds = milliseconds / 1000;
  if (seconds < 1) return "now";
  if (seconds < 120) return cat(seconds, " s");
  if (seconds < 7'200) return cat(seconds / 60, " min");
  if (seconds < 172'800) return cat(seconds / 3'600, " h");
  return cat(seconds / 86'400, " d");
}

std::string clock_time(std::uint64_t unix_us) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char buffer[16];
  const std::size_t size = std::strftime(buffer, sizeof buffer, "%H:%M:%S", &parts);
  std::string millis = cat(unix_us / 1000 % 1000);
  millis.insert(0, 3 - millis.size(), '0');
  return cat(std::string_view(buffer, size), ".", millis);
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return cat(with_separators(count), " ", count == 1 ? one : many);
}

namespace {
char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper_char(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper_char);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower_char(x) == lower_char(y); });
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_needle) {
  return std::search(text.begin(), text.end(), lower_needle.begin(), lower_needle.end(),
                     [](char x, char y) { return lower_char(x) == y; }) != text.end();
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string one_line(std::string_view text, std::size_t max_characters) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (characters >= max_characters) {
      out += "…";
      break;
    }
    const CodePoint character = code_point_at(text, at);
    if (!character.valid) {
      out += "\uFFFD";
    } else if (character.value == '\n') {
      out += "↵";
    } else if (character.value == '\t') {
      out += ' ';
    } else if (character.value < 0x20 || character.value == 0x7F) {
      if (character.value != '\r') out += "·";
    } else {
      out += text.substr(at, character.size);
    }
    at += character.size;
  }
  return out;
}

}  // namespace sqlcast::gui
