// Database: the node's database as a whole. Starts a managed server (or checks an external one), makes the log's
// schema and the accounts, restarts a managed server that ends or does not answer any more, and opens connections.
//
// Thread-safe. A thread of its own owns the server process.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "storage/connection.h"
#include "storage/managed_server.h"
#include "storage/pinger.h"
#include "storage/watch.h"

namespace sqlcast::storage {

class Database {
 public:
  struct Options {
    std::optional<ManagedServer::Options> managed;  // nothing = external
    Address external;
    Account external_account;
    bool read_only = false;  // a slave's: only the applier's account may write
    // For open_reader(). Those that were ended while their statement ran count until the server has ended them.
    std::uint32_t reader_connections = 72;
    // A managed server that has not answered for so long is killed and started again, also while it starts.
    std::chrono::milliseconds stall_timeout{30'000};
  };

  explicit Database(Options options);
  ~Database();  // stop()

  // May block, until the database can be used (or cannot, or interrupt() was called). What passes by itself, as a
  // server that is not there yet, is waited for; health() says so. An unsafe external server is refused with the
  // setting to change.
  Status start();
  // Connections that are open are lost; so their owners have to be gone. May block, for the server to end.
  void stop();

  // The node is stopping: connections that still have something under way seconds later are cut; a managed server that
  // does not answer is killed, so that nobody waits for it; one that ends is not started again. Does not block.
  void prepare_to_stop();
  // The node is stopping while it starts: every connection is cut, and a managed server killed, whatever it is at. Does
  // not block.
  void interrupt();

  // Connections, pinned. database_unavailable while the server is down. May block, for the server.
  Result<std::unique_ptr<Connection>> open_writer();  // one at a time for the whole server: a second one is refused
  // Only once the server's data was admitted.
  Result<std::unique_ptr<Connection>> open_reader();
  Result<std::unique_ptr<Connection>> open_administrator();

  // Whether the server is this node's own.
  bool managed() const { return options_.managed.has_value(); }

  // What a managed server has written without a sync of its own, as the options of a new database, is on disk when this
  // returns. May block, for the disk.
  Status sync_files() const;

  // Whoever writes has seen to it that the database has all that this node has told of, since the server was started
  // for the time that restarts() said before: it may be read from. Does not block.
  void admit_readers(std::uint64_t restarts) { admitted_ = restarts; }
  bool admitted() const { return admitted_ == restarts_; }

  // Makes the accounts and roles anew as they were: somebody may have taken them away, or their rights. Connections
  // that are open are to be opened again. May block, for the server.
  Status restore_accounts();

  // Stops the statement that runs on a connection, if any. Of several in one text, the server leaves out the rest
  // without a word when it is stopped between two: the connection is then lost, a second or two later. May block, for
  // the server.
  Status kill_query(std::uint64_t connection_id);
  // Ends a connection, and with it what it has under way. Nothing when there is none. May block, for the server.
  Status end_connection(std::uint64_t connection_id);

  struct Health {
    bool up = false;
    bool stalled = false;  // up, and not answering
    std::string message;   // what it is at, unless all is well
  };
  // Does not block, nor do the next.
  Health health() const;
  bool up() const { return up_; }
  std::string version() const;
  std::vector<std::string> settings() const;  // those that nodes compare, as server_rules has them
  std::uint64_t restarts() const { return restarts_; }

 private:
  void supervise();
  void look_after();
  void look_for_silence();
  void begin_to_end();
  Status first_bring_up();
  Status bring_up();
  Status make_ready();
  void failed_to_bring_up(const Status& why);
  Pinger::Answer ask();
  void say(const std::string& doing);
  void say_as_well(const std::string& doing);
  Status make_accounts(Connection& connection);
  Status take_server();
  Status check_settings(Connection& connection);
  Status check_is_ours(Connection& connection);
  Status check_prepared(Connection& connection);
  Status prepare(Connection& connection);
  Address address() const;
  Account administrator() const;
  std::chrono::seconds time_to_prepare() const;
  Result<std::unique_ptr<Connection>> open_administrator(std::chrono::seconds io_timeout);
  Result<std::unique_ptr<Connection>> open_for_a_moment();
  Result<std::unique_ptr<Connection>> open_to_end_others();
  Result<std::unique_ptr<Connection>> open_pinned(const Account& account);

  const Options options_;
  std::string writer_password_;
  std::string reader_password_;
  std::unique_ptr<ManagedServer> server_;  // the supervisor's
  std::unique_ptr<Connection> questions_;  // the pinger's
  Pinger pinger_;
  Watch watch_;
  std::thread supervisor_;
  std::chrono::milliseconds back_off_{};  // the supervisor's
  std::string last_failure_;              // the supervisor's; of the last try to bring it up
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::string doing_ SQLCAST_GUARDED_BY(mutex_);  // while it is not up
  std::optional<Status> first_start_ SQLCAST_GUARDED_BY(mutex_);
  std::string version_ SQLCAST_GUARDED_BY(mutex_);
  std::vector<std::string> settings_ SQLCAST_GUARDED_BY(mutex_);
  // External: this connection has the lock that says whose the server is. It goes with the server, or its connection.
  std::unique_ptr<Connection> ownership_;  // the supervisor's
  std::atomic<std::uint64_t> ownership_id_{0};
  std::atomic<bool> up_{false};
  std::atomic<bool> stalled_{false};
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> admitted_{UINT64_MAX};  // what restarts_ was when it was admitted
};

}  // namespace sqlcast::storage
