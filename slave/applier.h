// Applier: the one thread that writes on a slave. Turns groups into batches, each one transaction with its log
// rows, and compares every effect with the entry's. A difference stops it for good at that exact statement. What passes
// by itself does not: a lock, a full disk, a lost connection, a role that is gone are waited for, and told to the
// node's conditions.
//
// Callbacks run on the applier's thread, make_way() also on the database watch's; they must not block.
// Why so: docs/decisions/0028-judged-again-on-slaves.md.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/back_off.h"
#include "base/queue.h"
#include "base/types.h"
#include "node/conditions.h"
#include "node/counters.h"
#include "node/group_applier.h"
#include "node/node_log.h"
#include "node/write_connection.h"
#include "proto/entry.h"
#include "storage/database.h"

namespace sqlcast::slave {

class Applier {
 public:
  struct Hooks {
    std::function<void(const Position&)> applied;    // and durable in this node's log; on the log's thread
    std::function<void(const std::string&)> failed;  // stopped for good
    std::function<void()> make_way;                  // for DDL that reads keep waiting
    std::function<bool()> disk_full;                 // nothing is to be written
  };

  Applier(storage::Database& database, node::NodeLog& log, node::Counters& counters, node::Rate& rate,
          node::Conditions& conditions, Hooks hooks);
  ~Applier();  // stop()

  // Ends interrupted DDL and reads the end of this node's own log. Main thread. May block, for the database.
  Result<Position> open();
  void start();
  // Ends the transaction in hand. Main thread. May block, for that.
  void stop();

  // Takes as many as Replicator::kMaxQueuedGroups that are not applied yet; a node that is stopping drops them. More is
  // a bug: a group that was left out would be a hole. The receiver's thread. Does not block.
  void submit(proto::Group group) { SQLCAST_CHECK(queue_.try_push(std::move(group)) || queue_.closed()); }
  // Any thread. Does not block.
  std::size_t queue_depth() const { return queue_.size(); }
  std::size_t queue_capacity() const { return queue_.capacity(); }

 private:
  using Decoded = node::DecodedGroup;
  void run();
  std::vector<Decoded> take_batch();
  void apply(std::vector<Decoded> batch);
  void apply_transaction(std::vector<Decoded>& batch);
  void apply_ddl(Decoded& one);
  void wait_until_it_passes(const Status& why);
  void nothing_in_the_way();
  void connection_waits(const std::string& what);
  bool wait_for_room();
  std::size_t chained(const std::vector<Decoded>& batch, std::size_t first, std::size_t count) const;
  bool follows(const proto::Group& group);
  bool connect();
  Status try_connect();
  bool applied(std::span<const Decoded> batch);
  void fail(const std::string& why);

  storage::Database& database_;
  node::NodeLog& log_;
  node::Counters& counters_;
  node::Rate& rate_;
  node::Conditions& conditions_;
  const Hooks hooks_;
  BoundedQueue<proto::Group> queue_;

  // The thread's own.
  std::thread thread_;
  std::optional<Decoded> next_;  // decoded, for the next batch
  node::WriteConnection connection_;
  Position position_;
  Sequence taken_ = 0;  // the last that came from the queue, or was there at the start
  BackOff back_off_;
  bool failed_ = false;    // nothing more is applied
  bool hopeless_ = false;  // and the database is not this node's log's
};

}  // namespace sqlcast::slave
