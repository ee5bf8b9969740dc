#include "storage/managed_server.h"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX, which <csignal> has not
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/user_name.h"
#include "storage/errors.h"

namespace sqlcast::storage {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPollInterval = std::chrono::milliseconds(20);  // a process that ends, or listens, wakes nobody
constexpr auto kAnswerTimeout = std::chrono::seconds(5);       // of a server that is starting
constexpr auto kDeathTimeout = std::chrono::seconds(5);        // of one that was killed
constexpr std::size_t kMaxSocketPath = 100;

const std::string& own_user() {
  static const std::string kOwn = user_name(geteuid()).value_or(std::to_string(geteuid()));
  return kOwn;
}

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/", "/usr/local/mysql/bin/"})
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  return {};
}

// In the child, between fork and exec. Ends with the thread that forked.
[[noreturn]] void become(char* const* argv, pid_t parent, const char* folder, int lock) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent || chdir(folder) != 0) _exit(127);
  setpgid(0, 0);  // a Ctrl-C at the terminal is the node's to handle; and what it starts can be ended with it
  std::array<char, 16> number{};
  const char* end = std::to_chars(number.begin(), number.end(), getpid()).ptr;
  if (pwrite(lock, number.data(), static_cast<std::size_t>(end - number.data()), 0) < 0) _exit(127);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log = open("server.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (null < 0 || log < 0) _exit(127);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  // The parent's other descriptors (sockets, locks) are not the server's.
  for (int descriptor = 3; descriptor < 1024; ++descriptor)
    if (descriptor != lock) close(descriptor);
  fcntl(lock, F_SETFD, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(argv[0], argv);
  _exit(127);
}

Status io_error(const std::string& what) { return Status::error(Code::io, what + ": " + std::strerror(errno)); }

Status interrupted_status() { return Status::error(Code::cancelled, "the node was told to stop while it started"); }

ManagedServer::Options with_absolute_folder(ManagedServer::Options options) {
  options.folder = fs::absolute(options.folder).lexically_normal().string();
  return options;
}

}  // namespace

// The kernel's lock on a file of the folder. Whoever is started with it has it too, and so has what that one starts: it
// is free when all of them are gone.
class ManagedServer::Lock {
 public:
  explicit Lock(int file) : file_(file) {}
  Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Lock& operator=(Lock&&) = delete;
  ~Lock() {
    if (file_ >= 0) close(file_);
  }
  int file() const { return file_; }

 private:
  int file_;
};

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

Account ManagedServer::administrator() const { return {own_user(), ""}; }

std::string ManagedServer::log_tail() const {
  std::ifstream file(options_.folder + "/server.log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string tail;
  for (std::size_t i = lines.size() > 8 ? lines.size() - 8 : 0; i < lines.size(); ++i) tail += "\n  " + lines[i];
  return "see " + options_.folder + "/server.log, which ends:" + tail;
}

Status ManagedServer::make_folders() const {
  std::error_code problem;
  for (const std::string& folder :
       {options_.folder, options_.folder + "/files", options_.folder + "/tmp", socket_folder_}) {
    fs::create_directories(folder, problem);
    if (problem) return Status::error(Code::io, "cannot make the folder " + folder + ": " + problem.message());
    fs::permissions(folder, fs::perms::owner_all, problem);
  }
  return ok_status();
}

// A node that was killed may leave what it has started: it must be gone before its files are touched.
Result<ManagedServer::Lock> ManagedServer::lock_folder(std::chrono::seconds wait,
                                                       const std::function<void(const std::string&)>& say) {
  const Clock::time_point give_up = Clock::now() + wait;
  const std::string path = options_.folder + "/server.lock";
  Lock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.file() < 0) return io_error("cannot open " + path);
  while (flock(lock.file(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return io_error("cannot lock " + path);
    if (interrupted()) return interrupted_status();
    // Whoever has the lock has written its number there, and leads the group of all who share it.
    pid_t earlier = 0;
    std::ifstream(path) >> earlier;
    const std::string who =
        "a server from before (process " + std::to_string(earlier) + ", on " + options_.folder + ")";
    if (Clock::now() > give_up) return Status::error(Code::io, who + " does not end; end it, or restart the machine");
    say("waits for the end of " + who);
    if (earlier > 0) ::kill(-earlier, SIGKILL);
    wait_for_interrupt(kPollInterval);
  }
  // Until the next one has written its own.
  if (ftruncate(lock.file(), 0) != 0) return io_error("cannot write " + path);
  return lock;
}

Status ManagedServer::spawn(const std::vector<std::string>& arguments, const Lock& lock) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const MutexLock guard(mutex_);
  if (interrupted_) return interrupted_status();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), parent, options_.folder.c_str(), lock.file());
  if (pid < 0) return io_error("cannot start " + arguments.front());
  setpgid(pid, pid);  // here too, so that kill() finds the group whoever is first
  pid_ = pid;
  return ok_status();
}

