#include "client/load/script_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sqlcast::load {
namespace {

constexpr std::size_t kRead = 1U << 20U;

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

constexpr bool is_dull(unsigned char c) {
  return c != '\'' && c != '"' && c != '`' && c != '#' && c != '-' && c != '/' && c != '*';
}

// Bytes that never begin anything, outside of strings and comments; the delimiter's first byte is looked for besides.
constexpr std::array<bool, 256> make_dull() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = is_dull(static_cast<unsigned char>(i));
  return table;
}
constexpr auto kDull = make_dull();

bool begins_with_word(std::string_view text, std::string_view upper) {
  if (text.size() < upper.size()) return false;
  for (std::size_t i = 0; i < upper.size(); ++i)
    if ((text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 32) : text[i]) != upper[i]) return false;
  return true;
}

}  // namespace

ScriptReader::ScriptReader(std::unique_ptr<Input> input, std::size_t most) : input_(std::move(input)), most_(most) {}

Result<bool> ScriptReader::next(ScriptStatement& statement) {
  begin_here();
  while (true) {
    switch (scan()) {
      case Step::cut: {
        const std::size_t end = at_;
        at_ += delimiter_.size();
        if (!open_) {  // a delimiter by itself
          begin_here();
          continue;
        }
        hand_out(statement, end);
        return true;
      }
      case Step::go_on: continue;
      case Step::more: break;
    }
    if (ended_) break;
    const auto filled = fill();
    if (!filled) return filled.status();
  }
  if (place_ == Place::quoted || place_ == Place::block_comment || executable_)
    return Status::error(Code::bad_message,
                         "the file ends inside a " +
                             std::string(place_ == Place::quoted ? "string or quoted name" : "comment") +
                             "; it may have been cut off");
  if (!open_) return false;
  hand_out(statement, buffer_.size());
  return true;
}

Result<bool> ScriptReader::fill() {
  if (begin_ > 0) {
    line_ += static_cast<std::size_t>(
        std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(counted_),
                   buffer_.begin() + static_cast<std::ptrdiff_t>(std::max(begin_, counted_)), '\n'));
    counted_ = std::max(begin_, counted_) - begin_;
    buffer_.erase(0, begin_);
    base_ += begin_;
    at_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() > most_)
    return Status::error(Code::too_large, "a statement of more than " + std::to_string(most_) + " bytes; is it SQL?");
  const std::size_t before = buffer_.size();
  buffer_.resize(before + std::max(kRead, before / 2));
  const auto got = input_->read(buffer_.data() + before, buffer_.size() - before);
  buffer_.resize(before + (got ? *got : 0));
  if (!got) return got.status();
  ended_ = *got == 0;
  if (base_ == 0 && before == 0 && buffer_.starts_with("\xEF\xBB\xBF")) begin_ = at_ = 3;
  return true;
}

void ScriptReader::begin_here() {
  begin_ = at_;
  open_ = false;
  commented_ = false;
  executable_ = false;
  place_ = Place::plain;
}

void ScriptReader::leave_line() {
  at_ = std::min(buffer_.find('\n', at_), buffer_.size());
  begin_here();
}

void ScriptReader::hand_out(ScriptStatement& statement, std::size_t end) {
  line_ += static_cast<std::size_t>(std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                               buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), '\n'));
  counted_ = begin_;
  while (end > begin_ && is_blank(buffer_[end - 1])) --end;
  statement.text.assign(buffer_, begin_, end - begin_);
  statement.offset = base_ + begin_;
  statement.line = line_;
  statement.commented = commented_;
  begin_here();
}

ScriptReader::Step ScriptReader::scan() {
  switch (place_) {
    case Place::plain: return scan_plain();
    case Place::quoted: return scan_quoted();
    default: return scan_comment();
  }
}

ScriptReader::Step ScriptReader::scan_plain() {
  const char first = delimiter_.front();
  while (at_ < buffer_.size()) {
    const char c = buffer_[at_];
    if (!open_ && is_blank(c)) {
      begin_ = ++at_;
      continue;
    }
    if (c == first && !executable_) {
      if (!has(delimiter_.size())) return Step::more;
      if (buffer_.compare(at_, delimiter_.size(), delimiter_) == 0) return Step::cut;
    }
    if (!open_ && (c == 'd' || c == 'D')) {
      constexpr std::size_t kLongestLine = 64;
      if (!has(kLongestLine)) return Step::more;
      if (begins_with_word(std::string_view(buffer_).substr(at_), "DELIMITER ")) return delimiter_command();
    }
    if (kDull[static_cast<unsigned char>(c)]) {
      open_ = true;
      ++at_;
      continue;
    }
    if (!has(4)) return Step::more;
    if (const Step step = at_symbol(c); place_ != Place::plain) return step;
  }
  return Step::more;
}

// At a byte that may begin a string or a comment.
ScriptReader::Step ScriptReader::at_symbol(char c) {
  const bool line_comment =
      c == '#' || (c == '-' && ahead(1) == '-' && (is_blank(ahead(2)) || at_ + 2 >= buffer_.size()));
  if (line_comment) {
    commented_ = commented_ || open_;
    place_ = Place::line_comment;
  } else if (c == '/' && ahead(1) == '*') {
    const bool maria = ahead(2) == 'M' && ahead(3) == '!';
    if (ahead(2) == '!' || maria) {
      open_ = executable_ = commented_ = true;
      at_ += maria ? 4 : 3;
    } else {
      commented_ = commented_ || open_;
      place_ = Place::block_comment;
      at_ += 2;
    }
  } else if (c == '*' && executable_ && ahead(1) == '/') {
    executable_ = false;
    at_ += 2;
  } else {
    open_ = true;
    ++at_;
    if (c == '\'' || c == '"' || c == '`') {
      place_ = Place::quoted;
      quote_ = c;
    }
  }
  return Step::go_on;
}

ScriptReader::Step ScriptReader::scan_quoted() {
  while (at_ < buffer_.size()) {
    const char c = buffer_[at_];
    if (c == '\\' && quote_ != '`') {
      if (at_ + 2 > buffer_.size()) return Step::more;
      at_ += 2;
      continue;
    }
    ++at_;
    if (c != quote_) continue;
    place_ = Place::plain;  // a doubled quote opens it again
    return Step::go_on;
  }
  return Step::more;
}

ScriptReader::Step ScriptReader::scan_comment() {
  const bool line = place_ == Place::line_comment;
  const std::size_t end = line ? buffer_.find('\n', at_) : buffer_.find("*/", at_);
  if (end == std::string::npos) {
    // A star at the end may be half of what is looked for.
    at_ = line || buffer_.size() < at_ + 1 ? buffer_.size() : std::max(at_, buffer_.size() - 1);
    if (!open_) begin_ = at_;
    if (ended_ && line) place_ = Place::plain;
    return Step::more;
  }
  at_ = end + (line ? 1 : 2);
  place_ = Place::plain;
  if (!open_) begin_ = at_;
  return Step::go_on;
}

ScriptReader::Step ScriptReader::delimiter_command() {
  const std::size_t line_end = std::min(buffer_.find('\n', at_), buffer_.size());
  std::string_view rest = std::string_view(buffer_).substr(at_, line_end - at_).substr(10);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  const std::size_t end = static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), is_blank) - rest.begin());
  if (end > 0) delimiter_ = std::string(rest.substr(0, end));
  at_ = line_end;
  begin_here();
  return Step::go_on;
}

}  // namespace sqlcast::load
