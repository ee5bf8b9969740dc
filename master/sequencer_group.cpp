// The sequencer's group: requests that arrived together, run and committed in one transaction.
#include <algorithm>
#include <array>
#include <random>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/logging.h"
#include "master/freeze.h"
#include "master/sequencer.h"
#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/log.h"
#include "storage/page.h"

namespace sqlcast::master {
namespace {

using Clock = WriteRequest::Clock;
using namespace std::chrono_literals;

// The time left, in steps, so that requests of one load share it and need no SET of their own; a step is less than
// a client waits beyond its own time for the node's word.
std::uint32_t coarse_timeout_ms(Clock::time_point deadline) {
  constexpr long kStep = 250;
  const long left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (left <= 1000) return static_cast<std::uint32_t>(std::max(left, 1L));
  return static_cast<std::uint32_t>(std::min((left + kStep - 1) / kStep * kStep, 1L << 30U));
}

Status translate(Status status) {
  if (storage::is_out_of_time(status))
    return Status::error(Code::timeout,
                         "the statement did not end within the request's time and was stopped; nothing was changed");
  return status;
}

// Until what a commit has come to is known, and in the log when it has committed.
class CommitWatch {
 public:
  explicit CommitWatch(node::NodeLog& log) : log_(log) {}
  ~CommitWatch() { log_.commit_ended(); }
  CommitWatch(const CommitWatch&) = delete;
  CommitWatch& operator=(const CommitWatch&) = delete;