// Of a program of ours that has ended before it was to.
Status ManagedServer::why_it_ended(const std::string& what) {
  const MutexLock guard(mutex_);
  const std::string tail = log_tail();
  const bool by_somebody = WIFSIGNALED(ended_with_) ? WTERMSIG(ended_with_) == SIGKILL : WEXITSTATUS(ended_with_) == 0;
  constexpr std::array kSignsOfFullDisk{"No space left", "rror: 28", "rrcode: 28", "errno: 28", "rror 28"};
  const bool no_room = std::any_of(kSignsOfFullDisk.begin(), kSignsOfFullDisk.end(),
                                   [&](const char* sign) { return tail.find(sign) != std::string::npos; });
  return Status::error(by_somebody || no_room ? Code::database_unavailable : Code::io,
                       what + (by_somebody ? " (somebody ended it); " : "; ") + tail);
}

// Another text whenever the process has done something: used a processor, read, written. Empty: it is gone.
std::string ManagedServer::activity() {
  const MutexLock guard(mutex_);
  if (pid_ <= 0) return {};
  const std::string folder = "/proc/" + std::to_string(pid_);
  std::ifstream stat(folder + "/stat");
  std::string text(std::istreambuf_iterator<char>(stat), {});
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  constexpr int kUserTime = 12;  // counted from the one behind the name
  constexpr int kSystemTime = 13;
  std::string activity;
  std::string field;
  for (int i = 1; i <= kSystemTime && fields >> field; ++i)
    if (i >= kUserTime) activity += field + " ";
  std::ifstream io(folder + "/io");
  return activity.append(std::istreambuf_iterator<char>(io), {});
}

