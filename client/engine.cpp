#include "client/engine.h"

#include <algorithm>
#include <utility>

namespace sqlcast::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kRefreshRoles{2'000};
constexpr milliseconds kLongestPause{2'000};
constexpr milliseconds kCancelTimeout{5'000};
constexpr milliseconds kCancelledReply{500};
constexpr std::uint32_t kMostDoublings = 3;  // of the interval between resends

}  // namespace

Engine::Engine(const std::vector<std::string>& endpoints, Settings settings)
    : settings_(std::move(settings)), endpoints_(endpoints, settings_.seed) {}

void Engine::submit(Exchange exchange, TimePoint now) {
  now_ = now;
  Open open;
  open.submitted = now;
  open.deadline = now + exchange.timeout;
  open.send_at = now;
  open.exchange = std::move(exchange);
  if (std::holds_alternative<proto::QueryRequest>(open.exchange.message)) open.grace = settings_.grace;
  if (open.exchange.pinned.empty()) {
    discover(now);
    if (now < discovery_ends_ && endpoints_.guessing(open.exchange.route)) open.send_at = discovery_ends_;
  }
  const auto it = open_.emplace(next_exchange_++, std::move(open)).first;
  if (it->second.send_at <= now) dispatch(it->first, it->second, now);
}

void Engine::cancel(const std::string& client_id, std::uint64_t request_id, std::function<void(Result<bool>)> done,
                    TimePoint now) {
  now_ = now;
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const auto& item) {
    return item.second.exchange.request_id == request_id && request_id != 0;
  });
  if (it == open_.end()) return done(false);
  if (!it->second.on_its_way && !may_have_run(it->second)) {
    Outcome outcome = stopped_here(it->second);
    const bool no_effect = outcome.status.code == Code::cancelled;
    complete(it, std::move(outcome), now);
    return done(no_effect);
  }
  it->second.cancelled = true;
  const std::uint64_t victim = it->first;
  Exchange ask;
  ask.message = proto::CancelRequest{{client_id, request_id}};
  ask.pinned = it->second.endpoint;
  ask.timeout = kCancelTimeout;
  ask.retry_elsewhere = false;
  ask.done = [this, victim, done = std::move(done)](Outcome outcome) {
    if (const auto* reply = outcome.message ? std::get_if<proto::CancelReply>(&*outcome.message) : nullptr) {
      const auto open = open_.find(victim);
      if (reply->stopped && open != open_.end()) {
        // Its own answer is normally right behind; should that be lost, this is the answer, if of the one copy alone.
        if (!open->second.unsettled || !open->second.exchange.is_write)
          open->second.last_status = Status::error(Code::cancelled, "cancelled; it has no effect");
        open->second.deadline = std::min(open->second.deadline, now_ + kCancelledReply - open->second.grace);
      }
      return done(reply->stopped);
    }
    if (const auto* error = outcome.message ? std::get_if<proto::ErrorReply>(&*outcome.message) : nullptr) {
      if (error->status.code == Code::request_not_found) return done(false);
      return done(error->status);
    }
    done(outcome.status);
  };
  submit(std::move(ask), now);
}

// ---- sending -----------------------------------------------------------------------------------------------

void Engine::dispatch(std::uint64_t id, Open& open, TimePoint now) {
  if (open.cancelled) return expire(open_.find(id), now);
  EndpointSet::Choice choice{open.exchange.pinned, now};
  if (choice.address.empty()) choice = endpoints_.choose(open.exchange.route, now);
  if (choice.at > now) {
    open.send_at = choice.at;
    return;
  }
  if (awaits_position(open, choice.address, now)) return;
  open.endpoint = choice.address;
  open.on_its_way = true;
  open.sent_at = now;
  ++open.attempts;
  if (open.copies++ == 0) open.seen = open.exchange.first_sent_here ? seen_ : 0;
  const std::uint32_t doublings = std::min(open.attempts - 1, kMostDoublings);
  open.check_at = now + settings_.resend_after * (1 << doublings);
  proto::Message message = open.exchange.message;
  if (auto* query = std::get_if<proto::QueryRequest>(&message)) {
    // The node must be done, or have said that it is not, when the caller's time is up.
    const auto left = std::max<std::int64_t>(duration_cast<milliseconds>(open.deadline - now).count(), 1);
    query->timeout_ms = static_cast<std::uint32_t>(std::min<std::int64_t>(left, UINT32_MAX));
    if (open.exchange.is_write && open.exchange.first_sent_here && !query->sent_since) query->sent_since = open.seen;
    if (open.exchange.after_own) query->after = std::min(query->after, seen_);
    // Another node may have what this one has not yet.
    if (open.exchange.route == Route::read && open.exchange.pinned.empty() && endpoints_.listed() > 1)
      query->wait_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(settings_.read_wait.count(), 1, left));
  }
  open.joined = !in_frames_.contains(open.endpoint);
  actions_.emplace_back(Send{open.endpoint, id, std::move(message), open.joined});
  if (!open.exchange.done) {
    Outcome sent;
    sent.endpoint = open.endpoint;
    complete(open_.find(id), std::move(sent), now);
  }
}

