#include "slave/applier.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/logging.h"
#include "base/thread.h"
#include "node/ddl.h"
#include "slave/replicator.h"
#include "sql/policy.h"
#include "storage/catalog.h"
#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/log.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatchEntries = 2'000;
constexpr std::uint64_t kBatchBytes = 4U << 20U;

// In the node's conditions.
constexpr const char* kAttempts = "applier";
constexpr const char* kConnection = "applier's connection";

bool comes_after(const proto::Group& group, const Position& end) {
  return group.first == end.sequence + 1 && group.epoch >= end.epoch &&
         (end.sequence == 0 || group.previous_hash == end.hash);
}

bool is_ddl(const proto::Group& group) { return group.state != proto::GroupState::committed; }

// What a replay needs of a verdict. The rules have been kept on the master, where the schema is known; here they would
// refuse what they cannot prove, so that what remains is the statement's form.
sql::Verdict form_of(const proto::Statement& statement, const std::string& database) {
  sql::Judgement judgement;
  judgement.default_database = database;
  judgement.limits = sql::kWidestLimits;  // the master kept its own
  sql::Verdict verdict = sql::judge(statement.sql, judgement);
  if (verdict.statement_class == sql::Class::refused) {
    verdict = sql::classify(statement.sql, database, sql::kWidestLimits);
    if (verdict.insert) verdict.insert->plain = false;  // its offsets are not known
  }
  if (!verdict.insert) return verdict;
  // An insert of one tuple that generated the id that the master imposed generates just that one. Of several tuples
  // some may have had values of their own, which the text alone does not tell.
  const bool generated =
      verdict.insert->tuples == 1 && statement.insert_id && statement.effect.insert_id == *statement.insert_id;
  verdict.insert->auto_increment = generated              ? sql::AutoIncrementUse::generated
                                   : !statement.insert_id ? sql::AutoIncrementUse::absent
                                                          : sql::AutoIncrementUse::unknown;
  return verdict;
}

storage::Job job_of(const proto::Entry& entry) {
  storage::Job job;
  job.replay = true;
  job.database = entry.database;
  job.context = entry.context;
  for (const proto::Statement& statement : entry.statements) {
    storage::JobStatement one;
    one.sql = statement.sql;
    one.place = job.statements.size();
    one.insert_id = statement.insert_id;
    sql::Verdict form = form_of(statement, entry.database);
    one.insert = std::move(form.insert);
    one.uses_last_insert_id = form.uses_last_insert_id;
    job.statements.push_back(std::move(one));
  }
  return job;
}

std::string shortened(const std::string& sql) {
  constexpr std::size_t kShown = 400;
  return sql.size() <= kShown ? sql : sql.substr(0, kShown) + " …";
}

std::string effect_text(const proto::Effect& effect) {
  return std::to_string(effect.affected_rows) + " rows affected, insert id " + std::to_string(effect.insert_id);
}

bool is_same(const proto::Effect& expected, const proto::Effect& found) {
  return expected.insert_id == found.insert_id &&
         (expected.affected_rows == found.affected_rows || expected.affected_rows == proto::kRowsNotKnown);
}

}  // namespace

Applier::Applier(storage::Database& database, node::Counters& counters, node::Rate& rate, node::Conditions& conditions,
                 Hooks hooks)
    : database_(database),
      counters_(counters),
      rate_(rate),
      conditions_(conditions),
      hooks_(std::move(hooks)),
      queue_(Replicator::kMaxQueuedGroups),
      back_off_(20ms, 5000ms) {}

Applier::~Applier() { stop(); }

Result<Position> Applier::open() {
  if (Status status = try_connect(); !status.ok()) return status;
  taken_ = position_.sequence;
  const Result<std::optional<Hash>> cluster = storage::read_cluster(*administrator_);
  if (!cluster) return cluster.status();
  cluster_ = *cluster;
  return position_;
}

void Applier::start() {
  thread_ = start_thread("applier", [this] { run(); });
}

