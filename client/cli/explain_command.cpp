#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "client/cli/commands.h"
#include "client/client.h"
#include "client/command/connection.h"
#include "client/text/json.h"
#include "sql/policy.h"
#include "sql/splitter.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

struct Arguments {
  local::ConnectionOptions connection;
  std::string database;
  std::string sql;
  bool json = false;
  bool lines = false;
  bool offline = false;
};

std::string to_json(const proto::Explanation& item) {
  json::Object object;
  object.emplace_back("class", item.statement_class);
  object.emplace_back("determinism", item.determinism);
  object.emplace_back("rewritten", item.rewritten);
  object.emplace_back("reason", item.reason);
  object.emplace_back("code", item.code);
  object.emplace_back("runs", item.runs);
  return json::Value(std::move(object)).write() + "\n";
}

std::string to_text(const std::string& statement, const proto::Explanation& item) {
  std::string text = statement + "\n";
  text += "  class        " + item.statement_class + "\n";
  text += "  determinism  " + item.determinism + "\n";
  if (!item.rewritten.empty()) text += "  rewritten    " + item.rewritten + "\n";
  text += "  runs         " + item.runs + "\n";
  if (!item.code.empty()) text += "  code         " + item.code + "\n";
  if (!item.reason.empty()) text += "  reason       " + item.reason + "\n";
  return text;
}

// As a master would judge that knows of no table.
proto::Explanation judge_here(const std::string& statement, const std::string& database) {
  sql::Judgement judgement;
  judgement.default_database = database;
  const sql::Verdict verdict = sql::judge(statement, judgement);
  proto::Explanation item;
  item.statement_class = sql::class_name(verdict.statement_class);
  item.determinism = sql::determinism_name(verdict.determinism);
  item.rewritten = verdict.rewritten;
  item.code = verdict.code;
  const bool refused = verdict.statement_class == sql::Class::refused;
  if (refused) item.reason = verdict.explanation();
  item.runs = refused ? "refused" : "locally";
  return item;
}

Result<std::vector<std::string>> read_json_lines() {
  std::vector<std::string> statements;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto value = json::parse(line);
    if (!value.ok() || value->string() == nullptr)
      return Status::error(Code::bad_request, "line " + std::to_string(number) + ": expected one JSON string" +
                                                  (value.ok() ? "" : "; " + value.status().message));
    statements.push_back(*value->string());
  }
  return statements;
}

std::vector<std::string> split_argument(const std::string& text) {
  std::vector<std::string> statements;
  std::string delimiter = ";";
  for (const sql::Piece& piece : sql::split(text, delimiter))
    statements.push_back(text.substr(piece.offset, piece.end - piece.offset));
  // Nothing but comments is a statement too: it has a verdict.
  if (statements.empty()) statements.push_back(text);
  return statements;
}

// Nothing when no node is there to ask; then `why` says so.
std::unique_ptr<client::Client> open_client(const Arguments& arguments, std::string& why) {
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) {
    why = nodes.status().message;
    return nullptr;
  }
  client::Options options;
  options.endpoints = nodes->endpoints;
  auto client = client::Client::open(options);
  if (!client.ok()) {
    why = client.status().message;
    return nullptr;
  }
  const auto status = (*client)->status({}, std::chrono::milliseconds(1'500));
  if (status.ok()) return std::move(*client);
  why = status.status().message;
  return nullptr;
}

int run_explain(const Arguments& arguments) {
  if (arguments.lines == !arguments.sql.empty())
    return command::fail(Status::error(
        Code::bad_request, "give the SQL as one argument, or --lines to read JSON strings from standard input"));
  auto statements = arguments.lines ? read_json_lines() : Result(split_argument(arguments.sql));
  if (!statements.ok()) return command::fail(statements.status());

  std::unique_ptr<client::Client> client;
  if (!arguments.offline) {
    std::string why;
    client = open_client(arguments, why);
    if (client == nullptr)
      std::fprintf(stderr, "Judged here, as by a master without any tables (--offline): %s\n", why.c_str());
  }
  constexpr std::size_t kAtOnce = 500;
  for (std::size_t from = 0; from < statements->size(); from += kAtOnce) {
    const auto begin = statements->begin() + static_cast<std::ptrdiff_t>(from);
    const auto count = std::min(kAtOnce, statements->size() - from);
    const std::vector<std::string> batch(begin, begin + static_cast<std::ptrdiff_t>(count));
    std::vector<proto::Explanation> explanations;
    if (client != nullptr) {
      auto reply = client->explain(batch, arguments.database);
      if (!reply.ok()) return command::fail(reply.status());
      explanations = std::move(reply->explanations);
      if (explanations.size() != batch.size())
        return command::fail(
            Status::error(Code::bad_message, "the node explained another number of statements than asked"));
    } else {
      for (const std::string& statement : batch) explanations.push_back(judge_here(statement, arguments.database));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = arguments.json ? to_json(explanations[i]) : to_text(batch[i], explanations[i]);
      std::fwrite(text.data(), 1, text.size(), stdout);
    }
  }
  return std::fflush(stdout) == 0 ? command::kExitOk : command::kExitFailed;
}

}  // namespace

void add_explain_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = app.add_subcommand(
      "explain", "What the SQL policy says of statements, before they run: class, determinism, where they would run");
  command::add_connection_options(*command, arguments->connection);
  command->add_option("sql", arguments->sql, "The statements")->type_name("SQL");
  command->add_option("-D,--database", arguments->database, "Default database")->type_name("DATABASE");
  command->add_flag("--json", arguments->json, "One JSON object a statement");
  command->add_flag("--lines", arguments->lines, "Read statements from standard input, one JSON string a line");
  command->add_flag("--offline", arguments->offline,
                    "Judge here, without a node: as a master would that has no tables (also when no node answers)");
  command->callback([arguments, &run] { run = [arguments] { return run_explain(*arguments); }; });
}

}  // namespace sqlcast::cli
