// Cluster: real nodes with real databases, for tests: `cluster.master().kill()`, `cluster.wait_until_equal()`.
//
// Each cluster lives in a temporary folder of its own on free ports of 127.0.0.1, and is gone, processes and files,
// when the object is. When an assertion fails, the ends of the nodes' logs are printed. Nodes end with the thread
// that started them: start them from the test's main thread, which the whole class belongs to.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/local/process.h"
#include "proto/message.h"
#include "storage/connection.h"
#include "tests/cluster/session.h"

namespace sqlcast::cluster_test {

inline constexpr std::chrono::seconds kPatience{120};

// Looks again and again until it is so; throws std::runtime_error with `what` after `patience`.
void wait_for(const std::string& what, const std::function<bool()>& condition,
              std::chrono::milliseconds patience = kPatience);

// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A program run to its end: standard input from a file (empty = none).
struct Run {
  int exit_code = -1;
  std::string output;  // standard output and error
};
Run run_program(const std::vector<std::string>& command, const std::filesystem::path& input = {});
std::string program(const std::string& name);  // "sqlcast" → where it was built

class Node {
 public:
  struct Options {
    std::string role;  // "master", "slave"
    std::string name;
    std::filesystem::path folder;
    std::string endpoint;
    std::string yaml;  // the whole configuration
  };
  explicit Node(Options options);
  ~Node();  // kills
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& name() const { return options_.name; }
  const std::string& endpoint() const { return options_.endpoint; }
  std::string port() const { return endpoint().substr(endpoint().rfind(':') + 1); }
  std::filesystem::path folder() const { return options_.folder; }
  std::filesystem::path data_folder() const { return options_.folder / "data"; }

  // For the next start: `SQLCAST_TEST_CRASH` makes the node die at a crash point.
  std::map<std::string, std::string> environment;
  std::vector<std::string> arguments;  // for the next start, besides --config

  void start();                 // does not wait for it to answer
  void wait_until_answering();  // requests
  bool running() const;
  pid_t process() const { return process_.pid; }
  void wait_until_ended();  // by itself, as at a crash point

  void kill();                            // SIGKILL, as a crash
  bool stop();                            // SIGTERM; true when it ended cleanly, with status 0
  void suspend();                         // SIGSTOP
  void resume();                          // SIGCONT
  void kill_database();                   // SIGKILL to its mariadbd
  void kill_with_database();              // both at once, as when power fails
  std::optional<pid_t> database() const;  // its mariadbd's process, while that is alive
  void forget_data();                     // of a node that is down: as a new machine

  Answer run(const proto::QueryRequest& request) const;
  Answer run(const std::string& sql) const { return run(query_of(sql)); }
  std::optional<proto::NodeStatus> status() const;  // nothing when it does not answer within two seconds

  // Past the node, into its database, as its administrator. Throws std::runtime_error.
  std::unique_ptr<storage::Connection> open_database() const;
  std::string ask_database(const std::string& sql) const;  // rows as text, as Answer::text()

  std::string log_end() const;

 private:
  const Options options_;
  local::ProcessId process_;
  mutable std::optional<int> exit_status_;  // as of waitpid(), once it has ended
};

class Cluster {
 public:
  struct Options {
    int slaves = 2;
    std::string master_settings;  // YAML lines
    std::string slave_settings;
    bool start = true;  // and wait until all are live
  };
  explicit Cluster(int slaves);
  explicit Cluster(const Options& options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Node& master() { return *nodes_.front(); }
  Node& slave(std::size_t number) { return *nodes_.at(number + 1); }  // from 0
  std::vector<Node*> nodes() const;
  Node& add_slave();  // configured, not started
  const std::filesystem::path& folder() const { return folder_.path(); }

  // At the master; throws std::runtime_error unless it worked. Returns the answer.
  Answer must(const proto::QueryRequest& request);
  Answer must(const std::string& sql) { return must(query_of(sql)); }

  void wait_for_position(const Node& node, Sequence sequence);
  // Every running node Serving or Live, at the master's position, with the same hash. Returns the position.
  Sequence wait_until_equal();
  // Compares, past the nodes, the definition and checksum of every table, and the logs; throws with the first
  // difference.
  void check_same_everywhere();

 private:
  void make(const Options& options);
  Node& make_node(const std::string& role, const std::string& name, const std::string& settings);

  TemporaryFolder folder_;
  std::string publisher_;
  std::string slave_settings_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

// One master and two slaves that the test cases of a run share: for cases that leave it as they found it, with
// databases of their own.
Cluster& shared_cluster();

}  // namespace sqlcast::cluster_test
