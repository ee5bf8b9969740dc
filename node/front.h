// Front: the ROUTER socket of a node and the language spoken on it. Decodes requests, answers what cannot be
// decoded, hands the rest to the node, and encodes replies in the form the request had (binary or JSON).
//
// Requests that are long, or become so with their values, are decoded and handled on a thread of their own (SlowLane):
// the router's is there for all the others meanwhile. So a small request may overtake a large one of the same client;
// a cancel does not.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "config/config.h"
#include "net/router.h"
#include "node/answer_once.h"
#include "node/byte_budget.h"
#include "node/counters.h"
#include "node/key_limits.h"
#include "node/request_list.h"
#include "node/security.h"
#include "node/slow_lane.h"
#include "proto/codec.h"
#include "proto/message.h"

namespace sqlcast::node {

// Who to answer, and how.
struct Caller {
  net::Envelope envelope;
  std::uint64_t exchange = 0;
  bool json = false;
  bool joined = false;  // it came in one frame
  std::chrono::steady_clock::time_point arrived{};
  Who who;                           // in whose name; nullptr: security.mode is none
  std::shared_ptr<AnswerOnce> once;  // where somebody else may answer too; none: nobody
  std::shared_ptr<const void> held;  // its part of the memory for requests, and of what its key may have under way
  std::shared_ptr<RequestList::Entry> listed;  // what people see of it; none: nothing

  // Before anything that may have an effect; false when it has been answered already.
  bool begin() const {
    if (once && !once->begin()) return false;
    set(proto::RequestState::running);
    return true;
  }
  void set(proto::RequestState state) const {
    if (listed) listed->set(state);
  }
  // False when it has been answered already; otherwise the answer is to follow.
  bool take() const { return !once || once->answer() != AnswerOnce::Outcome::had_one; }
};

class Front {
 public:
  // Called on the router's thread, and for large requests on the slow lane's at the same time: must not block.
  using Handler = std::function<void(Caller caller, proto::Message message)>;

  // Of the limits: what all requests together, and those of one key, may hold that wait or run; one more is BUSY.
  Front(std::string node_name, Counters& counters, const config::Limits& limits);

  // Listens; requests wait until start(). Main thread. Does not block.
  Status open(const std::string& endpoint, std::uint64_t max_message_bytes, const Security* security = nullptr);
  // The node has another key: listens with it; connections end, and begin anew. Any thread, since open(). May block,
  // for a moment.
  Status renew() { return router_->renew(); }
  // Main thread. Does not block.
  void start(Handler handler, net::Router::AfterBurst after_burst = nullptr);
  // Answers large requests that wait, sends what is queued, then closes. Main thread. May block, for the request in
  // hand.
  void stop();

  // Any thread, since open(). Does not block, nor do the next.
  const std::string& endpoint() const;  // with the port that was bound
  net::Router::Counters door() const { return router_->counters(); }
  std::size_t waiting_in_lane() const { return slow_lane_.waiting(); }  // large requests, and cancels behind them

  // Any thread. Does not block. Replies to callers that have gone away are dropped (and counted by the router), and so
  // are those to callers that somebody else has answered.
  void reply(const Caller& caller, proto::Message&& message);
  template <typename Reply>
  void answer(const Caller& caller, Result<Reply> result) {
    if (result)
      reply(caller, std::move(*result));
    else
      fail(caller, result.status());
  }
  // Many at the price of one wake-up; each caller is to be taken before.
  static net::Outgoing encode(const Caller& caller, proto::Message&& message);
  void reply(std::vector<net::Outgoing>&& replies);
  void fail(const Caller& caller, Status status, std::optional<std::uint32_t> statement = std::nullopt);
  void fail(const Caller& caller, proto::ErrorReply error);  // `node` is filled in

 private:
  void send(const Caller& caller, proto::Message&& message);
  void receive(net::Envelope envelope, proto::Frames frames);
  std::optional<proto::Message> decode(Caller& caller, proto::Frames frames, KeyLimits::Held ticket);
  bool make_room(Caller& caller, const proto::Message& message, std::uint64_t bytes, KeyLimits::Held ticket);
  void receive_large(const Caller& caller, proto::Frames frames, std::uint64_t bytes);
  void take_slow(const Caller& caller, std::uint64_t bytes, std::function<void(Caller)> handle);
  // Requests, with who sent them, that a cancel behind them in the slow lane is about.
  using Wanted = std::vector<std::pair<Caller, proto::Message>>;
  using Cancels = std::multimap<RequestKey, Wanted>;
  void handle_slow(Caller caller, proto::Message message);
  void hand_on(Caller caller, proto::Message message);
  void cancel_behind(Caller caller, proto::CancelRequest request);
  Wanted take_wanted(Cancels::iterator cancel);

  const std::string node_name_;
  Counters& counters_;
  Handler handler_;
  const Security* security_ = nullptr;  // whom to let in; nullptr: everybody
  std::unique_ptr<net::Router> router_;
  ByteBudget memory_;
  KeyLimits of_keys_;
  SlowLane slow_lane_;
  Mutex mutex_;
  Cancels cancels_ SQLCAST_GUARDED_BY(mutex_);  // in the slow lane
};

}  // namespace sqlcast::node
