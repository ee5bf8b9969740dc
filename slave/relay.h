// Relay: the thread that writes what the receiver got to this node's own log, from where it is applied: what other
// systems call the relay log. As many groups as have arrived are made durable by one sync. Nothing that does not follow
// the log's end is written; the replicator has seen to that, and should it come to it, the relay takes nothing more.
// What a write's acks wait for the receiver's own thread writes, when the relay's has nothing else to do.
//
// Callbacks run on the thread that writes or the log's; they must not block.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "base/types.h"
#include "node/conditions.h"
#include "node/node_log.h"
#include "proto/entry.h"
#include "slave/replicator.h"

namespace sqlcast::slave {

class Relay {
 public:
  struct Hooks {
    std::function<void(const Position&)> logged;     // durable in this node's log; not for each group
    std::function<void(const std::string&)> failed;  // nothing more is taken
    std::function<std::string()> no_room;            // why nothing is to be written; empty when there is room
  };

  Relay(node::NodeLog& log, node::Conditions& conditions, Hooks hooks);
  ~Relay();  // stop()

  // Main thread. Does not block.
  void start();
  // What is queued is dropped: the master's log has it. Main thread. May block, for the disk.
  void stop();

  // Takes as many as Replicator::kMaxQueuedGroups that are not logged yet; a node that is stopping drops them. More is
  // a bug: a group that was left out would be a hole. The receiver's thread. Does not block; when they are `awaited`
  // it may, for the disk: a few that nothing is in front of are durable in the log when it returns, or as soon as a
  // sync that is under way has ended.
  void submit(std::vector<proto::Group> groups, bool awaited);
  // Any thread. Does not block.
  std::size_t queue_depth() const { return queue_.size(); }
  std::size_t queue_capacity() const { return queue_.capacity(); }

 private:
  void run();
  bool may_write_here(const std::vector<proto::Group>& groups) const;
  bool wait_for_room();
  bool begin_log(const proto::Group& first);
  void write(const proto::Group& group, bool last);

  node::NodeLog& log_;
  node::Conditions& conditions_;
  const Hooks hooks_;
  BoundedQueue<proto::Group> queue_;
  std::thread thread_;
  std::uint64_t queued_ = 0;            // groups; the receiver's
  std::atomic<std::uint64_t> done_{0};  // of them; until these are equal all that follows is the relay's thread's
  bool failed_ = false;
  bool stopped_ = false;
  unsigned untold_ = 0;  // groups since logged() was last to be called
};

}  // namespace sqlcast::slave
