// EditorBuffer: the text of one editor tab with caret, selection, undo and redo. No drawing.
//
// Offsets are bytes; the caret always stands on a character boundary. Lines end with '\n' alone ("\r\n" is
// turned into '\n' on the way in). Undo is bounded in count and bytes. UI thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sqlcast::gui {

// One replacement, for whoever keeps something in step with the text (highlighting).
struct TextChange {
  std::size_t offset = 0;
  std::size_t removed = 0;   // bytes
  std::size_t inserted = 0;  // bytes
};

class EditorBuffer {
 public:
  explicit EditorBuffer(std::string_view text = {});

  const std::string& text() const { return text_; }
  std::uint64_t version() const { return version_; }  // grows with every change
  bool modified() const { return version_ != saved_version_; }
  void mark_saved() { saved_version_ = version_; }
  void mark_modified() { saved_version_ = 0; }
  void reset(std::string_view text);  // new content, no undo, not modified

  // Changes since the last call, oldest first.
  std::vector<TextChange> take_changes() { return std::exchange(changes_, {}); }

  // Lines.
  std::size_t line_count() const { return line_starts_.size(); }
  std::size_t line_start(std::size_t line) const { return line_starts_[line]; }
  std::size_t line_end(std::size_t line) const;  // without the '\n'
  std::size_t line_of(std::size_t offset) const;
  std::string_view line(std::size_t line) const;
  std::size_t column_of(std::size_t offset) const;  // in cells: tabs to the next multiple of kTabWidth
  std::size_t offset_at(std::size_t line, std::size_t column) const;
  static constexpr std::size_t kTabWidth = 4;

  // Caret and selection.
  std::size_t caret() const { return caret_; }
  std::size_t anchor() const { return anchor_; }
  bool has_selection() const { return caret_ != anchor_; }
  std::pair<std::size_t, std::size_t> selection() const;  // begin, end
  std::string_view selected_text() const;
  void set_caret(std::size_t offset, bool select = false);
  void select(std::size_t begin, std::size_t end);
  void select_all() { select(0, text_.size()); }
  void select_word(std::size_t offset);
  void select_line(std::size_t line);

  void move_left(bool select);
  void move_right(bool select);
  void move_word_left(bool select);
  void move_word_right(bool select);
  void move_lines(std::ptrdiff_t lines, bool select);  // keeps the wished column
  void move_home(bool select);                         // first non-blank, then column 0
  void move_end(bool select);

  // Changes. Each is one step of undo; typed characters run together up to a blank or a jump.
  void type(std::string_view text);    // replaces the selection
  void insert(std::string_view text);  // the same, never run together
  void new_line();                     // keeps the indentation
  void backspace(bool word);
  void erase(bool word);
  void indent();    // the selected lines, or spaces to the next tab stop
  void unindent();  // the selected lines, or this one
  void toggle_comment();
  void duplicate_lines();
  void delete_lines();
  void replace(std::size_t begin, std::size_t end, std::string_view text);  // caret goes behind it

  bool undo();  // false: nothing to undo
  bool redo();

  // Looks from `from`, forward or backward, around the end. Ignores ASCII case unless told.
  std::optional<std::size_t> find(std::string_view needle, std::size_t from, bool backward, bool match_case) const;
  std::size_t replace_all(std::string_view needle, std::string_view with, bool match_case);

 private:
  struct Step {
    std::size_t offset = 0;
    std::string removed;
    std::string inserted;
    std::size_t caret_before = 0;
    std::size_t anchor_before = 0;
    bool typed = false;
  };

  void apply(std::size_t offset, std::size_t remove, std::string_view insert);
  void edit(std::size_t offset, std::size_t remove, std::string_view insert, bool typed);
  void rebuild_lines(std::size_t offset, std::size_t removed, std::size_t inserted);
  std::pair<std::size_t, std::size_t> selected_lines() const;
  template <typename Edit>
  void edit_lines(Edit edit_line);

  std::string text_;
  std::vector<std::size_t> line_starts_{0};
  std::vector<TextChange> changes_;
  std::size_t caret_ = 0;
  std::size_t anchor_ = 0;
  std::optional<std::size_t> wished_column_;
  std::uint64_t version_ = 1;
  std::uint64_t saved_version_ = 1;
  std::deque<Step> undo_;
  std::vector<Step> redo_;
  std::size_t undo_bytes_ = 0;
};

}  // namespace sqlcast::gui
