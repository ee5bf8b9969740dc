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
  if (!(*client)->status({}, std::chrono::milliseconds(5'000)).ok())
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
      app.add_subcommand("import", "Load dumps (mariadb-dump, mysqldump, mydumper) and SQL scripts");
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
  command->add_flag("-n,--dry-run", arguments->dry_run, "Say what would be loaded, rewritten and left out; do nothing");
  command->add_flag("-f,--force", arguments->options.force, "Leave out statements that fail, and go on");
  command->add_flag("--resume", arguments->options.resume, "Go on behind what an interrupted import has loaded");
  command->add_flag("--restart", arguments->options.restart, "Begin anew, whatever an interrupted import has loaded");
  command->add_flag("-q,--quiet", arguments->quiet, "No progress, only the summary");
  command->footer("Exit status: 0 all rows are there, 3 rows or tables were left out, 1 it failed, 2 wrong use.");
  command->callback([arguments, &run] { run = [arguments] { return run_import(*arguments); }; });
}

}  // namespace sqlcast::cli
