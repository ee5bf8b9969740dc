#include "storage/managed_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/logging.h"

namespace sqlcast::storage {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr std::size_t kMaxSocketPath = 100;

// Looked up once: getpwuid() is not for several threads.
const std::string& user_name() {
  static const std::string name = [] {
    const passwd* entry = getpwuid(geteuid());
    return entry == nullptr ? std::to_string(geteuid()) : std::string(entry->pw_name);
  }();
  return name;
}

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/", "/usr/local/mysql/bin/"})
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  return {};
}

// Starts a program with its output appended to a file. The child gets SIGTERM when this thread ends.
pid_t spawn(const std::vector<std::string>& arguments, const std::string& output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);  // a Ctrl-C at the terminal is the node's to handle
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (null < 0 || log < 0) _exit(127);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  // The parent's other descriptors (sockets, locks) are not the server's.
  for (int descriptor = 3; descriptor < 1024; ++descriptor) close(descriptor);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

Status io_error(const std::string& what) { return Status::error(Code::io, what + ": " + std::strerror(errno)); }

ManagedServer::Options with_absolute_folder(ManagedServer::Options options) {
  options.folder = fs::absolute(options.folder).lexically_normal().string();
  return options;
}

bool process_alive(pid_t pid) { return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM); }

}  // namespace

ManagedServer::ManagedServer(Options options) : options_(with_absolute_folder(std::move(options))) {
  socket_folder_ = options_.folder;
  if (options_.folder.size() + sizeof("/mariadb.sock") > kMaxSocketPath) {
    // Derived from the folder, so that a restarted node finds the same place.
    socket_folder_ =
        "/tmp/sqlcast-" + std::to_string(geteuid()) + "-" + std::to_string(std::hash<std::string>()(options_.folder));
  }
}

ManagedServer::~ManagedServer() { stop(); }

Address ManagedServer::address() const {
  Address address;
  address.socket = socket_folder_ + "/mariadb.sock";
  return address;
}

Account ManagedServer::administrator() const { return {user_name(), ""}; }

