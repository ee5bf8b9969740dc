// Slave: a node that follows a master. Wires the core, the receiver, the relay, the applier and the forwarder. Made and
// ended by the main thread; what it is asked arrives on the router's, which it does not hold up: what may wait for the
// database or the master goes to the readers, the forwarder or the errands.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "config/config.h"
#include "node/core.h"
#include "slave/applier.h"
#include "slave/forwarder.h"
#include "slave/receiver.h"
#include "slave/relay.h"

namespace sqlcast::slave {

class Slave {
 public:
  explicit Slave(const config::NodeConfig& config);
  ~Slave();  // stop()

  // Returns when the slave answers reads (it may still be catching up), or why it cannot. Main thread. May block, for
  // the database.
  Status start();
  // Ends start() soon, with an error; then stop(). Any thread. Does not block.
  void interrupt() { core_.interrupt(); }
  // Reads the files of keys again. Any thread, since start() has begun. Does not block.
  void reload() { core_.security.reload(); }
  // Ends the transaction in hand, stops the managed database. Main thread. May block, for both.
  void stop();

  // Any thread, since start(). Does not block.
  const std::string& endpoint() const { return core_.front.endpoint(); }

 private:
  void handle(node::Caller caller, proto::Message message);
  bool forward_cursor(node::Caller& caller, proto::Message& message);
  void explain(const node::Caller& caller, const proto::ExplainRequest& request);
  void handle_query(node::Caller caller, proto::QueryRequest request);
  Position acknowledged() const;
  proto::NodeStatus brief_status() const;
  proto::NodeStatus status();
  Status meet(const proto::NodeStatus& master);
  bool fresh_within(std::uint32_t max_lag_ms) const;
  Status not_fresh(std::uint32_t max_lag_ms) const;

  node::Core core_;
  // For explain, of the errands' thread: statements that run are judged by the master.
  std::optional<sql::Schema> explained_by_;
  std::uint64_t explained_definitions_ = 0;  // how many had been changed when it was read
  std::unique_ptr<Applier> applier_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<Forwarder> forwarder_;
  Mutex mutex_;
  std::string differences_ SQLCAST_GUARDED_BY(mutex_);  // between the settings of the two databases
};

}  // namespace sqlcast::slave
