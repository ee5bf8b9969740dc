#include "slave/forwarder.h"

#include <algorithm>
#include <random>

#include "base/thread.h"
#include "proto/codec.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

// One try; then the same request again on a new socket.
constexpr auto kAttempt = 2000ms;
constexpr std::uint32_t kRetryAfterMs = 50;

// A long request takes long to send and to judge: sent anew before its master can have answered, it would keep both
// from ever coming to an end.
std::chrono::milliseconds attempt_time(const proto::Frames& frames) {
  constexpr std::uint64_t kBytesPerMillisecond = 512;
  std::uint64_t bytes = 0;
  for (const std::string& frame : frames) bytes += frame.size();
  return kAttempt + std::chrono::milliseconds(bytes / kBytesPerMillisecond);
}

// The key goes with its name: to the master the name may be another's.
template <typename Request>
void speak_for(const node::Caller& caller, Request& request) {
  request.caller = node::name_of(caller.who);
  request.caller_key = caller.who ? to_hex(caller.who->key) : std::string();
}

// Of what was never sent.
Status too_late() {
  return Status::error(Code::timeout,
                       "the request waited at this slave until its time was over; it was not sent to the master");
}

// The same of one copy, where another may have been executed, or come to be.
Status copy_too_late() {
  Status status = Status::error(Code::busy,
                                "this copy of the request waited at this slave until its time was over; it was not "
                                "sent to the master; try again, or there. What became of another copy, if there is "
                                "one, is not known here");
  status.retry_after_ms = kRetryAfterMs;
  return status;
}

std::string random_client_id() {
  std::random_device source;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(source() & 0xFFU));
  return "via-" + to_hex(std::string_view(bytes));
}

// What says that nothing was changed by this copy, and leaves open what became of another.
bool is_of_one_copy(Code code) {
  return code == Code::timeout || code == Code::disk_full || code == Code::database_unavailable ||
         code == Code::shutting_down || code == Code::read_only || code == Code::diverged || code == Code::not_allowed;
}

}  // namespace

Forwarder::Forwarder(const config::NodeConfig& config, node::Front& front, node::PositionBoard& board,
                     node::Counters& counters, std::function<std::optional<Sequence>()> master_head)
    : config_(config),
      front_(front),
      board_(board),
      counters_(counters),
      master_head_(std::move(master_head)),
      own_client_id_(random_client_id()),
      queue_(config.limits.request_queue),
      cancels_(config.limits.request_queue) {}

Forwarder::~Forwarder() { stop(); }

Status Forwarder::start() {
  for (std::uint32_t i = 0; i < config_.limits.forwarders + 1; ++i) {
    net::Requester::Options options;
    options.endpoint = config_.master;
    options.max_message_bytes = config_.limits.max_message_bytes;
    Result<std::unique_ptr<net::Requester>> requester = net::Requester::open(std::move(options));
    if (!requester) return requester.status();
    requesters_.push_back(std::move(*requester));
  }
  for (const std::unique_ptr<net::Requester>& requester : requesters_) {
    Queue& queue = requester == requesters_.back() ? cancels_ : queue_;
    threads_.push_back(start_thread("forwarder", [this, &requester, &queue] { work(*requester, queue); }));
  }
  return ok_status();
}

