// Applier: the one thread that writes to a slave's database. Reads groups from this node's own log, as soon as they are
// durable there, in batches, each one transaction with its log rows, and compares every effect with the entry's. A
// difference stops it for good at that exact statement. What passes by itself does not: a lock, a full disk, a lost
// connection, a role that is gone are waited for, and told to the node's conditions.
//
// So the database is the beginning of the log at any moment. After a restart of the node, or of the database's server,
// it is applied on from where the database stands; the database is read from once it has all that was told of before.
//
// Callbacks run on the applier's thread, make_way() also on the database watch's; they must not block.
// Why so: docs/decisions/0028-judged-again-on-slaves.md.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/back_off.h"
#include "base/mutex.h"
#include "base/types.h"
#include "node/batch_reader.h"
#include "node/conditions.h"
#include "node/counters.h"
#include "node/database_head.h"
#include "node/node_log.h"
#include "node/write_connection.h"
#include "storage/database.h"

namespace sqlcast::slave {

class Applier {
 public:
  struct Hooks {
    // And can be read; less than before only when nothing more is applied for good. With when the first group was
    // committed that is not, while that is in the log since before the start.
    std::function<void(const Position&, std::optional<std::uint64_t> oldest_us)> applied;
    // Nothing more is applied; empty: it goes on.
    std::function<void(const std::string&)> failed;
    // What cannot be read in the log, from this entry on, is had from elsewhere, if possible. May block, until the node
    // stops.
    std::function<Status(Sequence entry)> mend;
    std::function<void()> make_way;   // for DDL that reads keep waiting
    std::function<bool()> disk_full;  // nothing is to be written
  };

  Applier(storage::Database& database, node::NodeLog& log, node::Counters& counters, node::Rate& rate,
          node::Conditions& conditions, Hooks hooks);
  ~Applier();  // stop()

  // Where the database stands, and when the first group of the log was committed that it lacks, if any.
  struct Start {
    Position applied;
    std::optional<std::uint64_t> oldest_us;
  };
  // Ends interrupted DDL; the log gets what only the database has. Errors of recovery and BatchReader. Main thread. May
  // block, for the database.
  Result<Start> open();
  void start();
  // Ends the transaction in hand. Main thread. May block, for that.
  void stop();

  // There is more in the log, durable. Any thread. Does not block.
  void wake();

  // Behind which the log cannot be read; nothing as far as is known. Any thread. Does not block.
  std::optional<Position> damaged_behind() const;

 private:
  using Decoded = node::DecodedGroup;
  void run();
  Position end_of_what_is_to_be_applied() const;
  std::vector<Decoded> take_batch();
  Result<std::vector<Decoded>> read_batch();
  void cannot_read(const Status& why);
  void can_read();
  std::optional<std::uint64_t> oldest_not_applied();
  void apply(const std::vector<Decoded>& batch);
  void apply_transaction(std::span<const Decoded> batch);
  void apply_ddl(const Decoded& one);
  void applied(std::span<const Decoded> batch);
  void tell();
  void wait_until_it_passes(const Status& why);
  void nothing_in_the_way();
  void connection_waits(const std::string& what);
  bool wait_for_room();
  bool wait_until_stopping(std::chrono::milliseconds wait);
  void wait_for_more();
  bool stopping() const;
  void connect();
  Status open_connection();
  Status find_place();
  Status with_mending(node::DatabaseHead& database, const std::function<Status()>& step);
  void fail(const std::string& why);
  void take_back();

  storage::Database& database_;
  node::NodeLog& log_;
  node::Counters& counters_;
  node::Rate& rate_;
  node::Conditions& conditions_;
  const Hooks hooks_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool more_ SQLCAST_GUARDED_BY(mutex_) = false;  // since the log was last looked at
  std::optional<Position> damaged_behind_ SQLCAST_GUARDED_BY(mutex_);

  // The thread's own.
  std::thread thread_;
  node::WriteConnection connection_;
  std::optional<node::BatchReader> reader_;
  Position position_;  // the database's
  Position told_;      // the furthest that it has had, and others have been told of
  Sequence logged_at_start_ = 0;
  BackOff back_off_;
  bool told_unreadable_ = false;
  bool failed_ = false;    // nothing is applied beyond what was told of
  bool hopeless_ = false;  // nor up to there: the database is not this log's any more
};

}  // namespace sqlcast::slave
