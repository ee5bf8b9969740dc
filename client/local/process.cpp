#include "client/local/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
extern "C" {  // this header of glibc 2.36 forgets to say so
#include <sys/pidfd.h>
}
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

#include "client/local/cluster_file.h"

namespace sqlcast::local {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool ok() const { return value_ >= 0; }
  void close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

// Start time of a process that is no zombie; nothing when there is no such process.
std::optional<std::uint64_t> start_time(pid_t pid) {
  const auto text = read_text_file("/proc/" + std::to_string(pid) + "/stat");
  if (!text.ok()) return std::nullopt;
  // The second field is the program's name in parentheses and may hold anything.
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(name_end + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  std::uint64_t started = 0;
  fields >> started;
  if (!fields) return std::nullopt;
  return started;
}

// A descriptor of exactly this process.
Descriptor open_process(const ProcessId& process) {
  if (process.pid <= 0) return Descriptor(-1);
  const int descriptor = pidfd_open(process.pid, 0);
  if (descriptor >= 0 && start_time(process.pid) != process.started) {
    ::close(descriptor);
    return Descriptor(-1);
  }
  return Descriptor(descriptor);
}

// False on time-out. A signal, which ends a poll() too early, does not shorten it.
bool readable(int descriptor, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  pollfd wait{descriptor, POLLIN, 0};
  int got = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    got = poll(&wait, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

// Between fork and exec: only what is safe there.
[[noreturn]] void become(const char* program, char* const* arguments, int log, int input, int report, pid_t parent,
                         bool die_with_parent) {
  setsid();
  if (die_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(0);
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(input, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(program, arguments);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof error);
  _exit(127);
}

Status spawn_error(const SpawnOptions& options, int error) {
  return Status::error(Code::io, options.program.string() + " cannot be run: " + std::strerror(error));
}

}  // namespace

Result<ProcessId> spawn(const SpawnOptions& options) {
  const Descriptor log(open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.ok()) return Status::error(Code::io, options.log.string() + ": " + std::strerror(errno));
  const Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array<int, 2> pipe_ends{-1, -1};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return spawn_error(options, errno);
  Descriptor report_read(pipe_ends[0]);
  Descriptor report_write(pipe_ends[1]);

  std::string program = options.program.string();
  std::vector<std::string> texts = options.arguments;
  std::vector<char*> arguments{program.data()};
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);

  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return spawn_error(options, errno);
  if (child == 0)
    become(program.c_str(), arguments.data(), log.get(), input.get(), report_write.get(), parent,
           options.die_with_parent);
  report_write.close();
  int error = 0;
  ssize_t got = 0;
  do got = read(report_read.get(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    waitpid(child, nullptr, 0);
    return spawn_error(options, error);
  }
  // A child that has ended already is still a zombie of ours: its number is not another's. Zero never matches.
  return ProcessId{child, start_time(child).value_or(0)};
}

bool is_running(const ProcessId& process) { return process.pid > 0 && start_time(process.pid) == process.started; }

bool send_signal(const ProcessId& process, int signal) {
  const Descriptor descriptor = open_process(process);
  return descriptor.ok() && pidfd_send_signal(descriptor.get(), signal, nullptr, 0) == 0;
}

bool wait_for_end(const ProcessId& process, std::chrono::milliseconds timeout) {
  {
    const Descriptor descriptor = open_process(process);
    if (descriptor.ok()) {
      if (!readable(descriptor.get(), timeout) && is_running(process)) return false;
    }
  }
  if (process.pid > 0) waitpid(process.pid, nullptr, WNOHANG);
  return !is_running(process);
}

Status write_pid_file(const std::filesystem::path& path, const ProcessId& process) {
  return write_text_file(path, std::to_string(process.pid) + " " + std::to_string(process.started) + "\n");
}

std::optional<ProcessId> read_pid_file(const std::filesystem::path& path) {
  const auto text = read_text_file(path);
  if (!text.ok()) return std::nullopt;
  std::istringstream fields(*text);
  ProcessId process;
  fields >> process.pid >> process.started;
  if (!fields || !is_running(process)) return std::nullopt;
  return process;
}

Result<std::optional<FileLock>> FileLock::try_lock(const std::filesystem::path& path, unsigned mode) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (descriptor < 0) return Status::error(Code::io, path.string() + ": " + std::strerror(errno));
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return std::optional<FileLock>(FileLock(descriptor));
  const int error = errno;
  close(descriptor);
  if (error == EWOULDBLOCK) return std::optional<FileLock>();
  return Status::error(Code::io, path.string() + ": " + std::strerror(error));
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace sqlcast::local