void Forwarder::stop() {
  queue_.close();
  cancels_.close();
  for (const std::unique_ptr<net::Requester>& requester : requesters_) requester->interrupt();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Forwarder::submit(node::Caller caller, proto::QueryRequest request, bool writes, Clock::time_point deadline) {
  request.forwarded_by = config_.name;
  speak_for(caller, request);
  request.cluster = board_.cluster();
  // A client that cannot retry by itself gets a key from us, so that our own resends are safe.
  if (request.key.client_id.empty()) request.key = {own_client_id_, next_request_id_++};
  if (caller.listed) {
    caller.listed->set_kind(writes ? "write" : "read");
    caller.listed->set_stop_key(request.key);
  }
  const RequestKey key = request.key;
  under_way_.enter(key);
  caller = (has_copies(request, writes) ? late_copies_ : late_).enter(std::move(caller), deadline);
  Job job{std::move(caller), std::move(request), Clock::now(), deadline};
  job.writes = writes;
  if (!push(queue_, job)) under_way_.remove_copy(key);
}

void Forwarder::submit_cancel(node::Caller caller, proto::CancelRequest request) {
  speak_for(caller, request);
  const auto never = [] { return false; };  // what has been executed, the master says
  const bool stopped_here = under_way_.cancel(request.key, never) == node::RequestsUnderWay::Answer::stopping_queued;
  Job job{std::move(caller), std::move(request), Clock::now(), Clock::now() + kAttempt, stopped_here};
  (void)push(cancels_, job);
}

void Forwarder::submit_fetch(node::Caller caller, proto::FetchRequest request, Clock::time_point deadline) {
  speak_for(caller, request);
  request.cursor -= kForwardedCursors;
  if (request.client_id.empty()) request.client_id = own_client_id_;  // as submit() has done with its query
  caller = late_.enter(std::move(caller), deadline);
  Job job{std::move(caller), std::move(request), Clock::now(), deadline};
  (void)push(queue_, job);
}

void Forwarder::submit_close(node::Caller caller, proto::CloseRequest request, Clock::time_point deadline) {
  speak_for(caller, request);
  request.cursor -= kForwardedCursors;
  if (request.client_id.empty()) request.client_id = own_client_id_;
  caller = late_.enter(std::move(caller), deadline);
  Job job{std::move(caller), std::move(request), Clock::now(), deadline};
  (void)push(queue_, job);
}

// False when the job was refused, and answered.
bool Forwarder::push(Queue& queue, Job& job) {
  if (queue.try_push(std::move(job))) return true;
  Status status = Status::error(queue_.closed() ? Code::shutting_down : Code::busy,
                                queue_.closed() ? "this node is stopping; ask another one"
                                                : "too many writes wait at this slave to be forwarded; try again, or "
                                                  "send them to the master at " +
                                                      config_.master);
  status.retry_after_ms = kRetryAfterMs;
  front_.fail(job.caller, std::move(status));  // NOLINT(bugprone-use-after-move): a full queue takes nothing
  return false;
}

// Of a write with a client's own key nobody here knows what else has been sent.
bool Forwarder::has_copies(const proto::QueryRequest& query, bool writes) const {
  return writes && query.key.client_id != own_client_id_;
}

void Forwarder::tick(Clock::time_point now) {
  late_.tick(now, [this](const node::Caller& caller) { leave_out(caller, too_late()); });
  late_copies_.tick(now, [this](const node::Caller& caller) { leave_out(caller, copy_too_late()); });
}

void Forwarder::leave_out(const node::Caller& caller, Status status) {
  if (!caller.once->answer_unless_begun()) return;
  node::Caller answered = caller;
  answered.once.reset();  // this is the one answer
  front_.fail(answered, std::move(status));
}

void Forwarder::work(net::Requester& requester, Queue& queue) {
  while (true) {
    std::optional<Job> job = queue.pop(500ms);
    if (job) {
      const auto* query = std::get_if<proto::QueryRequest>(&job->request);
      const RequestKey key = query == nullptr ? RequestKey{} : query->key;
      forward(requester, std::move(*job));
      if (!key.client_id.empty()) under_way_.remove_copy(key);
    } else if (queue.closed()) {
      return;
    }
  }
}

Status Forwarder::unavailable(const Status& last) const {
  if (last.code == Code::shutting_down)
    return Status::error(Code::shutting_down,
                         "this node is stopping, and what became of the request is not known to it; a copy under the "
                         "same request id is not executed a second time");
  if (last.code == Code::not_allowed)
    return Status::error(
        Code::master_unavailable,
        "this slave does not get to its master, so the request may not have been carried out; reads go "
        "on here: " +
            last.message);
  return Status::error(Code::master_unavailable,
                       "the master at " + config_.master +
                           " did not answer in time, so the request may not have been carried out; reads go on here. "
                           "Once the master is back, a copy under the same request id has the one outcome");
}

// Known before anything has gone out.
Status Forwarder::not_sent() const {
  return Status::error(Code::master_unavailable, "nothing was done: the master at " + config_.master +
                                                     " is away, and the request was not sent to it; reads go on here");
}

// Of a write of which the master has answered one copy, and not the others.
proto::ErrorReply Forwarder::unknown(const proto::QueryRequest& query, const Status& last) const {
  proto::ErrorReply error;
  const Sequence since = query.sent_since.value_or(0);
  error.sequence = std::min(since, master_head_().value_or(since));
  // A client without a key has nothing that it could send again.
  const std::string look = query.key.client_id == own_client_id_
                               ? "Look"
                               : "A copy under the same request id is answered with the outcome; or look";
  error.status =
      Status::error(Code::outcome_unknown,
                    "this slave has sent the request to its master more than once. Of the last copy the master "
                    "says: " +
                        last.message + "; an earlier one may have been committed, or may come to be. " + look +
                        " in the log after entry " + std::to_string(error.sequence));
  return error;
}

Result<proto::Message> Forwarder::ask(net::Requester& requester, Job& job) {
  Status last = Status::error(Code::timeout, "");
  auto* query = std::get_if<proto::QueryRequest>(&job.request);
  // What has a client's own key has been sent since the client says so; when that is, it alone can know.
  const bool own_key = query != nullptr && query->key.client_id == own_client_id_;
  bool unsettled = false;  // a copy has gone out and had no answer
  while (!queue_.closed()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(job.deadline - Clock::now());
    if (left <= 0ms) break;
    if (own_key && !unsettled) {
      query->sent_since = master_head_();
      if (!query->sent_since) query->sent_since = ask_for_head(requester, std::min(kAttempt, left));
      if (!query->sent_since) return not_sent();
    } else if (job.writes && !unsettled && !master_head_() && !ask_for_head(requester, std::min(kAttempt, left))) {
      return not_sent();
    }
    if (query != nullptr) query->timeout_ms = static_cast<std::uint32_t>(left.count());
    proto::Frames request = proto::encode(job.request, 1);
    const std::chrono::milliseconds attempt = attempt_time(request);
    Result<proto::Frames> frames = requester.request(std::move(request), std::min(attempt, left));
    if (frames) {
      Result<proto::Decoded> decoded = proto::decode(std::move(*frames));
      if (!decoded) return decoded.status();
      auto* error = std::get_if<proto::ErrorReply>(&decoded->message);
      const bool busy = error != nullptr && error->status.code == Code::busy;
      if (error != nullptr && unsettled && job.writes && is_of_one_copy(error->status.code))
        return proto::Message(unknown(*query, error->status));
      if (!busy) return std::move(decoded->message);
      if (Clock::now() + 50ms >= job.deadline) {
        // Of the copy that had no answer BUSY says nothing.
        if (unsettled) break;
        return std::move(decoded->message);
      }
      (void)queue_.wait_until_closed(std::chrono::milliseconds(std::clamp(error->status.retry_after_ms, 5U, 50U)));
      continue;
    }
    last = frames.status();
    unsettled = true;
    if (last.code != Code::timeout) break;
    // No beacons either: there is no point in keeping the client waiting to the end.
    if (!master_head_()) break;
  }
  return unavailable(last);
}

Result<proto::Message> Forwarder::ask_once(net::Requester& requester, const Job& job) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(job.deadline - Clock::now());
  const Result<proto::Frames> frames =
      requester.request(proto::encode(job.request, 1), left, [this] { return master_head_().has_value(); });
  if (frames) {
    Result<proto::Decoded> decoded = proto::decode(*frames);
    if (!decoded) return decoded.status();
    return std::move(decoded->message);
  }
  if (frames.status().code == Code::shutting_down) return unavailable(frames.status());
  return Status::error(Code::master_unavailable, "the master at " + config_.master +
                                                     ", which has this cursor, did not answer in time; run the SELECT "
                                                     "anew once it is back");
}

