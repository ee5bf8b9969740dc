// Goal: a test that is killed leaves no server behind. Method: a process that starts one is killed.
#include "tests/support/private_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/wait.h"

using sqlcast::support::PrivateServer;
using sqlcast::support::wait_for;

namespace {

// A zombie has no command line either.
bool runs(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/cmdline");
  return file.get() != std::ifstream::traits_type::eof();
}

}  // namespace

TEST_CASE("private server: it ends with the process that has started it, however that ends") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t starter = fork();
  REQUIRE(starter >= 0);
  if (starter == 0) {
    const PrivateServer server;
    const std::string& folder = server.folder();
    if (write(pipe_ends[1], folder.data(), folder.size()) < 0) _exit(1);
    while (true) pause();
  }
  close(pipe_ends[1]);
  std::string folder(4096, '\0');
  const ssize_t length = read(pipe_ends[0], folder.data(), folder.size());
  close(pipe_ends[0]);
  REQUIRE(length > 0);
  folder.resize(static_cast<std::size_t>(length));
  int server = 0;
  std::ifstream(folder + "/pid") >> server;
  CHECK(runs(server));
  kill(starter, SIGKILL);
  REQUIRE(waitpid(starter, nullptr, 0) == starter);
  CHECK_NOTHROW(wait_for("the server to end", [&] { return !runs(server); }));
  if (runs(server)) kill(server, SIGKILL);
  std::filesystem::remove_all(folder);
}
