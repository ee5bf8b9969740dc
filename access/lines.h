// Lines: the form that all files of keys share: one thing a line, words between blanks, `#` begins a line of comment.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqlcast::access {

struct Line {
  std::size_t number = 0;  // from 1
  std::vector<std::string_view> words;
};

// Lines that have words; views into `text`.
std::vector<Line> lines_of(std::string_view text);

// config: "line 7: …"
Status line_error(std::size_t number, const std::string& what);

}  // namespace sqlcast::access
