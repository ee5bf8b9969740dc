#include "slave/applier.h"

#include <algorithm>

#include "base/logging.h"
#include "base/thread.h"
#include "node/recovery.h"
#include "slave/replicator.h"
#include "storage/errors.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatchEntries = 2'000;
constexpr std::uint64_t kBatchBytes = 4U << 20U;

// In the node's conditions.
constexpr const char* kAttempts = "applier";
constexpr const char* kConnection = "applier's connection";

using node::comes_after;
using node::is_ddl;

}  // namespace

Applier::Applier(storage::Database& database, node::NodeLog& log, node::Counters& counters, node::Rate& rate,
                 node::Conditions& conditions, Hooks hooks)
    : database_(database),
      log_(log),
      counters_(counters),
      rate_(rate),
      conditions_(conditions),
      hooks_(std::move(hooks)),
      queue_(Replicator::kMaxQueuedGroups),
      connection_(database, [this](const std::string& what) { connection_waits(what); }),
      back_off_(20ms, 5000ms) {}

Applier::~Applier() { stop(); }

Result<Position> Applier::open() {
  if (Status status = try_connect(); !status.ok()) return status;
  taken_ = position_.sequence;
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
  connection_.close();
  conditions_.clear(kConnection);  // what those waited for went with them
  if (Status status = connection_.open(); !status.ok()) return status;
  ++counters_.definitions;  // what was resumed, or came with another database
  const auto replayed = [this](const Position&) { ++counters_.definitions; };
  if (Status status = node::reconcile(log_, connection_, std::nullopt, replayed); !status.ok()) {
    connection_.close();
    return status;
  }
  if (log_.begun()) position_ = log_.end();
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
      hopeless_ = true;
      return false;
    }
    if (status.ok()) {
      if (log_.begun()) log_.when_durable([this, position = position_] { hooks_.applied(position); });
      return true;
    }
    if (status.code == Code::diverged) {
      fail(status.message);
      hopeless_ = true;
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
    connection_.give_up_writer();
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
  if (connection_.defining()) hooks_.make_way();
}

void Applier::run() {
  while (true) {
    std::vector<Decoded> batch = take_batch();
    if (queue_.closed()) return;  // what is queued is still in the master's log
    // Reads wait for what the database has lost.
    if (batch.empty() && !hopeless_ && !connection_.usable() && connect()) nothing_in_the_way();
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
      const Sequence last = group->last;
      Result<Decoded> decoded = node::decode_group(std::move(*group));
      if (!decoded) {
        fail(decoded.status().message);
        return {};
      }
      taken_ = last;
      next_ = std::move(*decoded);
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
    // After a lost session the log says what has been committed.
    while (first < batch.size() && batch[first].group.last <= position_.sequence) ++first;
    if (first == batch.size()) return;
    count = std::min(count, batch.size() - first);
    if (!connection_.usable() && !connect()) return;
    if (batch[first].group.last <= position_.sequence) continue;
    if (!follows(batch[first].group)) return;
    count = chained(batch, first, count);
    const std::span<const Decoded> some(batch.data() + first, count);
    const node::Applied result = node::apply_groups(connection_, some);
    switch (result.outcome) {
      case node::Applied::Outcome::applied:
        if (!applied(some)) return;
        first += count;
        break;
      case node::Applied::Outcome::again:
        wait_until_it_passes(result.why);
        if (queue_.closed()) return;
        count = std::max<std::size_t>(count / 2, 1);  // there may be room for less
        break;
      case node::Applied::Outcome::differs:
        if (count == 1) {
          fail(result.why.message);
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

void Applier::apply_ddl(Decoded& one) {
  while (!queue_.closed()) {
    if (!connection_.usable() && !connect()) return;
    if (one.group.last <= position_.sequence) return;  // connect() has ended it
    if (!follows(one.group)) return;
    const node::Applied result = node::apply_definition(connection_, one);
    ++counters_.definitions;
    if (result.outcome == node::Applied::Outcome::applied) {
      applied({&one, 1});
      return;
    }
    if (result.outcome == node::Applied::Outcome::differs) {
      fail(result.why.message);
      return;
    }
    wait_until_it_passes(result.why);
  }
}

// Into this node's log, too; what that has on disk is told. False when the node is stopping.
bool Applier::applied(std::span<const Decoded> batch) {
  if (!log_.begun()) {
    const proto::Group& first = batch.front().group;
    BackOff back_off(100ms, 5000ms);
    while (true) {
      const Status status = log_.begin(first.previous_hash, {0, 0, first.previous_hash});
      if (status.ok()) break;
      logging::warn("the log cannot be begun yet: {}", status.message);
      conditions_.post(kAttempts, node::Trouble::disk_full, "the log cannot be begun: " + status.message);
      if (queue_.wait_until_closed(back_off.next())) return false;
    }
  }
  for (const Decoded& one : batch) {
    const proto::Group& group = one.group;
    const Position position{group.epoch, group.last, group.hash};
    std::function<void()> tell;
    const bool last = &one == &batch.back();
    if (last) tell = [this, position] { hooks_.applied(position); };
    using Sync = node::NodeLog::Sync;
    const bool nothing_else = last && queue_.size() == 0 && !next_;
    const Status status = log_.append(group, std::move(tell), nothing_else ? Sync::at_once : Sync::behind);
    if (status.code == Code::shutting_down) return false;
    if (!status.ok()) {
      fail(status.message);
      return false;
    }
    position_ = position;
    ++counters_.groups;
    rate_.add(one.entries.size());
    connection_.committed(group.last, log_.durable().sequence);
  }
  nothing_in_the_way();
  return true;
}

}  // namespace sqlcast::slave