void Applier::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Applier::fail(const std::string& why) {
  failed_ = true;
  logging::error("replication stops here, at entry {}: {}", position_.sequence, why);
  hooks_.failed(why);
}

Status Applier::try_connect() {
  executor_.reset();
  writer_.reset();
  administrator_.reset();
  conditions_.clear(kConnection);  // what those waited for went with them
  Result<std::unique_ptr<storage::Connection>> administrator = database_.open_administrator();
  if (!administrator) return administrator.status();
  Result<std::unique_ptr<storage::Connection>> writer = database_.open_writer();
  if (!writer) return writer.status();
  administrator_ = std::move(*administrator);
  writer_ = std::move(*writer);
  executor_ = std::make_unique<storage::Executor>(*writer_, storage::ExecutorLimits{});
  for (const storage::Connection* connection : {administrator_.get(), writer_.get()})
    connection->line()->when_waiting([this](const std::string& what) { connection_waits(what); });
  defining_ = true;
  const Result<std::optional<proto::Group>> resumed = node::resume_ddl({*writer_, *administrator_});
  defining_ = false;
  if (!resumed) return resumed.status();
  const Result<Position> position = storage::read_position(*administrator_);
  if (!position) return position.status();
  position_ = *position;
  ++counters_.definitions;  // what was resumed, or came with another database
  return ok_status();
}

// False when the node is stopping.
bool Applier::connect() {
  while (!queue_.closed()) {
    const Status status = try_connect();
    if (status.ok() && position_.sequence > taken_) {
      fail("the log of this node's database ends at entry " + std::to_string(position_.sequence) +
           ", and this node has been given no more than " + std::to_string(taken_) +
           ": its data was exchanged; restart the node");
      return false;
    }
    if (status.ok()) {
      hooks_.applied(position_);
      return true;
    }
    if (status.code == Code::diverged) {
      fail(status.message);
      return false;
    }
    wait_until_it_passes(status);
  }
  return false;
}

// Before another attempt.
void Applier::wait_until_it_passes(const Status& why) {
  const std::chrono::milliseconds wait = back_off_.next();
  logging::warn("entry {} is tried again in {} ms: {}", position_.sequence + 1, wait.count(), why.message);
  conditions_.post(kAttempts, storage::is_disk_full(why) ? node::Trouble::disk_full : node::Trouble::waiting,
                   "entry " + std::to_string(position_.sequence + 1) +
                       " cannot be applied now and is tried again and again: " + why.message);
  if (storage::lacks_rights(why)) {
    if (const Status status = database_.restore_accounts(); !status.ok())
      logging::warn("the accounts could not be restored: {}", status.message);
    writer_.reset();
  }
  (void)queue_.wait_until_closed(wait);
}

// False when the node is stopping.
bool Applier::wait_for_room() {
  while (hooks_.disk_full())
    if (queue_.wait_until_closed(100ms)) return false;
  return true;
}

void Applier::nothing_in_the_way() {
  back_off_.reset();
  conditions_.clear(kAttempts);
}

// On the thread of who looks after connections.
void Applier::connection_waits(const std::string& what) {
  if (what.empty()) {
    conditions_.clear(kConnection);
    return;
  }
  conditions_.post(kConnection, node::Trouble::waiting, "the next entry waits in the database, which says: " + what);
  if (defining_) hooks_.make_way();
}

void Applier::run() {
  while (true) {
    std::vector<Decoded> batch = take_batch();
    if (queue_.closed()) return;  // what is queued is still in the master's log
    if (!batch.empty() && !failed_ && !wait_for_room()) return;
    if (!batch.empty() && !failed_) {
      apply(std::move(batch));
      nothing_in_the_way();  // the log may have had it already
    }
  }
}

