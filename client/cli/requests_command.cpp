// `sqlcast requests` and `sqlcast cancel`.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "client/cli/commands.h"
#include "client/cli/request_table.h"
#include "client/client.h"
#include "client/command/connection.h"

namespace sqlcast::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{2'000};  // for one node

struct Arguments {
  local::ConnectionOptions connection;
  bool json = false;
  std::string id;
};

struct Cluster {
  std::unique_ptr<client::Client> client;
  std::vector<proto::NodeStatus> nodes;
};

Result<Cluster> open_cluster(const Arguments& arguments) {
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return nodes.status();
  client::Options options;
  options.endpoints = nodes->endpoints;
  auto client = client::Client::open(options);
  if (!client.ok()) return client.status();
  auto all = (*client)->cluster_status(kPatience);
  if (!all.ok())
    return Status::error(all.status().code, "no node answers at " + nodes->where + ": " + all.status().message);
  return Cluster{std::move(*client), std::move(*all)};
}

int run_requests(const Arguments& arguments) {
  auto cluster = open_cluster(arguments);
  if (!cluster.ok()) return command::fail(cluster.status());
  std::vector<proto::RequestsReply> replies;
  int result = command::kExitOk;
  for (const proto::NodeStatus& node : cluster->nodes) {
    const std::string name = node.name.empty() ? node.endpoint : node.name;
    if (node.state == "Unreachable") {
      result = command::fail(Status::error(Code::timeout, name + " does not answer, and is left out"));
      continue;
    }
    auto reply = cluster->client->requests(node.endpoint, kPatience);
    if (reply.ok()) {
      replies.push_back(std::move(*reply));
    } else {
      result = command::fail(Status::error(reply.status().code, name + " is left out: " + reply.status().message));
    }
  }
  const std::string text = arguments.json ? requests_json(replies, 2) + "\n" : requests_table(replies);
  std::fputs(text.c_str(), stdout);
  return result;
}

int run_cancel(const Arguments& arguments) {
  const auto id = parse_request_id(arguments.id);
  if (!id.ok()) return command::fail(id.status());
  auto cluster = open_cluster(arguments);
  if (!cluster.ok()) return command::fail(cluster.status());
  std::string names;
  for (const proto::NodeStatus& node : cluster->nodes) {
    names += (names.empty() ? "" : ", ") + node.name;
    if (node.name != id->node) continue;
    const auto stopped = cluster->client->cancel_at(node.endpoint, id->number);
    if (!stopped.ok()) return command::fail(stopped.status());
    std::fputs(*stopped ? "stopped: what there was of it has no effect\n"
                        : "not stopped: it is past stopping, or has been carried out\n",
               stdout);
    return *stopped ? command::kExitOk : command::kExitFailed;
  }
  return command::fail(Status::error(Code::bad_request, "no node is called '" + id->node + "': there are " + names));
}

}  // namespace

void add_requests_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand(
      "requests", "Show what is under way at every node, and who asks: all for an admin's key, else the key's own");
  command::add_connection_options(*command, arguments->connection);
  command->add_flag("--json", arguments->json, "As one JSON object");
  command->callback([arguments, &run] { run = [arguments] { return run_requests(*arguments); }; });
}

void add_cancel_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      app.add_subcommand("cancel", "Stop a request that `sqlcast requests` shows (exit status 1: it was not stopped)");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("id", arguments->id, "Its ID, such as master/483921")->required()->type_name("ID");
  command->callback([arguments, &run] { run = [arguments] { return run_cancel(*arguments); }; });
}

}  // namespace sqlcast::cli
