// Programs run to their end. Any thread; blocks until then.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sqlcast::support {

// A program run to its end: standard input from a file (empty = none).
struct Run {
  int exit_code = -1;
  std::string output;  // standard output and error
};
Run run_program(const std::vector<std::string>& command, const std::filesystem::path& input = {});
std::string program(const std::string& name);  // "sqlcast" → where it was built

}  // namespace sqlcast::support
