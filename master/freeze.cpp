#include "master/freeze.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <random>

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

std::size_t number_in(std::string_view arguments) {
  std::size_t number = 0;
  std::from_chars(arguments.data(), arguments.data() + arguments.size(), number);
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
std::string clock_text(std::string_view arguments) {
  const std::size_t digits = std::min<std::size_t>(number_in(arguments), 6);
  const std::uint64_t us = now_us();
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

std::string quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

std::uint64_t now_us() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::string freeze_value(std::string_view function, std::string_view arguments) {
  if (function == "UUID") return quoted(uuid());
  if (function == "SYS_GUID") {
    std::string text = uuid();
    std::erase(text, '-');
    return quoted(text);
  }
  if (function == "UUID_SHORT") return std::to_string(generator()() >> 1U);
  if (function == "SYSDATE") return quoted(clock_text(arguments));
  if (function == "CONNECTION_ID") return "0";
  if (function == "CURRENT_ROLE") return "NULL";
  if (function == "VERSION") return quoted("sqlcast " SQLCAST_VERSION);
  if (function == "RANDOM_BYTES")
    return "x'" + to_hex(random_bytes(std::min<std::size_t>(number_in(arguments), 1024))) + "'";
  // The account that client SQL runs under, the same for everybody.
  return quoted("sqlcast@localhost");
}

}  // namespace sqlcast::master