 private:
  node::NodeLog& log_;
};

}  // namespace

void Sequencer::commit_group(Batch batch) {
  const Clock::time_point begun = Clock::now();
  constexpr int kMaxAttempts = 20;  // deadlocks and lost connections; each is rare
  constexpr int kTogether = 4;      // then it may be one of them that the database cannot bear
  BackOff back_off(5ms, 500ms);
  Status why;
  for (int attempt = 0; attempt < kMaxAttempts && !batch.empty(); ++attempt) {
    if (cut_short_) {  // by another one of those that go one by one
      answer_all_with_error(batch, stopping());
      return;
    }
    const bool by_rows =
        std::any_of(batch.begin(), batch.end(), [](const WriteRequest& request) { return request.plan.has_rows(); });
    if ((attempt == kTogether || by_rows) && batch.size() > 1) {
      commit_one_by_one(std::move(batch));
      return;
    }
    if (!connect_for(batch)) return;
    // Reconnecting may have found a schema that has moved on.
    std::erase_if(batch, [this](WriteRequest& request) { return !replan(request); });
    if (batch.empty()) return;
    switch (try_group(batch, why)) {
      case Attempt::committed: last_group_took_ = answered_at_ - begun; return;
      case Attempt::failed: return;
      case Attempt::again: break;
    }
    if (storage::lacks_rights(why)) restore_accounts();
    if (attempt > 0) (void)queue_.wait_until_closed(back_off.next());
    std::erase_if(batch, [&](WriteRequest& request) {
      if (Clock::now() < request.deadline) return false;
      answer_with_error(request,
                        Status::error(Code::timeout, "the database could not do it within the request's time (" +
                                                         why.message + "); nothing was changed"));
      return true;
    });
  }
  answer_all_with_error(batch, given_up(why));
}

void Sequencer::commit_one_by_one(Batch batch) {
  for (WriteRequest& request : batch) {
    Batch one;
    one.push_back(std::move(request));
    commit_group(std::move(one));
  }
}

// Of a request that was tried often enough.
Status Sequencer::given_up(const Status& why) const {
  if (storage::is_too_large(why))
    return Status::error(Code::too_large, "the master's database takes no statement of this size (" + why.message +
                                              "); nothing was changed. Send less at once, or raise its "
                                              "max_allowed_packet");
  return Status::error(Code::database_unavailable,
                       "the master's database could not do it (" + why.message + "); nothing was changed; try again");
}

Sequencer::Attempt Sequencer::try_group(Batch& batch, Status& why) {
  Trip trip;
  const CommitWatch watch(log_);
  const bool by_rows = batch.front().plan.has_rows();  // which is alone
  if (why = by_rows ? execute_rows(batch, trip) : execute(batch, trip); !why.ok()) {
    // The server may have gone on to the commit although we have not heard of it.
    if (trip.commit_sent && connection_.writer().lost()) return end_attempt(batch, trip, look_up_commit(trip.group));
    logging::warn("a group of {} requests is run again: {}", batch.size(), why.message);
    if (Status taken = take_back(trip); !taken.ok()) return end_attempt(batch, trip, taken);
    drop_hopeless(batch, trip);
    connection_.roll_back();
    return Attempt::again;
  }
  if (!trip.commit) {
    if (Status taken = take_back(trip); !taken.ok()) return end_attempt(batch, trip, taken);
    crash_point("group_executed");
    if (drop_cancelled(batch, trip.outcomes)) {
      why = Status::error(Code::cancelled, "a statement was interrupted");
      connection_.roll_back();
      return Attempt::again;
    }
    trip.entries = make_entries(batch, trip.outcomes);
    if (by_rows && !trip.entries.empty()) trip.entries.front().statements = std::move(trip.rows);
    if (trip.entries.empty()) {
      connection_.roll_back();
      (void)answer_batch(batch, trip.outcomes, {}, trip.entries);
      return Attempt::failed;
    }
    trip.group = make_group(trip.entries, proto::GroupState::committed);
    if (!fits_into_a_message(trip.group)) {
      connection_.executor().auto_increment().clear();
      connection_.roll_back();
      answer_all_with_error(batch, too_large_for_slaves(trip.group));
      return Attempt::failed;
    }
    log_.commit_begins();
    write_ahead(trip);
    trip.commit =
        connection_.writer().run_script(storage::commit_sql({trip.group}), storage::kCommitStatements, nullptr);
  }
  why = trip.commit->status;
  return end_attempt(batch, trip, commit_outcome(trip.group, *trip.commit));
}

Sequencer::Attempt Sequencer::end_attempt(Batch& batch, Trip& trip, Result<bool> committed) {
  const bool known = committed.ok() || committed.status().code != Code::outcome_unknown;
  if (known && !(committed && *committed))
    if (Status taken = take_back(trip); !taken.ok()) committed = taken;
  if (!committed) {
    answer_all_with_error(batch, committed.status());
    return Attempt::failed;
  }
  if (!*committed) return Attempt::again;
  crash_point("group_committed");
  move_head_to(trip.group, trip.entries);
  answered_at_ = Clock::now();
  expected_requests_ = queue_.size() + waiting_.size() + batch.size();
  (void)promise(trip.group, answer_batch(batch, trip.outcomes, trip.group, trip.entries));
  return Attempt::committed;
}

std::vector<proto::Entry> Sequencer::make_entries(const Batch& batch,
                                                  const std::vector<storage::JobOutcome>& outcomes) {
  std::vector<proto::Entry> entries;
  entries.reserve(batch.size());
  Sequence sequence = head_.sequence;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!outcomes[i].status.ok()) continue;
    proto::Entry entry;
    entry.sequence = ++sequence;
    entry.key = batch[i].key();
    entry.digest = batch[i].digest;
    entry.database = batch[i].request.database;
    entry.by = node::name_of(batch[i].caller.who);
    entry.context = context_for(batch[i]);
    for (std::size_t s = 0; s < batch[i].plan.texts.size(); ++s) {
      const sql::Verdict& verdict = batch[i].plan.verdicts[s];
      if (verdict.statement_class != sql::Class::write) continue;
      const storage::StatementOutcome& outcome = outcomes[i].statements[s];
      proto::Statement statement{batch[i].plan.texts[s], outcome.insert_id, outcome.effect};
      if (verdict.logged_end > 0) {
        statement.sql.resize(verdict.logged_end);
        if (!verdict.returns_each_affected) statement.effect.affected_rows = proto::kRowsNotKnown;
      }
      entry.statements.push_back(std::move(statement));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

proto::Context Sequencer::context_for(const WriteRequest& request) {
  proto::Context context;
  context.timestamp_us = group_timestamp_us_;
  const bool uses_rand = std::any_of(request.plan.verdicts.begin(), request.plan.verdicts.end(),
                                     [](const sql::Verdict& verdict) { return verdict.uses_rand; });
  if (uses_rand) {
    // Seeds that follow from the request's place, so that both passes over a request see the same.
    std::seed_seq mix{rand_state_, request.digest, group_timestamp_us_};
    std::array<std::uint32_t, 2> seeds{};
    mix.generate(seeds.begin(), seeds.end());
    constexpr std::uint32_t kMaxSeed = 0x3FFFFFFF;
    context.rand_seed1 = seeds[0] % kMaxSeed;
    context.rand_seed2 = seeds[1] % kMaxSeed;
  }
  return context;
}

// One time for the group.
void Sequencer::begin_time() {
  const ImposedTime::Step step = time_.next(unix_microseconds());
  if (step.back_us > 0)
    logging::warn("the time that statements are given goes back by {} ms: the clock was ahead of what it shows now",
                  step.back_us / 1000);
  group_timestamp_us_ = step.time_us;
}

Status Sequencer::execute(Batch& batch, Trip& trip) {
  begin_time();
  ++rand_state_;
  std::vector<storage::Job> jobs;
  jobs.reserve(batch.size());
  for (const WriteRequest& request : batch) {
    storage::Job job;
    job.database = request.request.database;
    job.context = context_for(request);
    job.timeout_ms = coarse_timeout_ms(request.deadline);
    job.warnings = request.request.warnings;
    job.max_columns = storage::kMaxColumns;
    std::size_t place = 0;
    for (std::size_t s = 0; s < request.plan.texts.size(); ++s) {
      const sql::Verdict& verdict = request.plan.verdicts[s];
      storage::JobStatement statement;
      statement.sql = request.plan.texts[s];
      statement.place = place;
      if (verdict.statement_class == sql::Class::write) ++place;
      statement.insert = verdict.insert;
      statement.moves_ids = verdict.moves_ids;
      statement.uses_last_insert_id = verdict.uses_last_insert_id;
      statement.returns_rows = verdict.returns_rows;
      statement.expect = request.request.statements[s].expect;
      job.statements.push_back(std::move(statement));
    }
    jobs.push_back(std::move(job));
  }
  storage::Executor::Frame frame;
  frame.prologue = "SET ROLE " + std::string(storage::kClientRole) + ";START TRANSACTION;";
  frame.prologue_statements = 2;
  frame.finish = [&](const std::vector<storage::JobOutcome>& outcomes) -> std::optional<std::string> {
    if (trip.ahead) return std::nullopt;  // it has failed as one statement: which of them shows first
    if (!begin_commit(batch)) return std::nullopt;
    trip.entries = make_entries(batch, outcomes);
    trip.group = make_group(trip.entries, proto::GroupState::committed);
    if (!fits_into_a_message(trip.group)) return std::nullopt;
    trip.commit_sent = true;
    log_.commit_begins();
    write_ahead(trip);
    return storage::commit_sql({trip.group});
  };
  frame.finish_statements = storage::kCommitStatements;
  storage::Executor::Execution made = connection_.executor().run(jobs, frame);
  trip.outcomes = std::move(made.outcomes);
  trip.commit = std::move(made.finish);
  trip.ended_by = std::move(made.ended_by);
  return made.status;
}

// Before a group is run again: a request that took the whole transaction with it must not do so again, unless it was
// interrupted, which may have been meant for another one; and a cancelled request is out.
void Sequencer::drop_hopeless(Batch& batch, Trip& trip) {
  std::vector<Status> why(batch.size());
  for (const std::size_t i : trip.ended_by)
    if (!storage::is_interrupted(trip.outcomes[i].status)) why[i] = translate(trip.outcomes[i].status);
  Batch kept;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (under_way_.cancelled(batch[i].stop_key)) why[i] = node::cancelled_status();
    if (why[i].ok()) {
      under_way_.begin_execution(batch[i].stop_key);
      kept.push_back(std::move(batch[i]));
    } else {
      answer_with_error(batch[i], std::move(why[i]), trip.outcomes[i].failed_statement);
    }
  }
  batch = std::move(kept);
}

// From here on nothing of the batch can be cancelled. False when something was before: the commit has to wait until it
// is taken out.
bool Sequencer::begin_commit(const Batch& batch) {
  bool all = true;
  for (const WriteRequest& request : batch) all = under_way_.make_unstoppable(request.stop_key) && all;
  return all;
}

// What requests and groups are held to before they run leaves room for more than the group's own bytes.
bool Sequencer::fits_into_a_message(const proto::Group& group) const {
  constexpr std::uint64_t kBeside = 1024;  // position, hashes and the like
  return group.body.size() + kBeside <= config_.limits.max_message_bytes;
}

Status Sequencer::too_large_for_slaves(const proto::Group& group) const {
  return Status::error(Code::too_large,
                       "what the log would have of the request, " + std::to_string(group.body.size()) +
                           " bytes, does not fit into a message to the slaves; nothing was changed. Send less at "
                           "once, or raise limits.max_message_bytes, now " +
                           std::to_string(config_.limits.max_message_bytes) + ", on every node");
}

// From here on the log's thread has the group synced, while the database executes or commits it. Not a large one: there
// the sync is little beside the rest, and the more there is to be taken back; nor just after one had to be.
void Sequencer::write_ahead(Trip& trip) {
  constexpr std::size_t kMostBytes = 256U << 10U;
  if (groups_not_ahead_ > 0) {
    --groups_not_ahead_;
    return;
  }
  if (trip.group.body.size() > kMostBytes) return;
  trip.ahead = log_.write_ahead(trip.group);
  if (trip.ahead) crash_point("group_begun");
}

// The group is not committed and never will be: when it was written ahead, nobody may hear so, and nothing of it be run
// again, before the log says it, durably. outcome_unknown: it cannot say it, and the node is stopping.
Status Sequencer::take_back(Trip& trip) {
  constexpr unsigned kGroupsNotAhead = 16;
  if (!std::exchange(trip.ahead, false)) return ok_status();
  crash_point("group_refused");
  groups_not_ahead_ = kGroupsNotAhead;
  const Status status = log_.take_back();
  if (status.ok()) return status;
  return cut_short(trip.group, "is taken back, which is not in the log", status);
}

// Takes out what was cancelled. True when the group must be run again without it, or because an innocent
// statement was hit.
bool Sequencer::drop_cancelled(Batch& batch, const std::vector<storage::JobOutcome>& outcomes) {
  bool again = false;
  std::vector<bool> drop(batch.size(), false);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    drop[i] = !under_way_.make_unstoppable(batch[i].stop_key);
    again = again || drop[i] || storage::is_interrupted(outcomes[i].status);
  }
  if (!again) return false;
  Batch kept;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (drop[i]) {
      answer_with_error(batch[i], node::cancelled_status());
    } else {
      under_way_.begin_execution(batch[i].stop_key);
      kept.push_back(std::move(batch[i]));
    }
  }
  batch = std::move(kept);
  return true;
}

