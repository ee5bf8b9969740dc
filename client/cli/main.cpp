// sqlcast: the shell, and the commands status, requests, cancel, tail, explain, import, log, keys and cluster.
#include <CLI/CLI.hpp>

#include "base/memory.h"
#include "base/version.h"
#include "client/cli/commands.h"

int main(int argc, char** argv) {
  using namespace sqlcast::cli;
  sqlcast::keep_freed_memory();
  CLI::App app("sqlcast: SQL for a replicated cluster. Without a command: a shell.", "sqlcast");
  app.set_version_flag("-V,--version", std::string("sqlcast ") + sqlcast::version());
  sqlcast::command::Run run;
  add_shell_command(app, run);
  add_status_command(app, run);
  add_requests_command(app, run);
  add_cancel_command(app, run);
  add_tail_command(app, run);
  add_explain_command(app, run);
  add_import_command(app, run);
  add_log_command(app, run);
  add_keys_command(app, run);
  add_cluster_command(app, run);
  return sqlcast::command::run_program(app, {argv + 1, argv + argc}, run);
}
