#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include "client/cli/commands.h"
#include "client/cli/node_table.h"
#include "client/client.h"
#include "client/command/interrupt.h"
#include "client/local/cluster_file.h"
#include "client/local/cluster_folder.h"
#include "client/local/local_cluster.h"
#include "client/local/process.h"

namespace sqlcast::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStartTimeout = seconds(120);
constexpr milliseconds kStopPatience = seconds(30);
constexpr milliseconds kLockPatience = seconds(150);  // longer than a start takes at most

struct Arguments {
  std::string dir;
  std::string node;
  std::string master_program;
  std::string slave_program;
  unsigned slaves = 0;
  bool slaves_given = false;
  bool detach = false;
  bool usual_ports = false;
  std::string security;
  bool json = false;
  bool accept_history = false;
};

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  std::fflush(stderr);
}

// Waits while another command is at work on the same folder.
Result<local::FileLock> lock(const std::filesystem::path& dir, local::FolderUse use) {
  bool said = false;
  return local::lock_folder(dir, use, kLockPatience, [&] {
    if (!std::exchange(said, true)) say("Another `sqlcast cluster` is at work on " + dir.string() + "; waiting for it");
    return command::interrupts() == 0;
  });
}

Result<local::LocalCluster::Programs> programs(const Arguments& arguments) {
  auto master = local::find_program("sqlcast-master", arguments.master_program);
  if (!master.ok()) return master.status();
  auto slave = local::find_program("sqlcast-slave", arguments.slave_program);
  if (!slave.ok()) return slave.status();
  return local::LocalCluster::Programs{*master, *slave};
}

int show_nodes(const local::LocalCluster& cluster, bool json) {
  client::Options options;
  options.endpoints = cluster.file().endpoints();
  auto client = client::Client::open(options);
  if (!client.ok()) return command::fail(client.status());
  std::vector<proto::NodeStatus> nodes;
  auto answered = (*client)->cluster_status();
  if (answered.status().code == Code::not_allowed) return command::fail(answered.status());
  if (answered.ok()) nodes = std::move(*answered);
  // What is not running says nothing of itself; the folder knows its name.
  for (const local::ClusterNode& node : cluster.file().nodes) {
    const auto known = std::find_if(nodes.begin(), nodes.end(), [&](const proto::NodeStatus& status) {
      return status.name == node.name || status.endpoint == node.endpoint;
    });
    proto::NodeStatus& status = known == nodes.end() ? nodes.emplace_back() : *known;
    status.name = node.name;
    status.role = node.role;
    status.endpoint = node.endpoint;
    if (status.state.empty()) status.state = "Unreachable";
    if (status.state == "Unreachable")
      status.message = cluster.running(node.name) ? "running, but it does not answer" : "not running";
  }
  std::fputs(json ? (nodes_json(nodes, 2) + "\n").c_str() : nodes_table(nodes).c_str(), stdout);
  std::fflush(stdout);
  return all_well(nodes) ? command::kExitOk : command::kExitFailed;
}

// Stays until a signal, or until no node is left.
int stay(const local::LocalCluster& cluster) {
  std::vector<std::string> alive = cluster.names();
  while (command::interrupts() == 0 && !alive.empty()) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    std::vector<std::string> still;
    for (const std::string& name : alive) {
      if (cluster.running(name)) {
        still.push_back(name);
      } else {
        say(name + " has ended; its log is " + cluster.log_of(name).string());
      }
    }
    // One that was stopped may have been started again, by another command.
    for (const std::string& name : cluster.names())
      if (std::find(alive.begin(), alive.end(), name) == alive.end() && cluster.running(name)) still.push_back(name);
    alive = std::move(still);
    std::this_thread::sleep_for(milliseconds(200));
  }
  if (alive.empty()) {
    say("No node is left.");
    return command::kExitOk;
  }
  say("Stopping");
  const auto held =
      lock(cluster.dir(), local::FolderUse::stop);  // another command's word does not keep us from stopping
  cluster.stop(cluster.names(), kStopPatience, say);
  return command::kExitOk;
}