std::string ManagedServer::log_tail() const {
  std::ifstream file(options_.folder + "/server.log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string tail;
  for (std::size_t i = lines.size() > 8 ? lines.size() - 8 : 0; i < lines.size(); ++i) tail += "\n  " + lines[i];
  return "see " + options_.folder + "/server.log, which ends:" + tail;
}

Status ManagedServer::install() {
  const std::string data = options_.folder + "/data";
  if (fs::exists(data + "/mysql/db.opt") || fs::exists(data + "/mysql")) return ok_status();
  const std::string program = find_program("mariadb-install-db");
  if (program.empty())
    return Status::error(Code::io,
                         "mariadb-install-db is not installed; install the package mariadb-server-core, or "
                         "set database.mode: external");
  logging::info("making a new database in {}", data);
  // Into a folder of another name first: a half-made one is never mistaken for a whole one.
  const std::string making = data + ".making";
  std::error_code problem;
  fs::remove_all(making, problem);
  std::vector<std::string> arguments{program,
                                     "--no-defaults",
                                     "--datadir=" + making,
                                     "--auth-root-authentication-method=socket",
                                     "--auth-root-socket-user=" + user_name(),
                                     "--skip-test-db",
                                     "--skip-name-resolve",
                                     "--tmpdir=" + options_.folder + "/tmp",
                                     "--innodb-log-file-size=" + std::to_string(options_.redo_log_mb) + "M"};
  if (geteuid() == 0) arguments.push_back("--user=root");
  const pid_t pid = spawn(arguments, options_.folder + "/server.log");
  if (pid < 0) return io_error("cannot start mariadb-install-db");
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Status::error(Code::io, "mariadb-install-db could not make a database in " + data + "; " + log_tail());
  fs::rename(making, data, problem);
  if (problem) return Status::error(Code::io, "cannot rename " + making + ": " + problem.message());
  return ok_status();
}

// A node that was killed leaves a server that is still finishing: it must be gone before its files are touched.
Status ManagedServer::wait_for_earlier(std::chrono::seconds wait) const {
  const Clock::time_point give_up = Clock::now() + wait;
  pid_t earlier = 0;
  std::ifstream(options_.folder + "/mariadb.pid") >> earlier;
  std::string command;
  while (process_alive(earlier)) {
    std::ifstream("/proc/" + std::to_string(earlier) + "/cmdline") >> command;
    if (command.find(options_.folder) == std::string::npos) return ok_status();  // the number is someone else's now
    if (Clock::now() > give_up)
      return Status::error(Code::io, "a server from before (process " + std::to_string(earlier) + ") still uses " +
                                         options_.folder + "/data and does not end; stop it");
    kill(earlier, SIGTERM);
    std::this_thread::sleep_for(kPollInterval);
  }
  return ok_status();
}

Status ManagedServer::wait_until_answering(std::chrono::seconds wait) {
  const Clock::time_point give_up = Clock::now() + wait;
  while (Clock::now() < give_up) {
    if (!running()) return Status::error(Code::io, "mariadbd ended while starting; " + log_tail());
    if (access(address().socket.c_str(), F_OK) == 0) {
      const Result<std::unique_ptr<Connection>> connection = Connection::open(address(), administrator());
      if (connection.ok()) return ok_status();
      constexpr int kAccessDenied = 1698;
      if (connection.status().database_errno == kAccessDenied || connection.status().database_errno == 1045)
        return connection.status();
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return Status::error(Code::io,
                       "mariadbd did not answer within " + std::to_string(wait.count()) + " s; " + log_tail());
}

Status ManagedServer::start(std::chrono::seconds wait) {
  std::error_code problem;
  for (const std::string& folder :
       {options_.folder, options_.folder + "/files", options_.folder + "/tmp", socket_folder_}) {
    fs::create_directories(folder, problem);
    if (problem) return Status::error(Code::io, "cannot make the folder " + folder + ": " + problem.message());
    fs::permissions(folder, fs::perms::owner_all, problem);
  }
  if (Status status = wait_for_earlier(wait); !status.ok()) return status;
  if (Status status = install(); !status.ok()) return status;
  const std::string program = find_program("mariadbd");
  if (program.empty())
    return Status::error(Code::io,
                         "mariadbd is not installed; install the package mariadb-server-core, or set database.mode: "
                         "external");
  fs::remove(address().socket, problem);
  std::vector<std::string> arguments{
      program,
      "--no-defaults",
      "--datadir=" + options_.folder + "/data",
      "--socket=" + address().socket,
      "--pid-file=" + options_.folder + "/mariadb.pid",
      "--secure-file-priv=" + options_.folder + "/files",
      // Its own: a server that starts removes what looks like its temporary tables, other servers' too.
      "--tmpdir=" + options_.folder + "/tmp",
      "--skip-networking",
      "--skip-log-bin",
      "--skip-name-resolve",
      "--skip-external-locking",
      "--event-scheduler=DISABLED",
      "--local-infile=0",
      "--character-set-server=utf8mb4",
      "--collation-server=utf8mb4_general_ci",
      "--default-storage-engine=InnoDB",
      "--enforce-storage-engine=InnoDB",
      "--default-time-zone=+00:00",
      "--max-allowed-packet=1G",
      "--max-connections=" + std::to_string(options_.max_connections),
      "--innodb-flush-log-at-trx-commit=1",
      "--innodb-autoinc-lock-mode=1",
      "--innodb-doublewrite=1",
      "--innodb-buffer-pool-size=" + std::to_string(options_.buffer_pool_mb) + "M",
      "--innodb-log-file-size=" + std::to_string(options_.redo_log_mb) + "M",
      "--performance-schema=OFF",
      "--skip-slave-start",
  };
  if (geteuid() == 0) arguments.push_back("--user=root");
  pid_ = spawn(arguments, options_.folder + "/server.log");
  if (pid_ < 0) return io_error("cannot start mariadbd");
  Status status = wait_until_answering(wait);
  if (!status.ok()) stop(std::chrono::seconds(10));
  return status;
}

bool ManagedServer::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  pid_ = -1;
  return false;
}

void ManagedServer::stop(std::chrono::seconds wait) {
  if (!running()) return;
  kill(pid_, SIGTERM);
  const Clock::time_point give_up = Clock::now() + wait;
  while (running()) {
    if (Clock::now() > give_up) {
      logging::warn("mariadbd (process {}) did not stop within {} s: killing it", pid_, wait.count());
      kill(pid_, SIGKILL);
      int status = 0;
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  std::error_code ignored;
  fs::remove(address().socket, ignored);
  if (socket_folder_ != options_.folder) fs::remove(socket_folder_, ignored);
}

}  // namespace sqlcast::storage
