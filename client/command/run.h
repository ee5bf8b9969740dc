// What the commands of a program share: parsing leaves in a Run what is to be done; how that ends, as an exit status
// and as an error's text. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace CLI {
class App;
}

namespace sqlcast::command {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

using Run = std::function<int()>;  // gives the exit status

// Parses the arguments (without the program's name), runs what was chosen, and returns the exit status: kExitUsage when
// they are wrong, or stand in front of a command, which would not see them. May block, for as long as that takes.
int run_program(CLI::App& app, std::vector<std::string> arguments, const Run& run);

// "ERROR SQL_ERROR 1062 (23000) at line 3: Duplicate entry …"; line 0 = not shown.
std::string error_text(const Status& status, std::size_t line = 0);

// Exit status 2 for what the user gave wrongly on the command line, 1 for all else.
int exit_code(const Status& status);

// error_text() to standard error; returns the exit status.
int fail(const Status& status);

}  // namespace sqlcast::command
