// sqlcast: the shell, and the commands status, tail, explain and cluster.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/memory.h"
#include "client/cli/commands.h"
#include "client/cli/connection.h"

int main(int argc, char** argv) {
  using namespace sqlcast::cli;
  sqlcast::keep_freed_memory();
  CLI::App app("sqlcast: SQL for a replicated cluster. Without a command: a shell.", "sqlcast");
  app.set_version_flag("-V,--version", "sqlcast " SQLCAST_VERSION);
  Run run;
  add_shell_command(app, run);
  add_status_command(app, run);
  add_tail_command(app, run);
  add_explain_command(app, run);
  add_cluster_command(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kExitUsage;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlcast: %s\n", error.what());
    return kExitFailed;
  }
}
