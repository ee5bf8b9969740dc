#include "tests/support/external_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/support/run_program.h"
#include "tests/support/wait.h"

namespace sqlcast::support {

ExternalServer::ExternalServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  const std::string folder = folder_.path().string();
  std::filesystem::create_directory(folder_.path() / "tmp");
  std::vector<std::string> install{"mariadb-install-db",
                                   "--no-defaults",
                                   "--datadir=" + folder + "/data",
                                   "--tmpdir=" + folder + "/tmp",
                                   "--skip-test-db",
                                   "--skip-name-resolve",
                                   "--auth-root-authentication-method=normal"};
  for (const std::string& argument : arguments_)
    if (argument.starts_with("--innodb-page-size")) install.push_back(argument);
  if (geteuid() == 0) install.push_back("--user=root");
  const Run run = run_program(install);
  if (run.exit_code != 0) throw std::runtime_error("mariadb-install-db failed: " + run.output);
  start();
}

ExternalServer::~ExternalServer() { kill(); }

void ExternalServer::start() {
  const std::string folder = folder_.path().string();
  local::SpawnOptions spawn;
  spawn.program = std::filesystem::exists("/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd";
  spawn.arguments = {"--no-defaults",
                     "--datadir=" + folder + "/data",
                     "--tmpdir=" + folder + "/tmp",
                     "--socket=" + folder + "/s",
                     "--pid-file=" + folder + "/pid",
                     "--skip-networking",
                     "--skip-name-resolve",
                     "--innodb-buffer-pool-size=32M",
                     "--innodb-log-file-size=24M",
                     "--max-allowed-packet=1G"};
  spawn.arguments.insert(spawn.arguments.end(), arguments_.begin(), arguments_.end());
  if (geteuid() == 0) spawn.arguments.push_back("--user=root");
  spawn.log = folder_.path() / "server.log";
  spawn.die_with_parent = true;
  const Result<local::ProcessId> process = local::spawn(spawn);
  if (!process) throw std::runtime_error(process.status().message);
  process_ = *process;
  wait_for("the external server to answer", [this] {
    if (waitpid(process_.pid, nullptr, WNOHANG) == process_.pid) {
      process_.pid = 0;
      throw std::runtime_error("the external server has ended: see its log in " + folder_.path().string());
    }
    storage::Address address;
    address.socket = (folder_.path() / "s").string();
    return storage::Connection::open(address, {"root", ""}).ok();
  });
}

void ExternalServer::kill() {
  if (process_.pid <= 0) return;
  ::kill(process_.pid, SIGKILL);
  while (waitpid(process_.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_.pid = 0;
}

std::string ExternalServer::yaml() const {
  return "database:\n  mode: external\n  user: root\n  socket: " + (folder_.path() / "s").string() + "\n";
}

std::unique_ptr<storage::Connection> ExternalServer::open() const {
  storage::Address address;
  address.socket = (folder_.path() / "s").string();
  auto connection = storage::Connection::open(address, {"root", ""});
  if (!connection) throw std::runtime_error(connection.status().message);
  return std::move(*connection);
}

std::string ExternalServer::ask(const std::string& sql) const {
  const Result<std::vector<storage::Row>> rows = open()->rows(sql);
  if (!rows) throw std::runtime_error(rows.status().message + " (" + sql + ")");
  std::string text;
  for (const storage::Row& row : *rows) {
    if (!text.empty()) text += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
  }
  return text;
}

}  // namespace sqlcast::support