proto::Group Sequencer::make_group(const std::vector<proto::Entry>& entries, proto::GroupState state) {
  proto::Group group;
  group.first = entries.front().sequence;
  group.last = entries.back().sequence;
  group.epoch = head_.epoch;
  group.state = state;
  group.previous_hash = head_.hash;
  group.body = proto::encode_entries(entries);
  group.hash = proto::chain_hash(head_.hash, group.epoch, group.first, group.last, group.body);
  group.commit_time_us = unix_microseconds();
  return group;
}

// What a commit has come to. True: durable. False: certainly not committed, to be run again. An error: refused by the
// database and rolled back, or unknown because the node is stopping.
Result<bool> Sequencer::commit_outcome(const proto::Group& group, const storage::Connection::ScriptResult& result) {
  if (result.status.ok()) return true;
  logging::warn("a commit was interrupted: {}", result.status.message);
  const bool before_commit = result.completed + 1 < storage::kCommitStatements && !connection_.writer().lost();
  if (before_commit && connection_.writer().execute("ROLLBACK").ok()) {
    connection_.executor().auto_increment().clear();
    // A KILL meant for a statement that had ended already, one request's time, a lock: not the fault of this group.
    const bool passes = storage::passes_by_itself(result.status) && !storage::is_disk_full(result.status);
    if (passes || storage::is_out_of_time(result.status)) return false;
    if (storage::is_disk_full(result.status)) return result.status;
    return Status::error(Code::internal,
                         "the log could not be written: " + result.status.message + "; the request was rolled back");
  }
  return look_up_commit(group);
}