int run_up(const Arguments& arguments) {
  command::count_interrupts();
  command::count_terminations();
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our words may leave before the nodes have stopped
  const std::filesystem::path dir = local::cluster_dir(arguments.dir);
  const auto bins = programs(arguments);
  if (!bins.ok()) return command::fail(bins.status());
  auto held = std::optional<Result<local::FileLock>>(lock(dir, local::FolderUse::start));
  if (!held->ok()) return command::fail(held->status());
  auto cluster = local::LocalCluster::open_or_make(
      dir, arguments.slaves_given ? std::optional<unsigned>(arguments.slaves) : std::nullopt, arguments.usual_ports,
      arguments.security.empty() ? std::nullopt : std::optional<bool>(arguments.security == "curve"));
  if (!cluster.ok()) return command::fail(cluster.status());

  std::vector<std::string> started;
  for (const std::string& name : cluster->names())
    if (!cluster->running(name)) started.push_back(name);
  if (started.empty()) {
    say("The cluster in " + dir.string() + " is running already.");
    return show_nodes(*cluster, false);
  }
  if (started.size() == cluster->names().size()) {
    const auto moved = cluster->repair_ports();
    if (!moved.ok()) return command::fail(moved.status());
    for (const std::string& line : *moved) say(line);
  }
  for (const std::string& name : started)
    if (const Status status = cluster->start(name, *bins, !arguments.detach); !status.ok()) {
      cluster->stop(started, kStopPatience, say);
      return command::fail(status);
    }
  const auto progress = [](const std::string& name, const std::string& state) { say(name + ": " + state); };
  const Status ready = cluster->wait_ready(started, kStartTimeout, progress, [] { return command::interrupts() > 0; });
  if (!ready.ok()) {
    say("Stopping what was started");
    cluster->stop(started, kStopPatience, say);
    return command::fail(ready);
  }
  const int result = show_nodes(*cluster, false);
  held.reset();
  const std::string with_dir = arguments.dir.empty() ? "" : " --dir " + local::shell_word(arguments.dir);
  if (arguments.detach) {
    say("The cluster stays. `sqlcast" + with_dir + "` opens a shell, `sqlcast cluster down" + with_dir + "` stops it.");
    return result;
  }
  say("The cluster runs until Ctrl-C. `sqlcast" + with_dir + "` in another terminal opens a shell.");
  return stay(*cluster);
}

// What the commands below share: the folder's cluster, locked, and the nodes that are meant.
template <typename Work>
int with_cluster(const Arguments& arguments, local::FolderUse use, const Work& work) {
  command::count_interrupts();
  const std::filesystem::path dir = local::cluster_dir(arguments.dir);
  if (const Status status = local::check_folder(dir, use); !status.ok()) return command::fail(status);
  auto cluster = local::LocalCluster::open(dir, use == local::FolderUse::start);
  if (!cluster.ok()) return command::fail(cluster.status());
  std::vector<std::string> names = cluster->names();
  if (!arguments.node.empty()) {
    if (cluster->file().find(arguments.node) == nullptr) {
      std::string known;
      for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
      return command::fail(
          Status::error(Code::bad_request, "there is no node " + arguments.node + "; there are: " + known));
    }
    names = {arguments.node};
  }
  auto held = lock(dir, use);
  if (!held.ok()) return command::fail(held.status());
  return work(*cluster, names);
}

int run_stop(const Arguments& arguments) {
  return with_cluster(
      arguments, local::FolderUse::stop, [](const local::LocalCluster& cluster, const std::vector<std::string>& names) {
        const bool any = std::any_of(names.begin(), names.end(),
                                     [&](const std::string& name) { return cluster.running(name).has_value(); });
        if (!any)
          say(names.size() == 1 ? names[0] + " is not running."
                                : "Nothing is running in " + cluster.dir().string() + ".");
        cluster.stop(names, kStopPatience, say);
        return command::kExitOk;
      });
}

