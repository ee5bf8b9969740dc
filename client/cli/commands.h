// The subcommands of `sqlcast`. Each adds itself to the command line; when it is chosen, parsing leaves in `run`
// what is to be done, and that gives the exit status. One thread.
#pragma once

#include "client/command/run.h"

namespace sqlcast::cli {

void add_shell_command(CLI::App& app, command::Run& run);  // the program itself, without a subcommand
void add_status_command(CLI::App& app, command::Run& run);
void add_requests_command(CLI::App& app, command::Run& run);
void add_cancel_command(CLI::App& app, command::Run& run);
void add_tail_command(CLI::App& app, command::Run& run);
void add_explain_command(CLI::App& app, command::Run& run);
void add_import_command(CLI::App& app, command::Run& run);
void add_log_command(CLI::App& app, command::Run& run);
void add_keys_command(CLI::App& app, command::Run& run);
void add_cluster_command(CLI::App& app, command::Run& run);

}  // namespace sqlcast::cli
