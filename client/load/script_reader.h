// ScriptReader: the statements of a dump or script, one at a time, however long the file is. Knows strings, quoted
// names, comments, DELIMITER, and that what ends a statement means nothing inside any of them. Keeps one statement
// in memory. It only cuts: what a statement is, statement.h tells. One thread; may block, for its input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "client/load/input.h"

namespace sqlcast::load {

struct ScriptStatement {
  std::string text;          // without its delimiter, and without the blanks and comments around it
  std::uint64_t offset = 0;  // of its first byte in what was decompressed
  std::size_t line = 1;
  bool commented = false;  // a comment stands in it, an executable one it may be
};

class ScriptReader {
 public:
  // `most`: bytes of one statement.
  explicit ScriptReader(std::unique_ptr<Input> input, std::size_t most = std::size_t{1} << 30U);

  // False at the end. What has begun and does not end is a statement too, but for an unfinished string or comment:
  // bad_message. too_large for a statement of more than `most` bytes; io of the input.
  Result<bool> next(ScriptStatement& statement);

  std::uint64_t taken() const { return input_->taken(); }  // of the file
  std::uint64_t offset() const { return base_ + begin_; }  // of what was decompressed
  void leave_line();                                       // what follows on this line is no statement

 private:
  enum class Place : std::uint8_t { plain, quoted, line_comment, block_comment };
  enum class Step : std::uint8_t { go_on, cut, more };

  Result<bool> fill();
  Step scan();
  Step scan_plain();
  Step scan_quoted();
  Step scan_comment();
  Step at_symbol(char c);
  Step delimiter_command();
  void begin_here();
  void hand_out(ScriptStatement& statement, std::size_t end);
  bool has(std::size_t bytes) const { return at_ + bytes <= buffer_.size() || ended_; }
  char ahead(std::size_t by) const { return at_ + by < buffer_.size() ? buffer_[at_ + by] : '\0'; }

  std::unique_ptr<Input> input_;
  const std::size_t most_;
  std::string buffer_;
  std::uint64_t base_ = 0;   // bytes in front of the buffer
  std::size_t begin_ = 0;    // of the statement
  std::size_t at_ = 0;       // looked at so far
  std::size_t counted_ = 0;  // lines of what is in front
  std::size_t line_ = 1;
  std::string delimiter_ = ";";
  Place place_ = Place::plain;
  char quote_ = 0;
  bool open_ = false;        // a statement has begun
  bool executable_ = false;  // inside /*! … */
  bool commented_ = false;
  bool ended_ = false;
};

}  // namespace sqlcast::load
