#include "tests/support/node.h"

#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "tests/support/run_program.h"
#include "tests/support/wait.h"

namespace sqlcast::support {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

Node::Node(Options options) : options_(std::move(options)) {
  fs::create_directories(options_.folder);
  std::ofstream(options_.folder / "node.yaml") << options_.yaml;
}

Node::~Node() {
  if (running()) kill_with_database();
}

void Node::start() {
  local::SpawnOptions spawn;
  spawn.program = "/usr/bin/env";
  for (const auto& [name, value] : environment) spawn.arguments.push_back(name + "=" + value);
  spawn.arguments.push_back(program("sqlcast-" + options_.role));
  spawn.arguments.push_back("--config");
  spawn.arguments.push_back((options_.folder / "node.yaml").string());
  spawn.arguments.insert(spawn.arguments.end(), arguments.begin(), arguments.end());
  spawn.log = options_.folder / "node.log";
  spawn.die_with_parent = true;
  const Result<local::ProcessId> process = local::spawn(spawn);
  if (!process) throw std::runtime_error(process.status().message);
  process_ = *process;
  exit_status_.reset();
}

bool Node::running() const {
  if (process_.pid <= 0 || exit_status_) return false;
  int status = 0;
  if (waitpid(process_.pid, &status, WNOHANG) != process_.pid) return true;
  exit_status_ = status;
  return false;
}

void Node::wait_until_ended() {
  wait_for(name() + " to end", [this] { return !running(); });
}

void Node::wait_until_answering() {
  wait_for(name() + " to answer", [this] {
    if (!running()) throw std::runtime_error(name() + " has ended instead of answering; its log ends:\n" + log_end());
    const auto told = status();
    return told && told->state != "Starting";
  });
}

void Node::kill() {
  if (running()) ::kill(process_.pid, SIGKILL);
  wait_until_ended();
}

bool Node::stop() {
  if (!running()) throw std::runtime_error(name() + " is not running");
  ::kill(process_.pid, SIGTERM);
  wait_until_ended();
  return WIFEXITED(*exit_status_) && WEXITSTATUS(*exit_status_) == 0;
}

// Back when each of its threads has stopped: until then some may still take what comes.
void Node::suspend() {
  ::kill(process_.pid, SIGSTOP);
  wait_for(name() + " to be stopped", [this] {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process_.pid) + "/task")) {
      std::ifstream file(thread.path() / "stat");
      const std::string stat(std::istreambuf_iterator<char>(file), {});
      const std::size_t name_end = stat.rfind(')');
      if (name_end == std::string::npos || stat.size() < name_end + 3 || stat[name_end + 2] != 'T') return false;
    }
    return true;
  });
}

void Node::resume() { ::kill(process_.pid, SIGCONT); }

std::optional<pid_t> Node::database() const {
  pid_t pid = 0;
  std::ifstream(data_folder() / "mariadb" / "mariadb.pid") >> pid;
  if (pid <= 0) return std::nullopt;
  // The number may be another program's by now.
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  const std::string command(std::istreambuf_iterator<char>(file), {});
  if (command.find(data_folder().string()) == std::string::npos) return std::nullopt;
  return pid;
}

void Node::kill_database() {
  wait_for(name() + "'s database to run", [this] { return database().has_value(); });
  if (const std::optional<pid_t> pid = database()) ::kill(*pid, SIGKILL);
}

void Node::kill_with_database() {
  const std::optional<pid_t> pid = database();
  if (running()) ::kill(process_.pid, SIGKILL);
  if (pid) ::kill(*pid, SIGKILL);
  wait_until_ended();
  wait_for(name() + "'s database to end", [this] { return !database(); });
}

void Node::forget_data() {
  wait_for(name() + "'s database to end", [this] { return !database(); });
  fs::remove_all(data_folder());
}

Answer Node::run(const proto::QueryRequest& request) const { return Session(endpoint()).run(request); }

std::optional<proto::NodeStatus> Node::status() const {
  Result<proto::Message> reply = Session(endpoint()).exchange(proto::StatusRequest{}, 2s);
  if (!reply) return std::nullopt;
  auto* status = std::get_if<proto::StatusReply>(&*reply);
  if (status == nullptr) throw std::runtime_error(name() + " answered a status request with something else");
  return std::move(status->self);
}

std::unique_ptr<storage::Connection> Node::open_database() const {
  storage::Address address;
  address.socket = (data_folder() / "mariadb" / "mariadb.sock").string();
  auto connection = storage::Connection::open(address, {getpwuid(geteuid())->pw_name, ""});
  if (!connection) throw std::runtime_error(name() + ": " + connection.status().message);
  if (const Status status = (*connection)->execute("SET NAMES utf8mb4"); !status.ok())
    throw std::runtime_error(name() + ": " + status.message);
  return std::move(*connection);
}

std::string Node::ask_database(const std::string& sql) const {
  const Result<std::vector<storage::Row>> rows = open_database()->rows(sql);
  if (!rows) throw std::runtime_error(name() + ": " + rows.status().message + " (" + sql + ")");
  std::string text;
  for (const storage::Row& row : *rows) {
    if (!text.empty()) text += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
  }
  return text;
}

std::string Node::log_end() const {
  constexpr std::size_t kLines = 25;
  std::ifstream file(options_.folder / "node.log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string text;
  for (std::size_t i = lines.size() > kLines ? lines.size() - kLines : 0; i < lines.size(); ++i)
    text += "  " + lines[i] + "\n";
  return text;
}

}  // namespace sqlcast::support
