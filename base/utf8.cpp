#include "base/utf8.h"

#include <cstdint>

namespace sqlcast {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) { return static_cast<std::uint8_t>(text[index]); }

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const std::uint8_t head = byte_at(text, at);
  if (head < 0x80) return 1;
  if (head < 0xc2 || head > 0xf4) return 0;
  const std::size_t length = head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xc0U) != 0x80U) return 0;
  const std::uint8_t second = byte_at(text, at + 1);
  const bool overlong = (head == 0xe0 && second < 0xa0) || (head == 0xf0 && second < 0x90);
  const bool surrogate = head == 0xed && second >= 0xa0;
  const bool beyond = head == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const std::size_t length = utf8_length(text, at);
  if (length == 0) return {};
  const std::uint32_t head = byte_at(text, at);
  if (length == 1) return {static_cast<char32_t>(head), 1, true};
  std::uint32_t value = head & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) value = value << 6U | (byte_at(text, at + i) & 0x3FU);
  return {static_cast<char32_t>(value), length, true};
}

void append_utf8(std::string& out, char32_t character) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto point = static_cast<std::uint32_t>(character);
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | point >> 6U), put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | point >> 12U), put(0x80U | (point >> 6U & 0x3FU)), put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | point >> 18U), put(0x80U | (point >> 12U & 0x3FU));
    put(0x80U | (point >> 6U & 0x3FU)), put(0x80U | (point & 0x3FU));
  }
}

std::size_t utf8_previous(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  for (std::size_t back = 1; back <= 4 && back <= at; ++back)
    if (utf8_length(text.substr(0, at), at - back) == back) return at - back;
  return at - 1;
}

std::size_t utf8_valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string shortened(std::string text, std::size_t max_bytes) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= max_bytes || max_bytes < kDots.size()) return text;
  std::size_t end = max_bytes - kDots.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.replace(end, std::string::npos, kDots);
}

std::string to_utf8(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t valid = utf8_valid_prefix(text);
    out.append(text.substr(0, valid));
    if (valid == text.size()) return out;
    out.append("\xef\xbf\xbd");
    text.remove_prefix(valid + 1);
  }
}

}  // namespace sqlcast
