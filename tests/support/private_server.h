// PrivateServer: a mariadbd of the test's own, in a temporary folder, reachable by its socket alone. Started by the
// constructor, ended by its process id and removed by the destructor; it ends with the thread that started it, too.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace sql {
class Connection;
}

namespace sqlcast::support {

class PrivateServer {
 public:
  PrivateServer();  // throws std::runtime_error when no server can be had
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  // As root, several statements a request allowed, the policy's sql_mode and character set.
  std::unique_ptr<::sql::Connection> connect(const std::string& database) const;

  const std::string& folder() const { return folder_; }

 private:
  TemporaryFolder temporary_;  // goes after its server
  const std::string folder_;
  int pid_ = 0;
};

// What a read may not change: tables, definitions, accounts, variables, files. Equal texts, equal state.
std::string server_state(::sql::Connection& connection, const std::string& folder);

// Every row of a query, columns joined by tabs.
std::vector<std::string> rows_of(::sql::Connection& connection, const std::string& query);

}  // namespace sqlcast::support