std::optional<Sequence> Forwarder::ask_for_head(net::Requester& requester, std::chrono::milliseconds wait) {
  const Result<proto::Frames> frames = requester.request(proto::encode(proto::StatusRequest{}, 1), wait);
  if (!frames) return std::nullopt;
  const Result<proto::Decoded> decoded = proto::decode(*frames);
  const auto* reply = decoded ? std::get_if<proto::StatusReply>(&decoded->message) : nullptr;
  if (reply == nullptr || reply->self.state == "Starting") return std::nullopt;
  return reply->self.position;
}

// The request itself may be on its way still, on another socket: then the master does not know it yet.
Result<proto::Message> Forwarder::ask_to_cancel(net::Requester& requester, Job& job) {
  while (true) {
    Result<proto::Message> answer = ask(requester, job);
    const auto* error = answer ? std::get_if<proto::ErrorReply>(&*answer) : nullptr;
    const bool unknown = error != nullptr && error->status.code == Code::request_not_found;
    if (unknown && job.stopped_here) return proto::Message(proto::CancelReply{true});
    if (!unknown || !under_way_.under_way(std::get<proto::CancelRequest>(job.request).key)) return answer;
    if (Clock::now() + 20ms >= job.deadline || queue_.closed()) return answer;
    (void)queue_.wait_until_closed(20ms);
  }
}

Result<proto::Message> Forwarder::carry_out(net::Requester& requester, Job& job) {
  if (std::holds_alternative<proto::QueryRequest>(job.request)) return ask(requester, job);
  if (std::holds_alternative<proto::CancelRequest>(job.request)) return ask_to_cancel(requester, job);
  return ask_once(requester, job);
}

void Forwarder::forward(net::Requester& requester, Job job) {
  if (!job.caller.begin()) return;  // it has been answered: its time was over
  const auto* query = std::get_if<proto::QueryRequest>(&job.request);
  if (query != nullptr && !under_way_.make_unstoppable(query->key)) {
    front_.fail(job.caller, Status::error(Code::cancelled, "the request was cancelled before it went to the master"));
    return;
  }
  if (Clock::now() >= job.deadline) {
    front_.fail(job.caller, query != nullptr && has_copies(*query, job.writes) ? copy_too_late() : too_late());
    return;
  }
  job.caller.set(proto::RequestState::forwarded);
  Result<proto::Message> answer = carry_out(requester, job);
  if (!answer) {
    front_.fail(job.caller, answer.status());
    return;
  }
  if (auto* result = std::get_if<proto::QueryResult>(&*answer)) {
    if (result->wrote) ++counters_.writes;
    for (proto::StatementResult& statement : result->results)
      if (statement.cursor != 0) statement.cursor += kForwardedCursors;
    result->node = config_.name;
    result->node_position = board_.position().sequence;
    result->elapsed_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - job.arrived).count());
  }
  front_.reply(job.caller, std::move(*answer));
}

}  // namespace sqlcast::slave
