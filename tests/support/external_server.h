// ExternalServer: a mariadbd that is not a node's: of the test's own, with a configuration of its choice, in a
// temporary folder, reachable by its socket as root without a password. Gone with the object, processes and files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/local/process.h"
#include "storage/connection.h"
#include "tests/support/temporary_folder.h"

namespace sqlcast::support {

class ExternalServer {
 public:
  // Started with these arguments ("--sync-binlog=1") besides those that every node asks for.
  explicit ExternalServer(std::vector<std::string> arguments = {});
  ~ExternalServer();
  ExternalServer(const ExternalServer&) = delete;
  ExternalServer& operator=(const ExternalServer&) = delete;

  void start();  // and waits until it answers
  void kill();   // SIGKILL, and waits until it is gone

  std::string socket() const { return (folder_.path() / "s").string(); }
  // Lines for a node's configuration.
  std::string yaml() const;

  // As root. Throws std::runtime_error.
  std::unique_ptr<storage::Connection> open() const;
  std::string ask(const std::string& sql) const;  // rows as text: cells by '|', rows by '\n'

 private:
  TemporaryFolder folder_;
  std::vector<std::string> arguments_;
  local::ProcessId process_;
};

}  // namespace sqlcast::support
