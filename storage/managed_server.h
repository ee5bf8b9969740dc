// ManagedServer: a mariadbd of the node's own, in a data folder of its own, on a unix socket without networking.
//
// Durable (every commit synced), without binary log (sqlcast's log takes its place), InnoDB alone, no file
// access from SQL. The process ends with the node, however the node ends. Works as root and as a normal user.
// Belongs to one thread; that thread must live as long as the server should (the kernel ties the child to it).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/status.h"
#include "storage/connection.h"

namespace sqlcast::storage {

class ManagedServer {
 public:
  struct Options {
    std::string folder;  // holds data/, server.log, files/ and tmp/; made when missing, mode 0700
    std::uint32_t buffer_pool_mb = 128;
    std::uint32_t redo_log_mb = 96;
    std::uint32_t max_connections = 200;
  };

  explicit ManagedServer(Options options);
  ~ManagedServer();  // stop()
  ManagedServer(const ManagedServer&) = delete;
  ManagedServer& operator=(const ManagedServer&) = delete;

  // Makes the data folder at the first start, waits for an earlier server on it to end, starts the process and
  // waits until it answers. An error names the server's log file and quotes its end.
  Status start(std::chrono::seconds wait);

  // Asks it to stop cleanly, and kills it only when it has not within `wait`.
  void stop(std::chrono::seconds wait = std::chrono::seconds(60));

  // False once the process has ended, however.
  bool running();

  pid_t pid() const { return pid_; }
  Address address() const;
  Account administrator() const;  // over the socket, as the operating system's user

 private:
  Status install();
  Status wait_for_earlier(std::chrono::seconds wait) const;
  Status wait_until_answering(std::chrono::seconds wait);
  std::string log_tail() const;

  const Options options_;
  std::string socket_folder_;  // short, because a socket's path may have 107 bytes at most
  pid_t pid_ = -1;
};

}  // namespace sqlcast::storage
