#include "tests/support/run_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "tests/support/temporary_folder.h"

namespace sqlcast::support {

namespace fs = std::filesystem;

std::string program(const std::string& name) { return std::string(SQLCAST_BIN_DIR) + "/" + name; }

Run run_program(const std::vector<std::string>& command, const fs::path& input) {
  const TemporaryFolder folder;
  const fs::path output = folder.path() / "output";
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& text : command) arguments.push_back(const_cast<char*>(text.c_str()));
    arguments.push_back(nullptr);
    if (std::freopen(input.empty() ? "/dev/null" : input.c_str(), "r", stdin) == nullptr) _exit(126);
    if (std::freopen(output.c_str(), "w", stdout) == nullptr) _exit(126);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Run run;
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::ifstream file(output);
  run.output.assign(std::istreambuf_iterator<char>(file), {});
  return run;
}

}  // namespace sqlcast::support
