#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/logging.h"
#include "client/cli/commands.h"
#include "client/command/connection.h"
#include "client/command/interrupt.h"
#include "client/load/loader.h"
#include "client/local/cluster_file.h"

namespace sqlcast::cli {
namespace {

constexpr int kExitLeftOut = 3;

struct Arguments {
  local::ConnectionOptions connection;
  load::LoadOptions options;
  std::string views;
  std::string engine;
  std::string table;
  load::TableTarget target;
  std::string separator;
  std::string quote;
  std::string null_marker;
  bool no_header = false;
  std::string columns;
  bool tsv = false;
  bool dry_run = false;
  bool quiet = false;
};

std::string size_text(std::uint64_t bytes) {
  constexpr double kMega = 1'000'000;
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / kMega);
}

// One line that is drawn anew on a terminal; a line every few seconds elsewhere.
class ProgressLine {
 public:
  void show(const load::Progress& now) {
    const auto time = std::chrono::steady_clock::now();
    const auto every = on_terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5'000);
    if (time - shown_ < every) return;
    shown_ = time;
    const std::string text = line(now, std::chrono::duration<double>(time - begun_).count());
    std::fprintf(stderr, on_terminal_ ? "\r\x1B[K%s" : "%s\n", text.c_str());
    std::fflush(stderr);
    drawn_ = on_terminal_;
  }
  void clear() {
    if (drawn_) std::fputs("\r\x1B[K", stderr);
    drawn_ = false;
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

 private:
  static std::string line(const load::Progress& now, double seconds) {
    if (now.waiting)
      return fmt::format("waiting for the master, {:.0f} s, Ctrl-C to give up: {}", now.waiting_seconds, now.why);
    std::string text = size_text(now.bytes);
    if (now.total > 0) {
      const double part = static_cast<double>(now.bytes) / static_cast<double>(now.total);
      text += fmt::format(" of {} ({:.0f} %)", size_text(now.total), 100 * part);
    }
    text += fmt::format(", {} rows", now.rows);
    if (seconds > 0) text += fmt::format(", {:.0f} rows/s", static_cast<double>(now.rows) / seconds);
    if (now.total > now.bytes && now.rows > 0 && now.bytes > 0)
      text += fmt::format(", {:.0f} s left",
                          seconds * static_cast<double>(now.total - now.bytes) / static_cast<double>(now.bytes));
    return text;
  }

  const bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = begun_;
  bool drawn_ = false;
};

int exit_status(const Status& status, const load::Summary& summary) {
  if (!status.ok()) return command::fail(status);
  return summary.data_left_out() ? kExitLeftOut : command::kExitOk;
}

Status set_character(const std::string& name, const std::string& text, char& to) {
  if (text.empty()) return ok_status();
  if (text.size() != 1 && text != "\\t")
    return Status::error(Code::bad_request, name + " " + text + ": expected one ASCII character");
  to = text == "\\t" ? '\t' : text.front();
  return ok_status();
}

bool is_tsv(std::string name) {
  for (const char* end : {".gz", ".zst"})
    if (name.ends_with(end)) name.erase(name.rfind('.'));
  return name.ends_with(".tsv") || name.ends_with(".tab");
}

// Of --table and what goes with it.
Status set_table(Arguments& arguments) {
  const std::string& first = arguments.options.files.front();
  if (arguments.table.empty()) {
    const bool rows = is_tsv(first) || first.find(".csv") != std::string::npos;
    return rows ? Status::error(Code::bad_request, first + ": rows go into a table; --table DATABASE.TABLE names it")
                : ok_status();
  }
  load::TableTarget target = arguments.target;
  const std::size_t point = arguments.table.find('.');
  target.table = {point == std::string::npos ? arguments.options.rules.database : arguments.table.substr(0, point),
                  point == std::string::npos ? arguments.table : arguments.table.substr(point + 1)};
  if (target.table.database.empty() || target.table.name.empty())
    return Status::error(Code::bad_request, "--table " + arguments.table + ": expected DATABASE.TABLE, or --database");
  if (arguments.tsv || is_tsv(first)) target.separator = '\t';
  if (Status status = set_character("--separator", arguments.separator, target.separator); !status.ok()) return status;
  if (Status status = set_character("--quote", arguments.quote, target.quote); !status.ok()) return status;
  target.header = !arguments.no_header;
  if (!arguments.null_marker.empty()) target.null_marker = arguments.null_marker;
  for (std::size_t at = 0; !arguments.columns.empty() && at <= arguments.columns.size();) {
    const std::size_t end = std::min(arguments.columns.find(',', at), arguments.columns.size());
    target.columns.push_back(arguments.columns.substr(at, end - at));
    at = end + 1;
  }
  arguments.options.table = std::move(target);
  arguments.options.created = [](const std::string& sql) { fmt::print("{};\n", sql); };
  return ok_status();
}

int preview(const Arguments& arguments) {
  load::Summary summary;
  ProgressLine progress;
  load::Watch watch;
  watch.stop = [] { return command::interrupts() > 0; };
  const Status status = load::preview(arguments.options, watch, summary);
  if (status.ok()) std::fputs(summary.text(true).c_str(), stdout);
  return exit_status(status, summary);
}

int run_import(const Arguments& given) {
  Arguments arguments = given;
  arguments.options.rules.views_invoker = !arguments.views.empty();
  arguments.options.rules.engine_innodb = !arguments.engine.empty();
  if (const Status status = set_table(arguments); !status.ok()) return command::fail(status);
  command::count_interrupts();
  command::count_terminations();
  if (arguments.dry_run) return preview(arguments);
  const auto nodes = local::find_nodes(arguments.connection);
  if (!nodes.ok()) return command::fail(nodes.status());
  arguments.options.cluster = nodes->where;
  arguments.options.checkpoints = local::state_dir() / "imports";
  const auto client_id = load::client_id_for(arguments.options);
  if (!client_id.ok()) return command::fail(client_id.status());
  client::Options options;
  options.endpoints = nodes->endpoints;
  options.client_id = *client_id;
  const auto client = client::Client::open(options);
  if (!client.ok()) return command::fail(client.status());
  const auto status_there = (*client)->status({}, std::chrono::milliseconds(5'000));
  if (status_there.status().code == Code::not_allowed) return command::fail(status_there.status());
  if (!status_there.ok())
    return command::fail(Status::error(Code::timeout, "no node answers at " + nodes->where +
                                                          "; see `sqlcast cluster "
                                                          "status`"));
  load::Summary summary;
  ProgressLine progress;
  load::Watch watch;
  watch.stop = [] { return command::interrupts() > 0; };
  if (!arguments.quiet) watch.progress = [&](const load::Progress& now) { progress.show(now); };
  const Status status = load::load(**client, arguments.options, watch, summary);
  progress.clear();
  std::fputs(summary.text(false).c_str(), stdout);
  fmt::print("{:.1f} s, {:.0f} rows/s\n", progress.seconds(),
             static_cast<double>(summary.rows()) / std::max(progress.seconds(), 0.001));
  std::fflush(stdout);
  if (!status.ok() && arguments.options.files != std::vector<std::string>{"-"})
    std::fputs("Not finished. Again with --resume it goes on behind what is loaded; no row comes twice.\n", stderr);
  return exit_status(status, summary);
}

}  // namespace

void add_import_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      app.add_subcommand("import", "Load dumps (mariadb-dump, mysqldump, mydumper), SQL scripts, CSV and TSV");
  command::add_connection_options(*command, arguments->connection);
  command
      ->add_option("files", arguments->options.files,
                   "Files, folders of mydumper, or - for standard input; .gz and .zst too")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("-D,--database", arguments->options.rules.database,
                   "Load everything into this database, whatever the dump says")
      ->type_name("DATABASE");
  command->add_option("--views", arguments->views, "invoker: views run with the rights of who reads them")
      ->type_name("HOW")
      ->check(CLI::IsMember({"invoker"}));
  command->add_option("--engine", arguments->engine, "innodb: tables of other engines become InnoDB's")
      ->type_name("ENGINE")
      ->check(CLI::IsMember({"innodb"}, CLI::ignore_case));
  command->add_option("--table", arguments->table, "The files are CSV or TSV; their rows go into this table")
      ->type_name("DATABASE.TABLE");
  command->add_flag("--create", arguments->target.create, "Make the table, with types guessed from the values");
  command
      ->add_option("--columns", arguments->columns, "The columns of the fields, in their order: a,,c passes one over")
      ->type_name("NAMES");
  command->add_flag("--no-header", arguments->no_header, "The first record is a row, not names");
  command->add_flag("--tsv", arguments->tsv, "Fields are separated by tabs, with backslashes (so are *.tsv)");
  command->add_option("--separator", arguments->separator, "Between fields (,)")->type_name("CHARACTER");
  command->add_option("--quote", arguments->quote, "Around fields (\")")->type_name("CHARACTER");
  command->add_option("--null", arguments->null_marker, "What stands for NULL (an empty field; \\N in TSV)")
      ->type_name("TEXT");
  command
      ->add_option("--encoding", arguments->target.encoding, "What CSV is written in, if not UTF-8: latin1, cp1252 …")
      ->type_name("NAME");
  command->add_flag("-n,--dry-run", arguments->dry_run, "Say what would be loaded, rewritten and left out; do nothing");
  command->add_flag("-f,--force", arguments->options.force, "Leave out statements that fail, and go on");
  command->add_flag("--resume", arguments->options.resume, "Go on behind what an interrupted import has loaded");
  command->add_flag("--restart", arguments->options.restart, "Begin anew, whatever an interrupted import has loaded");
  command->add_flag("-q,--quiet", arguments->quiet, "No progress, only the summary");
  command->footer("Exit status: 0 all rows are there, 3 rows or tables were left out, 1 it failed, 2 wrong use.");
  command->callback([arguments, &run] { run = [arguments] { return run_import(*arguments); }; });
}

}  // namespace sqlcast::cli
