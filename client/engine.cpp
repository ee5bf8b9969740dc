#include "client/engine.h"

#include <algorithm>
#include <utility>

namespace sqlcast::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kRefreshRoles{2'000};
constexpr milliseconds kLongestPause{2'000};
constexpr milliseconds kMasterPause{250};
constexpr milliseconds kBusyPause{20};
constexpr milliseconds kCancelTimeout{5'000};
constexpr milliseconds kCancelledReply{500};
constexpr std::uint32_t kMostDoublings = 3;  // of the interval between resends
// Younger than what the master remembers at its full speed.
constexpr milliseconds kPositionIsFresh{1'000};
// A slave that says it is level with its master knows where that was a moment ago.
constexpr milliseconds kSlavesKnow{5'000};

// Errors that say nothing of an earlier copy of the request: it may be executed yet, or have been.
bool says_nothing_of_earlier(Code code) {
  return code == Code::busy || code == Code::shutting_down || code == Code::database_unavailable ||
         code == Code::master_unavailable || code == Code::master_only || code == Code::read_only ||
         code == Code::diverged || code == Code::disk_full || code == Code::timeout || code == Code::bad_message;
}

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
  if (it->second.attempts == 0) {
    complete(it, {Status::error(Code::cancelled, "cancelled before it was sent"), {}, {}, {}}, now);
    return done(true);
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
        // Its own answer is normally right behind; should that be lost, this is the answer.
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

// ---- answers -----------------------------------------------------------------------------------------------

// `read_at`: about when the node said so.
void Engine::learn(const std::string& endpoint, const proto::StatusReply& reply, TimePoint read_at, TimePoint now) {
  endpoints_.learn(endpoint, reply.self.role, reply.self.state, reply.self.master, milliseconds(reply.self.uptime_ms),
                   read_at);
  if (now >= discovery_ends_) return;
  // First requests wait for a suitable node to show itself: is it there now?
  for (auto& [id, open] : open_)
    if (open.attempts == 0 && !open.on_its_way && open.send_at > now && open.exchange.pinned.empty() &&
        !endpoints_.guessing(open.exchange.route))
      open.send_at = now;
}

// What a node says of the log's end, against what was known before it was asked.
void Engine::note_history(const Probe* probe, const proto::Message& message) {
  std::optional<Sequence> end;
  if (const auto* error = std::get_if<proto::ErrorReply>(&message))
    if (error->status.code == Code::not_caught_up && error->epoch != 0) end = error->sequence;
  if (const auto* status = std::get_if<proto::StatusReply>(&message); status != nullptr && probe != nullptr) {
    const proto::NodeStatus& self = status->self;
    const Sequence told = std::max(self.position, self.head);
    const bool master_knows = self.role == "master" && self.state == "Serving";
    const bool slave_knows = self.role == "slave" && self.state == "Live" && self.lag_ms == 0 &&
                             probe->sent_at - probe->seen_at >= kSlavesKnow;
    if (told < probe->seen && (master_knows || slave_knows)) end = told;
  }
  if (!end || *end >= seen_) return;
  seen_ = *end;
  if (settings_.on_other_history) settings_.on_other_history(*end);
}

// When that was sent which this answers; nothing when nobody waits for it any more.
std::optional<TimePoint> Engine::asked_at(const Probe* probe, std::uint64_t exchange) const {
  if (probe != nullptr) return probe->sent_at;
  if (const auto it = open_.find(exchange); it != open_.end()) return it->second.submitted;
  return std::nullopt;
}

void Engine::note_position(const proto::Message& message, std::optional<TimePoint> asked, TimePoint now) {
  Sequence position = 0;
  bool fresh = false;  // where the log ends; a slave's own position may be far behind that
  TimePoint told_at = now;
  if (const auto* result = std::get_if<proto::QueryResult>(&message)) {
    position = std::max(result->node_position, result->sequence);
    fresh = asked && result->wrote && !result->replayed;
  }
  if (const auto* error = std::get_if<proto::ErrorReply>(&message))
    if (error->status.code == Code::committed_not_acked) position = error->sequence;
  if (const auto* status = std::get_if<proto::StatusReply>(&message)) {
    position = std::max(status->self.position, status->self.head);
    fresh = asked && status->self.state != "Starting";  // before it has looked into its log
    told_at = asked.value_or(now);
  }
  if (position > seen_) seen_at_ = now;
  seen_ = std::max(seen_, position);
  const bool was_fresh = now < seen_until_;
  if (fresh) seen_until_ = std::max(seen_until_, told_at + kPositionIsFresh);
  if (was_fresh || (!fresh && !std::holds_alternative<proto::StatusReply>(message))) return;
  std::vector<std::uint64_t> waiting;
  for (auto& [id, open] : open_) {
    if (!open.awaits_position || now >= open.deadline) continue;
    // However long it took: nobody can know more who asks anew, where answers take so long.
    if (fresh && told_at >= open.submitted) open.position_until = now + kPositionIsFresh;
    open.send_at = fresh ? now : std::min(open.send_at, now + kMasterPause);
    waiting.push_back(id);
  }
  // At once: what is submitted before the next tick would overtake them.
  if (fresh)
    for (const std::uint64_t id : waiting) dispatch(id, open_.at(id), now);
}

void Engine::received(const std::string& endpoint, std::uint64_t exchange, proto::Message message, TimePoint now) {
  now_ = now;
  endpoints_.heard(endpoint, now);
  refusals_.erase(endpoint);
  const auto asked = probes_.find(endpoint);
  std::optional<Probe> probe;
  if (asked != probes_.end() && asked->second.exchange == exchange) {
    probe = asked->second;
    probes_.erase(asked);  // answered: who has to know more asks anew
  }
  const Probe* const its_probe = probe ? &*probe : nullptr;
  note_history(its_probe, message);
  const std::optional<TimePoint> sent = asked_at(its_probe, exchange);
  note_position(message, sent, now);
  if (const auto* reply = std::get_if<proto::StatusReply>(&message))
    learn(endpoint, *reply, std::min(now, sent.value_or(now) + kPositionIsFresh), now);
  if (probe) return;
  // An answer to an earlier attempt is as good as one to the last.
  if (const auto it = open_.find(exchange); it != open_.end()) {
    it->second.endpoint = endpoint;
    answer(it, std::move(message), now);
  }
}

void Engine::received_garbage(const std::string& endpoint, std::uint64_t exchange, const Status& why, TimePoint now) {
  endpoints_.heard(endpoint, now);
  const auto it = open_.find(exchange);
  if (it == open_.end()) return;
  Status status = why;
  status.message = endpoint + " sent what cannot be understood: " + why.message;
  complete(it, {status, {}, endpoint, {}}, now);
}

void Engine::answer(OpenMap::iterator it, proto::Message message, TimePoint now) {
  const auto* const error = std::get_if<proto::ErrorReply>(&message);
  if (error != nullptr && error->status.code == Code::bad_message && it->second.joined && !it->second.cancelled) {
    in_frames_.insert(it->second.endpoint);  // its build knows frames alone
    it->second.on_its_way = false;
    --it->second.copies;
    return dispatch(it->first, it->second, now);
  }
  if (error != nullptr && it->second.exchange.retry_elsewhere && !it->second.cancelled && try_again(it, *error, now))
    return;
  Outcome outcome;
  if (error != nullptr) {
    outcome.status = error->status;
    if (it->second.unsettled && says_nothing_of_earlier(error->status.code)) {
      it->second.last_status = error->status;
      it->second.on_its_way = false;
      return expire(it, now);
    }
  }
  outcome.message = std::move(message);
  outcome.endpoint = it->second.endpoint;
  complete(it, std::move(outcome), now);
}

// True when the error is not the last word.
bool Engine::try_again(OpenMap::iterator it, const proto::ErrorReply& error, TimePoint now) {
  Open& open = it->second;
  const bool pinned = !open.exchange.pinned.empty();
  const auto in_time = [&](milliseconds wait) { return now + wait < open.deadline; };
  switch (error.status.code) {
    case Code::busy: {
      const milliseconds wait = std::max(milliseconds(error.status.retry_after_ms), kBusyPause);
      if (!in_time(wait)) return false;
      --open.copies;
      pause(open, error.status, wait, now);
      return true;
    }
    case Code::shutting_down:
    case Code::database_unavailable:
      if (pinned || open.exchange.repeat == Repeat::never || !in_time(kBusyPause)) return false;
      endpoints_.failed(open.endpoint, now);
      pause(open, error.status, kBusyPause, now);
      return true;
    case Code::not_caught_up: {
      if (error.epoch != 0 && open.exchange.after_own && !std::exchange(open.began_anew, true)) {
        open.on_its_way = false;
        open.last_status = error.status;
        open.send_at = now;
        return true;
      }
      if (pinned || open.exchange.route != Route::read || endpoints_.listed() < 2 || !in_time(kBusyPause)) return false;
      // What does not wait at the node (max_lag) is asked once around.
      const auto* query = std::get_if<proto::QueryRequest>(&open.exchange.message);
      const bool waits = query != nullptr && query->consistency == proto::Consistency::session;
      if (!waits && open.pauses + 1 >= endpoints_.listed()) return false;
      endpoints_.behind(open.endpoint, now);
      pause(open, error.status, kBusyPause, now);
      return true;
    }
    case Code::master_unavailable:
      if (pinned || !in_time(kMasterPause)) return false;
      pause(open, error.status, kMasterPause, now);
      return true;
    case Code::master_only: {
      if (pinned || open.exchange.route == Route::read) return false;
      endpoints_.learn_role(open.endpoint, Role::slave);
      EndpointSet::Choice next = endpoints_.choose(Route::listed_master, now);
      const KnownNode* chosen = endpoints_.find(next.address);
      open.last_status = error.status;
      if (chosen == nullptr || chosen->role == Role::slave) {
        // It does not answer now, as one that is being started; what it had begun, it alone can end.
        const std::optional<EndpointSet::Choice> master = endpoints_.master(now);
        if (!master || master->at >= open.deadline) return false;
        next = *master;
        open.last_status = Status::error(Code::master_unavailable,
                                         "the master, " + next.address + ", does not answer; " + error.status.message);
      }
      if (!in_time(next.at > now ? kBusyPause : milliseconds{0})) return false;
      open.exchange.route = Route::listed_master;
      open.on_its_way = false;
      open.send_at = next.at;
      return true;
    }
    default: return false;
  }
}

void Engine::complete(OpenMap::iterator it, Outcome outcome, TimePoint now) {
  outcome.round_trip = duration_cast<std::chrono::microseconds>(now - it->second.submitted);
  auto done = std::move(it->second.exchange.done);
  open_.erase(it);
  if (done) done(std::move(outcome));
}

// A write that is out, without a word that it has no effect.
bool Engine::may_have_run(const Open& open) {
  return open.exchange.is_write && (open.on_its_way || open.unsettled) && open.last_status.code != Code::cancelled;
}

Outcome Engine::outcome_unknown(const Open& open, const std::string& why) {
  proto::ErrorReply unknown;
  unknown.status = Status::error(Code::outcome_unknown,
                                 why +
                                     "; the request may or may not have been committed. A copy of it under its request "
                                     "id, " +
                                     std::to_string(open.exchange.request_id) +
                                     ", is answered with its outcome, and not executed a second time");
  const auto* query = std::get_if<proto::QueryRequest>(&open.exchange.message);
  unknown.sequence = query == nullptr ? open.seen : query->sent_since.value_or(open.seen);
  Outcome outcome;
  outcome.endpoint = open.endpoint;
  outcome.status = unknown.status;
  outcome.message = std::move(unknown);
  return outcome;
}

void Engine::expire(OpenMap::iterator it, TimePoint now) {
  const Open& open = it->second;
  Outcome outcome;
  outcome.endpoint = open.endpoint;
  const std::string waited = std::to_string(duration_cast<milliseconds>(now - open.submitted).count()) + " ms";
  const Code last = open.last_status.code;
  if (may_have_run(open)) {
    outcome = outcome_unknown(open, "no reply from " + open.endpoint + " within " + waited);
  } else if (last != Code::ok && last != Code::timeout) {
    outcome.status = open.last_status;
  } else {
    outcome.status = Status::error(
        Code::timeout, open.endpoint.empty()
                           ? "no node answered within " + waited
                           : "no reply from " + open.endpoint + " within " + waited + "; is the node running?");
  }
  complete(it, std::move(outcome), now);
}

void Engine::finish_all(const Status& status, TimePoint now) {
  while (!open_.empty()) {
    const Open& open = open_.begin()->second;
    Outcome outcome{status, {}, open.endpoint, {}};
    if (may_have_run(open)) {
      const auto* query = std::get_if<proto::QueryRequest>(&open.exchange.message);
      const std::string who = query == nullptr ? std::string() : ", which was " + query->key.client_id + ",";
      outcome = outcome_unknown(open, status.message + who + " before " + open.endpoint + " had replied");
    }
    complete(open_.begin(), std::move(outcome), now);
  }
  probes_.clear();
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
