// Forwarder: sends permitted writes on to the master over a small pool of REQ sockets, one thread each, and
// hands the master's answer back. A time-out is followed by a resend with the same request key, so that a write
// whose answer was lost executes once, and a read that runs goes on. Cancels go by a socket of their own: the others
// may all be waiting. Cursors of results that the master has are given out under numbers that no cursor of our own has.
//
// A full queue is BUSY. Who waits for a forwarder is answered when his time is over; what has gone out keeps its time
// by the master's word.
// Why so: docs/decisions/0027-req-forwarding.md.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/in_turns.h"
#include "base/queue.h"
#include "config/config.h"
#include "net/requester.h"
#include "node/deadlines.h"
#include "node/front.h"
#include "node/position_board.h"
#include "node/requests_under_way.h"
#include "node/security.h"
#include "proto/message.h"

namespace sqlcast::slave {

class Forwarder {
 public:
  using Clock = std::chrono::steady_clock;

  // `master_head`: where the master's log ends, as its beacons say; nothing while none are coming in.
  Forwarder(const config::NodeConfig& config, node::Front& front, node::PositionBoard& board, node::Counters& counters,
            std::function<std::optional<Sequence>()> master_head);
  ~Forwarder();  // stop()

  // Main thread. Does not block. An error: the address, or sockets.
  Status start();
  // Main thread. May block, for a moment: what is under way is broken off.
  void stop();

  // Any thread. Does not block; nor do the others that submit.
  void submit(node::Caller caller, proto::QueryRequest request, bool writes, Clock::time_point deadline);
  // The next page, or the end, of a cursor that the master has. Sent once: it must not be carried out twice.
  static bool is_forwarded(std::uint64_t cursor) { return cursor >= kForwardedCursors; }
  void submit_fetch(node::Caller caller, proto::FetchRequest request, Clock::time_point deadline);
  void submit_close(node::Caller caller, proto::CloseRequest request, Clock::time_point deadline);
  // Stops the write here when it has not gone out yet, and asks the master: another copy may have gone another way.
  void submit_cancel(node::Caller caller, proto::CancelRequest request);

  // Answers those whose time is over and who still wait for a forwarder: they are not sent. The ticker's. Does not
  // block.
  void tick(Clock::time_point now);

  // Any thread. Does not block.
  std::size_t queue_depth() const { return queue_.size(); }
  std::size_t queue_capacity() const { return queue_.capacity(); }

 private:
  // A node counts its cursors from a number below 2^33, and JavaScript's numbers end at 2^53.
  static constexpr std::uint64_t kForwardedCursors = std::uint64_t{1} << 52U;
  struct Job {
    node::Caller caller;
    proto::Message request;
    Clock::time_point arrived;
    Clock::time_point deadline;
    bool stopped_here = false;  // a cancel: a copy of the write was stopped before it went out
    bool writes = false;        // a query that is not a read
  };
  using Queue = BoundedQueue<Job, InTurns<Job, node::ByName>>;
  void work(net::Requester& requester, Queue& queue);
  bool push(Queue& queue, Job& job);
  bool has_copies(const proto::QueryRequest& query, bool writes) const;
  void leave_out(const node::Caller& caller, Status status);
  Result<proto::Message> ask_to_cancel(net::Requester& requester, Job& job);
  void forward(net::Requester& requester, Job job);
  Result<proto::Message> ask(net::Requester& requester, Job& job);
  Result<proto::Message> ask_once(net::Requester& requester, const Job& job);
  Result<proto::Message> carry_out(net::Requester& requester, Job& job);
  std::optional<Sequence> ask_for_head(net::Requester& requester, std::chrono::milliseconds wait);
  Status unavailable(const Status& last) const;
  Status not_sent() const;
  proto::ErrorReply unknown(const proto::QueryRequest& query, const Status& last) const;

  const config::NodeConfig config_;
  node::Front& front_;
  node::PositionBoard& board_;
  node::Counters& counters_;
  const std::function<std::optional<Sequence>()> master_head_;
  const std::string own_client_id_;
  std::atomic<std::uint64_t> next_request_id_{1};
  Queue queue_;
  Queue cancels_;
  node::RequestsUnderWay under_way_;  // what waits here, or is at the master: that is not stopped here
  node::Deadlines late_;              // of what waits for a forwarder
  node::Deadlines late_copies_;       // the same, of which others may have a copy: has_copies()
  std::vector<std::unique_ptr<net::Requester>> requesters_;
  std::vector<std::thread> threads_;
};

}  // namespace sqlcast::slave
