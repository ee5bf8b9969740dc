#include "node/program.h"

#include <pthread.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX, which <csignal> has not
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <thread>

#include "base/data_lock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/version.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr int kUsage = 2;
constexpr auto kInterruptTimeout = 15s;  // above the time-outs of what cannot be broken off, as to look up a host

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) result[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return result;
}

// SIGINT and SIGTERM are waited for, not handled: every thread inherits the block.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Each client is a connection, and each file of the log one: as many as the system lets this process have.
void raise_limit_of_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    logging::warn("the limit on open files stays at {}: {}", limit.rlim_cur, std::strerror(errno));
}

// The private key is in our memory, and in libzmq's. Also against those who may look into this account's processes.
void keep_out_of_core_dumps(const config::Security& security) {
  if (security.mode != config::SecurityMode::curve || security.core_dumps == config::CoreDumps::allowed) return;
  if (const Status status = forbid_core_dumps(); !status.ok())
    logging::warn("a core dump of this node would have its private key in it: {}", status.message);
}

// 0: none has come.
int wait_for_signal(const sigset_t& signals, std::chrono::milliseconds wait) {
  const timespec time{0, static_cast<long>(std::chrono::nanoseconds(wait).count())};
  return std::max(sigtimedwait(&signals, nullptr, &time), 0);
}

void begin_to_stop(const sigset_t& signals, int signal) {
  logging::info("stopping ({})", strsignal(signal));
  // A second signal ends the wait for a clean stop.
  ::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int run_node(const config::NodeConfig& config, const MakeNode& make) {
  const sigset_t signals = block_stop_signals();
  logging::init(config.name, config.log_level);
  ::umask(077);  // what is written has all data, or the keys to it
  raise_limit_of_open_files();
  keep_out_of_core_dumps(config.security);
  Result<DataLock> lock = DataLock::take(config.data_dir);
  if (!lock) {
    logging::error("{}", lock.status().message);
    return 1;
  }
  for (const std::string& warning : config.warnings) logging::warn("{}", warning);
  const std::unique_ptr<Runnable> node = make(config);
  std::promise<Status> started;
  std::future<Status> outcome = started.get_future();
  std::thread starter = start_thread("starter", [&] { started.set_value(node->start()); });
  // Without keys there is nothing to read again; and a terminal that closes ends what was started in it.
  const auto reads_again = [&](int signal) {
    if (signal != SIGHUP || config.security.mode != config::SecurityMode::curve) return false;
    node->reload();
    return true;
  };
  int signal = 0;
  while (signal == 0 && outcome.wait_for(0s) != std::future_status::ready)
    if (signal = wait_for_signal(signals, 20ms); reads_again(signal)) signal = 0;
  if (signal != 0) begin_to_stop(signals, signal);
  if (signal != 0) node->interrupt();
  if (signal != 0 && outcome.wait_for(kInterruptTimeout) != std::future_status::ready) {
    // Nothing has been served, and the kernel ends a managed server with this process.
    logging::error("the start does not end: stopped without it");
    std::_Exit(1);
  }
  starter.join();
  if (const Status status = outcome.get(); !status.ok() && signal == 0) {
    logging::error("cannot start: {}", status.message);
    node->stop();
    return status.code == Code::config ? kUsage : 1;
  }
  if (signal == 0) {
    logging::info("{}", node->announcement());
    do {
      sigwait(&signals, &signal);
    } while (reads_again(signal));
    begin_to_stop(signals, signal);
  }
  node->stop();
  logging::info("stopped");
  return 0;
}

}  // namespace

int run_program(config::Role role, int argc, char** argv, const MakeNode& make) {
  keep_freed_memory();
  const bool master = role == config::Role::master;
  CLI::App app{master ? "sqlcast master: takes SQL, writes, and publishes what it has committed"
                      : "sqlcast slave: follows a master, answers reads, forwards writes"};
  app.name(master ? "sqlcast-master" : "sqlcast-slave");
  std::string file;
  bool check = false;
  bool print = false;
  bool version = false;
  bool accept_history = false;
  app.add_option("--config", file, "configuration file (YAML)")->type_name("FILE");
  app.add_flag("--check-config", check, "check the configuration and exit");
  app.add_flag("--print-config", print, "print the merged configuration, secrets redacted, and exit");
  if (master)
    app.add_flag(
        "--accept-history", accept_history,
        "go on from what this data folder has, although other nodes have, or had, a longer or another history");
  app.add_flag("--version", version, "print the version and exit");
  std::map<std::string, std::string> flags;
  for (const config::Setting& setting : config::settings()) {
    if (!(master ? setting.master : setting.slave)) continue;
    app.add_option_function<std::string>(
           "--" + std::string(setting.name),
           [&flags, name = std::string(setting.name)](const std::string& value) { flags[name] = value; },
           std::string(setting.description) + " [" + setting.default_text + "]")
        ->type_name(std::string(setting.type))
        ->group("Settings");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& problem) {
    app.exit(problem);
    return kUsage;
  }
  if (version) {
    std::printf("%s %s\n", app.get_name().c_str(), sqlcast::version());
    return 0;
  }
  config::Source source;
  source.file = file;
  source.flags = std::move(flags);
  source.environment = environment();
  Result<config::NodeConfig> config = config::load(role, source);
  if (!config) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), config.status().message.c_str());
    return kUsage;
  }
  config->accept_history = accept_history;
  if (print) std::fputs(config::print(*config).c_str(), stdout);
  if (check) std::printf("the configuration is good\n");
  if (print || check) return 0;
  return run_node(*config, make);
}

}  // namespace sqlcast::node
