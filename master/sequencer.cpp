#include "master/sequencer.h"

#include <algorithm>
#include <array>
#include <random>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "master/freeze.h"
#include "master/overdue.h"
#include "node/recovery.h"
#include "storage/catalog.h"
#include "storage/errors.h"

namespace sqlcast::master {
namespace {

using Clock = WriteRequest::Clock;
using namespace std::chrono_literals;
using CancelAnswer = node::RequestsUnderWay::Answer;

// Read anew at each start: slaves who are not further behind than that are known at once to have this log's entries.
constexpr Sequence kNewest = 1'000;

Status id_reused(const RequestKey& key) {
  return Status::error(Code::request_id_reused, "request " + std::to_string(key.request_id) + " of client '" +
                                                    key.client_id +
                                                    "' was another request before; give each request an id of its own");
}

}  // namespace

Sequencer::Sequencer(const config::NodeConfig& config, storage::Database& database, node::NodeLog& log,
                     node::Front& front, node::PositionBoard& board, node::Counters& counters, node::Rate& rate,
                     node::SchemaHolder& schema, Hooks hooks)
    : config_(config),
      database_(database),
      log_(log),
      front_(front),
      board_(board),
      counters_(counters),
      rate_(rate),
      schema_(schema),
      hooks_(std::move(hooks)),
      queue_(config.limits.request_queue),
      failed_(config.limits.retry_window),
      connection_(database,
                  [this](const std::string& what) {
                    if (!what.empty() && connection_.defining()) hooks_.make_way();
                  }),
      window_(config.limits.retry_window),
      memory_(window_, log, config.limits.retry_window),
      rand_state_(std::random_device()()) {}

Sequencer::~Sequencer() { stop(); }

// ---- other threads ---------------------------------------------------------------------------------------------

void Sequencer::submit(WriteRequest request) {
  const RequestKey key = request.stop_key;
  under_way_.enter(key);
  if (queue_.try_push(std::move(request))) return;
  under_way_.remove_copy(key);
  Status status =
      queue_.closed()
          ? Status::error(Code::shutting_down, "the master is stopping; nothing was changed; try again in a moment")
          : Status::error(Code::busy, "the master's queue is full; try again, or send fewer at once");
  status.retry_after_ms = 20;
  front_.fail(request.caller, std::move(status));  // NOLINT(bugprone-use-after-move): a full queue takes nothing
}

bool Sequencer::knows(const RequestKey& key) const {
  // In this order: what ends meanwhile is in one of the others before it leaves.
  return under_way_.under_way(key) || window_.executed(key) || failed_.find(key);
}

std::optional<bool> Sequencer::cancel(const RequestKey& key) {
  switch (under_way_.cancel(key, [&] { return window_.executed(key); })) {
    case CancelAnswer::unknown: return std::nullopt;
    case CancelAnswer::too_late: return false;
    case CancelAnswer::stopping_queued: return true;
    case CancelAnswer::stopping_running:
      // Others of the group, or of the next one, are hit with it: they are run again.
      if (const Status status = connection_.id() == 0 ? ok_status() : database_.end_connection(connection_.id());
          !status.ok())
        logging::warn("a running write could not be interrupted: {}", status.message);
      return true;
  }
  return std::nullopt;
}

std::string Sequencer::failure() const {
  const MutexLock lock(failure_mutex_);
  return failure_;
}

// ---- start and stop --------------------------------------------------------------------------------------------

Status Sequencer::connect() {
  if (Status status = connection_.open(true); !status.ok()) return status;
  node::ConnectionHead database(connection_);
  Status status = node::reconcile(log_, database, head_.hash);
  if (status.ok()) status = take_in();
  if (!status.ok()) {
    connection_.close();  // nothing is written on it
    return status;
  }
  board_.begin(log_.cluster());
  return reload_schema();
}

// What the log has after our head: at start what the retry memory lacks, and its newest part; later what was committed
// although nobody heard of it, as when the connection was lost behind a definition's last step.
Status Sequencer::take_in() {
  const Position end = log_.end();
  Sequence after = head_.sequence;
  Sequence remembered = after;
  if (!log_read_) {
    remembered = memory_.load(end);
    after = std::min(remembered, std::max(log_.start().sequence, end.sequence - std::min(end.sequence, kNewest)));
  } else {
    const Result<bool> has = log_.has(head_);
    if (!has) return has.status();
    if (!*has)
      return Status::error(Code::diverged, "the log has no entry " + std::to_string(head_.sequence) +
                                               " as it was acknowledged: it was exchanged. Restart the master to look "
                                               "at it anew");
  }
  log::LogReader reader = log_.reader();
  if (const Result<Position> from = reader.seek_entry(after, end); !from) return from.status();
  while (true) {
    const Result<std::optional<proto::Group>> next = reader.next(end);
    if (!next) return next.status();
    if (!*next) break;
    const proto::Group& group = **next;
    const Result<std::vector<proto::Entry>> entries = proto::decode_entries(group.body);
    if (!entries) return entries.status();
    if (log_read_) {
      move_head_to(group, *entries);
      log_.when_durable([this, group] { announce(group, {}); });
    } else {
      note(group, *entries);
      if (group.last > remembered) remember(group, *entries);
    }
  }
  if (!log_read_) {
    head_ = end;
    head_.epoch = std::max<Epoch>(head_.epoch, 1);
    board_.post(head_);
  }
  log_read_ = true;
  return ok_status();
}

Status Sequencer::start() {
  if (head_.hash == Hash{} && !log_.begun()) {
    // The chain begins at a hash that no other cluster has, at each try the same: a first file may be there.
    std::random_device source;
    head_.hash =
        proto::genesis_hash(std::to_string(source()) + std::to_string(source()) + std::to_string(unix_microseconds()));
  }
  if (Status status = connect(); !status.ok()) return status;
  memory_.start();
  thread_ = start_thread("sequencer", [this] { run(); });
  return ok_status();
}

void Sequencer::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

// Why there is no connection to write on.
Status Sequencer::unavailable() const {
  if (std::string why = failure(); !why.empty())
    return Status::error(Code::diverged, "this master has stopped writing: " + why);
  return Status::error(Code::database_unavailable,
                       "the master's database is down and being started again; nothing was changed; try again");
}

Status Sequencer::stopping() {
  return Status::error(Code::shutting_down, "the master is stopping; try again in a moment");
}

void Sequencer::stop_writing(const Status& why) {
  logging::error("this master stops writing: {}", why.message);
  const MutexLock lock(failure_mutex_);
  failure_ = why.message;
}

// ---- the thread ------------------------------------------------------------------------------------------------

void Sequencer::run() {
  while (true) {
    Batch batch = take_batch();
    if (queue_.closed()) {
      for (WriteRequest& request : batch)
        answer_with_error(request,
                          Status::error(Code::shutting_down, "the master is stopping; nothing was changed; try again"));
      if (batch.empty() && waiting_.empty() && queue_.size() == 0) return;
      continue;
    }
    if (!batch.empty()) {
      process(std::move(batch));
    } else if (!connection_.usable() && !hopeless_) {
      (void)ensure_connected(Clock::now());  // reads wait for what the database has lost
    }
  }
}

// At most so many bytes it adds to a group's body, unless it is executed by rows.
std::uint64_t Sequencer::largest_entry(const WriteRequest& request) {
  std::uint64_t bytes = proto::kEntryBytes + request.key().client_id.size() + request.request.database.size() +
                        node::name_of(request.caller.who).size();
  for (const std::string& text : request.plan.texts) bytes += proto::kStatementBytes + text.size();
  return bytes;
}

Sequencer::Batch Sequencer::take_batch() {
  Batch batch;
  std::uint64_t bytes = 0;
  if (waiting_.empty()) {
    std::optional<WriteRequest> first = queue_.pop(500ms);
    if (!first) return batch;
    waiting_.push_back(std::move(*first));
    delay_group();
  }
  while (batch.size() < config_.limits.group_entries && bytes < config_.limits.group_bytes) {
    if (waiting_.empty()) {
      std::optional<WriteRequest> next = queue_.try_pop();
      if (!next) break;
      waiting_.push_back(std::move(*next));
    }
    WriteRequest& next = waiting_.front();
    // DDL is a barrier; the same request twice must see its own first outcome.
    const bool is_ddl = next.plan.kind == node::RequestPlan::Kind::ddl;
    const bool is_twin = next.retryable() && std::any_of(batch.begin(), batch.end(), [&](const WriteRequest& other) {
                           return other.retryable() && other.key() == next.key();
                         });
    const std::uint64_t size = largest_entry(next);
    // A group has to fit into a message: over the limit only when it is one request.
    const bool too_much = bytes + size > config_.limits.group_bytes;
    const bool alone = is_ddl || next.plan.has_rows();
    if (!batch.empty() && (alone || is_twin || too_much)) break;
    bytes += size;
    batch.push_back(std::move(next));
    waiting_.pop_front();
    if (alone) break;
  }
  return batch;
}

// The group-commit delay. Clients that wait for replies ask again together, a moment after a group has been answered. A
// group that began with the few who came in between would leave them out, and so would each one after it: twice the
// commits. So it waits for as many as have been answered, for half the time that the last group took; never for one
// client alone, and not again for a while when it was in vain.
void Sequencer::delay_group() {
  constexpr auto kLongest = 2ms;
  constexpr unsigned kGroupsWithoutDelay = 16;
  const std::size_t expected = std::exchange(expected_requests_, 0);
  if (expected <= 1) return;
  if (groups_without_delay_ > 0) {
    --groups_without_delay_;
    return;
  }
  const auto left = answered_at_ + std::min<Clock::duration>(last_group_took_ / 2, kLongest) - Clock::now();
  if (left <= Clock::duration::zero() || queue_.size() + 1 >= expected) return;
  queue_.wait_for(expected - 1, std::chrono::duration_cast<std::chrono::microseconds>(left));
  if ((queue_.size() + 1) * 2 < expected) groups_without_delay_ = kGroupsWithoutDelay;
}

void Sequencer::process(Batch batch) {
  std::erase_if(batch, [this](WriteRequest& request) { return answer_without_running(request); });
  if (batch.empty()) return;
  if (!connect_for(batch)) return;
  // A schema that changed since the verdict was given makes another verdict.
  std::erase_if(batch, [this](WriteRequest& request) { return !replan(request); });
  std::erase_if(batch, [this](WriteRequest& request) {
    if (request.caller.begin()) return false;
    answer_with_error(request, too_late_status());
    return true;
  });
  if (batch.empty()) return;
  for (const WriteRequest& request : batch) under_way_.begin_execution(request.stop_key);
  if (batch.front().plan.kind == node::RequestPlan::Kind::ddl) {
    run_ddl(std::move(batch.front()));
  } else {
    commit_group(std::move(batch));
  }
}

// True when the request has had its answer.
bool Sequencer::answer_without_running(WriteRequest& request) {
  if (!failure().empty()) {
    answer_with_error(request, unavailable());
    return true;
  }
  if (cut_short_) {
    answer_with_error(request, stopping());
    return true;
  }
  if (request.retryable() && answer_from_memory(request)) return true;
  if (request.refusal) {
    answer_with_error(request, std::move(request.refusal->status), request.refusal->statement);
    return true;
  }
  if (under_way_.cancelled(request.stop_key)) {
    answer_with_error(request, node::cancelled_status());
    return true;
  }
  if (const std::string doubt = hooks_.doubt(); !doubt.empty()) {
    answer_with_error(request, Status::error(Code::read_only, doubt));
    return true;
  }
  // Definitions pass: one of them may make room.
  const bool definition =
      request.plan.kind == node::RequestPlan::Kind::ddl && request.plan.verdicts.front().created == nullptr;
  if (Status room = hooks_.room(); !room.ok() && !definition) {
    answer_with_error(request, std::move(room));
    return true;
  }
  if (Clock::now() >= request.deadline) {
    answer_with_error(request, too_late_status());
    return true;
  }
  return false;
}

// True when it was told to have failed: for good, or another copy of it, while this one waited.
bool Sequencer::answer_with_failure(WriteRequest& request) {
  std::optional<Failure> failure = failed_.find(request.key());
  if (failure && failure->digest != request.digest) {
    answer_with_error(request, id_reused(request.key()));
    return true;
  }
  if (!failure) failure = under_way_.failure(request.key());
  if (!failure || failure->digest != request.digest) return false;
  answer_with_error(request, std::move(failure->status), failure->statement);
  return true;
}

// True when it has been executed, or has failed for good, or cannot be known not to have been executed.
bool Sequencer::answer_from_memory(WriteRequest& request) {
  const RetryWindow::Outcome* outcome = window_.find(request.key());
  if (outcome != nullptr && outcome->digest != request.digest) {
    answer_with_error(request, id_reused(request.key()));
    return true;
  }
  if (answer_with_failure(request)) return true;
  if (outcome != nullptr && is_over(request, *outcome)) {
    if (request.caller.begin()) {
      replay(request, *outcome);
    } else {
      answer_with_error(request, too_late_status());
    }
    return true;
  }
  std::optional<Sequence>& since = request.request.sent_since;
  if (window_.none_forgotten(request.key(), since, head_.sequence)) return false;
  std::string why = "it cannot be known whether this request has been executed already, so it was not executed now: ";
  if (!since) {
    why +=
        "it does not say since when it has been under way. Look for it in the log. If it is not there, send it under "
        "a new request id, with `sent_since`: the position that a node's status tells before it is first sent";
  } else if (*since > head_.sequence) {
    why += "its client knew of entry " + std::to_string(*since) + ", and the log ends at entry " +
           std::to_string(head_.sequence) + ": it knew another log. Ask for the status of a node, and begin anew";
  } else {
    why +=
        "it was first sent when the log ended at entry " + std::to_string(*since) +
        ", further back than the master remembers. Look for it in the log after that entry; if it is not there, send "
        "it under a new request id";
  }
  if (!since || *since > head_.sequence) since = 0;  // where to look from
  answer_with_error(request, Status::error(Code::outcome_unknown, std::move(why)));
  return true;
}

void Sequencer::replay(WriteRequest& request, const RetryWindow::Outcome& outcome) {
  ++counters_.replayed;
  Committed committed(request);
  proto::QueryResult& result = committed.result;
  // One result a statement; the log has none of the reads, and their rows are not given again.
  auto effect = outcome.effects.begin();
  for (const sql::Verdict& verdict : request.plan.verdicts) {
    proto::StatementResult& statement = result.results.emplace_back();
    if (verdict.statement_class == sql::Class::read || effect == outcome.effects.end()) continue;
    statement.affected_rows = effect->affected_rows == proto::kRowsNotKnown ? 0 : effect->affected_rows;
    statement.insert_id = effect->insert_id;
    ++effect;
  }
  result.wrote = true;
  result.replayed = true;
  result.epoch = outcome.epoch;
  result.sequence = outcome.sequence;
  result.node = config_.name;
  result.node_position = head_.sequence;
  under_way_.leave(request.key());
  answer_when_durable(std::move(committed));
}

// False when the request had to be refused.
bool Sequencer::replan(WriteRequest& request) {
  const std::shared_ptr<const sql::Schema> schema = schema_.get();
  if (request.schema_version == schema->version || request.made) return true;
  node::RequestPlan plan;
  node::PlanRules rules = node::plan_rules(config_.limits);
  rules.schema = schema.get();
  rules.freeze = [this](std::string_view function, std::string_view arguments) {
    return freeze_value(function, arguments, database_.version());
  };
  if (std::optional<node::PlanRefusal> refusal = node::plan_request(request.request, rules, plan)) {
    answer_with_error(request, std::move(refusal->status), refusal->statement);
    return false;
  }
  request.plan = std::move(plan);
  request.schema_version = schema->version;
  return true;
}

// False when nobody is left: each request waits until its own time is over.
bool Sequencer::connect_for(Batch& batch) {
  const Sequence known = head_.sequence;
  while (!batch.empty()) {
    const auto earlier = [](const WriteRequest& a, const WriteRequest& b) { return a.deadline < b.deadline; };
    if (ensure_connected(std::min_element(batch.begin(), batch.end(), earlier)->deadline)) {
      // The log may have had what is here in another copy.
      if (head_.sequence != known)
        std::erase_if(batch,
                      [this](WriteRequest& request) { return request.retryable() && answer_from_memory(request); });
      return !batch.empty();
    }
    const bool for_all = queue_.closed() || !failure().empty();
    std::erase_if(batch, [&](WriteRequest& request) {
      if (!for_all && Clock::now() < request.deadline) return false;
      answer_with_error(request, unavailable());
      return true;
    });
  }
  return false;
}

bool Sequencer::ensure_connected(Clock::time_point deadline) {
  if (connection_.usable()) return true;
  BackOff back_off(20ms, 1000ms);
  while (!queue_.closed()) {
    Status status = connect();
    if (status.ok()) return true;
    hopeless_ = status.code == Code::diverged;
    if (hopeless_) stop_writing(status);
    if (Clock::now() >= deadline || status.code == Code::diverged) return false;
    if (storage::lacks_rights(status)) restore_accounts();
    (void)queue_.wait_until_closed(back_off.next());
  }
  return false;
}

// Somebody has taken away what this node made for itself.
void Sequencer::restore_accounts() {
  if (const Status status = database_.restore_accounts(); !status.ok())
    logging::warn("the accounts could not be restored: {}", status.message);
  connection_.give_up_writer();
}

void Sequencer::answer_with_error(WriteRequest& request, Status status, std::optional<std::uint32_t> statement) {
  if (storage::is_disk_full(status)) {
    hooks_.no_room(status.message);
    status = Status::error(Code::disk_full, "the master's database has no room: " + status.message +
                                                "; nothing was changed; try again when there is some");
  }
  // Should it have run, now or when it was first sent, it is in the log after this.
  const Sequence since = std::min(request.request.sent_since.value_or(head_.sequence), head_.sequence);
  constexpr std::array kNothingDone{Code::timeout, Code::disk_full, Code::internal};
  const bool nothing_done = std::find(kNothingDone.begin(), kNothingDone.end(), status.code) != kNothingDone.end();
  if (nothing_done && request.retryable() && hooks_.has_other_copy(request.key(), request.caller))
    status = other_copy_status(since);
  // What the database or the rules said is the outcome, of copies that wait as well; and when that cannot pass, of
  // copies that are still to come.
  constexpr std::array kOutcomes{Code::sql_error, Code::expectation_failed, Code::refused, Code::too_large};
  std::optional<Failure> outcome;
  if (std::find(kOutcomes.begin(), kOutcomes.end(), status.code) != kOutcomes.end())
    outcome = Failure{request.digest, status, statement};
  if (request.retryable() && FailedRequests::is_final(status))
    failed_.add(request.key(), {request.digest, status, statement});
  under_way_.leave(request.stop_key, std::move(outcome));
  proto::ErrorReply error;
  if (status.code == Code::outcome_unknown) error.sequence = since;
  error.status = std::move(status);
  error.statement = statement;
  const auto send = [this, caller = request.caller, error] { front_.fail(caller, proto::ErrorReply(error)); };
  // What the database says can rest on what is not durable yet, as a duplicate key does on another's row.
  if (error.status.code == Code::sql_error || error.status.code == Code::expectation_failed) {
    log_.when_settled(send);
  } else {
    send();
  }
}

void Sequencer::answer_all_with_error(Batch& batch, const Status& status) {
  for (WriteRequest& request : batch) answer_with_error(request, status);
  batch.clear();
}

}  // namespace sqlcast::master
