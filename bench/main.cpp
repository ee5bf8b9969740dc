// sqlcast-bench: load on a cluster, and what it did.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/memory.h"
#include "bench/commands.h"
#include "bench/workload.h"
#include "client/cli/connection.h"

namespace {

// `sqlcast-bench insert --threads 8 run`, as with sysbench, is `sqlcast-bench run insert --threads 8`.
std::vector<std::string> command_first(std::vector<std::string> arguments) {
  if (arguments.empty() || !sqlcast::bench::kind_of(arguments.front())) return arguments;
  const std::string& last = arguments.back();
  if (last == "prepare" || last == "run" || last == "cleanup")
    std::rotate(arguments.begin(), arguments.end() - 1, arguments.end());
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sqlcast::bench;
  sqlcast::keep_freed_memory();
  CLI::App app(
      "sqlcast-bench: load on a cluster, in sysbench's words, with what sysbench cannot say: replica lag and the time "
      "until every slave has everything.\nExample: sqlcast-bench prepare insert --tables 4 && sqlcast-bench run insert "
      "--tables 4 --threads 64 --time 10",
      "sqlcast-bench");
  app.set_version_flag("-V,--version", "sqlcast-bench " SQLCAST_VERSION);
  app.require_subcommand(1);
  Run run;
  add_prepare_command(app, run);
  add_run_command(app, run);
  add_read_command(app, run);
  add_wait_command(app, run);
  add_subscribe_command(app, run);
  add_native_lag_command(app, run);
  try {
    std::vector<std::string> arguments = command_first({argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
    app.parse(arguments);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return sqlcast::cli::kExitUsage;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlcast-bench: %s\n", error.what());
    return sqlcast::cli::kExitFailed;
  }
}
