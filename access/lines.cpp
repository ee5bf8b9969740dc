#include "access/lines.h"

#include <algorithm>

namespace sqlcast::access {

std::vector<Line> lines_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<Line> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    Line line{++number, {}};
    while (true) {
      const std::size_t first = rest.find_first_not_of(kBlanks);
      if (first == std::string_view::npos || (line.words.empty() && rest[first] == '#')) break;
      rest.remove_prefix(first);
      const std::size_t size = std::min(rest.find_first_of(kBlanks), rest.size());
      line.words.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    if (!line.words.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

Status line_error(std::size_t number, const std::string& what) {
  return Status::error(Code::config, "line " + std::to_string(number) + ": " + what);
}

}  // namespace sqlcast::access
