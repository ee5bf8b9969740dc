#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "bench/cluster.h"
#include "bench/commands.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/text/json.h"

namespace sqlcast::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPoll{10};

struct Arguments {
  local::ConnectionOptions connection;
  std::string node = "slave";
  std::string endpoint;
  Sequence position = 0;
  double timeout = 120;
  bool json = false;
};

double unix_seconds() { return static_cast<double>(unix_microseconds()) / 1e6; }

// The node may be starting: silence and errors only mean that it is not there yet.
int run_wait(const Arguments& arguments) {
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return command::fail(nodes.status());
  client::Options options;
  options.endpoints = {arguments.endpoint};
  options.resend_after = milliseconds(200);
  if (arguments.endpoint.empty()) {
    const auto cluster = find_cluster(arguments.connection);
    if (!cluster.ok()) return command::fail(cluster.status());
    const proto::NodeStatus* node = cluster->find(arguments.node);
    if (node == nullptr)
      return command::fail(Status::error(Code::config, "--node " + arguments.node + ": no such node answers"));
    options.endpoints = {node->endpoint};
  }
  auto client = client::Client::open(options);
  if (!client.ok()) return command::fail(client.status());
  command::count_interrupts();
  const Clock::time_point end = Clock::now() + milliseconds(static_cast<std::int64_t>(arguments.timeout * 1000));
  double first_answer = 0;
  while (Clock::now() < end && command::interrupts() == 0) {
    if (first_answer <= 0) {
      if ((*client)->status({}, milliseconds(200)).ok()) first_answer = unix_seconds();
      std::this_thread::sleep_for(first_answer > 0 ? milliseconds(0) : kPoll);
      continue;
    }
    client::Request request = client::Request::of("SELECT 1");
    request.consistency = client::Consistency::session;
    request.after = arguments.position;
    request.timeout = milliseconds(5'000);
    const client::Reply reply = (*client)->run(std::move(request));
    if (!reply.status.ok()) {
      std::this_thread::sleep_for(kPoll);
      continue;
    }
    const double reached = unix_seconds();
    if (arguments.json) {
      const text::json::Value value =
          text::json::Object{{"first_answer", first_answer}, {"reached", reached}, {"node", reply.node}};
      std::printf("%s\n", value.write(2).c_str());
    } else {
      std::printf("%s has reached %llu\n", reply.node.c_str(), static_cast<unsigned long long>(arguments.position));
    }
    return command::kExitOk;
  }
  return command::fail(Status::error(Code::timeout, "position " + std::to_string(arguments.position) +
                                                        " was not reached in time; `sqlcast status` shows the nodes"));
}

}  // namespace

void add_wait_command(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("wait", "Wait until a node has applied a position; it may be starting");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("position", arguments->position, "The sequence to wait for")->type_name("POSITION")->required();
  command->add_option("--node", arguments->node, "A name, an endpoint, master or slave; must answer already")
      ->type_name("NODE")
      ->capture_default_str();
  command->add_option("--at", arguments->endpoint, "The node's endpoint; need not answer yet")->type_name("ENDPOINT");
  command->add_option("--timeout", arguments->timeout, "How long")->type_name("SECONDS")->capture_default_str();
  command->add_flag("--json", arguments->json,
                    "As one JSON object, with the Unix times of the first answer and the end");
  command->callback([arguments, &run] { run = [arguments] { return run_wait(*arguments); }; });
}

}  // namespace sqlcast::bench
