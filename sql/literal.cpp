#include "sql/literal.h"

namespace sqlcast::sql {

std::string quote_text(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 16);
  quoted.push_back('\'');
  for (const char c : text) {
    switch (c) {
      case '\'': quoted += "''"; break;
      case '\\': quoted += "\\\\"; break;
      case '\0': quoted += "\\0"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\x1a': quoted += "\\Z"; break;
      default: quoted.push_back(c);
    }
  }
  quoted.push_back('\'');
  return quoted;
}

std::string quote_bytes(std::string_view bytes) { return "_binary" + quote_text(bytes); }

std::string quote_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted.push_back('`');
    quoted.push_back(c);
  }
  quoted.push_back('`');
  return quoted;
}

bool has_empty_word(std::string_view type) {
  for (std::size_t at = type.find('\''); at < type.size(); at = type.find('\'', at + 1)) {
    const std::size_t first = ++at;
    for (; at < type.size(); ++at) {
      const bool doubled = type.substr(at).starts_with("''");
      if (type[at] == '\'' && !doubled) break;
      if (type[at] == '\\' || doubled) ++at;
    }
    if (at == first && at < type.size()) return true;
  }
  return false;
}

}  // namespace sqlcast::sql
