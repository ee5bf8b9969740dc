#include "client/text/word_wrap.h"

#include <algorithm>

#include "client/text/display_width.h"

namespace sqlcast::text {
namespace {

void append_wrapped(std::string_view line, std::size_t columns, std::string& out) {
  std::size_t used = 0;
  while (!line.empty()) {
    const std::size_t word_begin = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t word_end = std::min(line.find(' ', word_begin), line.size());
    const std::string_view word = line.substr(word_begin, word_end - word_begin);
    const std::size_t width = display_width(word);
    if (used != 0 && used + word_begin + width > columns) {
      out.push_back('\n');
      used = 0;
    } else {
      out.append(word_begin, ' ');
      used += word_begin;
    }
    out.append(word);
    used += width;
    line.remove_prefix(word_end);
  }
}

}  // namespace

std::string wrap_words(std::string_view text, std::size_t columns) {
  if (columns == 0) return std::string(text);
  std::string out;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    append_wrapped(text.substr(0, end), columns, out);
    if (end == text.size()) return out;
    out.push_back('\n');
    text.remove_prefix(end + 1);
  }
}

}  // namespace sqlcast::text
