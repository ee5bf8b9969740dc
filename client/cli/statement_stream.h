// StatementStream: text in as it comes, statements and the shell's own commands out, in order. Keeps only what has
// not ended yet. Pure; owned by one thread.
//
// Commands are whole lines at the start of a statement, with or without a delimiter, as words (USE, SOURCE, PAGER …) or
// as letters (\u, \., \P …); those of the mariadb client that are not here are told with what to do instead. DELIMITER
// is understood here and not handed out.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sql/splitter.h"

namespace sqlcast::cli {

struct StreamItem {
  enum class Kind {
    statement,
    use,
    source,
    quit,
    help,
    status,
    edit,
    system,
    tee,
    no_tee,
    pager,
    no_pager,
    warnings,
    no_warnings,
    rehash,
    absent
  };
  Kind kind = Kind::statement;
  std::string text;       // the statement, the command's argument, unquoted, or what to do instead of an absent one
  std::size_t line = 1;   // of its first byte, counted from the first byte fed
  bool vertical = false;  // ended by \G
};

class StatementStream {
 public:
  // Whole lines, each with its line feed; anything else may cut a word in two.
  void feed(std::string_view lines);
  // No more will come: what has no delimiter yet is a statement too.
  void finish();

  std::optional<StreamItem> next();

  // Some statement has begun and not ended: the prompt is "->".
  bool pending() const { return !buffer_.empty(); }
  const std::string& begun() const { return buffer_; }  // that one, empty when there is none
  void clear();                                         // forgets what has begun
  const std::string& delimiter() const { return delimiter_; }

 private:
  void scan();
  bool cut_command(const sql::Piece& piece, const std::string& delimiter_before);
  void drop(std::size_t bytes);

  std::string delimiter_ = ";";
  std::string buffer_;    // begins with the statement that has not ended
  std::size_t line_ = 1;  // of the buffer's first byte
  std::size_t seen_ = 0;  // bytes of the buffer known not to end a statement
  bool finished_ = false;
  std::deque<StreamItem> items_;
};

// The command that a line is, if it is one.
std::optional<StreamItem> parse_command(std::string_view line, std::string_view delimiter);

}  // namespace sqlcast::cli
