// LineReader: lines typed at a terminal, with editing and a history that is kept (libedit). One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sqlcast::cli {

class LineReader {
 public:
  enum class Event { line, interrupted, end };  // interrupted: Ctrl-C; end: Ctrl-D on an empty line

  // Loads the history when there is one.
  explicit LineReader(std::filesystem::path history_file);
  ~LineReader();  // saves the history, readable by its owner alone
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // A line without its line feed. May block, until it is typed.
  Event read(const std::string& prompt, std::string& line);

  // A statement of several lines is one item of the history. What looks like a password is not kept.
  void remember(std::string_view statement);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlcast::cli
