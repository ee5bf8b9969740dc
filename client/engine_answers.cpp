// The engine's answers: what a node's word comes to, for what is known of the log and for the request that it answers.
#include <algorithm>
#include <array>
#include <utility>

#include "client/engine.h"

namespace sqlcast::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kMasterPause{250};
// Younger than what the master remembers at its full speed.
constexpr milliseconds kPositionIsFresh{1'000};
// A slave that says it is level with its master knows where that was a moment ago.
constexpr milliseconds kSlavesKnow{5'000};

// Errors that say nothing of an earlier copy of the request: it may be executed yet, or have been.
bool says_nothing_of_earlier(Code code) {
  return code == Code::busy || code == Code::shutting_down || code == Code::database_unavailable ||
         code == Code::master_unavailable || code == Code::master_only || code == Code::read_only ||
         code == Code::diverged || code == Code::disk_full || code == Code::timeout || code == Code::bad_message ||
         code == Code::not_allowed;
}

// Of one after which the request goes again: that the very copy which it answers has no effect (docs/protocol.md,
// Codes). DATABASE_UNAVAILABLE is said of what was not begun.
bool did_nothing(const Status& status) {
  if (status.code == Code::master_unavailable) return status.message.starts_with("nothing was done");
  if (status.code == Code::shutting_down) return status.message.find("nothing was changed") != std::string::npos;
  return true;
}

}  // namespace

// The numbers are those of storage/errors.cpp, which a client does not have; a unit test holds the two against each
// other.
bool passes_by_itself(int number) {
  constexpr int kLastOfFiles = 40;  // below: files and memory
  constexpr std::array kPassing{1020, 1021, 1023, 1024, 1026, 1030, 1037, 1038, 1040, 1041, 1044, 1045, 1114,
                                1135, 1142, 1143, 1153, 1180, 1181, 1203, 1205, 1206, 1213, 1223, 1226, 1227,
                                1290, 1317, 1370, 1637, 1689, 1698, 1792, 1878, 1959, 1969, 2008, 2020};
  return (number > 0 && number <= kLastOfFiles) ||
         std::find(kPassing.begin(), kPassing.end(), number) != kPassing.end();
}

// ---- what is known -----------------------------------------------------------------------------------------

// `read_at`: about when the node said so.
void Engine::learn(const std::string& endpoint, const proto::StatusReply& reply, TimePoint read_at, TimePoint now) {
  endpoints_.learn(endpoint, reply.self.role, reply.self.state, reply.self.master, milliseconds(reply.self.uptime_ms),
                   read_at);
  names_[endpoint] = reply.self.name;
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
    for (const std::uint64_t id : waiting)
      if (const auto it = open_.find(id); it != open_.end()) dispatch(id, it->second, now);
}

// ---- the request's end -------------------------------------------------------------------------------------

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
  auto* const error = std::get_if<proto::ErrorReply>(&message);
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
    if (leaves_others(it->second, *error)) {
      // may_have_run() takes that for the word on all copies.
      if (error->status.code != Code::cancelled) it->second.last_status = error->status;
      it->second.on_its_way = false;
      return expire(it, now);
    }
    say_since(it->second, *error);
  }
  outcome.message = std::move(message);
  outcome.endpoint = it->second.endpoint;
  complete(it, std::move(outcome), now);
}

// True when the error is the word on the copy that it answers, while another one may be executed yet, or have been.
bool Engine::leaves_others(const Open& open, const proto::ErrorReply& error) const {
  const Code code = error.status.code;
  if (!open.unsettled) return false;
  if (says_nothing_of_earlier(code)) return true;
  if (!open.exchange.is_write) return false;
  if (code == Code::sql_error) return passes_by_itself(error.status.database_errno);
  // A slave's own word stops what it has itself. The master's is the outcome of all copies, as it remembers it.
  return code == Code::cancelled && !is_masters_word(open.endpoint, error.node);
}

// `node`: the name under which the answer was given that came from `endpoint`.
bool Engine::is_masters_word(const std::string& endpoint, const std::string& node) const {
  const KnownNode* const known = endpoints_.find(endpoint);
  if (known != nullptr && known->role == Role::master) return true;
  const auto name = names_.find(endpoint);
  return name != names_.end() && !name->second.empty() && !node.empty() && node != name->second;
}

// A caller who sends the write again has to say since when it has been under way. OUTCOME_UNKNOWN says where to look.
void Engine::say_since(const Open& open, proto::ErrorReply& error) {
  if (error.status.code == Code::outcome_unknown || error.sequence != 0) return;
  const auto* query = std::get_if<proto::QueryRequest>(&open.exchange.message);
  if (query == nullptr || !open.exchange.is_write || !open.exchange.first_sent_here) return;
  error.sequence = query->sent_since.value_or(open.seen);
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
      open.unsettled = open.unsettled || (open.exchange.is_write && !did_nothing(error.status));
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
      open.unsettled = open.unsettled || (open.exchange.is_write && !did_nothing(error.status));
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

// Of what is cancelled while no copy of it is out.
Outcome Engine::stopped_here(const Open& open) {
  if (open.exchange.is_write && !open.exchange.first_sent_here)
    return outcome_unknown(open, "cancelled before it was sent again");
  return {Status::error(Code::cancelled, "cancelled before it was carried out"), {}, open.endpoint, {}};
}

void Engine::expire(OpenMap::iterator it, TimePoint now) {
  const Open& open = it->second;
  Outcome outcome;
  outcome.endpoint = open.endpoint;
  const std::string waited = std::to_string(duration_cast<milliseconds>(now - open.submitted).count()) + " ms";
  const Code last = open.last_status.code;
  if (may_have_run(open)) {
    const std::string missing =
        open.on_its_way ? "no reply from " + open.endpoint : "not every copy of the request was answered for good";
    outcome = outcome_unknown(open, missing + " within " + waited);
  } else if (open.cancelled && !open.on_its_way) {
    outcome = stopped_here(open);
  } else if (last != Code::ok && last != Code::timeout) {
    outcome.status = open.last_status;
  } else {
    outcome.status = Status::error(
        Code::timeout, open.endpoint.empty()
                           ? "no node answered within " + waited
                           : "no reply from " + open.endpoint + " within " + waited + "; is the node running?");
  }
  if (!outcome.message && open.exchange.is_write) {
    proto::ErrorReply error;
    error.status = outcome.status;
    say_since(open, error);
    outcome.message = std::move(error);
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

}  // namespace sqlcast::client
