// Splitter: a script into statements, for the shell, files and the editor. Understands strings, quoted
// identifiers, comments, and the client's DELIMITER command. Pure; one object belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::sql {

struct Piece {
  std::size_t offset = 0;  // in the text: first byte that is neither blank nor comment
  std::size_t end = 0;     // one past its last byte, delimiter left out
  std::size_t line = 1;    // line of `offset`
  bool complete = false;   // ended by a delimiter (or \G, \g); the last piece of a text may not be
  bool vertical = false;   // ended by \G
};

// All pieces of a text. Pieces with nothing but blanks and comments are left out. "DELIMITER x" lines change
// the delimiter for what follows and are not pieces. `delimiter` is updated for the next call.
std::vector<Piece> split(std::string_view text, std::string& delimiter);

}  // namespace sqlcast::sql
