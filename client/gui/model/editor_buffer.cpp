#include "client/gui/model/editor_buffer.h"

#include <algorithm>
#include <cctype>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kMaxUndoSteps = 10'000;
constexpr std::size_t kMaxUndoBytes = 64U << 20U;

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 >= text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

enum class CharClass { blank, word, other };

CharClass class_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == ' ' || c == '\t' || c == '\n') return CharClass::blank;
  if (std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80) return CharClass::word;
  return CharClass::other;
}
}  // namespace

EditorBuffer::EditorBuffer(std::string_view text) { reset(text); }

void EditorBuffer::reset(std::string_view text) {
  const std::size_t before = text_.size();
  text_ = without_carriage_returns(text);
  changes_.push_back({0, before, text_.size()});
  line_starts_.assign(1, 0);
  rebuild_lines(0, 0, text_.size());
  caret_ = anchor_ = 0;
  wished_column_.reset();
  undo_.clear();
  redo_.clear();
  undo_bytes_ = 0;
  saved_version_ = ++version_;
}

std::size_t EditorBuffer::line_end(std::size_t line) const {
  return line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : text_.size();
}

std::size_t EditorBuffer::line_of(std::size_t offset) const {
  const auto it = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(it - line_starts_.begin()) - 1;
}

std::string_view EditorBuffer::line(std::size_t line) const {
  return std::string_view(text_).substr(line_start(line), line_end(line) - line_start(line));
}

std::size_t EditorBuffer::column_of(std::size_t offset) const {
  std::size_t column = 0;
  for (std::size_t at = line_start(line_of(offset)); at < offset; at += code_point_at(text_, at).size) {
    column += text_[at] == '\t' ? kTabWidth - column % kTabWidth : 1;
  }
  return column;
}

std::size_t EditorBuffer::offset_at(std::size_t line, std::size_t column) const {
  line = std::min(line, line_count() - 1);
  std::size_t at = line_start(line);
  const std::size_t end = line_end(line);
  std::size_t cell = 0;
  while (at < end && cell < column) {
    const std::size_t width = text_[at] == '\t' ? kTabWidth - cell % kTabWidth : 1;
    if (cell + width > column && column - cell < width - column + cell) break;
    cell += width;
    at += code_point_at(text_, at).size;
  }
  return std::min(at, end);
}

std::pair<std::size_t, std::size_t> EditorBuffer::selection() const {
  return {std::min(caret_, anchor_), std::max(caret_, anchor_)};
}

std::string_view EditorBuffer::selected_text() const {
  const auto [begin, end] = selection();
  return std::string_view(text_).substr(begin, end - begin);
}

void EditorBuffer::set_caret(std::size_t offset, bool select) {
  caret_ = std::min(offset, text_.size());
  if (!select) anchor_ = caret_;
  wished_column_.reset();
  if (!undo_.empty()) undo_.back().typed = false;
}

void EditorBuffer::select(std::size_t begin, std::size_t end) {
  set_caret(begin);
  set_caret(end, true);
}

void EditorBuffer::select_word(std::size_t offset) {
  if (text_.empty()) return;
  offset = std::min(offset, text_.size() - 1);
  const CharClass kind = class_of(text_[offset]);
  std::size_t begin = offset;
  std::size_t end = offset;
  while (begin > 0 && text_[begin - 1] != '\n' && class_of(text_[begin - 1]) == kind) --begin;
  while (end < text_.size() && text_[end] != '\n' && class_of(text_[end]) == kind) ++end;
  select(begin, end);
}

void EditorBuffer::select_line(std::size_t line) {
  select(line_start(line), line + 1 < line_count() ? line_start(line + 1) : text_.size());
}

void EditorBuffer::move_left(bool select) {
  if (has_selection() && !select) return set_caret(selection().first);
  set_caret(utf8_previous(text_, caret_), select);
}

void EditorBuffer::move_right(bool select) {
  if (has_selection() && !select) return set_caret(selection().second);
  if (caret_ < text_.size()) set_caret(caret_ + code_point_at(text_, caret_).size, select);
}

void EditorBuffer::move_word_left(bool select) {
  std::size_t at = caret_;
  while (at > 0 && class_of(text_[at - 1]) == CharClass::blank) --at;
  if (at > 0) {
    const CharClass kind = class_of(text_[at - 1]);
    while (at > 0 && class_of(text_[at - 1]) == kind) --at;
  }
  set_caret(at, select);
}

void EditorBuffer::move_word_right(bool select) {
  std::size_t at = caret_;
  if (at < text_.size()) {
    const CharClass kind = class_of(text_[at]);
    while (at < text_.size() && class_of(text_[at]) == kind && kind != CharClass::blank) ++at;
    while (at < text_.size() && class_of(text_[at]) == CharClass::blank) ++at;
  }
  set_caret(at, select);
}

