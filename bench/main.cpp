// sqlcast-bench: load on a cluster, and what it did.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/workload.h"

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
  app.set_version_flag("-V,--version", std::string("sqlcast-bench ") + sqlcast::version());
  app.require_subcommand(1);
  Run run;
  add_prepare_command(app, run);
  add_run_command(app, run);
  add_read_command(app, run);
  add_wait_command(app, run);
  add_subscribe_command(app, run);
  add_native_lag_command(app, run);
  return sqlcast::command::run_program(app, command_first({argv + 1, argv + argc}), run);
}
