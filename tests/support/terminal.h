// Terminal: a program at a terminal of the test's own, typed to as a person would. It ends, killed if need be, with the
// object. One thread.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace sqlcast::support {

class Terminal {
 public:
  struct Options {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  // besides the test's own; "" takes a variable away
    unsigned short columns = 80;
    unsigned short rows = 24;
  };
  explicit Terminal(const Options& options);  // throws std::runtime_error when there can be none
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys);
  // Blocks until `text` comes on the screen, behind all that was waited for before; gives what came up to its end.
  // Throws std::runtime_error, with what came, when it does not.
  std::string wait_for(const std::string& text);
  int wait_for_end();  // its exit status

 private:
  bool read_more();  // false: the program has closed the terminal

  int master_ = -1;
  pid_t child_ = 0;
  std::string unread_;
};

}  // namespace sqlcast::support