void EditorBuffer::move_lines(std::ptrdiff_t lines, bool select) {
  const std::size_t column = wished_column_.value_or(column_of(caret_));
  const auto target = static_cast<std::ptrdiff_t>(line_of(caret_)) + lines;
  if (target < 0) {
    set_caret(0, select);
  } else if (target >= static_cast<std::ptrdiff_t>(line_count())) {
    set_caret(text_.size(), select);
  } else {
    set_caret(offset_at(static_cast<std::size_t>(target), column), select);
  }
  wished_column_ = column;
}

void EditorBuffer::move_home(bool select) {
  const std::size_t start = line_start(line_of(caret_));
  std::size_t first = start;
  while (first < text_.size() && (text_[first] == ' ' || text_[first] == '\t')) ++first;
  set_caret(caret_ == first ? start : first, select);
}

void EditorBuffer::move_end(bool select) { set_caret(line_end(line_of(caret_)), select); }

void EditorBuffer::rebuild_lines(std::size_t offset, std::size_t removed, std::size_t inserted) {
  const auto first = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto last = std::upper_bound(first, line_starts_.end(), offset + removed);
  std::vector<std::size_t> fresh;
  for (std::size_t at = offset; at < offset + inserted; ++at) {
    if (text_[at] == '\n') fresh.push_back(at + 1);
  }
  const auto kept = line_starts_.erase(first, last);
  const auto tail = line_starts_.insert(kept, fresh.begin(), fresh.end()) + static_cast<std::ptrdiff_t>(fresh.size());
  for (auto it = tail; it != line_starts_.end(); ++it) *it = *it - removed + inserted;
}

void EditorBuffer::apply(std::size_t offset, std::size_t remove, std::string_view insert) {
  text_.replace(offset, remove, insert);
  rebuild_lines(offset, remove, insert.size());
  changes_.push_back({offset, remove, insert.size()});
  ++version_;
}

void EditorBuffer::edit(std::size_t offset, std::size_t remove, std::string_view insert, bool typed) {
  const std::string text = without_carriage_returns(insert);
  if (remove == 0 && text.empty()) return;
  redo_.clear();
  const bool joins = typed && !undo_.empty() && undo_.back().typed && remove == 0 && undo_.back().removed.empty() &&
                     undo_.back().offset + undo_.back().inserted.size() == offset &&
                     !(text == " " && !undo_.back().inserted.ends_with(' '));
  if (joins) {
    undo_.back().inserted += text;
  } else {
    undo_.push_back({offset, text_.substr(offset, remove), text, caret_, anchor_, typed});
  }
  undo_bytes_ += text.size() + remove;
  while (undo_.size() > kMaxUndoSteps || (undo_bytes_ > kMaxUndoBytes && undo_.size() > 1)) {
    undo_bytes_ -= std::min(undo_bytes_, undo_.front().inserted.size() + undo_.front().removed.size());
    undo_.pop_front();
  }
  apply(offset, remove, text);
  caret_ = anchor_ = offset + text.size();
  wished_column_.reset();
}

void EditorBuffer::type(std::string_view text) {
  const auto [begin, end] = selection();
  edit(begin, end - begin, text, true);
}

void EditorBuffer::insert(std::string_view text) {
  const auto [begin, end] = selection();
  edit(begin, end - begin, text, false);
}

void EditorBuffer::replace(std::size_t begin, std::size_t end, std::string_view text) {
  edit(begin, end - begin, text, false);
}

void EditorBuffer::new_line() {
  const std::string_view current = line(line_of(selection().first));
  std::size_t blanks = std::min(current.find_first_not_of(" \t"), current.size());
  blanks = std::min(blanks, selection().first - line_start(line_of(selection().first)));
  insert(cat("\n", current.substr(0, blanks)));
}

void EditorBuffer::backspace(bool word) {
  if (has_selection()) return insert({});
  const std::size_t end = caret_;
  if (word) {
    move_word_left(false);
  } else {
    caret_ = utf8_previous(text_, caret_);
  }
  const std::size_t begin = caret_;
  caret_ = anchor_ = end;
  edit(begin, end - begin, {}, false);
}

void EditorBuffer::erase(bool word) {
  if (has_selection()) return insert({});
  const std::size_t begin = caret_;
  if (begin >= text_.size()) return;
  std::size_t end = begin + code_point_at(text_, begin).size;
  if (word) {
    move_word_right(false);
    end = caret_;
    caret_ = anchor_ = begin;
  }
  edit(begin, end - begin, {}, false);
}

std::pair<std::size_t, std::size_t> EditorBuffer::selected_lines() const {
  const auto [begin, end] = selection();
  const std::size_t first = line_of(begin);
  std::size_t last = line_of(end);
  if (last > first && end == line_start(last)) --last;
  return {first, last};
}

