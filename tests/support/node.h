// Node: a node under test, a process with a database of its own: to be started, killed, suspended, asked. It ends with
// the thread that started it: start it from the test's main thread, which the whole class belongs to, but for what is
// const.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/local/process.h"
#include "proto/message.h"
#include "storage/connection.h"
#include "tests/support/session.h"

namespace sqlcast::support {

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

}  // namespace sqlcast::support
