#include "tests/support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/wait.h"

namespace sqlcast::support {

Terminal::Terminal(const Options& options) {
  master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) throw std::runtime_error("no terminal here");
  winsize size{};
  size.ws_col = options.columns;
  size.ws_row = options.rows;
  ioctl(master_, TIOCSWINSZ, &size);
  const std::string name = ptsname(master_);
  std::vector<std::string> command = options.command;
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (std::string& text : command) argv.push_back(text.data());
  argv.push_back(nullptr);
  child_ = fork();
  if (child_ < 0) throw std::runtime_error("cannot fork");
  if (child_ > 0) return;
  setsid();
  const int terminal = open(name.c_str(), O_RDWR);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(terminal, descriptor);
  if (terminal > STDERR_FILENO) close(terminal);
  ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  setenv("TERM", "xterm", 1);
  for (const auto& [variable, value] : options.environment) {
    if (value.empty())
      unsetenv(variable.c_str());
    else
      setenv(variable.c_str(), value.c_str(), 1);
  }
  execvp(argv[0], argv.data());
  _exit(127);
}

Terminal::~Terminal() {
  close(master_);
  if (child_ == 0) return;
  ::kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

void Terminal::type(const std::string& keys) {
  for (std::size_t done = 0; done < keys.size();) {
    const ssize_t wrote = write(master_, keys.data() + done, keys.size() - done);
    if (wrote < 0) throw std::runtime_error("the terminal takes no keys");
    done += static_cast<std::size_t>(wrote);
  }
}

bool Terminal::read_more() {
  pollfd wait{master_, POLLIN, 0};
  if (poll(&wait, 1, 100) <= 0) return true;
  std::array<char, 4'096> buffer{};
  const ssize_t got = read(master_, buffer.data(), buffer.size());
  if (got <= 0) return errno == EINTR;
  unread_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Terminal::wait_for(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (bool more = true;;) {
    if (const std::size_t at = unread_.find(text); at != std::string::npos) {
      const std::string came = unread_.substr(0, at + text.size());
      unread_.erase(0, at + text.size());
      return came;
    }
    if (!more || std::chrono::steady_clock::now() > end)
      throw std::runtime_error("'" + text + "' does not come on the terminal; this did: " + unread_);
    more = read_more();
  }
}

int Terminal::wait_for_end() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  while (waitpid(child_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the program does not end: " + unread_);
    (void)read_more();
  }
  child_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace sqlcast::support
