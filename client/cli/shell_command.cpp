#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/logging.h"
#include "base/version.h"
#include "client/cli/commands.h"
#include "client/cli/nearest_word.h"
#include "client/cli/parameters.h"
#include "client/cli/shell.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/text/result_format.h"
#include "client/text/text_table.h"

namespace sqlcast::cli {
namespace {

struct Arguments {
  local::ConnectionOptions connection;
  std::string database;
  std::vector<std::string> execute;
  std::string file;
  bool batch = false;
  bool table = false;
  bool json = false;
  bool csv = false;
  bool vertical = false;
  bool no_header = false;
  bool force = false;
  bool verbose = false;
  std::string timeout;
  std::string consistency;
  std::string ack;
  std::string ack_for;
  std::uint32_t page_rows = 0;
  bool atomic = false;
  std::size_t merge_inserts = 0;
  std::string params;
  std::string expect;
};

Status bad_argument(const std::string& message) { return Status::error(Code::bad_request, message); }

Status set_consistency(const std::string& text, client::Options& options) {
  using client::Consistency;
  if (text.empty() || text == "session") return ok_status();
  if (text == "any") options.consistency = Consistency::any;
  if (text == "master") options.consistency = Consistency::master;
  if (text == "any" || text == "master") return ok_status();
  constexpr std::string_view kMaxLag = "max_lag=";
  const long long lag = text.starts_with(kMaxLag) ? text::parse_duration_ms(text.substr(kMaxLag.size())) : -1;
  if (lag < 0)
    return bad_argument("--consistency " + text +
                        ": expected session, any, master, or max_lag=TIME such as max_lag=2s");
  options.consistency = Consistency::max_lag;
  options.max_lag = std::chrono::milliseconds(lag);
  return ok_status();
}

Status set_ack(const std::string& text, client::Options& options) {
  using client::Ack;
  if (text.empty()) return ok_status();
  if (text == "local")
    options.ack = Ack::local;
  else if (text == "one")
    options.ack = Ack::one;
  else if (text == "majority")
    options.ack = Ack::majority;
  else if (text == "all")
    options.ack = Ack::all;
  else
    return bad_argument("--ack " + text + ": expected local, one, majority or all");
  return ok_status();
}

Status set_ack_for(const std::string& text, client::Options& options) {
  using client::AckFor;
  if (text.empty()) return ok_status();
  if (text == "durable")
    options.ack_for = AckFor::durable;
  else if (text == "applied")
    options.ack_for = AckFor::applied;
  else
    return bad_argument("--ack-for " + text + ": expected durable or applied");
  return ok_status();
}

Result<client::Options> client_options(const Arguments& arguments, const local::Nodes& nodes) {
  client::Options options;
  options.endpoints = nodes.endpoints;
  options.database = arguments.database;
  options.page_rows = arguments.page_rows;
  if (!arguments.timeout.empty()) {
    const long long timeout = text::parse_duration_ms(arguments.timeout);
    if (timeout <= 0) return bad_argument("--timeout " + arguments.timeout + ": expected a time such as 30s or 500ms");
    options.timeout = std::chrono::milliseconds(timeout);
  }
  if (Status status = set_consistency(arguments.consistency, options); !status.ok()) return status;
  if (Status status = set_ack(arguments.ack, options); !status.ok()) return status;
  if (Status status = set_ack_for(arguments.ack_for, options); !status.ok()) return status;
  return options;
}

Status set_request(const Arguments& arguments, ShellOptions& options) {
  options.atomic = arguments.atomic;
  if ((arguments.atomic || !arguments.params.empty() || !arguments.expect.empty()) && options.interactive)
    return bad_argument("--atomic, --params and --expect go with -e, --file or a script on standard input");
  if (!arguments.params.empty()) {
    auto parameters = parse_parameters(arguments.params);
    if (!parameters.ok()) return parameters.status();
    options.parameters = std::move(*parameters);
  }
  if (arguments.expect.empty()) return ok_status();
  std::uint64_t rows = 0;
  const char* const end = arguments.expect.data() + arguments.expect.size();
  if (const auto read = std::from_chars(arguments.expect.data(), end, rows); read.ec != std::errc() || read.ptr != end)
    return bad_argument("--expect " + arguments.expect + ": expected a number of rows");
  if (!options.parameters) options.parameters.emplace();
  options.parameters->expect = rows;
  return ok_status();
}

text::FormatOptions choose_format(const Arguments& arguments) {
  text::FormatOptions format;
  format.header = !arguments.no_header;
  const bool on_terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  format.format = on_terminal ? text::Format::table : text::Format::tabs;
  if (arguments.batch) format.format = text::Format::tabs;
  if (arguments.table) format.format = text::Format::table;
  if (arguments.csv) format.format = text::Format::csv;
  if (arguments.json) format.format = text::Format::json;
  if (arguments.vertical) format.format = text::Format::vertical;
  return format;
}

// A word that is no command is taken for a database; one that is not there was perhaps to be a command.
Status check_database(client::Client& client, const std::string& name) {
  if (name.empty()) return ok_status();
  client::Request ask =
      client::Request::of("SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", {name});
  ask.database = "";  // not in the one that is asked for
  const client::Reply reply = client.run(std::move(ask));
  if (!reply.status.ok()) return reply.status;
  if (!reply.results.empty() && reply.results[0].rows.row_count() > 0) return ok_status();
  Status unknown = Status::error(Code::sql_error, "Unknown database '" + name + "'");
  unknown.database_errno = 1049;
  unknown.sqlstate = "42000";
  const std::string command = nearest_word(
      name, {"status", "requests", "cancel", "tail", "explain", "import", "log", "keys", "cluster", "help"});
  if (!command.empty()) unknown.message += "; did you mean the command `sqlcast " + command + "`?";
  return unknown;
}

int run_shell(const Arguments& arguments) {
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return command::fail(nodes.status());
  auto options = client_options(arguments, *nodes);
  if (!options.ok()) return command::fail(options.status());
  ShellOptions shell_options;
  shell_options.format = choose_format(arguments);
  shell_options.force = arguments.force;
  shell_options.verbose = arguments.verbose;
  shell_options.patient = arguments.timeout.empty();
  // Where what each statement did is shown, each is a request.
  if (!arguments.verbose && !arguments.json) shell_options.merge_inserts = arguments.merge_inserts;
  shell_options.interactive =
      arguments.execute.empty() && arguments.file.empty() && !arguments.batch && isatty(STDIN_FILENO) == 1;
  if (const Status status = set_request(arguments, shell_options); !status.ok()) return command::fail(status);
  options->warnings = shell_options.interactive || shell_options.verbose;
  auto client = client::Client::open(*options);
  if (!client.ok()) return command::fail(client.status());

  constexpr std::chrono::milliseconds kFirstWord{5'000};
  const auto status = (*client)->status({}, std::min(kFirstWord, options->timeout));
  if (status.status().code == Code::not_allowed || status.status().code == Code::config)
    return command::fail(status.status());
  if (!status.ok())
    return command::fail(
        Status::error(Code::timeout, "no node answers at " + nodes->where +
                                         "; see `sqlcast cluster status`, or start one with `sqlcast cluster up`"));
  if (const Status known = check_database(**client, arguments.database); !known.ok()) return command::fail(known);
  if (shell_options.interactive) {
    const proto::NodeStatus& node = status->self;
    fmt::print("sqlcast {}. {} ({}, {}) answers, at sequence {}. \\h for help, Ctrl-D to leave.\n\n", version(),
               node.name, node.role, node.state, node.position);
  }
  command::count_interrupts();
  Shell shell(**client, *nodes, arguments.database, shell_options);
  int result = command::kExitOk;
  if (!arguments.execute.empty()) {
    std::string text;
    for (const std::string& part : arguments.execute) text += part + (part.ends_with(';') ? "\n" : ";\n");
    result = shell.run_text(text);
  } else if (!arguments.file.empty() && arguments.file != "-") {
    result = shell.run_file(arguments.file);
  } else if (shell_options.interactive) {
    result = shell.run_terminal();
  } else {
    result = shell.run_file(STDIN_FILENO);
  }
  if (std::fflush(stdout) != 0) result = command::kExitFailed;
  return result;
}

}  // namespace

void add_shell_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  command::add_connection_options(app, arguments->connection);
  app.add_option("-D,--database,database", arguments->database, "Default database")->type_name("DATABASE");
  app.add_option("-e,--execute", arguments->execute, "Run these statements and leave; may be given several times")
      ->type_name("SQL")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--file", arguments->file, "Run the statements of a file and leave (- is standard input)")
      ->type_name("FILE");
  app.add_flag("-B,--batch", arguments->batch, "Tab-separated results (the default when not on a terminal)");
  app.add_flag("-t,--table", arguments->table, "Results as a table (the default on a terminal)");
  app.add_flag("--json", arguments->json, "Results as one JSON object a row; of a write, one object with its effect");
  app.add_flag("--csv", arguments->csv, "Results as CSV (RFC 4180); NULL is an empty field, the empty text is \"\"");
  app.add_flag("-E,--vertical", arguments->vertical, "Results with each column on a line of its own");
  app.add_flag("-N,--skip-column-names", arguments->no_header, "No column names");
  app.add_flag("-f,--force", arguments->force, "Go on after an error (the exit status is still 1)");
  app.add_flag("-v,--verbose", arguments->verbose, "Say after each statement what it did, on standard error");
  app.add_option("--timeout", arguments->timeout, "Longest time for a statement, such as 30s (the default) or 500ms")
      ->type_name("TIME");
  app.add_option("--consistency", arguments->consistency,
                 "What a read must see: session (your own writes, the default), any, master, max_lag=TIME")
      ->type_name("LEVEL");
  app.add_option(
         "--ack", arguments->ack,
         "Where a write must be durable before the reply: local, one, majority, all (else as the master is set)")
      ->type_name("LEVEL");
  app.add_option("--ack-for", arguments->ack_for,
                 "What --ack waits for: durable (on disk in their logs), applied (their readers see it)")
      ->type_name("WHAT");
  app.add_option("--page-rows", arguments->page_rows, "Rows asked for at a time (0 = as the node is set)")
      ->type_name("ROWS");
  app.add_option("--params", arguments->params,
                 "Parameters of the one statement, as JSON: '[\"Ann\", 5]' for ?, '{\"name\": \"Ann\"}' for :name")
      ->type_name("JSON");
  app.add_option("--expect", arguments->expect, "Rows that the one write must affect, or it is rolled back")
      ->type_name("ROWS");
  app.add_flag("--atomic", arguments->atomic, "All statements of -e or of the file as one request: all or nothing");
  app.add_option("--merge-inserts", arguments.get()->merge_inserts,
                 "Send up to so many INSERTs of a script as one, where that changes nothing; many times as fast")
      ->type_name("STATEMENTS");
  app.require_subcommand(0, 1);
  run = [arguments] { return run_shell(*arguments); };
}

}  // namespace sqlcast::cli
