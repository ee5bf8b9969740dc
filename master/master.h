// Master: the node that writes. Wires the core, the sequencer and the publisher, and answers for the cluster.
// Made and ended by the main thread; what it is asked arrives on the router's, which it does not hold up: what may wait
// for the database goes to the sequencer, the readers or the errands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "config/config.h"
#include "master/acks.h"
#include "master/histories.h"
#include "master/keeper.h"
#include "master/known_slaves.h"
#include "master/overdue.h"
#include "master/sequencer.h"
#include "master/slave_needs.h"
#include "net/publisher.h"
#include "node/core.h"
#include "node/schema_holder.h"

namespace sqlcast::master {

class Master {
 public:
  explicit Master(const config::NodeConfig& config);
  ~Master();  // stop()

  // Returns when the master serves, or why it cannot. Main thread. May block, for the database.
  Status start();
  // Ends start() soon, with an error; then stop(). Any thread. Does not block.
  void interrupt() { core_.interrupt(); }
  // Reads the files of keys again. Any thread, since start() has begun. Does not block.
  void reload() { core_.security.reload(); }
  // Finishes the group in hand, answers what is queued, stops the managed database. Main thread. May block, for
  // all of these.
  void stop();

  // Any thread, since start(). Does not block.
  const std::string& endpoint() const { return core_.front.endpoint(); }
  const std::string& publisher_endpoint() const { return publisher_->endpoint(); }

 private:
  void handle(node::Caller caller, proto::Message message);
  sql::Freeze freeze();
  void handle_query(node::Caller caller, proto::QueryRequest request);
  bool is_of_known_write(const proto::QueryRequest& request, WriteRequest& write, const node::Who& who);
  void handle_cancel(const node::Caller& caller, const proto::CancelRequest& request);
  void handle_report(const node::Caller& caller, proto::Report report);
  Status compare_histories();
  OwnHistory own_history() const { return {core_.board.cluster(), core_.board.position()}; }
  Fit hear(const node::Claim& claim, bool look_inside);
  bool keep();
  bool refuse_name(const node::Caller& caller, const proto::NodeStatus& slave) SQLCAST_REQUIRES(peers_mutex_);
  void answer(std::vector<Committed>&& committed);
  void answer_when_acked(Committed committed, proto::Ack ack, proto::AckFor ack_for);
  void tick();
  void end_of(const node::RevokedKeys& keys);
  void fail_write(const node::Caller& caller, Status status, Sequence since);
  std::vector<log::SlaveNeed> slave_needs();
  void note_need(const node::Claim& claim, bool seen) SQLCAST_REQUIRES(peers_mutex_);
  std::vector<std::string> who_has_the_log();
  proto::NodeStatus status();
  proto::StatusReply cluster_status();
  proto::Beacon beacon() const;

  struct Peer {
    proto::NodeStatus status;
    node::Core::Clock::time_point seen;
    std::string rival;  // where another one is that uses this name
    node::Core::Clock::time_point rival_seen{};
  };

  node::Core core_;
  node::SchemaHolder schema_;
  Acks acks_;
  Overdue overdue_;
  proto::Ack default_ack_ = proto::Ack::local;
  proto::AckFor default_ack_for_ = proto::AckFor::durable;
  std::unique_ptr<net::Publisher> publisher_;
  std::unique_ptr<Histories> histories_;
  Keeper keeper_{[this] { return keep(); }};
  std::unique_ptr<Sequencer> sequencer_;
  Mutex peers_mutex_;
  KnownSlaves known_slaves_ SQLCAST_GUARDED_BY(peers_mutex_);  // changed by keep() alone
  std::map<std::string, Acks::Progress> joining_
      SQLCAST_GUARDED_BY(peers_mutex_);  // what slaves have that keep() is to make known
  SlaveNeeds needs_ SQLCAST_GUARDED_BY(peers_mutex_);
  std::map<std::string, Peer> peers_ SQLCAST_GUARDED_BY(peers_mutex_);
};

}  // namespace sqlcast::master
