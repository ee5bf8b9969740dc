#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/logging.h"
#include "client/cli/commands.h"
#include "client/cli/node_table.h"
#include "client/client.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/text/text_table.h"

namespace sqlcast::cli {
namespace {

struct Arguments {
  local::ConnectionOptions connection;
  bool json = false;
  bool wide = false;
  bool watch = false;
  std::string timeout = "2s";
};

int run_status(const Arguments& arguments) {
  const long long timeout = text::parse_duration_ms(arguments.timeout);
  if (timeout <= 0)
    return command::fail(
        Status::error(Code::bad_request, "--timeout " + arguments.timeout + ": expected a time such as 2s"));
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return command::fail(nodes.status());
  client::Options options;
  options.endpoints = nodes->endpoints;
  auto client = client::Client::open(options);
  if (!client.ok()) return command::fail(client.status());
  if (arguments.watch) command::count_interrupts();
  const bool redraw = arguments.watch && !arguments.json && isatty(STDOUT_FILENO) == 1;
  int result = command::kExitOk;
  do {
    const auto all = (*client)->cluster_status(std::chrono::milliseconds(timeout));
    std::string text = redraw ? "\x1b[H\x1b[2J" : "";
    if (all.ok()) {
      text += arguments.json ? nodes_json(*all, arguments.watch ? 0 : 2) + "\n" : nodes_table(*all, arguments.wide);
      result = all_well(*all) ? command::kExitOk : command::kExitFailed;
      std::fputs(text.c_str(), stdout);
      std::fflush(stdout);
    } else {
      std::fputs(redraw ? text.c_str() : "", stdout);
      result = command::fail(
          Status::error(all.status().code, "no node answers at " + nodes->where + ": " + all.status().message));
    }
    for (int tenth = 0; tenth < 10 && arguments.watch && command::interrupts() == 0; ++tenth)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (arguments.watch && command::interrupts() == 0);
  return result;
}

}  // namespace

void add_status_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand(
      "status", "Show every node: role, state, epoch, position, lag, log (exit status 1: some node is not well)");
  command::add_connection_options(*command, arguments->connection);
  command->add_flag("--json", arguments->json, "As one JSON object");
  command->add_flag("--wide", arguments->wide, "And a table of the nodes' logs: files, sync times, what was removed");
  command->add_flag("--watch", arguments->watch, "Again every second, until Ctrl-C");
  command->add_option("--timeout", arguments->timeout, "How long to wait for a node")->type_name("TIME");
  command->callback([arguments, &run] { run = [arguments] { return run_status(*arguments); }; });
}

}  // namespace sqlcast::cli