Result<bool> Sequencer::look_up_commit(const proto::Group& group) {
  // The connection goes first, so that what it left open is rolled back.
  connection_.give_up_writer();
  BackOff back_off(20ms, 1000ms);
  while (!queue_.closed()) {
    const Result<std::optional<Hash>> hash = hash_in_log(group.last);
    if (hash) return hash->has_value() && **hash == group.hash;
    logging::warn("whether entry {} was committed is asked again: {}", group.last, hash.status().message);
    if (storage::lacks_rights(hash.status())) restore_accounts();
    (void)queue_.wait_until_closed(back_off.next());
  }
  return Status::error(Code::outcome_unknown,
                       "the master stopped while the request was committing; a copy under the same request id is "
                       "answered with the outcome; or look in the log after entry " +
                           std::to_string(group.first - 1));
}

// Once no connection of ours can be committing any more.
Result<std::optional<Hash>> Sequencer::hash_in_log(Sequence last) {
  Result<std::unique_ptr<storage::Connection>> connection = database_.open_administrator();
  if (!connection) return connection.status();
  // The old connection may still be at it: the lock it holds is what open_writer() waits for.
  const Result<std::unique_ptr<storage::Connection>> writer = database_.open_writer();
  if (!writer) return writer.status();
  return storage::read_hash(**connection, last);
}