// Groups for one transaction: DDL alone, otherwise as many as have arrived, within bounds.
std::vector<Applier::Decoded> Applier::take_batch() {
  std::vector<Decoded> batch;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  while (entries < kBatchEntries && bytes < kBatchBytes) {
    if (!next_) {
      std::optional<proto::Group> group = batch.empty() ? queue_.pop(500ms) : queue_.try_pop();
      if (!group) return batch;
      Result<std::vector<proto::Entry>> decoded = proto::decode_entries(group->body);
      if (!decoded) {
        fail("the group that ends at entry " + std::to_string(group->last) +
             " cannot be decoded: " + decoded.status().message);
        return {};
      }
      taken_ = group->last;
      next_ = Decoded{std::move(*group), std::move(*decoded)};
    }
    if (!batch.empty() && (is_ddl(next_->group) || is_ddl(batch.back().group))) return batch;
    entries += next_->entries.size();
    bytes += next_->group.body.size();
    batch.push_back(std::move(*next_));
    next_.reset();
  }
  return batch;
}

void Applier::apply(std::vector<Decoded> batch) {
  if (is_ddl(batch.front().group)) {
    apply_ddl(batch.front());
  } else {
    apply_transaction(batch);
  }
}

void Applier::apply_transaction(std::vector<Decoded>& batch) {
  std::size_t first = 0;
  std::size_t count = batch.size();
  while (first < batch.size()) {
    Status why;
    // After a lost connection the log says what has been committed.
    while (first < batch.size() && batch[first].group.last <= position_.sequence) ++first;
    if (first == batch.size()) return;
    count = std::min(count, batch.size() - first);
    const bool connected = writer_ && !writer_->lost() ? true : connect();
    if (!connected) return;
    if (batch[first].group.last <= position_.sequence) continue;
    if (!follows(batch[first].group)) return;
    count = chained(batch, first, count);
    switch (try_transaction(batch, first, count, why)) {
      case Attempt::applied: first += count; break;
      case Attempt::again:
        wait_until_it_passes(why);
        if (queue_.closed()) return;
        count = std::max<std::size_t>(count / 2, 1);  // there may be room for less
        break;
      case Attempt::failed:
        if (count == 1) {
          fail(why.message);
          return;
        }
        count = 1;  // one group at a time, up to the one that fails
    }
  }
}

// How many of these groups follow each other; what comes after a hole is not applied.
std::size_t Applier::chained(const std::vector<Decoded>& batch, std::size_t first, std::size_t count) const {
  std::size_t length = 1;
  for (; length < count; ++length) {
    const proto::Group& before = batch[first + length - 1].group;
    if (!comes_after(batch[first + length].group, {before.epoch, before.last, before.hash})) break;
  }
  return length;
}

// The replicator has seen that groups follow each other. It is seen here again, where they are applied: the database
// may have come back with other data, and a hole would never be noticed later.
bool Applier::follows(const proto::Group& group) {
  if (comes_after(group, position_)) return true;
  fail("entry " + std::to_string(group.first) +
       " does not follow the log of this node's database, which ends at entry " + std::to_string(position_.sequence) +
       ": its data was exchanged or put back; restart the node");
  return false;
}

