#include "master/freeze.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <optional>
#include <random>

#include "base/clock.h"
#include "base/types.h"

namespace sqlcast::master {
namespace {

std::mt19937_64& generator() {
  thread_local std::mt19937_64 instance = [] {
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source(), source(), source(), source(), source()};
    return std::mt19937_64(seed);
  }();
  return instance;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator()() & 0xFFU);
  return bytes;
}

// A literal that stands for a small whole number, as digits alone.
std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A random UUID (version 4).
std::string uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

// The wall clock as 'YYYY-MM-DD hh:mm:ss' with up to six digits of fraction.
std::string clock_text(std::size_t digits) {
  const std::uint64_t us = unix_microseconds();
  const auto seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> buffer{};
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::string text = buffer.data();
  if (digits == 0) return text;
  std::string fraction = std::to_string(us % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return text + "." + fraction.substr(0, digits);
}

// UUID() had been text before the server had a type for it.
bool has_uuid_type(std::string_view server_version) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* const end = server_version.data() + server_version.size();
  const auto [dot, error] = std::from_chars(server_version.data(), end, major);
  if (error != std::errc() || dot == end || *dot != '.') return false;
  if (std::from_chars(dot + 1, end, minor).ec != std::errc()) return false;
  return major > 10 || (major == 10 && minor >= 7);
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

// A literal has its function's type, so that what a statement computes from it is the same: a DATETIME is a number
// where one is added to it, an unsigned integer does not become negative, text is text.
std::string freeze_value(std::string_view function, std::string_view arguments, std::string_view server_version) {
  constexpr std::size_t kMostDigits = 6;
  constexpr std::size_t kMostRandomBytes = 1024;
  const std::optional<std::size_t> number = number_in(arguments);
  if (function == "SYSDATE") {
    const std::optional<std::size_t> digits = arguments.empty() ? 0 : number;
    return digits && *digits <= kMostDigits ? "TIMESTAMP" + quoted(clock_text(*digits)) : std::string();
  }
  if (function == "RANDOM_BYTES")
    return number && *number <= kMostRandomBytes ? "x'" + to_hex(random_bytes(*number)) + "'" : std::string();
  if (!arguments.empty()) return {};
  if (function == "UUID")
    return has_uuid_type(server_version) ? "CAST(" + quoted(uuid()) + " AS UUID)" : quoted(uuid());
  if (function == "SYS_GUID") {
    std::string text = uuid();
    std::erase(text, '-');
    return quoted(text);
  }
  if (function == "UUID_SHORT") return "CAST(" + std::to_string(generator()() >> 1U) + " AS UNSIGNED)";
  if (function == "CONNECTION_ID") return "CAST(0 AS UNSIGNED)";
  if (function == "CURRENT_ROLE") return "CAST(NULL AS CHAR)";
  if (function == "VERSION") return quoted(std::string(server_version));
  // The account that client SQL runs under, the same for everybody.
  return quoted("sqlcast@localhost");
}

}  // namespace sqlcast::master