// True when the write has to wait for a node's word on where the log stands: it is asked for that.
bool Engine::awaits_position(Open& open, const std::string& endpoint, TimePoint now) {
  const auto* query = std::get_if<proto::QueryRequest>(&open.exchange.message);
  const bool needs_one = open.exchange.is_write && open.exchange.first_sent_here && open.copies == 0 &&
                         query != nullptr && !query->sent_since && !query->key.client_id.empty();
  open.awaits_position = needs_one && now >= std::max(seen_until_, open.position_until);
  if (!open.awaits_position) return false;
  auto asked = probes_.find(endpoint);
  if (asked != probes_.end() && asked->second.sent_at + settings_.resend_after <= now) {
    give_up_on(endpoint, now);
    open.last_status = Status::error(Code::timeout, "no word from " + endpoint);
    open.send_at = now;  // another one's turn
    return true;
  }
  if (asked == probes_.end()) {
    probe(endpoint, now);
    asked = probes_.find(endpoint);
  }
  open.endpoint = endpoint;
  open.send_at = asked->second.sent_at + settings_.resend_after;
  return true;
}

void Engine::pause(Open& open, const Status& why, milliseconds wait, TimePoint now) {
  open.on_its_way = false;
  open.last_status = why;
  const std::uint32_t doublings = std::min(open.pauses++, 5U);
  open.send_at = now + std::min(wait * (1 << doublings), std::max(kLongestPause, wait));
}

void Engine::not_sent(std::uint64_t exchange, const Status& why, TimePoint now) {
  const auto it = open_.find(exchange);
  if (it == open_.end() || !it->second.on_its_way) return;
  --it->second.copies;
  if (why.code == Code::config) {
    it->second.on_its_way = false;
    return refused(std::string(it->second.endpoint), why, now);
  }
  if (it->second.exchange.repeat == Repeat::never || why.code == Code::too_large) {
    complete(it, {why, {}, it->second.endpoint, {}}, now);
    return;
  }
  if (it->second.exchange.pinned.empty()) endpoints_.failed(it->second.endpoint, now);
  pause(it->second, why, kBusyPause, now);
}

// ---- silence -----------------------------------------------------------------------------------------------

void Engine::check(std::uint64_t id, Open& open, TimePoint now) {
  const KnownNode* node = endpoints_.find(open.endpoint);
  const bool speaks =
      node != nullptr && node->last_heard + settings_.resend_after > now && node->last_heard >= open.sent_at;
  if (!speaks) {
    give_up_on(open.endpoint, now);
    return;
  }
  const bool restarted = node->started_at > open.sent_at;
  const bool repeat = open.exchange.repeat == Repeat::freely || (open.exchange.repeat == Repeat::if_lost && restarted);
  if (repeat && !open.cancelled) {
    open.on_its_way = false;
    open.unsettled = true;
    dispatch(id, open, now);
    return;
  }
  open.check_at = now + settings_.resend_after / 2;
}

void Engine::give_up_on(const std::string& endpoint, TimePoint now) {
  // The caller's may belong to what is completed below.
  const std::string address = endpoint;  // NOLINT(performance-unnecessary-copy-initialization)
  endpoints_.failed(address, now);
  probes_.erase(address);
  actions_.emplace_back(Reset{address});
  std::vector<std::uint64_t> lost;
  for (const auto& [id, open] : open_)
    if (open.on_its_way && open.endpoint == address) lost.push_back(id);
  for (const std::uint64_t id : lost) {
    const auto it = open_.find(id);
    if (it == open_.end()) continue;
    Open& open = it->second;
    const Status silent = Status::error(
        Code::timeout, "no word from " + address + " for " + std::to_string(settings_.resend_after.count()) + " ms");
    if (open.exchange.repeat == Repeat::never) {
      Status gone = silent;
      gone.message += "; which page comes next is unknown now: run the statement again";
      complete(it, {gone, {}, address, {}}, now);
    } else if (open.cancelled) {
      open.last_status = silent;
      expire(it, now);
    } else {
      open.on_its_way = false;
      open.unsettled = true;
      open.last_status = silent;
      open.send_at = now;
      dispatch(id, open, now);
    }
  }
}

// That has not refused this client.
bool Engine::nobody_else(const Open& open, const std::string& endpoint) const {
  if (!open.exchange.pinned.empty()) return open.exchange.pinned == endpoint;
  const std::vector<KnownNode>& all = endpoints_.all();
  return std::all_of(all.begin(), all.end(),
                     [this](const KnownNode& node) { return !node.listed || refusals_.contains(node.address); });
}

