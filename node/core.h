// Core: what every node has, whatever its role: the database, the front door, readers, the log server, its
// position and its counters. Master and slave add to it what is their own. Made and ended by the main thread, which
// calls what opens, starts and stops; the rest is for any thread. Each part says which thread owns it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/queue.h"
#include "config/config.h"
#include "node/conditions.h"
#include "node/counters.h"
#include "node/deadlines.h"
#include "node/disk_watch.h"
#include "node/front.h"
#include "node/identity.h"
#include "node/log_mender.h"
#include "node/log_retention.h"
#include "node/log_server.h"
#include "node/node_log.h"
#include "node/position_board.h"
#include "node/readers.h"
#include "node/request_list.h"
#include "node/request_plan.h"
#include "node/security.h"
#include "storage/database.h"

namespace sqlcast::node {

class Core {
 public:
  using Clock = std::chrono::steady_clock;

  Core(const config::NodeConfig& config, std::function<bool()> stale);

  // The data folder's identity, the socket, then the database; returns when that is up. From the start `handler` gets
  // the status requests; others are told that the node is starting. Main thread. May block, for the database.
  Status open(Front::Handler handler);  // after security.open()
  // A step of the start that needs the database: again and again while it fails by what passes by itself; the status
  // says so. Main thread. May block, until it has worked, fails for good, or interrupt() is called.
  Status until_it_works(const std::function<Status()>& step);
  // Readers, log server and ticks; then all requests. `tick` runs several times a second, on the ticker's thread, and
  // must not block. Main thread. Does not block.
  void start(std::function<void()> tick);
  // Any thread. Does not block.
  bool serving() const { return serving_; }
  // The node has another key: listens with it. io: it does not listen now, and is to try again. Any thread. May block,
  // for a moment.
  Status renew_door() { return front.renew(); }
  // What is under way here with these keys ends, but for writes, which are the master's. Any thread. Does not block.
  void end_requests_of(const RevokedKeys& keys);
  // Ends open(), and what else waits for the database before start(), soon and with an error. Any thread. Does not
  // block.
  void interrupt();
  // Ends the ticks; what has a deadline here is answered at once. Main thread. May block, for the tick that is under
  // way.
  void stop_taking_requests();
  // After stop_taking_requests(). Main thread. May block, for what each part has in hand and for the database.
  void stop();

  // A read, once the node has reached the request's `after`. Any thread. Does not block.
  void read(Caller caller, const proto::QueryRequest& request, RequestPlan plan);

  // Does on a thread of its own what may wait for the database, for a caller that is answered there, and at the end of
  // his time whatever the database does. Not done at all when that is over, or the node stops. Any thread.
  // Does not block.
  void submit_errand(const Caller& caller, std::function<void()> errand);

  // Messages that every node answers in the same way. False: not one of those. Any thread. Does not block.
  bool handle_common(Caller& caller, proto::Message& message);

  std::chrono::milliseconds uptime() const;  // any thread
  // What is the same in every node's status: the least of it, and all. Any thread. Do not block.
  proto::NodeStatus who_and_how_far() const;
  proto::NodeStatus base_status();
  // What the node's log has, and how its disk does: not needed with each report. Any thread. Does not block.
  proto::LogStatus log_status() const;
  // Last: where a condition says so, `status` has its state and message in place of its own. Any thread. Does
  // not block.
  void tell_conditions(proto::NodeStatus& status);

  // Any thread. Does not block.
  Clock::time_point deadline_of(const proto::QueryRequest& request, Clock::time_point arrived) const;

  const config::NodeConfig config;
  Identity identity;  // since open()
  Conditions conditions;
  DiskWatch disk;
  Counters counters;
  Rate rate;
  PositionBoard board;
  NodeLog log;
  LogMender mender;
  storage::Database database;
  Security security;  // opened before the sockets, by whoever has this core
  RequestList requests;
  Front front;
  Readers readers;
  LogServer log_server;
  LogRetention retention;

 private:
  Status open_log();
  void tick_loop(const std::function<void()>& tick);
  void run_errands();
  bool cancel_by_number(const Caller& caller, proto::CancelRequest& request);
  std::string starting_at();
  std::optional<LogRetention::Applied> applied() const;
  void receive(const Front::Handler& handler, Caller caller, proto::Message message);
  void answer_late(Clock::time_point now, const Status& status);

  const Clock::time_point started_ = Clock::now();
  std::string node_id_;  // since open()
  std::thread ticker_;
  Deadlines deadlines_;  // of errands, and of readers of the log
  BoundedQueue<std::function<void()>> errands_;
  std::thread errand_thread_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool interrupted_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::string held_up_by_ SQLCAST_GUARDED_BY(mutex_);  // what a step of the start waits for
  std::atomic<bool> serving_{false};
};

// To a read that is to see an entry beyond the end of the master's log.
proto::ErrorReply beyond_the_end(Sequence after, const Position& end);

}  // namespace sqlcast::node
