// Pager: the text of one result, through a program where it does not fit on the terminal. Keeps a screen of text until
// that is known; then what the program does not take yet, up to a limit. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlcast::cli {

struct Screen {
  std::size_t columns = 0;  // 0: no terminal
  std::size_t rows = 0;
};

// Of the terminal that a descriptor is. Does not block.
Screen screen_of(int descriptor);

class Pager {
 public:
  struct Options {
    std::string command;
    bool always = false;  // also where the text fits
    bool folds = false;   // lines that are wider are no reason: they are folded
    Screen screen;
  };
  explicit Pager(Options options) : options_(std::move(options)) {}
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

  // May block, when the program leaves much unread.
  void write(std::string_view text);
  // Whoever reads has left the program: the rest of the result is not wanted.
  bool left() const { return left_; }
  // The text is whole: blocks until the program has ended. Gives what is to be written to the terminal, when no program
  // was needed. `problem`: a sentence, when the program could not show it.
  std::string finish(std::string& problem);

 private:
  bool fits(std::string_view text);
  void start();
  void hand_on(std::size_t most_left);

  const Options options_;
  std::string text_;        // not yet handed on
  std::size_t handed_ = 0;  // bytes of it that are
  std::size_t lines_ = 0;
  std::size_t line_width_ = 0;
  int pipe_ = -1;
  pid_t child_ = 0;
  bool left_ = false;
  std::string problem_;
};

// What $PAGER says, else less where it is there, else nothing. `folds`: lines are folded, not cut off.
std::string usual_pager(bool folds);

}  // namespace sqlcast::cli