void Engine::refused(const std::string& endpoint, const Status& why, TimePoint now) {
  now_ = now;
  const KnownNode* const known = endpoints_.find(endpoint);
  const bool was_in = known != nullptr && known->last_heard != TimePoint{};
  refusals_[endpoint] = why;
  endpoints_.failed(endpoint, now);
  probes_.erase(endpoint);
  actions_.emplace_back(Reset{endpoint});
  std::vector<std::uint64_t> ids;
  for (const auto& [id, open] : open_)
    if ((open.on_its_way && open.endpoint == endpoint) || nobody_else(open, endpoint)) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    const auto it = open_.find(id);
    if (it == open_.end()) continue;
    Open& open = it->second;
    const bool went_there = open.on_its_way && open.endpoint == endpoint;
    // It may have been let in when this was sent.
    open.unsettled = open.unsettled || (went_there && was_in);
    open.on_its_way = open.on_its_way && !went_there;
    open.last_status = why;
    if (nobody_else(open, endpoint) || (went_there && open.exchange.repeat == Repeat::never)) {
      Outcome outcome{why, {}, endpoint, {}};
      if (may_have_run(open)) outcome = outcome_unknown(open, why.message);
      complete(it, std::move(outcome), now);
    } else {
      open.send_at = now;
      dispatch(id, open, now);
    }
  }
}

void Engine::probe(const std::string& endpoint, TimePoint now) {
  const std::uint64_t id = next_exchange_++;
  probes_[endpoint] = {id, now, seen_, seen_at_};
  actions_.emplace_back(Send{endpoint, id, proto::StatusRequest{}, false});
}

void Engine::probe_silent(TimePoint now) {
  std::map<std::string, TimePoint> oldest;  // waiting since, by endpoint
  for (const auto& [id, open] : open_) {
    if (!open.on_its_way) continue;
    const auto [it, fresh] = oldest.emplace(open.endpoint, open.sent_at);
    if (!fresh) it->second = std::min(it->second, open.sent_at);
  }
  for (const auto& [address, since] : oldest)
    if (probe_due(address, since) <= now) probe(address, now);
}

TimePoint Engine::probe_due(const std::string& endpoint, TimePoint waiting_since) const {
  const KnownNode* known = endpoints_.find(endpoint);
  const auto asked = probes_.find(endpoint);
  TimePoint latest = waiting_since;
  if (known != nullptr) latest = std::max(latest, known->last_heard);
  if (asked != probes_.end()) latest = std::max(latest, asked->second.sent_at);
  return latest + settings_.resend_after / 2;
}

void Engine::discover(TimePoint now) {
  const bool first = discovered_at_ == TimePoint{};
  const bool alone = endpoints_.all().size() < 2;
  if (!first && (alone || now < discovered_at_ + kRefreshRoles)) return;
  discovered_at_ = now;
  if (first && !alone) discovery_ends_ = now + settings_.discovery;
  std::vector<std::string> ask;
  for (const KnownNode& node : endpoints_.all())
    if (node.listed && (node.failures == 0 || node.retry_at <= now)) ask.push_back(node.address);
  for (const std::string& address : ask) {
    // A probe that was never answered: what comes next must not queue up behind a dead connection.
    if (const auto it = probes_.find(address); it != probes_.end() && it->second.sent_at + settings_.resend_after < now)
      give_up_on(address, now);
    probe(address, now);
  }
}

// ---- time --------------------------------------------------------------------------------------------------

void Engine::tick(TimePoint now) {
  now_ = now;
  probe_silent(now);
  std::vector<std::uint64_t> ids;
  ids.reserve(open_.size());
  for (const auto& item : open_) ids.push_back(item.first);
  for (const std::uint64_t id : ids) {
    const auto it = open_.find(id);
    if (it == open_.end()) continue;
    Open& open = it->second;
    // While on its way, the node's own word that the time is up may still come.
    const TimePoint end = open.on_its_way ? open.deadline + open.grace : open.deadline;
    if (now >= end) {
      expire(it, now);
    } else if (!open.on_its_way && now >= open.send_at) {
      dispatch(id, open, now);
    } else if (open.on_its_way && now >= open.check_at && now < open.deadline) {
      check(id, open, now);
    }
  }
}

TimePoint Engine::next_tick() const {
  TimePoint next = TimePoint::max();
  for (const auto& [id, open] : open_) {
    if (!open.on_its_way) {
      next = std::min({next, open.send_at, open.deadline});
      continue;
    }
    next = std::min({next, open.deadline + open.grace, probe_due(open.endpoint, open.sent_at)});
    if (open.check_at < open.deadline) next = std::min(next, open.check_at);
  }
  return next;
}

std::vector<Engine::Action> Engine::take_actions() { return std::exchange(actions_, {}); }

}  // namespace sqlcast::client
