// sqlcast-client: the desktop client. Wires the window, the app and the cluster together; decides nothing else.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/memory.h"
#include "base/version.h"
#include "client/gui/client_backend.h"
#include "client/gui/find_cluster.h"
#include "client/gui/local_nodes.h"
#include "client/gui/model/import_job.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/look.h"
#include "client/gui/ui/script_runner.h"
#include "client/gui/ui/widgets.h"
#include "client/gui/ui/window.h"
#include "client/local/find_nodes.h"

namespace {

using namespace sqlcast;
using namespace sqlcast::gui;

constexpr std::chrono::milliseconds kImportEnds{3'000};

struct Arguments {
  std::vector<std::string> endpoints;
  std::string config;
  local::ConnectionOptions keys;  // and the folder of a local cluster
  std::string settings;
  std::string screenshot;
  std::string script;
  std::string theme;
  std::string size;
  float scale = 0;
};

std::string default_settings_folder() {
  if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg != '\0') return cat(xdg, "/sqlcast");
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return cat(home, "/.config/sqlcast");
  return {};
}

int fail(std::string_view message, int status) {
  std::cerr << "sqlcast-client: " << message << '\n';
  return status;
}

int run(const Arguments& arguments) {
  auto found = find_endpoints(arguments.endpoints, arguments.config, arguments.keys);
  if (!found.ok()) return fail(found.status().message, 2);
  std::vector<ScriptStep> steps;
  if (!arguments.script.empty()) {
    const auto text = read_file(arguments.script, 1U << 20U);
    if (!text.ok()) return fail(text.status().message, 2);
    auto parsed = parse_script(*text);
    if (!parsed.ok()) return fail(cat(arguments.script, ": ", parsed.status().message), 2);
    steps = std::move(*parsed);
  }
  const bool scripted = !arguments.script.empty() || !arguments.screenshot.empty();
  App::Options options;
  // A scripted window begins the same way every time, and leaves nothing behind.
  options.folder = !arguments.settings.empty() ? arguments.settings
                   : scripted                  ? std::string()
                                               : default_settings_folder();
  options.endpoints = found->endpoints;
  options.endpoints_name = found->name;
  options.make_backend = [keys =
                              arguments.keys](const SavedConnection& connection) -> Result<std::unique_ptr<Backend>> {
    local::Nodes nodes;
    nodes.endpoints = connection.endpoints;
    nodes.named = true;
    if (const Status status = local::use_keys(keys, nodes); !status.ok()) return status;
    return ClientBackend::open(connection.endpoints, Window::wake);
  };
  options.start_local = [keys = arguments.keys]() -> Result<SavedConnection> {
    auto started = start_local_cluster(keys);
    if (!started.ok()) return started.status();
    return SavedConnection{started->name, started->endpoints, "blue"};
  };
  options.local = local_nodes(arguments.keys.dir);
  options.wake = Window::wake;
  options.scripted = scripted;

  Settings first = options.folder.empty() ? Settings() : load_settings(options.folder).settings;
  int width = first.window_width;
  int height = first.window_height;
  // NOLINTNEXTLINE(cert-err34-c): a number that is none for a window is refused by it
  if (!arguments.size.empty() && std::sscanf(arguments.size.c_str(), "%dx%d", &width, &height) != 2) {
    return fail("--size is WIDTHxHEIGHT, such as 1280x720", 2);
  }
  auto window = Window::open(width, height, "sqlcast");
  if (!window.ok()) return fail(window.status().message, 1);
  const float scale = arguments.scale > 0 ? arguments.scale : first.scale;
  const std::string theme = arguments.theme.empty() ? first.theme : arguments.theme;
  load_fonts(scale * (*window)->content_scale());
  set_theme(theme != "light");
  ui::trace().on = scripted;
  std::string failure;
  {
    App app(options);
    app.workspace().settings.scale = scale;
    app.workspace().settings.theme = theme;
    std::unique_ptr<ScriptRunner> script;
    if (!steps.empty()) {
      ScriptRunner::Hooks hooks;
      hooks.screenshot = [&window](const std::string& path) { return (*window)->save_picture(path); };
      hooks.resize = [&window](int w, int h) { (*window)->resize(w, h); };
      hooks.print = [](const std::string& line) { std::cout << line << std::endl; };
      script = std::make_unique<ScriptRunner>(std::move(steps), std::move(hooks));
    }
    const Status status = (*window)->run(app, script.get(), arguments.screenshot);
    if (!status.ok()) failure = status.message;
    if (script) failure = script->failure();
    if (const Status kept = app.workspace().save(); !kept.ok() && failure.empty()) failure = kept.message;
  }
  const int status = failure.empty() ? 0 : fail(failure, 1);
  // A disk or a network that hangs keeps an import's thread, and is not to keep the program.
  if (!ImportJob::wait_for_ended(kImportEnds)) std::_Exit(status);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  sqlcast::keep_freed_memory();
  Arguments arguments;
  CLI::App cli{"The desktop client of sqlcast: see the tables, run the SQL, watch the cluster."};
  cli.add_option("endpoints", arguments.endpoints, "nodes, such as tcp://127.0.0.1:5750; any node leads to the others");
  cli.add_option("--config", arguments.config, "a node's configuration file: connect to that node");
  cli.add_option("--dir", arguments.keys.dir, "the folder of a local cluster (sqlcast cluster up --dir)");
  cli.add_option("--key", arguments.keys.key,
                 "the private key to go to nodes with (else $SQLCAST_KEY, else the local cluster's own)");
  cli.add_option("--settings", arguments.settings, "folder of the client's own settings and history");
  cli.add_option("--theme", arguments.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
  cli.add_option("--scale", arguments.scale, "size of text and controls, 0.75 to 3")->check(CLI::Range(0.75F, 3.0F));
  cli.add_option("--size", arguments.size, "of the window, WIDTHxHEIGHT");
  cli.add_option("--screenshot", arguments.screenshot, "write a PNG of the window when it has settled, and end");
  cli.add_option("--script", arguments.script, "perform the steps in a file, and end (docs/desktop-client.md)");
  cli.set_version_flag("--version", std::string("sqlcast-client ") + sqlcast::version());
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  return run(arguments);
}
