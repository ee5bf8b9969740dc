// ManagedServer: a mariadbd of the node's own, in a data folder of its own, on a unix socket without networking.
//
// Durable (every commit synced), without binary log (sqlcast's log takes its place), InnoDB alone, no file
// access from SQL. Works as root and as a normal user.
//
// The process ends with the node, however the node ends: the kernel kills it when the thread that started it is gone.
// Killed, not asked: a server that is asked to stop while it starts may hang, and InnoDB is made for being killed.
// A lock on the folder is the process's as long as it lives, so that no second one is ever started beside it.
// Belongs to one thread, which must live as long as the server should; kill() and interrupt() are for any thread.
// Why so: docs/decisions/0031-private-servers.md.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "storage/connection.h"

namespace sqlcast::storage {

class ManagedServer {
 public:
  struct Options {
    std::string folder;  // holds data/, server.log, files/ and tmp/; made when missing, mode 0700
    std::uint32_t buffer_pool_mb = 128;
    std::uint32_t redo_log_mb = 96;
    // Of the rows of temporary tables. The file keeps what room it has had until the server ends.
    std::uint64_t max_temporary_mb = 320;
    std::uint32_t max_connections = 200;
    // One that starts, and for so long neither answers nor does anything, hangs.
    std::chrono::milliseconds stall_timeout{30'000};
  };

  explicit ManagedServer(Options options);
  ~ManagedServer();  // stop()
  ManagedServer(const ManagedServer&) = delete;
  ManagedServer& operator=(const ManagedServer&) = delete;

  // Ends an earlier server on the folder, makes the data folder at the first start, starts the process and waits until
  // it answers; `say` hears what it is at. A server that does not come to answer is killed. An error names the server's
  // log file and quotes its end; database_unavailable: the next try may do better, since it hung, was killed or asked
  // to stop by somebody, or had no room. Cancelled after interrupt(). May block, up to `wait` for each of these.
  Status start(std::chrono::seconds wait, const std::function<void(const std::string&)>& say);

  // Asks it to stop cleanly, and kills it only when it has not within `wait`. May block, a few seconds longer.
  void stop(std::chrono::seconds wait = std::chrono::seconds(60));

  // False once the process has ended, however. Does not block.
  bool running();

  // Ends the process at once, as a crash would. Any thread. Does not block.
  void kill();
  // kill(), and nothing is started any more. Any thread. Does not block.
  void interrupt();

  Address address() const;
  Account administrator() const;  // over the socket, as the operating system's user

 private:
  class Lock;
  Status make_folders() const;
  Result<Lock> lock_folder(std::chrono::seconds wait, const std::function<void(const std::string&)>& say);
  Status install(const Lock& lock, std::chrono::seconds wait);
  Status spawn(const std::vector<std::string>& arguments, const Lock& lock);
  std::vector<std::string> arguments(const std::string& program) const;
  Status wait_until_answering(std::chrono::seconds wait);
  Status why_it_ended(const std::string& what);
  std::string activity();
  bool interrupted();
  void wait_for_interrupt(std::chrono::milliseconds wait);
  bool ended_well();
  std::string log_tail() const;

  const Options options_;
  std::string socket_folder_;  // short, because a socket's path may have 107 bytes at most
  Mutex mutex_;
  ConditionVariable interruption_;
  pid_t pid_ SQLCAST_GUARDED_BY(mutex_) = -1;      // of a process that has not been waited for
  int ended_with_ SQLCAST_GUARDED_BY(mutex_) = 0;  // of the one before, as waitpid() says it
  bool interrupted_ SQLCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace sqlcast::storage
