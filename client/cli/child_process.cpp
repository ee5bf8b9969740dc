#include "client/cli/child_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "client/command/interrupt.h"

namespace sqlcast::cli {

Result<pid_t> start_child(const std::string& command, const std::vector<std::string>& arguments, int input) {
  std::vector<std::string> texts{"sh", "-c", command};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) argv.push_back(text.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0)
    return Status::error(Code::io, "'" + command + "' cannot be started: " + std::string(std::strerror(errno)));
  if (child > 0) return child;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  if (input >= 0) dup2(input, STDIN_FILENO);
  execv("/bin/sh", argv.data());
  _exit(127);
}

int wait_for_child(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 127;
  command::reset_interrupts();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool on_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty() && access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

}  // namespace sqlcast::cli