// Replaces the selected lines by what `edit_line` makes of each, as one step, and selects them.
template <typename Edit>
void EditorBuffer::edit_lines(Edit edit_line) {
  const auto [first, last] = selected_lines();
  const bool selected = has_selection();
  const std::size_t begin = line_start(first);
  const std::size_t from_end = line_end(last) - std::min(line_end(last), caret_);
  std::string fresh;
  for (std::size_t i = first; i <= last; ++i) {
    if (i > first) fresh += '\n';
    fresh += edit_line(line(i));
  }
  edit(begin, line_end(last) - begin, fresh, false);
  if (selected) {
    select(begin, begin + fresh.size());
  } else {
    set_caret(begin + fresh.size() - std::min(from_end, fresh.size()));
  }
}

void EditorBuffer::indent() {
  const auto [first, last] = selected_lines();
  if (first == last) {
    const std::size_t column = column_of(selection().first);
    return insert(std::string(kTabWidth - column % kTabWidth, ' '));
  }
  edit_lines([](std::string_view line) { return line.empty() ? std::string() : cat("    ", line); });
}

void EditorBuffer::unindent() {
  edit_lines([](std::string_view line) {
    std::size_t blanks = 0;
    while (blanks < kTabWidth && blanks < line.size() && line[blanks] == ' ') ++blanks;
    if (blanks == 0 && line.starts_with('\t')) blanks = 1;
    return std::string(line.substr(blanks));
  });
}

void EditorBuffer::toggle_comment() {
  const auto [first, last] = selected_lines();
  bool all = true;
  for (std::size_t i = first; i <= last; ++i) {
    const std::string_view content = trim(line(i));
    all = all && (content.empty() || content.starts_with("--"));
  }
  edit_lines([all](std::string_view line) {
    const std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string_view::npos) return std::string(line);
    if (!all) return cat(line.substr(0, at), "-- ", line.substr(at));
    const std::string_view rest = line.substr(at + 2);
    return cat(line.substr(0, at), rest.starts_with(' ') ? rest.substr(1) : rest);
  });
}

void EditorBuffer::duplicate_lines() {
  const auto [first, last] = selected_lines();
  const std::string copy = cat("\n", text_.substr(line_start(first), line_end(last) - line_start(first)));
  const std::size_t caret = caret_;
  edit(line_end(last), 0, copy, false);
  set_caret(caret + copy.size());
}

void EditorBuffer::delete_lines() {
  const auto [first, last] = selected_lines();
  std::size_t begin = line_start(first);
  std::size_t end = line_end(last);
  if (end < text_.size()) {
    ++end;
  } else if (begin > 0) {
    --begin;
  }
  edit(begin, end - begin, {}, false);
}

bool EditorBuffer::undo() {
  if (undo_.empty()) return false;
  Step step = std::move(undo_.back());
  undo_.pop_back();
  apply(step.offset, step.inserted.size(), step.removed);
  caret_ = step.caret_before;
  anchor_ = step.anchor_before;
  step.typed = false;
  redo_.push_back(std::move(step));
  if (!undo_.empty()) undo_.back().typed = false;
  wished_column_.reset();
  return true;
}

bool EditorBuffer::redo() {
  if (redo_.empty()) return false;
  Step step = std::move(redo_.back());
  redo_.pop_back();
  apply(step.offset, step.removed.size(), step.inserted);
  caret_ = anchor_ = step.offset + step.inserted.size();
  undo_.push_back(std::move(step));
  wished_column_.reset();
  return true;
}

namespace {
bool matches_at(std::string_view text, std::size_t at, std::string_view needle, bool match_case) {
  const std::string_view part = text.substr(at, needle.size());
  return match_case ? part == needle : equal_ignoring_case(part, needle);
}
}  // namespace

std::optional<std::size_t> EditorBuffer::find(std::string_view needle, std::size_t from, bool backward,
                                              bool match_case) const {
  if (needle.empty() || needle.size() > text_.size()) return std::nullopt;
  const std::size_t positions = text_.size() - needle.size() + 1;
  std::size_t at =
      backward ? (from == 0 ? positions - 1 : std::min(from - 1, positions - 1)) : from % (text_.size() + 1);
  for (std::size_t tried = 0; tried <= text_.size(); ++tried) {
    if (at < positions && matches_at(text_, at, needle, match_case)) return at;
    if (backward) {
      at = at == 0 ? positions - 1 : at - 1;
    } else {
      at = at + 1 > text_.size() ? 0 : at + 1;
    }
  }
  return std::nullopt;
}

std::size_t EditorBuffer::replace_all(std::string_view needle, std::string_view with, bool match_case) {
  if (needle.empty()) return 0;
  std::string fresh;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text_.size();) {
    if (at + needle.size() <= text_.size() && matches_at(text_, at, needle, match_case)) {
      fresh += with;
      at += needle.size();
      ++count;
    } else {
      fresh += text_[at++];
    }
  }
  if (count > 0) {
    const std::size_t caret = std::min(caret_, fresh.size());
    edit(0, text_.size(), fresh, false);
    set_caret(caret);
  }
  return count;
}

}  // namespace sqlcast::gui