void Sequencer::move_head_to(const proto::Group& group, const std::vector<proto::Entry>& entries) {
  head_ = Position{group.epoch, group.last, group.hash};
  note(group, entries);
  remember(group, entries);
  counters_.writes += entries.size();
  ++counters_.groups;
  rate_.add(entries.size());
}

// The group is committed, and is durable in the log already, or becomes so while the next one is executed: only then
// may anybody hear of it.
Status Sequencer::promise(const proto::Group& group, std::vector<Committed> answers) {
  using Sync = node::NodeLog::Sync;
  const auto shared = std::make_shared<std::vector<Committed>>(std::move(answers));
  Status status = log_.append(
      group, [this, group, shared] { announce(group, std::move(*shared)); },
      queue_.size() + waiting_.size() == 0 ? Sync::at_once : Sync::behind);
  if (status.ok()) {
    connection_.committed(group.last, log_.durable().sequence);
    return status;
  }
  return cut_short(group, "is committed and not in the log", status);
}

// What has become of the group shows at the next start: nobody is told now, nor of what comes behind it.
Status Sequencer::cut_short(const proto::Group& group, const char* what, const Status& why) {
  cut_short_ = true;
  if (why.code == Code::shutting_down) {
    logging::warn("entry {} {}: {}", group.last, what, why.message);
  } else {
    stop_writing(why);
  }
  return Status::error(Code::outcome_unknown,
                       "the node stopped while the log took the request's entry; a copy under the same request id is "
                       "answered with the outcome; or look in the log after entry " +
                           std::to_string(group.first - 1));
}

// On whichever thread has learned that the group is durable.
void Sequencer::announce(const proto::Group& group, std::vector<Committed> answers) {
  crash_point("group_durable");
  // Before the group is published: a slave's report of it is compared with this.
  board_.post({group.epoch, group.last, group.hash});
  if (!answers.empty()) hooks_.answer(std::move(answers));
  hooks_.publish(group);  // behind the replies: a client waits for those
}

void Sequencer::answer_when_durable(Committed answer) {
  const auto shared = std::make_shared<std::vector<Committed>>();
  shared->push_back(std::move(answer));
  log_.when_durable([this, shared] { hooks_.answer(std::move(*shared)); });
}

// Where the log is.
void Sequencer::note(const proto::Group& group, const std::vector<proto::Entry>& entries) {
  history_.add(group.last, group.hash);
  time_.continue_from(entries.back().context.timestamp_us);
}

void Sequencer::remember(const proto::Group& group, const std::vector<proto::Entry>& entries) {
  for (const proto::Entry& entry : entries)
    window_.add(entry, group.epoch, group.state != proto::GroupState::committed);
  window_.end_group({group.epoch, group.last, group.hash});
}

std::vector<Committed> Sequencer::answer_batch(Batch& batch, std::vector<storage::JobOutcome>& outcomes,
                                               const proto::Group& group, const std::vector<proto::Entry>& entries) {
  std::vector<Committed> answers;
  std::size_t entry = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    WriteRequest& request = batch[i];
    if (!outcomes[i].status.ok()) {
      answer_with_error(request, translate(std::move(outcomes[i].status)), outcomes[i].failed_statement);
      continue;
    }
    Committed committed(request);
    proto::QueryResult& result = committed.result;
    for (storage::StatementOutcome& outcome : outcomes[i].statements) {
      proto::StatementResult statement;
      statement.has_rows = outcome.has_rows;
      statement.columns = std::move(outcome.columns);
      statement.page = std::move(outcome.page);
      statement.warnings = std::move(outcome.warnings);
      statement.affected_rows = outcome.effect.affected_rows;
      statement.insert_id = outcome.effect.insert_id;
      result.results.push_back(std::move(statement));
    }
    result.wrote = true;
    result.epoch = group.epoch;
    result.sequence = entries[entry++].sequence;
    result.node = config_.name;
    result.node_position = group.last;
    result.elapsed_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - request.arrived).count());
    under_way_.leave(request.stop_key);
    answers.push_back(std::move(committed));
  }
  return answers;
}

}  // namespace sqlcast::master
