#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/logging.h"
#include "client/cli/commands.h"
#include "client/cli/log_folder.h"
#include "client/cli/log_mend.h"
#include "client/cli/log_report.h"
#include "client/text/text_table.h"

namespace sqlcast::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  LogPlace place;
  bool json = false;
  bool files = false;
  bool dry_run = false;
  Sequence from = 0;
  std::optional<Sequence> to;
  local::ConnectionOptions peer;
};

bool write_out(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

int run_report(const Arguments& arguments, const std::function<Status(const Report&)>& work) {
  const Result<std::string> folder = find_log_folder(arguments.place);
  Status status = folder.status();
  if (status.ok()) status = work({log::read_only_file_system(), *folder, arguments.json, &write_out});
  if (status.ok()) return command::kExitOk;
  if (status.message.find(std::strerror(EACCES)) != std::string::npos)
    status.message += ". Run this as the user that the node runs as";
  return command::fail(status);
}

// How far verify is, on standard error: a line that is written over on a terminal, else one every ten seconds.
class ProgressLine {
 public:
  ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1), every_(terminal_ ? 1 : 10) {}
  ~ProgressLine() {
    if (terminal_ && shown_) std::fputs("\r\x1b[K", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const VerifyProgress& progress) {
    const Clock::time_point now = Clock::now();
    if (now - last_ < every_) return;
    last_ = now;
    shown_ = true;
    const std::string text =
        fmt::format("verified {} of {} in {} of {} files, up to sequence {}", text::size_text(progress.bytes),
                    text::size_text(progress.all_bytes), progress.files, progress.all_files, progress.sequence);
    std::fputs((terminal_ ? "\r\x1b[K" + text : text + "\n").c_str(), stderr);
    std::fflush(stderr);
  }

 private:
  const bool terminal_;
  const std::chrono::seconds every_;
  Clock::time_point last_ = Clock::now();
  bool shown_ = false;
};

int run_status(const Arguments& arguments) {
  return run_report(arguments, [&](const Report& report) { return report_log_status(report, arguments.files); });
}

int run_verify(const Arguments& arguments) {
  return run_report(arguments, [](const Report& report) {
    ProgressLine line;
    return report_log_verified(report, [&line](const VerifyProgress& progress) { line.show(progress); });
  });
}

int run_show(const Arguments& arguments) {
  return run_report(arguments, [&](const Report& report) {
    return report_log_groups(report, arguments.from, arguments.to.value_or(arguments.from));
  });
}

int run_trim(const Arguments& arguments) {
  if (!arguments.dry_run)
    return command::fail(Status::error(
        Code::bad_request,
        "a node trims its log itself, by its settings log.keep_for and log.keep_bytes; with --dry-run this shows what "
        "a trim up to --to would remove"));
  return run_report(arguments, [&](const Report& report) { return report_log_trim(report, *arguments.to); });
}

int run_mend(const Arguments& arguments) {
  const Result<std::string> folder = find_log_folder(arguments.place);
  local::ConnectionOptions peer = arguments.peer;
  peer.dir = arguments.place.dir;
  const Status status = folder.ok() ? mend_log(*folder, peer, arguments.json) : folder.status();
  return status.ok() ? command::kExitOk : command::fail(status);
}

}  // namespace

void add_log_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const group = app.add_subcommand(
      "log", "The log's files of a node of this machine; all but mend read alone, whether it runs or not");
  group->set_help_flag("-?,-h,--help", "Show this help and leave");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description, int (*work)(const Arguments&)) {
    CLI::App* const command = group->add_subcommand(name, description);
    command->set_help_flag("-?,-h,--help", "Show this help and leave");
    command->add_option("--data", arguments->place.data, "The node's data folder, `data_dir` of its configuration")
        ->type_name("DIR");
    command
        ->add_option("--dir", arguments->place.dir,
                     "Without --data: folder of a local cluster (else $SQLCAST_DIR, else the one of `sqlcast cluster "
                     "up` without --dir)")
        ->type_name("DIR");
    command->add_option("--node", arguments->place.node, "Its node, such as slave-1 (else its master)")
        ->type_name("NODE");
    command->add_flag("--json", arguments->json, name == "show" ? "One JSON object a group" : "As one JSON object");
    command->callback([arguments, work, &run] { run = [arguments, work] { return work(*arguments); }; });
    return command;
  };
  add("status", "Which files there are, how far the log goes, what was begun, what stands behind its end", run_status)
      ->add_flag("--files", arguments->files, "A line for each file, too");
  add("verify", "Read all of it: every record, and the chain of hashes (exit status 1: it is damaged)", run_verify);
  CLI::App* const show = add("show", "The groups that have a sequence of FROM to TO", run_show);
  show->add_option("from", arguments->from, "The first sequence")->required()->type_name("FROM");
  show->add_option("to", arguments->to, "The last one (FROM, when it is not given)")->type_name("TO");
  CLI::App* const trim = add("trim", "What would go if nothing up to a sequence were needed any more", run_trim);
  trim->add_option("--to", arguments->to, "That sequence")->required()->type_name("SEQUENCE");
  trim->add_flag("--dry-run", arguments->dry_run, "Has to be said: nothing is ever removed");
  CLI::App* const mend =
      add("mend", "Have from another node what is damaged or missing; while the node does not run", run_mend);
  mend->add_option("--from", arguments->peer.endpoints, "The other node, such as tcp://10.0.0.2:7700")
      ->required()
      ->expected(1)
      ->type_name("ENDPOINT");
  mend->add_option("--key", arguments->peer.key,
                   "File of the private key to go there with (else $SQLCAST_KEY, else the local cluster's own)")
      ->type_name("FILE");
}

}  // namespace sqlcast::cli
