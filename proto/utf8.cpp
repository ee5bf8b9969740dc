#include "proto/utf8.h"

#include <cstdint>

namespace sqlcast::proto {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) { return static_cast<std::uint8_t>(text[index]); }

bool continues(std::string_view text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i)
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return false;
  return true;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t head = byte_at(text, 0);
  if (head < 0x80) return 1;
  if (head < 0xc2 || head > 0xf4) return 0;
  const std::size_t length = head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4;
  if (text.size() < length || !continues(text, 1, length)) return 0;
  const std::uint8_t second = byte_at(text, 1);
  const bool overlong = (head == 0xe0 && second < 0xa0) || (head == 0xf0 && second < 0x90);
  const bool surrogate = head == 0xed && second >= 0xa0;
  const bool beyond = head == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

std::size_t utf8_valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (byte_at(text, at) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_from = 0;
  std::size_t at = 0;
  const auto flush = [&] { out.append(text.substr(plain_from, at - plain_from)); };
  while (at < text.size()) {
    const std::uint8_t byte = byte_at(text, at);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    const std::size_t length = byte < 0x80 ? 0 : utf8_length(text.substr(at));
    if (length > 0) {
      at += length;
      continue;
    }
    flush();
    switch (byte) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      case '\t': out.append("\\t"); break;
      default:
        if (byte < 0x20) {
          out.append("\\u00").push_back(kDigits[byte >> 4U]);
          out.push_back(kDigits[byte & 0xfU]);
        } else {
          out.append("\xef\xbf\xbd");
        }
    }
    plain_from = ++at;
  }
  flush();
  out.push_back('"');
}

}  // namespace sqlcast::proto
