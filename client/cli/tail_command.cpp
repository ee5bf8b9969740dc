#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/logging.h"
#include "client/cli/commands.h"
#include "client/cli/entry_text.h"
#include "client/client.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/text/escape.h"
#include "client/text/json.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

struct Arguments {
  local::ConnectionOptions connection;
  std::uint64_t from = 0;
  std::uint64_t count = 0;
  bool json = false;
};

std::string outcome_text(const proto::Group& group, const proto::Effect& effect) {
  if (group.state == proto::GroupState::committed) return effect_text(effect);
  return group.state == proto::GroupState::ddl_done ? "ddl" : "ddl pending";
}

std::string entry_lines(const proto::Group& group, const proto::Entry& entry) {
  std::string text;
  for (const proto::Statement& statement : entry.statements)
    text += fmt::format("{}  e{}  {}  {}  {}  {}  [{}]  {}\n", entry.sequence, group.epoch,
                        time_text(group.commit_time_us, ' '),
                        entry.key.client_id.empty() ? "-" : text::printable_line(entry.key.client_id),
                        entry.by.empty() ? "-" : text::printable_line(entry.by),
                        entry.database.empty() ? "-" : text::printable_line(entry.database),
                        outcome_text(group, statement.effect), text::printable_line(statement.sql));
  return text;
}

std::string entry_json(const proto::Group& group, const proto::Entry& entry) {
  json::Array statements;
  for (const proto::Statement& statement : entry.statements) statements.push_back(statement_json(statement, true));
  json::Object object;
  object.emplace_back("sequence", entry.sequence);
  object.emplace_back("epoch", group.epoch);
  object.emplace_back("time", time_text(group.commit_time_us, 'T'));
  object.emplace_back("client_id", entry.key.client_id);
  object.emplace_back("request_id", entry.key.request_id);
  object.emplace_back("by", entry.by);
  object.emplace_back("database", entry.database);
  object.emplace_back("ddl", group.state != proto::GroupState::committed);
  object.emplace_back("statements", std::move(statements));
  return json::Value(std::move(object)).write() + "\n";
}

int run_tail(const Arguments& arguments) {
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return command::fail(nodes.status());
  command::count_interrupts();
  command::count_terminations();
  std::atomic<bool> done{false};
  std::uint64_t shown = 0;
  client::Tail::Callbacks callbacks;
  callbacks.on_group = [&](const proto::Group& group, const std::vector<proto::Entry>& entries) {
    for (const proto::Entry& entry : entries) {
      if (done) break;
      const std::string text = arguments.json ? entry_json(group, entry) : entry_lines(group, entry);
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) done = true;
      if (++shown == arguments.count) done = true;
    }
    if (std::fflush(stdout) != 0) done = true;
  };
  callbacks.on_problem = [](const Status& status) {
    std::fprintf(stderr, "%s\n", status.ok() ? status.message.c_str() : command::error_text(status).c_str());
  };
  const auto tail = client::Tail::open(nodes->endpoints, arguments.from, std::move(callbacks));
  if (!tail.ok()) return command::fail(tail.status());
  while (!done && command::interrupts() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return command::kExitOk;
}

}  // namespace

void add_tail_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand("tail", "Follow the replicated statements live, until Ctrl-C");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("--from", arguments->from, "Begin at this sequence, from the log (1 = the beginning)")
      ->type_name("SEQUENCE");
  command->add_option("--count", arguments->count, "Leave after so many entries")->type_name("ENTRIES");
  command->add_flag("--json", arguments->json, "One JSON object an entry");
  command->callback([arguments, &run] { run = [arguments] { return run_tail(*arguments); }; });
}

}  // namespace sqlcast::cli
