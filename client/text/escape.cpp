#include "client/text/escape.h"

#include <algorithm>
#include <cstdint>

#include "base/types.h"
#include "base/utf8.h"

namespace sqlcast::text {
namespace {

bool is_control(std::uint32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

}  // namespace

std::string_view printable(std::string_view text, std::string& buffer) {
  bool changed = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    const bool show = point.valid && (point.value == '\n' || !is_control(point.value));
    if (!show && !changed) {
      buffer.assign(text.substr(0, at));
      changed = true;
    }
    if (show) {
      if (changed) buffer.append(text.substr(at, point.size));
    } else if (text[at] == '\t') {
      buffer.append("\\t");
    } else if (text[at] == '\r') {
      buffer.append("\\r");
    } else if (text[at] == '\0') {
      buffer.append("\\0");
    } else {
      buffer.append("\\x").append(to_hex(text.substr(at, point.size)));
    }
    at += point.size;
  }
  return changed ? std::string_view(buffer) : text;
}

std::string printable_line(std::string_view text) {
  std::string buffer;
  std::string line(printable(text, buffer));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string escape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
  return out;
}

std::string unescape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      default: out += text[i];
    }
  }
  return out;
}

void append_csv_field(std::string& out, std::string_view text) {
  const bool like_bytes = text.starts_with("0x");
  if (!text.empty() && !like_bytes && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char byte : text) {
    if (byte == '"') out.push_back('"');
    out.push_back(byte);
  }
  out.push_back('"');
}

}  // namespace sqlcast::text
