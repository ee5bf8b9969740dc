// The subcommands of sqlcast-bench. Each adds itself to the command line; when it is chosen, parsing leaves in `run`
// what is to be done, and that gives the exit status: 0 ok, 1 failed, 2 usage. One thread.
#pragma once

#include "client/command/run.h"

namespace sqlcast::bench {

using command::Run;

void add_prepare_command(CLI::App& app, Run& run);  // and cleanup
void add_run_command(CLI::App& app, Run& run);
void add_read_command(CLI::App& app, Run& run);        // one large result, timed
void add_wait_command(CLI::App& app, Run& run);        // until a node has applied a position
void add_subscribe_command(CLI::App& app, Run& run);   // plain subscribers of the log
void add_native_lag_command(CLI::App& app, Run& run);  // MariaDB's own replica, measured as slaves are

}  // namespace sqlcast::bench