Status ManagedServer::install(const Lock& lock, std::chrono::seconds wait) {
  const std::string data = options_.folder + "/data";
  if (fs::exists(data + "/mysql")) return ok_status();
  const std::string program = find_program("mariadb-install-db");
  if (program.empty())
    return Status::error(Code::io,
                         "mariadb-install-db is not installed; install the package mariadb-server-core, or "
                         "set database.mode: external");
  logging::info("making a new database in {}", data);
  // Into a folder of another name first: a half-made one is never mistaken for a whole one. Paths are from here, or
  // from the new folder, since the program stumbles over a blank.
  const std::string making = data + ".making";
  std::error_code problem;
  fs::remove_all(making, problem);
  std::vector<std::string> arguments{program,
                                     "--no-defaults",
                                     "--datadir=./" + fs::path(making).filename().string(),
                                     "--auth-root-authentication-method=socket",
                                     "--auth-root-socket-user=" + own_user(),
                                     "--skip-test-db",
                                     "--skip-name-resolve",
                                     "--tmpdir=../tmp",
                                     "--innodb-log-file-size=" + std::to_string(options_.redo_log_mb) + "M"};
  if (geteuid() == 0) arguments.emplace_back("--user=root");
  if (Status status = spawn(arguments, lock); !status.ok()) return status;
  const Clock::time_point give_up = Clock::now() + wait;
  while (running()) {
    if (Clock::now() > give_up) {
      stop(std::chrono::seconds(0));
      return Status::error(Code::database_unavailable, "mariadb-install-db did not make a database in " + data +
                                                           " within " + std::to_string(wait.count()) +
                                                           " s, and was killed; " + log_tail());
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  if (interrupted()) return interrupted_status();
  if (!ended_well()) return why_it_ended("mariadb-install-db could not make a database in " + data);
  fs::rename(making, data, problem);
  if (problem) return Status::error(Code::io, "cannot rename " + making + ": " + problem.message());
  return ok_status();
}

Status ManagedServer::wait_until_answering(std::chrono::seconds wait) {
  const Clock::time_point give_up = Clock::now() + wait;
  std::string last = activity();
  Clock::time_point active = Clock::now();
  while (Clock::now() < give_up) {
    if (interrupted()) return interrupted_status();
    if (!running()) return why_it_ended("mariadbd ended while starting");
    if (std::string now = activity(); now != last) {
      last = std::move(now);
      active = Clock::now();
    } else if (Clock::now() - active >= options_.stall_timeout) {
      logging::error("mariadbd hangs while it starts: killing it");
      return Status::error(Code::database_unavailable, "mariadbd neither answered nor did anything for " +
                                                           std::to_string(options_.stall_timeout.count()) +
                                                           " ms while it started, and was killed; " + log_tail());
    }
    if (access(address().socket.c_str(), F_OK) == 0) {
      const Result<std::unique_ptr<Connection>> connection =
          Connection::open(address(), administrator(), kAnswerTimeout);
      if (connection.ok()) return ok_status();
      if (is_login_refused(connection.status())) return connection.status();
    }
    wait_for_interrupt(kPollInterval);
  }
  return Status::error(Code::database_unavailable, "mariadbd did not answer within " + std::to_string(wait.count()) +
                                                       " s, and was killed; " + log_tail());
}

Status ManagedServer::start(std::chrono::seconds wait, const std::function<void(const std::string&)>& say) {
  if (!running()) {
    if (Status status = make_folders(); !status.ok()) return status;
    const Result<Lock> lock = lock_folder(wait, say);
    if (!lock) return lock.status();
    say("the database is being started");
    if (Status status = install(*lock, wait); !status.ok()) return status;
    const std::string program = find_program("mariadbd");
    if (program.empty())
      return Status::error(Code::io,
                           "mariadbd is not installed; install the package mariadb-server-core, or set database.mode: "
                           "external");
    std::error_code ignored;
    fs::remove(address().socket, ignored);
    if (Status status = spawn(arguments(program), *lock); !status.ok()) return status;
  }
  Status status = wait_until_answering(wait);
  if (!status.ok()) stop(std::chrono::seconds(0));
  return status;
}

std::vector<std::string> ManagedServer::arguments(const std::string& program) const {
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
      "--default-time-zone=+00:00",
      "--max-allowed-packet=1G",
      "--max-connections=" + std::to_string(options_.max_connections),
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-autoinc-lock-mode=1",
      "--innodb-doublewrite=1",
      "--innodb-buffer-pool-size=" + std::to_string(options_.buffer_pool_mb) + "M",
      "--innodb-log-file-size=" + std::to_string(options_.redo_log_mb) + "M",
      "--innodb-temp-data-file-path=ibtmp1:12M:autoextend:max:" + std::to_string(options_.max_temporary_mb) + "M",
      "--performance-schema=OFF",
      "--skip-slave-start",
  };
  if (geteuid() == 0) arguments.emplace_back("--user=root");
  return arguments;
}

bool ManagedServer::running() {
  const MutexLock guard(mutex_);
  if (pid_ <= 0) return false;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  ended_with_ = status;
  pid_ = -1;
  return false;
}

bool ManagedServer::ended_well() {
  const MutexLock guard(mutex_);
  return WIFEXITED(ended_with_) && WEXITSTATUS(ended_with_) == 0;
}

bool ManagedServer::interrupted() {
  const MutexLock guard(mutex_);
  return interrupted_;
}

// Up to `wait`; no longer once it is interrupted.
void ManagedServer::wait_for_interrupt(std::chrono::milliseconds wait) {
  MutexLock lock(mutex_);
  interruption_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return interrupted_; });
}

void ManagedServer::kill() {
  const MutexLock guard(mutex_);
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

void ManagedServer::interrupt() {
  {
    const MutexLock guard(mutex_);
    interrupted_ = true;
  }
  interruption_.notify_all();
  kill();
}

void ManagedServer::stop(std::chrono::seconds wait) {
  if (!running()) return;
  {
    const MutexLock guard(mutex_);
    ::kill(pid_, SIGTERM);
  }
  const Clock::time_point give_up = Clock::now() + wait;
  bool killed = false;
  while (running()) {
    const Clock::time_point now = Clock::now();
    if (now >= give_up && !killed) {
      if (wait.count() > 0) logging::warn("mariadbd did not stop within {} s: killing it", wait.count());
      kill();
      killed = true;
    }
    if (now > give_up + kDeathTimeout) {
      logging::error("mariadbd cannot be killed: its disk may hang; it is left behind");
      return;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  std::error_code ignored;
  fs::remove(address().socket, ignored);
  if (socket_folder_ != options_.folder) fs::remove(socket_folder_, ignored);
}

}  // namespace sqlcast::storage
