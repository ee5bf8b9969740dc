// The checks that keep the tree as its style card and its table of rooms say. Pure: text in, complaints out; a
// complaint begins with "PATH:LINE: ". Paths are relative to the root of the tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::tidy {

using Complaints = std::vector<std::string>;

struct Place {
  std::string path;                  // folder or file; "*" for all
  std::vector<std::string> rooms;    // of ours
  std::vector<std::string> foreign;  // beginnings of headers
};

// The table of rooms.txt. A line that is not PLACE | ROOMS | HEADERS is a complaint.
std::vector<Place> parse_rooms(std::string_view text, Complaints& complaints);

// The place that `path` belongs to; nullptr when the table has none.
const Place* place_of(const std::vector<Place>& rooms, std::string_view path);

// #includes that the table forbids, or that are not written from the root.
Complaints check_includes(const std::vector<Place>& rooms, const std::string& path, std::string_view text);

// Tabs, blanks at the end of a line, a missing last newline, notes to do later.
Complaints check_text(const std::string& path, std::string_view text);

// At most 600 lines, a snake_case name; a header has an opening comment (outside tests/: it names the thread, or says
// pure, plain or value), #pragma once and no `using namespace`; no code switched off; a test does not sleep, but for a
// poll interval that says so.
Complaints check_source(const std::string& path, std::string_view text, const std::vector<std::string>& may_be_long);

// Functions at the outermost level have at most 80 lines. `may_be_long` holds "PATH FUNCTION".
Complaints check_functions(const std::string& path, std::string_view text, const std::vector<std::string>& may_be_long);

struct Source {
  std::string path;
  std::string text;
};
// Headers that no file includes.
Complaints check_unused(const std::vector<Source>& sources);

}  // namespace sqlcast::tidy
