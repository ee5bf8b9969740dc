// Goal: a node starts whatever the one before it has left behind, says what it is at meanwhile, and ends when it is
// told to, at whatever point of its start. Method: nodes killed and stopped at many moments of their start, while
// others use the machine; processes that stand in for servers that were left behind.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "storage/managed_server.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// Threads that leave nobody else a quiet processor.
class BusyMachine {
 public:
  BusyMachine() {
    for (unsigned i = 0; i < 2 * std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads_.emplace_back([this] {
        while (!done_) {
        }
      });
  }
  ~BusyMachine() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  BusyMachine(const BusyMachine&) = delete;
  BusyMachine& operator=(const BusyMachine&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

// The moment is what these tests vary.
void let_pass(std::chrono::milliseconds time) {
  const auto moment = std::chrono::steady_clock::now() + time;
  wait_for("a moment", [&] { return std::chrono::steady_clock::now() >= moment; });
}

// The number of the server that the node has begun to start, of the folder as it is now.
std::optional<pid_t> begun_server(const Node& node) {
  pid_t pid = 0;
  std::ifstream(node.data_folder() / "mariadb" / "server.lock") >> pid;
  return pid > 0 && kill(pid, 0) == 0 ? std::optional(pid) : std::nullopt;
}

// From then on a signal is the node's to hear. (The thread that waits for signals is the one that does not block them.)
void wait_until_listening_to_signals(const Node& node) {
  wait_for("the node to listen to signals", [&] {
    std::error_code gone;
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(node.process()) + "/task", gone)) {
      std::ifstream status(thread.path() / "status");
      for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigBlk:") && (std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1U) == 1U)
          return true;
    }
    return false;
  });
}

Cluster::Options one_master() {
  Cluster::Options options;
  options.slaves = 0;
  return options;
}

void restart_often(int times) {
  Cluster cluster(one_master());
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.must("INSERT INTO d.t VALUES (1),(2)");
  master.kill();
  {
    const BusyMachine busy;
    pid_t last = 0;
    for (int i = 0; i < times; ++i) {
      INFO("restart " << i + 1);
      master.start();
      wait_for("the server's start", [&] {
        if (!master.running()) throw std::runtime_error("the node has ended:\n" + master.log_end());
        const std::optional<pid_t> server = begun_server(master);
        return server && *server != last;
      });
      last = begun_server(master).value_or(0);
      let_pass(std::chrono::milliseconds(i * 37 % 600));
      master.kill();
    }
    master.start();
    master.wait_until_answering();
  }
  CHECK(master.run("SELECT COUNT(*) FROM d.t").text() == "2");
  cluster.must("INSERT INTO d.t VALUES (3)");
}

// A process that holds the lock of a server's folder, as a server that its node has left behind does.
class LeftBehind {
 public:
  // `number`: written to the file, as a server does a moment after it has the lock.
  LeftBehind(const std::filesystem::path& folder, bool number) {
    std::filesystem::create_directories(folder);
    const std::string path = folder / "server.lock";
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(flock(file, LOCK_EX | LOCK_NB) == 0);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      setpgid(0, 0);
      signal(SIGTERM, SIG_IGN);
      while (true) pause();
    }
    setpgid(process_, process_);
    const std::string text = number ? std::to_string(process_) : "";
    REQUIRE(ftruncate(file, 0) == 0);
    REQUIRE(pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    close(file);
  }
  ~LeftBehind() { end(); }
  LeftBehind(const LeftBehind&) = delete;
  LeftBehind& operator=(const LeftBehind&) = delete;

  bool ended() {
    if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
    return process_ <= 0;
  }
  void end() {
    if (ended()) return;
    kill(process_, SIGKILL);
    wait_for("the stand-in to end", [this] { return ended(); });
  }

 private:
  pid_t process_ = -1;
};

}  // namespace

TEST_CASE("starting: a node killed within moments of its server's start starts again, ten times in a row",
          "[starting]") {
  restart_often(10);
}

TEST_CASE("starting: a node killed within moments of its server's start starts again, fifty times in a row",
          "[.nightly]") {
  restart_often(50);
}

TEST_CASE("starting: a node says what it is at, answers others that it is starting, and ends when told to",
          "[starting]") {
  Cluster::Options options = one_master();
  options.start = false;
  Cluster cluster(options);
  Node& master = cluster.master();
  // Without a number there is nobody that it may end.
  LeftBehind server(master.data_folder() / "mariadb", false);
  for (const bool again : {false, true}) {
    INFO(again);
    master.start();
    wait_for("the node's word", [&] {
      const auto status = master.status();
      return status && status->state == "Starting" &&
             status->message.find("waits for the end of a server from before") != std::string::npos;
    });
    CHECK(master.run("SELECT 1").status.code == Code::database_unavailable);
    if (!again) CHECK(master.stop());
  }
  server.end();
  wait_for("the node to serve", [&] {
    const auto status = master.status();
    return status && status->state == "Serving";
  });
  CHECK(master.run("SELECT 1").text() == "1");
  CHECK(master.stop());
}

TEST_CASE("starting: SIGTERM ends a node at every moment of its start", "[starting]") {
  Cluster::Options options = one_master();
  options.start = false;
  Cluster cluster(options);
  Node& master = cluster.master();
  const BusyMachine busy;
  for (int i = 0; i < 12; ++i) {
    INFO("stopped the " << i + 1 << ". time");
    master.start();
    wait_until_listening_to_signals(master);
    let_pass(std::chrono::milliseconds(i * 120));
    CHECK(master.stop());
    CHECK_FALSE(begun_server(master));
  }
  master.start();
  master.wait_until_answering();
  CHECK(master.run("SELECT 1").text() == "1");
}

TEST_CASE("starting: a server that was left behind is ended, also in a folder with a blank, before it has a pid file",
          "[starting]") {
  const TemporaryFolder folder;
  storage::ManagedServer::Options options;
  options.folder = folder.path() / "my data";
  options.buffer_pool_mb = 32;
  options.redo_log_mb = 24;
  LeftBehind before(options.folder, true);
  storage::ManagedServer server(options);
  std::string said;
  const Status status = server.start(120s, [&](const std::string& what) { said += what + "\n"; });
  INFO(status.message);
  REQUIRE(status.ok());
  CHECK(before.ended());
  CHECK(said.find("waits for the end of a server from before") != std::string::npos);
  CHECK(storage::Connection::open(server.address(), server.administrator()).ok());

  // Another one on the folder ends this one: two are never there.
  storage::ManagedServer other(options);
  REQUIRE(other.start(120s, [](const std::string&) {}).ok());
  CHECK_FALSE(server.running());
  other.stop();
}
