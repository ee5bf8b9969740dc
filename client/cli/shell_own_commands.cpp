#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/logging.h"
#include "base/version.h"
#include "client/cli/child_process.h"
#include "client/cli/shell.h"
#include "client/command/run.h"
#include "client/local/cluster_file.h"

namespace sqlcast::cli {
namespace {

using client::Reply;
using client::Request;
using Kind = StreamItem::Kind;

constexpr int kDeepestSource = 16;

constexpr const char* kHelp =
    "Statements end with ; or \\g, or with \\G to see each column on a line of its own.\n"
    "  USE database        default database of what follows\n"
    "  SOURCE file, \\. file run the statements of a file\n"
    "  DELIMITER text      what ends a statement from here on\n"
    "  \\e, edit            edit what is being typed, or the last statement, with $EDITOR\n"
    "  \\P, pager [program] every result through a program; alone: the usual way, those that do not fit, by $PAGER or "
    "less\n"
    "  \\n, nopager         no result through a program\n"
    "  \\T, tee file        a copy of all that is typed and shown goes to the end of a file; \\t, notee ends that\n"
    "  \\!, system command  run a command of this machine\n"
    "  \\w, nowarning       warnings are counted, not shown; \\W, warnings shows them again\n"
    "  \\#, rehash          ask anew for the names that Tab completes\n"
    "  \\s, status          where this shell is connected\n"
    "  \\h, help            this text\n"
    "  \\q, quit            leave; so does Ctrl-D\n"
    "Tab completes keywords and names, Up brings back what was typed. \\c at the end of a line, or Ctrl-C, forgets "
    "what is\n"
    "being typed; Ctrl-C stops the statement that runs.\n"
    "SELECT is answered by a slave where there is one; INSERT, UPDATE, DELETE and REPLACE go to the master from any\n"
    "node; CREATE, ALTER, DROP, TRUNCATE and RENAME run at the master alone. `sqlcast explain` says what and why.\n";

Status misused(const std::string& why) { return Status::error(Code::bad_request, why); }

// A file of this user's own that ends with the object.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view text) {
    std::error_code error;
    std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    if (error) folder = "/tmp";
    path_ = (folder / "sqlcast-XXXXXX.sql").string();
    const int file = mkostemps(path_.data(), 4, O_CLOEXEC);
    made_ = file >= 0;
    good_ = made_ && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (made_) close(file);
  }
  ~ScratchFile() {
    if (made_) unlink(path_.c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  bool good() const { return good_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
  bool good_ = false;
};

// Empty: there is none.
std::string usual_editor() {
  for (const char* const name : {"VISUAL", "EDITOR"})
    if (const char* const named = std::getenv(name); named != nullptr && *named != '\0') return named;
  for (const char* const program : {"editor", "nano", "vim", "vi"})
    if (on_path(program)) return program;
  return {};
}

}  // namespace

Shell::Next Shell::run_command(const StreamItem& item) {
  switch (item.kind) {
    case Kind::statement: return run_statement(item);
    case Kind::use: return use(item.text, item.line);
    case Kind::source: {
      if (depth_ >= kDeepestSource) return after_failure(misused("SOURCE within SOURCE goes too deep"), item.line);
      ++depth_;
      const int result = run_file(item.text);
      --depth_;
      return result == command::kExitOk || options_.force || options_.interactive ? Next::go_on : Next::stop;
    }
    case Kind::quit: quit_ = true; return Next::stop;
    case Kind::help: out_.say(kHelp); return Next::go_on;
    case Kind::status: show_status(); return Next::go_on;
    case Kind::warnings:
    case Kind::no_warnings: show_warnings_ = item.kind == Kind::warnings; return Next::go_on;
    case Kind::rehash: names_.forget(); return Next::go_on;
    case Kind::absent: return after_failure(misused(item.text), item.line);
    case Kind::edit:
    case Kind::system:
    case Kind::tee:
    case Kind::no_tee:
    case Kind::pager:
    case Kind::no_pager: return run_at_terminal(item);
  }
  return Next::go_on;
}

// What touches the machine is done for a person who typed it, and for no script.
Shell::Next Shell::run_at_terminal(const StreamItem& item) {
  if (!options_.interactive || depth_ > 0)
    return after_failure(misused("the commands edit, system, tee and pager are for a person at a terminal; a script "
                                 "cannot use them"),
                         item.line);
  switch (item.kind) {
    case Kind::edit: return edit(last_typed_, item.line);
    case Kind::system: return system(item);
    case Kind::tee:
      if (const Status status = out_.tee(item.text); !status.ok()) return after_failure(status, item.line);
      out_.say("What is typed and shown goes to the end of " + item.text + ", too\n");
      return Next::go_on;
    case Kind::no_tee:
      if (!out_.no_tee()) return after_failure(misused("there is no tee to end"), item.line);
      return Next::go_on;
    case Kind::pager:
      if (item.text.empty())
        out_.page_what_does_not_fit();
      else
        out_.page_all(item.text);
      return Next::go_on;
    default: out_.page_nothing(); return Next::go_on;
  }
}

Shell::Next Shell::system(const StreamItem& item) {
  std::fflush(stdout);
  const auto child = start_child(item.text);
  if (!child.ok()) return after_failure(child.status(), item.line);
  if (const int status = wait_for_child(*child); status != 0)
    out_.error("'" + item.text + "' ended with status " + std::to_string(status));
  return Next::go_on;
}

// What is saved comes next, as if it was typed.
Shell::Next Shell::edit(const std::string& text, std::size_t line) {
  const std::string editor = usual_editor();
  if (editor.empty()) return after_failure(misused("there is no editor: set $EDITOR to the one you like"), line);
  const ScratchFile file(text + (text.empty() ? "" : "\n"));
  if (!file.good()) return after_failure(Status::error(Code::io, file.path() + " cannot be written"), line);
  std::fflush(stdout);
  const auto child = start_child(editor + " \"$0\"", {file.path()});
  if (!child.ok()) return after_failure(child.status(), line);
  if (const int status = wait_for_child(*child); status != 0)
    return after_failure(Status::error(Code::io, "the editor '" + editor + "' ended with status " +
                                                     std::to_string(status) + "; nothing is taken from it"),
                         line);
  auto saved = local::read_text_file(file.path());
  if (!saved.ok()) return after_failure(saved.status(), line);
  while (saved->ends_with('\n') || saved->ends_with('\r')) saved->pop_back();
  if (!saved->empty()) edited_ = std::move(*saved);
  return Next::go_on;
}

Shell::Next Shell::use(const std::string& database, std::size_t line) {
  if (!held_.empty())
    return after_failure(
        Status::error(Code::bad_request, "an atomic request has one default database; USE comes before its statements"),
        line);
  Request request =
      Request::of("SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", {database});
  const Reply reply = client_.run(std::move(request));
  if (reply.status.ok() && !reply.results.empty() && reply.results[0].rows.row_count() == 0) {
    Status unknown = Status::error(Code::sql_error, "Unknown database '" + database + "'");
    unknown.database_errno = 1049;
    unknown.sqlstate = "42000";
    return after_failure(unknown, line);
  }
  if (!reply.status.ok()) return after_failure(reply.status, line);
  database_ = database;
  if (options_.interactive) out_.say("Database changed\n");
  return Next::go_on;
}

void Shell::show_status() {
  const auto status = client_.status();
  std::string text = "sqlcast " + std::string(version()) + ", client " + client_.client_id() + "\n";
  text += "Nodes:      " + nodes_.where + "\n";
  text += "Database:   " + (database_.empty() ? std::string("(none)") : database_) + "\n";
  text += "Session:    last wrote sequence " + std::to_string(client_.session_position()) + "\n";
  if (status.ok()) {
    const proto::NodeStatus& node = status->self;
    text += fmt::format("Answers:    {} ({}, {}) at sequence {}, epoch {}, {}\n", node.name, node.role, node.state,
                        node.position, node.epoch, node.database_version);
  } else {
    text += "Answers:    nobody: " + status.status().message + "\n";
  }
  out_.say(text);
}

}  // namespace sqlcast::cli
