#include "client/command/run.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

namespace sqlcast::command {
namespace {

// What stands in front of a command is not the command's, and is never passed over: it may name another cluster. Empty
// when there is nothing.
std::string misplaced(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  if (commands.empty()) return {};
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0)
      return option->get_name() + " stands in front of the command '" + commands.front()->get_name() +
             "', which would not see it; write it behind the command, if it takes it: `" + app.get_name() + " " +
             commands.front()->get_name() + " --help` shows that";
  return {};
}

}  // namespace

int run_program(CLI::App& app, std::vector<std::string> arguments, const Run& run) {
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants a vector
    app.parse(std::move(arguments));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kExitUsage;
  }
  if (const std::string what = misplaced(app); !what.empty()) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), what.c_str());
    return kExitUsage;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
    return kExitFailed;
  }
}

std::string error_text(const Status& status, std::size_t line) {
  std::string text = "ERROR " + std::string(code_name(status.code));
  if (!status.reason.empty()) text += " " + status.reason;
  if (status.database_errno != 0) text += " " + std::to_string(status.database_errno);
  if (!status.sqlstate.empty()) text += " (" + status.sqlstate + ")";
  if (line != 0) text += " at line " + std::to_string(line);
  return text + ": " + status.message;
}

int exit_code(const Status& status) {
  switch (status.code) {
    case Code::ok: return kExitOk;
    case Code::bad_request: return kExitUsage;
    default: return kExitFailed;
  }
}

int fail(const Status& status) {
  std::fprintf(stderr, "%s\n", error_text(status).c_str());
  return exit_code(status);
}

}  // namespace sqlcast::command
