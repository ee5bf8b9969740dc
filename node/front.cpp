#include "node/front.h"

#include <algorithm>

#include "base/mutex.h"
#include "base/utf8.h"
#include "node/request_plan.h"
#include "proto/joined.h"

namespace sqlcast::node {
namespace {

// Reading and judging so much text takes some milliseconds.
constexpr std::uint64_t kLargeBytes = 32U << 10U;
constexpr std::uint64_t kLargeExplain = 2U << 10U;  // what is explained is also written anew, and cut into its reasons
constexpr std::size_t kMaxSlow = 256;
constexpr std::uint64_t kMaxSlowBytes = 128U << 20U;

// Of an error's text, which may repeat what was sent.
constexpr std::size_t kMaxErrorBytes = 8U << 10U;

Status stopping() {
  return Status::error(Code::shutting_down, "this node is stopping; nothing was changed; try again");
}

std::uint64_t size_of(const proto::Frames& frames) {
  std::uint64_t bytes = 0;
  for (const std::string& frame : frames) bytes += frame.size();
  return bytes;
}

// Whose number is bounded, and not what they hold.
constexpr std::uint64_t kSmallBytes = 8U << 10U;

// Beside what was sent: the texts, with their values in them. More than the largest statement none becomes.
std::uint64_t memory_to_run(const proto::Message& message) {
  constexpr std::uint64_t kMost = 32U << 20U;
  const auto* query = std::get_if<proto::QueryRequest>(&message);
  return query == nullptr ? 0 : std::min(judging_bytes(*query), kMost);
}

}  // namespace

Front::Front(std::string node_name, Counters& counters, const config::Limits& limits)
    : node_name_(std::move(node_name)),
      counters_(counters),
      memory_(limits.request_memory),
      of_keys_(limits),
      slow_lane_(kMaxSlow, kMaxSlowBytes) {}

void Front::receive(net::Envelope envelope, proto::Frames frames) {
  Caller caller;
  caller.envelope = std::move(envelope);
  caller.arrived = std::chrono::steady_clock::now();
  caller.json = proto::is_json(frames);
  caller.exchange = proto::glance_at_exchange(frames);
  caller.joined = proto::is_joined(frames);
  if (caller.joined)
    if (Status status = proto::split(frames); !status.ok()) {
      ++counters_.bad_messages;
      return fail(caller, std::move(status));
    }
  const std::uint64_t bytes = size_of(frames);
  if (bytes > kLargeBytes) return receive_large(caller, std::move(frames), bytes);
  std::optional<proto::Message> message = decode(caller, std::move(frames), nullptr);
  if (!message) return;
  const auto* query = std::get_if<proto::QueryRequest>(&*message);
  const bool large = query != nullptr
                         ? judging_bytes(*query) > kLargeBytes
                         : std::holds_alternative<proto::ExplainRequest>(*message) && bytes > kLargeExplain;
  if (large) {
    take_slow(caller, bytes, [this, message = std::move(*message)](Caller sender) mutable {
      handle_slow(std::move(sender), std::move(message));
    });
    return;
  }
  if (auto* cancel = std::get_if<proto::CancelRequest>(&*message); cancel != nullptr && slow_lane_.busy()) {
    cancel_behind(std::move(caller), std::move(*cancel));
    return;
  }
  handler_(std::move(caller), std::move(*message));
}

// What waits to be read is counted, too. For whom a slave sends it on is known only then.
void Front::receive_large(const Caller& caller, proto::Frames frames, std::uint64_t bytes) {
  KeyLimits::Held ticket;
  const Who who = security_ == nullptr ? nullptr : security_->who_is(caller.envelope.key);
  if (who && who->role != access::Role::node) {
    Result<KeyLimits::Held> entered = of_keys_.enter(who->name, true, false, caller.arrived);
    const Status status = entered ? of_keys_.hold(**entered, who->name, bytes) : entered.status();
    if (!status.ok()) return fail(caller, status);
    ticket = std::move(*entered);
  }
  take_slow(caller, bytes, [this, frames = std::move(frames), ticket = std::move(ticket)](Caller sender) mutable {
    std::optional<proto::Message> message = decode(sender, std::move(frames), std::move(ticket));
    if (message) handle_slow(std::move(sender), std::move(*message));
  });
}

// Nothing when it cannot be decoded, its sender may not send it, or there is no room for it: then its sender has been
// told.
std::optional<proto::Message> Front::decode(Caller& caller, proto::Frames frames, KeyLimits::Held ticket) {
  const std::uint64_t bytes = size_of(frames);
  Result<proto::Decoded> decoded =
      caller.json ? proto::decode_json_request(frames.front()) : proto::decode(std::move(frames));
  if (!decoded) {
    if (caller.json && caller.exchange == 0) caller.exchange = proto::peek_exchange(frames.front());
    ++counters_.bad_messages;
    fail(caller, decoded.status());
    return std::nullopt;
  }
  caller.exchange = decoded->header.exchange;
  if (security_ != nullptr) {
    Result<Who> who = security_->judge(caller.envelope.key, decoded->message);
    if (!who) {
      fail(caller, who.status());
      return std::nullopt;
    }
    caller.who = std::move(*who);
  }
  if (!make_room(caller, decoded->message, bytes, std::move(ticket))) return std::nullopt;
  return std::move(decoded->message);
}

// False: there is none, and its sender has been told.
bool Front::make_room(Caller& caller, const proto::Message& message, std::uint64_t bytes, KeyLimits::Held ticket) {
  const std::uint64_t needed = bytes + memory_to_run(message);
  if (caller.who) {
    const std::string& name = caller.who->name;
    // What makes room is let in without any; a node reports as often as it has to.
    const bool frees =
        std::holds_alternative<proto::CancelRequest>(message) || std::holds_alternative<proto::CloseRequest>(message);
    const bool rated = caller.who->role != access::Role::node;
    if (!ticket) {
      Result<KeyLimits::Held> entered = of_keys_.enter(name, rated, frees, caller.arrived);
      if (!entered) {
        fail(caller, entered.status());
        return false;
      }
      ticket = std::move(*entered);
    }
    if (needed > kSmallBytes)
      if (Status status = of_keys_.hold(*ticket, name, needed); !status.ok()) {
        fail(caller, std::move(status));
        return false;
      }
  }
  caller.held = ticket;
  if (needed <= kSmallBytes) return true;
  ByteBudget::Share share = memory_.take(needed);
  if (share) {
    if (ticket)
      caller.held = std::make_shared<std::pair<ByteBudget::Share, KeyLimits::Held>>(std::move(share), ticket);
    else
      caller.held = std::move(share);
    return true;
  }
  Status status = Status::error(Code::busy,
                                "the requests that wait at this node hold as much memory as they may "
                                "(limits.request_memory); try again, or send less at once");
  status.retry_after_ms = 200;
  fail(caller, std::move(status));
  return false;
}

void Front::take_slow(const Caller& caller, std::uint64_t bytes, std::function<void(Caller)> handle) {
  SlowLane::Work work = [this, caller, handle = std::move(handle)](bool runs) {
    if (runs) return handle(caller);
    fail(caller, stopping());
  };
  if (slow_lane_.submit(bytes, work)) return;
  Status status = Status::error(Code::busy, "too many large requests wait at this node to be read; try again");
  status.retry_after_ms = 200;
  fail(caller, std::move(status));
}

// On the slow lane. What is to be cancelled waits for its cancel.
void Front::handle_slow(Caller caller, proto::Message message) {
  if (const auto* query = std::get_if<proto::QueryRequest>(&message); query && !query->key.client_id.empty()) {
    const MutexLock lock(mutex_);
    if (const auto [cancel, last] = cancels_.equal_range(query->key); cancel != last) {
      cancel->second.emplace_back(std::move(caller), std::move(message));
      return;
    }
  }
  hand_on(std::move(caller), std::move(message));
}

// Its key may have been revoked while it waited.
void Front::hand_on(Caller caller, proto::Message message) {
  if (caller.who && security_->who_is(caller.who->key) == nullptr)
    return fail(caller, ended_with_key(caller.who, node_name_));
  handler_(std::move(caller), std::move(message));
}

// Whose request a large one is, is known only when it has been read. So a cancel goes behind those that are in the
// lane: its request has left the lane by then, or is handed on no sooner than it. What becomes of both says who knows
// whether another copy was carried out.
void Front::cancel_behind(Caller caller, proto::CancelRequest request) {
  constexpr std::uint64_t kBytes = 256;
  Cancels::iterator cancel;
  {
    const MutexLock lock(mutex_);
    cancel = cancels_.emplace(request.key, Wanted());
  }
  SlowLane::Work work = [this, cancel, caller = std::move(caller), request = std::move(request)](bool runs) {
    for (auto& [sender, query] : take_wanted(cancel)) {
      if (runs) {
        hand_on(std::move(sender), std::move(query));
      } else {
        fail(sender, stopping());
      }
    }
    if (runs) return handler_(caller, request);
    fail(caller, Status::error(Code::shutting_down, "this node is stopping; ask another one"));
  };
  if (!slow_lane_.submit(kBytes, work)) work(true);
}

Front::Wanted Front::take_wanted(Cancels::iterator cancel) {
  const MutexLock lock(mutex_);
  Wanted wanted = std::move(cancel->second);
  cancels_.erase(cancel);
  return wanted;
}

Status Front::open(const std::string& endpoint, std::uint64_t max_message_bytes, const Security* security) {
  security_ = security;
  net::Router::Options options;
  if (security != nullptr) options.gate = security->gate();
  options.endpoint = endpoint;
  options.max_message_bytes = max_message_bytes;
  Result<std::unique_ptr<net::Router>> router = net::Router::open(std::move(options));
  if (!router) return router.status();
  router_ = std::move(*router);
  return ok_status();
}

void Front::start(Handler handler, net::Router::AfterBurst after_burst) {
  handler_ = std::move(handler);
  slow_lane_.start();
  router_->start(
      [this](net::Envelope envelope, proto::Frames frames) { receive(std::move(envelope), std::move(frames)); },
      std::move(after_burst));
}

void Front::stop() {
  slow_lane_.stop();
  if (router_) router_->stop();
}

const std::string& Front::endpoint() const { return router_->endpoint(); }

net::Outgoing Front::encode(const Caller& caller, proto::Message&& message) {
  net::Outgoing outgoing;
  outgoing.envelope = caller.envelope;
  if (caller.json) {
    outgoing.frames.push_back(proto::encode_json_reply(message, caller.exchange));
  } else {
    outgoing.frames = proto::encode(std::move(message), caller.exchange);
    if (caller.joined) proto::join(outgoing.frames);
  }
  return outgoing;
}

void Front::reply(const Caller& caller, proto::Message&& message) {
  if (!caller.take()) return;
  send(caller, std::move(message));
}

void Front::send(const Caller& caller, proto::Message&& message) {
  caller.set(proto::RequestState::sending);
  net::Outgoing outgoing = encode(caller, std::move(message));
  router_->send(std::move(outgoing.envelope), std::move(outgoing.frames));
}

void Front::reply(std::vector<net::Outgoing>&& replies) { router_->send_batch(std::move(replies)); }

void Front::fail(const Caller& caller, Status status, std::optional<std::uint32_t> statement) {
  proto::ErrorReply error;
  error.status = std::move(status);
  error.statement = statement;
  fail(caller, std::move(error));
}

void Front::fail(const Caller& caller, proto::ErrorReply error) {
  if (!caller.take()) return;
  switch (error.status.code) {
    case Code::busy: ++counters_.busy; break;
    case Code::refused:
    case Code::not_allowed:
    case Code::master_only: ++counters_.refused; break;
    default: ++counters_.failed;
  }
  error.node = node_name_;
  error.status.message = shortened(std::move(error.status.message), kMaxErrorBytes);
  send(caller, std::move(error));
}

}  // namespace sqlcast::node
