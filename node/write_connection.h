// WriteConnection: the connections on which a node's one writing thread, a master's sequencer or a slave's applier, has
// its database changed: the writer's, with what the executor knows of it, and an administrator's beside it.
//
// Belongs to that thread; id() and defining() are for any thread. What waits in the database is told on the thread of
// who watches it (storage/watch).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "node/ddl.h"
#include "node/log_tail.h"
#include "proto/entry.h"
#include "storage/connection.h"
#include "storage/database.h"
#include "storage/executor.h"

namespace sqlcast::node {

// How a definition is carried out, as DdlConnections has it.
struct DdlManner {
  std::optional<std::chrono::seconds> patience;
  std::vector<std::string>* warnings = nullptr;
  std::function<void(const std::string& fingerprint)> begins = {};
};

class WriteConnection {
 public:
  // `waits`: for what one of the connections waits, when that is a lock; empty when it is over.
  using Waits = std::function<void(const std::string& what)>;
  WriteConnection(storage::Database& database, Waits waits) : database_(database), waits_(std::move(waits)) {}

  // Both anew, those before are given up first; then ends an interrupted definition. `may_give_up`: who opens it can
  // take back one that its server has not survived again and again. Errors of Database and resume_ddl(). May block.
  Status open(bool may_give_up = false);
  // A definition that was begun is not to be tried any more, and open() has withdrawn it if it could.
  bool gives_up() const { return gives_up_; }
  void close();
  // False also when the server has been restarted since: it may have lost something.
  bool usable() const;
  // Log and database were brought to one place on this connection: the database may be read from.
  void whole() {
    servers_lost_ = 0;
    recovering_ = false;
    database_.admit_readers(server_);
  }

  // Of an open transaction; a connection that cannot is given up. May block.
  void roll_back();
  // The connection is given up: another will tell from the log what has become of its transaction.
  void give_up_writer();

  storage::Connection& writer() { return *writer_; }
  storage::Connection& administrator() { return *administrator_; }
  storage::Executor& executor() { return *executor_; }

  // As node::run_ddl(). May block.
  Status run_ddl(proto::Group& group, const proto::Entry& entry, DdlManner manner = {});

  // A group that ends at `last` was committed, and the log is durable up to `durable`: now and then removes from the
  // database's end of the log what it need not have any more. May block.
  void committed(Sequence last, Sequence durable);

  std::uint64_t id() const { return id_; }     // of the writer's; 0 while there is none
  bool defining() const { return defining_; }  // a definition is being carried out

 private:
  DdlConnections ddl_connections();
  void trim_tail(Sequence last);

  storage::Database& database_;
  const Waits waits_;
  std::unique_ptr<storage::Connection> writer_;
  std::unique_ptr<storage::Connection> administrator_;
  std::unique_ptr<storage::Executor> executor_;
  std::uint64_t server_ = 0;   // how often that had been restarted
  bool recovering_ = false;    // since open(), until whole()
  unsigned servers_lost_ = 0;  // of which each has ended while recovering
  bool gives_up_ = false;
  std::atomic<std::uint64_t> id_{0};
  std::atomic<bool> defining_{false};

  LogTail tail_;
};

}  // namespace sqlcast::node