Applier::Attempt Applier::try_transaction(const std::vector<Decoded>& batch, std::size_t first, std::size_t count,
                                          Status& why) {
  std::vector<storage::Job> jobs;
  std::vector<const proto::Entry*> entries;
  std::vector<proto::Group> groups;
  for (std::size_t i = first; i < first + count; ++i) {
    groups.push_back(batch[i].group);
    for (const proto::Entry& entry : batch[i].entries) {
      jobs.push_back(job_of(entry));
      entries.push_back(&entry);
    }
  }
  const auto roll_back = [this] {
    if (!writer_->lost() && !writer_->execute("ROLLBACK").ok()) writer_.reset();
  };
  const auto first_difference = [&](const std::vector<storage::JobOutcome>& found) {
    std::string text;
    for (std::size_t i = 0; i < jobs.size() && text.empty(); ++i) text = difference(*entries[i], found[i]);
    return text;
  };
  storage::Executor::Frame frame;
  frame.finish = [&](const std::vector<storage::JobOutcome>& expected) -> std::optional<std::string> {
    if (!first_difference(expected).empty()) return std::nullopt;
    return storage::commit_sql(groups);
  };
  frame.finish_statements = storage::kCommitStatements;
  frame.prologue = "SET ROLE " + std::string(storage::kClientRole) + ";START TRANSACTION;";
  frame.prologue_statements = 2;
  storage::Executor::Execution made = executor_->run(jobs, frame);
  why = made.status;
  if (!why.ok()) {
    roll_back();
    if (made.ended_by.empty() || !storage::means_other_data(why)) return Attempt::again;
    const std::size_t job = made.ended_by.front();
    why = Status::error(Code::diverged, difference(*entries[job], made.outcomes[job]));
    return Attempt::failed;
  }
  if (!made.finish) {
    // What comes after a statement that has to be tried again says nothing.
    for (const storage::JobOutcome& outcome : made.outcomes)
      if (storage::passes_by_itself(outcome.status)) {
        why = outcome.status;
        roll_back();
        return Attempt::again;
      }
    if (std::string text = first_difference(made.outcomes); !text.empty()) {
      why = Status::error(Code::diverged, std::move(text));
      roll_back();
      return Attempt::failed;
    }
    crash_point("batch_executed");
    made.finish = writer_->run_script(storage::commit_sql(groups), storage::kCommitStatements, nullptr);
  }
  why = std::move(made.finish->status);
  if (!why.ok()) {
    writer_.reset();  // connect() reads from the log whether it was committed
    return Attempt::again;
  }
  crash_point("batch_committed");
  applied(groups.back(), entries.size());
  return Attempt::applied;
}

std::string Applier::difference(const proto::Entry& entry, const storage::JobOutcome& outcome) const {
  const auto at = [&](std::size_t statement) {
    return "entry " + std::to_string(entry.sequence) + ", statement " + std::to_string(statement + 1) + " of " +
           std::to_string(entry.statements.size()) + " (" + shortened(entry.statements[statement].sql) + "): ";
  };
  if (!outcome.status.ok())
    return at(outcome.failed_statement.value_or(0)) + "expected " +
           effect_text(entry.statements[outcome.failed_statement.value_or(0)].effect) + ", found error " +
           std::to_string(outcome.status.database_errno) + ": " + outcome.status.message;
  for (std::size_t i = 0; i < entry.statements.size(); ++i)
    if (!is_same(entry.statements[i].effect, outcome.statements[i].effect))
      return at(i) + "expected " + effect_text(entry.statements[i].effect) + ", found " +
             effect_text(outcome.statements[i].effect);
  return {};
}

void Applier::apply_ddl(Decoded& one) {
  while (!queue_.closed()) {
    if (!writer_ || writer_->lost() || !administrator_ || administrator_->lost()) {
      if (!connect()) return;
    }
    if (one.group.last <= position_.sequence) return;  // connect() has ended it
    if (!follows(one.group)) return;
    proto::Group group = one.group;
    group.state = proto::GroupState::ddl_pending;
    defining_ = true;
    const Status status = node::run_ddl({*writer_, *administrator_}, group, one.entries.front());
    defining_ = false;
    executor_->forget_imposed();
    ++counters_.definitions;
    if (status.ok()) {
      applied(group, one.entries.size());
      return;
    }
    if (storage::means_other_data(status)) {
      fail("entry " + std::to_string(one.entries.front().sequence) + " (" +
           shortened(one.entries.front().statements.front().sql) + "): expected success, found error " +
           std::to_string(status.database_errno) + ": " + status.message);
      return;
    }
    writer_.reset();  // connect() ends what was begun
    wait_until_it_passes(status);
  }
}

void Applier::applied(const proto::Group& group, std::uint64_t entries) {
  position_ = Position{group.epoch, group.last, group.hash};
  ++counters_.groups;
  rate_.add(entries);
  nothing_in_the_way();
  hooks_.applied(position_);
}

}  // namespace sqlcast::slave
