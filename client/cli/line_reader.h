// LineReader: lines typed at a terminal, with editing and a history that is kept (libedit). One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/cli/completion.h"

namespace sqlcast::cli {

class LineReader {
 public:
  enum class Event { line, interrupted, end };  // interrupted: Ctrl-C; end: Ctrl-D on an empty line

  // What Tab makes of the word at the cursor, given the line in front of it and behind. May block for a moment.
  using Completer = std::function<Completion(std::string_view before, std::string_view after)>;

  // Loads the history when there is one.
  LineReader(std::filesystem::path history_file, Completer completer);
  ~LineReader();  // saves the history, readable by its owner alone
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // A line without its line feed; several lines, when an item of the history has them. May block, until it is typed.
  Event read(const std::string& prompt, std::string& line);

  // A statement of several lines is one item of the history, as it was typed. What looks like a password is not kept.
  void remember(std::string_view statement);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::cli
