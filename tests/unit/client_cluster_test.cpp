// Goal: a local cluster is remembered rightly, and only our own processes are ever signalled.
// Method: files in a temporary folder; /bin/sleep as the process.
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "client/local/cluster_file.h"
#include "client/local/cluster_folder.h"
#include "client/local/local_cluster.h"
#include "client/local/process.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::local;
using support::TemporaryFolder;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

Result<ProcessId> sleep_in(const fs::path& folder, const char* seconds) {
  return spawn({"/bin/sleep", {seconds}, folder / "log", true});
}

std::string children() {
  std::ifstream file("/proc/thread-self/children");
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A signal every 5 ms while it lives, whose handler lets no call go on.
class Alarms {
 public:
  Alarms() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, &before_);
    every({0, 5'000});
  }
  ~Alarms() {
    every({0, 0});
    sigaction(SIGALRM, &before_, nullptr);
  }
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

 private:
  static void every(timeval interval) {
    const itimerval timer{interval, interval};
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
  struct sigaction before_ {};
};

}  // namespace

TEST_CASE("cluster: a node whose process cannot be written down does not run on, for nobody could stop it") {
  const TemporaryFolder folder;
  Result<LocalCluster> cluster = LocalCluster::open_or_make(folder.path(), 0, false, false);
  REQUIRE(cluster.ok());
  const fs::path program = folder.path() / "program";
  std::ofstream(program) << "#!/bin/sh\nexec sleep 1000\n";
  fs::permissions(program, fs::perms::owner_all);
  const fs::path in_the_way = folder.path() / "master" / ("node.pid.new." + std::to_string(getpid()));
  fs::create_directories(in_the_way / "folder");
  const std::string before = children();
  CHECK(cluster->start("master", {program, program}, true).code == Code::io);
  CHECK(children() == before);
  fs::remove_all(in_the_way);
  REQUIRE(cluster->start("master", {program, program}, true).ok());
  CHECK(children() != before);
  CHECK(cluster->kill("master"));
}

TEST_CASE("cluster file: what is saved is loaded") {
  const TemporaryFolder folder;
  ClusterFile file;
  file.nodes = {{"master", "master", "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"},
                {"slave-1", "slave", "tcp://127.0.0.1:3", ""}};
  REQUIRE(file.save(folder.path()).ok());
  const auto loaded = ClusterFile::load(folder.path());
  REQUIRE(loaded.ok());
  CHECK(loaded->endpoints() == std::vector<std::string>{"tcp://127.0.0.1:1", "tcp://127.0.0.1:3"});
  CHECK(loaded->master()->publish == "tcp://127.0.0.1:2");
  CHECK(loaded->find("slave-1")->role == "slave");
  CHECK(loaded->find("slave-2") == nullptr);
}

TEST_CASE("cluster file: none, or a senseless one, is an error that names the file") {
  const TemporaryFolder folder;
  CHECK(ClusterFile::load(folder.path()).status().code == Code::io);
  for (const char* text :
       {"", "{}", "{\"nodes\": []}", R"({"nodes": [{"name": "a", "role": "slave", "endpoint": "tcp://h:1"}]})",
        R"({"nodes": [{"name": "../a", "role": "master", "endpoint": "tcp://h:1", "publish": "tcp://h:2"}]})",
        R"({"nodes": [{"name": "a", "role": "king", "endpoint": "tcp://h:1"}]})",
        R"({"nodes": [{"name": "a", "role": "master", "endpoint": "h:1", "publish": "tcp://h:2"}]})"}) {
    INFO(text);
    REQUIRE(write_text_file(folder.path() / "cluster.json", text).ok());
    const auto loaded = ClusterFile::load(folder.path());
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.status().code == Code::config);
    CHECK(loaded.status().message.find("cluster.json") != std::string::npos);
  }
}

TEST_CASE("process: a started process is found again by its pid file until it ends") {
  const TemporaryFolder folder;
  const auto process = sleep_in(folder.path(), "60");
  REQUIRE(process.ok());
  CHECK(is_running(*process));
  REQUIRE(write_pid_file(folder.path() / "pid", *process).ok());
  const auto found = read_pid_file(folder.path() / "pid");
  REQUIRE(found.has_value());
  CHECK(found->pid == process->pid);
  CHECK_FALSE(wait_for_end(*process, 0ms));
  CHECK(send_signal(*process, SIGTERM));
  CHECK(wait_for_end(*process, 5s));
  CHECK_FALSE(is_running(*process));
  CHECK_FALSE(send_signal(*process, SIGTERM));
  CHECK_FALSE(read_pid_file(folder.path() / "pid").has_value());
}

TEST_CASE("process: signals do not shorten the time that a process has to end") {
  const TemporaryFolder folder;
  const auto long_one = sleep_in(folder.path(), "60");
  const auto short_one = sleep_in(folder.path(), "0.3");
  REQUIRE(long_one.ok());
  REQUIRE(short_one.ok());
  {
    const Alarms alarms;
    CHECK(wait_for_end(*short_one, 20s));
    const auto begun = std::chrono::steady_clock::now();
    CHECK_FALSE(wait_for_end(*long_one, 100ms));
    CHECK(std::chrono::steady_clock::now() - begun >= 100ms);
  }
  CHECK(send_signal(*long_one, SIGKILL));
  CHECK(wait_for_end(*long_one, 5s));
}

TEST_CASE("process: a pid that belongs to another process now is not ours") {
  const TemporaryFolder folder;
  const auto process = sleep_in(folder.path(), "60");
  REQUIRE(process.ok());
  const ProcessId other{process->pid, process->started + 1};
  CHECK_FALSE(is_running(other));
  CHECK_FALSE(send_signal(other, SIGKILL));
  CHECK(is_running(*process));
  CHECK(send_signal(*process, SIGKILL));
  CHECK(wait_for_end(*process, 5s));
}

TEST_CASE("process: a program that is not there is an error, not a process") {
  const TemporaryFolder folder;
  const auto process = spawn({"/no/such/program", {}, folder.path() / "log", false});
  REQUIRE_FALSE(process.ok());
  CHECK(process.status().message.find("/no/such/program") != std::string::npos);
}

TEST_CASE("file lock: two do not hold it at once") {
  const TemporaryFolder folder;
  {
    const auto first = FileLock::try_lock(folder.path() / "lock");
    REQUIRE(first.ok());
    REQUIRE(first->has_value());
    const auto second = FileLock::try_lock(folder.path() / "lock");
    REQUIRE(second.ok());
    CHECK_FALSE(second->has_value());
  }
  const auto third = FileLock::try_lock(folder.path() / "lock");
  REQUIRE(third.ok());
  CHECK(third->has_value());
}

TEST_CASE("cluster folder: a folder that this user cannot use is refused in one sentence, with its name in quotes") {
  const TemporaryFolder folder;
  const fs::path own = folder.path() / "my own 'folder' 雪";
  CHECK(check_folder(own, FolderUse::start).ok());  // it can be made
  fs::create_directory(own);
  CHECK(check_folder(own, FolderUse::start).ok());
  REQUIRE(write_text_file(own / "cluster.json", "{}").ok());
  CHECK(check_folder(own, FolderUse::start).ok());

  const auto refusal = [](const fs::path& dir) {
    const Status status = check_folder(dir, FolderUse::start);
    CHECK(status.code == Code::config);
    CHECK(status.message.find('\n') == std::string::npos);
    return status.message;
  };
  CHECK(refusal(own / "cluster.json").find("--dir") != std::string::npos);
  CHECK(refusal(folder.path() / "two\nlines").find("line break") != std::string::npos);
  if (geteuid() == 0) {
    REQUIRE(chown((own / "cluster.json").c_str(), 1, 1) == 0);
    const std::string message = refusal(own);
    CHECK(message.find("'" + folder.path().string() + "/my own '\\''folder'\\'' 雪' belongs to the user daemon") !=
          std::string::npos);
    CHECK(check_folder(own, FolderUse::stop).ok());
  } else {
    fs::permissions(own, fs::perms::none);
    CHECK(refusal(own).find("cannot be used by the user") != std::string::npos);
    CHECK(ClusterFile::load(own).status().message.find("cannot be read by this user") != std::string::npos);
    fs::permissions(own, fs::perms::owner_all);
  }
}

TEST_CASE("cluster folder: its name is a word that can be pasted") {
  CHECK(shell_word("/tmp/a-b_c.d") == "/tmp/a-b_c.d");
  CHECK(shell_word("/tmp/größe") == "/tmp/größe");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("a'b") == "'a'\\''b'");
  CHECK(shell_word("$x") == "'$x'");
  CHECK(shell_word("") == "''");
}
