// Programs that the shell starts at its terminal: pagers, editors, commands. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace sqlcast::cli {

// By `sh -c command`, with these as $0, $1 … Its standard input is `input`, or the shell's own (-1). io when the system
// lets none be started. Does not block.
Result<pid_t> start_child(const std::string& command, const std::vector<std::string>& arguments = {}, int input = -1);

// Its exit status, 128 and the signal's number when one ended it. Ctrl-C meanwhile was the program's: it is not
// counted. Blocks until it has ended.
int wait_for_child(pid_t child);

// Is there a program of this name on PATH? Does not block.
bool on_path(const std::string& name);

}  // namespace sqlcast::cli
