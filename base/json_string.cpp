#include "base/json_string.h"

#include <cstdint>

#include "base/utf8.h"

namespace sqlcast {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_from = 0;
  std::size_t at = 0;
  const auto flush = [&] { out.append(text.substr(plain_from, at - plain_from)); };
  while (at < text.size()) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    const std::size_t length = byte < 0x80 ? 0 : utf8_length(text, at);
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

}  // namespace sqlcast
