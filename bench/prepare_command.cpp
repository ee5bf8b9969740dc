#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "bench/cluster.h"
#include "bench/commands.h"
#include "bench/shape_options.h"
#include "client/command/connection.h"

namespace sqlcast::bench {
namespace {

struct Arguments {
  local::ConnectionOptions connection;
  Shape shape;
  bool print = false;
};

constexpr int kUnknownDatabase = 1049;

client::Reply run_one(client::Client& client, const Shape& shape, std::string sql, bool with_database) {
  client::Request request = client::Request::of(std::move(sql));
  if (with_database) request.database = shape.database;
  request.timeout = std::chrono::milliseconds(120'000);
  return client.run(std::move(request));
}

// Sends one statement; false, with the error shown, when it failed.
bool send(client::Client& client, const Shape& shape, std::string sql, bool with_database) {
  const client::Reply reply = run_one(client, shape, std::move(sql), with_database);
  if (!reply.status.ok()) command::fail(reply.status);
  return reply.status.ok();
}

int run_prepare(const Arguments& arguments) {
  if (arguments.print) {
    bool first = true;
    prepare_statements(arguments.shape, [&](const std::string& sql) {
      std::printf("%s;\n", sql.c_str());
      if (std::exchange(first, false)) std::printf("USE %s;\n", arguments.shape.database.c_str());
      return true;
    });
    return std::ferror(stdout) != 0 || std::fflush(stdout) != 0 ? command::kExitFailed : command::kExitOk;
  }
  auto cluster = find_cluster(arguments.connection);
  if (!cluster.ok()) return command::fail(cluster.status());
  bool first = true;
  const bool done = prepare_statements(arguments.shape, [&](std::string sql) {
    return send(*cluster->client, arguments.shape, std::move(sql), !std::exchange(first, false));
  });
  return done ? command::kExitOk : command::kExitFailed;
}

int run_cleanup(const Arguments& arguments) {
  auto cluster = find_cluster(arguments.connection);
  if (!cluster.ok()) return command::fail(cluster.status());
  for (std::string& sql : cleanup_statements(arguments.shape)) {
    const client::Reply reply = run_one(*cluster->client, arguments.shape, std::move(sql), true);
    if (reply.status.database_errno == kUnknownDatabase) return command::kExitOk;  // nothing was ever prepared
    if (!reply.status.ok()) return command::fail(reply.status);
  }
  return command::kExitOk;
}

}  // namespace

void add_prepare_command(CLI::App& app, Run& run) {
  const auto add = [&](const char* name, const char* description, int (*work)(const Arguments&)) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = app.add_subcommand(name, description);
    command::add_connection_options(*command, arguments->connection);
    add_shape_options(*command, arguments->shape, false);
    command->callback([arguments, work, &run] { run = [arguments, work] { return work(*arguments); }; });
    return std::pair(command, arguments);
  };
  const auto [prepare, arguments] = add("prepare", "Make and fill a workload's tables", run_prepare);
  prepare->add_flag("--print", arguments->print, "Print the statements instead of sending them");
  add("cleanup", "Drop a workload's tables", run_cleanup);
}

}  // namespace sqlcast::bench