int run_start(const Arguments& arguments) {
  const auto bins = programs(arguments);
  if (!bins.ok()) return command::fail(bins.status());
  return with_cluster(
      arguments, local::FolderUse::start, [&](local::LocalCluster& cluster, const std::vector<std::string>& names) {
        if (arguments.accept_history && cluster.file().master()->name != names[0])
          return command::fail(Status::error(Code::bad_request, "--accept-history is a word for the master"));
        if (cluster.running(names[0])) {
          say(names[0] + " is running already.");
          return command::kExitOk;
        }
        if (const Status status = cluster.start(names[0], *bins, false, arguments.accept_history); !status.ok())
          return command::fail(status);
        const auto progress = [](const std::string& name, const std::string& state) { say(name + ": " + state); };
        const Status ready =
            cluster.wait_ready(names, kStartTimeout, progress, [] { return command::interrupts() > 0; });
        return ready.ok() ? command::kExitOk : command::fail(ready);
      });
}

int run_kill(const Arguments& arguments) {
  return with_cluster(arguments, local::FolderUse::stop,
                      [](const local::LocalCluster& cluster, const std::vector<std::string>& names) {
                        if (cluster.kill(names[0])) {
                          say(names[0] + " was killed with SIGKILL.");
                          return command::kExitOk;
                        }
                        say(names[0] + " is not running.");
                        return command::kExitFailed;
                      });
}

int run_cluster_status(const Arguments& arguments) {
  auto cluster = local::LocalCluster::open(local::cluster_dir(arguments.dir));
  return cluster.ok() ? show_nodes(*cluster, arguments.json) : command::fail(cluster.status());
}

}  // namespace

void add_cluster_command(CLI::App& app, command::Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* const group =
      app.add_subcommand("cluster", "A cluster on this machine: each node a process with its own database and folder");
  group->set_help_flag("-?,-h,--help", "Show this help and leave");
  group->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description, int (*work)(const Arguments&)) {
    CLI::App* const command = group->add_subcommand(name, description);
    command->set_help_flag("-?,-h,--help", "Show this help and leave");
    command
        ->add_option("--dir", arguments->dir,
                     "Folder of the cluster (else $SQLCAST_DIR, else one in ${XDG_STATE_HOME:-~/.local/state})")
        ->type_name("DIR");
    command->callback([arguments, work, &run] { run = [arguments, work] { return work(*arguments); }; });
    return command;
  };
  const auto add_programs = [&](CLI::App* command) {
    command->add_option("--master-bin", arguments->master_program, "The sqlcast-master to run")->type_name("FILE");
    command->add_option("--slave-bin", arguments->slave_program, "The sqlcast-slave to run")->type_name("FILE");
  };
  const auto add_node_name = [&](CLI::App* command) {
    command->add_option("node", arguments->node, "Its name, such as slave-1")->required()->type_name("NODE");
  };

  CLI::App* const up = add("up", "Start it, made anew when there is none; stays until Ctrl-C, then stops it", run_up);
  up->add_option_function<unsigned>(
        "-n,--slaves",
        [arguments](unsigned count) {
          arguments->slaves = count;
          arguments->slaves_given = true;
        },
        "Slaves (2 for a new cluster); a cluster with fewer gets more")
      ->type_name("SLAVES")
      ->check(CLI::Range(0, 32));
  up->add_flag("--detach", arguments->detach, "Leave it running");
  up->add_flag("--usual-ports", arguments->usual_ports,
               "A new cluster takes ports 5750, 5751 and 5760 on, where they are free");
  up->add_option(
        "--security", arguments->security,
        "curve: encrypted, with keys in DIR/keys (a new cluster is); none: everybody on this machine is let in")
      ->type_name("MODE")
      ->check(CLI::IsMember({"curve", "none"}));
  add_programs(up);
  add("down", "Stop all of its nodes", run_stop);
  CLI::App* const status = add("status", "Show its nodes, those that do not run included", run_cluster_status);
  status->add_flag("--json", arguments->json, "As one JSON object");
  CLI::App* const start = add("start", "Start one node; it stays", run_start);
  add_node_name(start);
  add_programs(start);
  start->add_flag("--accept-history", arguments->accept_history,
                  "Of the master: go on from what it has, although others have a longer or another history");
  add_node_name(add("stop", "Stop one node", run_stop));
  add_node_name(add("kill", "Kill one node with SIGKILL, to see what happens", run_kill));
}

}  // namespace sqlcast::cli
