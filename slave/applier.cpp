#include "slave/applier.h"

#include <algorithm>

#include "base/clock.h"
#include "base/logging.h"
#include "base/thread.h"
#include "node/recovery.h"
#include "storage/errors.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

// In the node's conditions.
constexpr const char* kAttempts = "applier";
constexpr const char* kConnection = "applier's connection";

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
      connection_(database, [this](const std::string& what) { connection_waits(what); }),
      back_off_(20ms, 5000ms) {}

Applier::~Applier() { stop(); }

Result<Applier::Start> Applier::open() {
  Status status = open_connection();
  node::ConnectionHead database(connection_);
  if (status.ok()) status = with_mending(database, [&] { return node::complete_log(log_, database, std::nullopt); });
  if (status.ok()) status = find_place();
  if (!status.ok()) return status;
  told_ = position_;
  connection_.whole();
  if (!reader_) return Start{};
  logged_at_start_ = log_.durable().sequence;
  const Result<std::optional<std::uint64_t>> next = reader_->next_time_us(log_.durable());
  if (next) return Start{position_, *next};
  // Damage: its thread stops there, as that of a slave that runs, and reads go on.
  logging::error("what comes behind entry {} cannot be read: {}", position_.sequence, next.status().message);
  return Start{position_, unix_microseconds()};
}

void Applier::start() {
  thread_ = start_thread("applier", [this] { run(); });
}

void Applier::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Applier::wake() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(more_, true)) return;
  }
  changed_.notify_all();
}

bool Applier::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

bool Applier::wait_until_stopping(std::chrono::milliseconds wait) {
  MutexLock lock(mutex_);
  return changed_.wait_for(lock, wait, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
}

void Applier::wait_for_more() {
  MutexLock lock(mutex_);
  changed_.wait_for(lock, 500ms, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_ || more_; });
}

std::optional<Position> Applier::damaged_behind() const {
  const MutexLock lock(mutex_);
  return damaged_behind_;
}

void Applier::fail(const std::string& why) {
  failed_ = true;
  if (!hopeless_ && position_.sequence < told_.sequence) take_back();
  logging::error("replication stops here, at entry {}: {}", position_.sequence, why);
  hooks_.failed(why);
}

// The server has lost what can never be applied again. Reads go on with what there is, as they do on any slave that has
// failed; a read that is to see more is told that it is not there.
void Applier::take_back() {
  logging::error("the database's server has lost what was applied, from entry {} to {}, and cannot get it again",
                 position_.sequence + 1, told_.sequence);
  told_ = position_;
  if (connection_.usable()) connection_.whole();
  hooks_.applied(position_, std::nullopt);
}

// ---- the database ----------------------------------------------------------------------------------------------

Status Applier::open_connection() {
  connection_.close();
  conditions_.clear(kConnection);  // what those waited for went with them
  if (Status status = connection_.open(); !status.ok()) return status;
  ++counters_.definitions;  // what was resumed, or came with another database
  return ok_status();
}

// A step that looks up in the log where the database ends, which damage in front of that can forbid.
Status Applier::with_mending(node::DatabaseHead& database, const std::function<Status()>& step) {
  const Status status = step();
  if (status.code != Code::io) return status;
  const Result<Position> position = database.position();
  if (!position) return position.status();
  const Status mended = hooks_.mend(position->sequence + 1);
  if (mended.ok()) return step();
  return Status::error(mended.code, status.message + ". It could not be mended: " + mended.message);
}

// In the log. After the server has ended that may be before what the database had.
Status Applier::find_place() {
  node::ConnectionHead database(connection_);
  Result<Position> found = Status();
  Status status = with_mending(database, [&] {
    found = node::find_database(log_, database);
    return found.status();
  });
  reader_.reset();
  if (status.ok() && log_.begun()) status = reader_.emplace(log_).seek(*found);
  if (!status.ok()) {
    connection_.close();
    return status;
  }
  position_ = *found;
  if (reader_ && position_.sequence < log_.durable().sequence)
    logging::info("the database ends at entry {} and gets from the log what it lacks, up to entry {}",
                  position_.sequence, log_.durable().sequence);
  return status;
}

void Applier::connect() {
  while (!stopping()) {
    Status status = open_connection();
    if (status.ok()) status = find_place();
    if (status.ok()) return tell();
    if (status.code == Code::diverged || status.code == Code::snapshot_required) {
      hopeless_ = true;
      return fail(status.message);
    }
    wait_until_it_passes(status);
  }
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
  (void)wait_until_stopping(wait);
}

// False when the node is stopping.
bool Applier::wait_for_room() {
  while (hooks_.disk_full())
    if (wait_until_stopping(100ms)) return false;
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

// ---- the thread ------------------------------------------------------------------------------------------------

void Applier::run() {
  while (!stopping()) {
    if (!hopeless_ && !connection_.usable()) connect();
    const std::vector<Decoded> batch = take_batch();
    if (batch.empty()) {
      wait_for_more();
    } else if (wait_for_room()) {
      apply(batch);
    }
  }
}

// Should the database lose something once nothing more is applied, it gets that again.
Position Applier::end_of_what_is_to_be_applied() const { return failed_ ? told_ : log_.durable(); }

// Nothing when there is nothing to be applied, or it cannot be now.
std::vector<Applier::Decoded> Applier::take_batch() {
  {
    const MutexLock lock(mutex_);
    more_ = false;
  }
  if (hopeless_ || !connection_.usable() || !log_.begun()) return {};
  Result<std::vector<Decoded>> batch = read_batch();
  if (!batch) {
    reader_.reset();
    cannot_read(batch.status());
    return {};
  }
  can_read();
  if (batch->empty()) nothing_in_the_way();
  return std::move(*batch);
}

Result<std::vector<Applier::Decoded>> Applier::read_batch() {
  if (!reader_ || reader_->end() != position_)
    if (Status status = reader_.emplace(log_).seek(position_); !status.ok()) return status;
  return reader_->next(end_of_what_is_to_be_applied());
}

// Damage is mended from another node, and what was none but a disk's passing fault is read again; until then nothing
// behind it counts as this node's.
void Applier::cannot_read(const Status& why) {
  if (why.code != Code::io && why.code != Code::disk_full) {
    if (!failed_) fail(why.message);
    return;
  }
  {
    const MutexLock lock(mutex_);
    damaged_behind_ = position_;
  }
  logging::error("entry {} cannot be read from the log: {}", position_.sequence + 1, why.message);
  const Status mended = hooks_.mend(position_.sequence + 1);
  if (!mended.ok() && !failed_) {
    told_unreadable_ = true;
    hooks_.failed("entry " + std::to_string(position_.sequence + 1) +
                  " cannot be read from this node's log, and is tried again and again: " + why.message +
                  ". It could not be mended: " + mended.message);
  }
  (void)wait_until_stopping(back_off_.next());
}

void Applier::can_read() {
  {
    const MutexLock lock(mutex_);
    if (!std::exchange(damaged_behind_, std::nullopt)) return;
  }
  back_off_.reset();
  logging::info("the log can be read again, from entry {} on", position_.sequence + 1);
  if (std::exchange(told_unreadable_, false) && !failed_) hooks_.failed({});
}

// What came since the start the receiver knows by itself.
std::optional<std::uint64_t> Applier::oldest_not_applied() {
  if (position_.sequence >= logged_at_start_ || !reader_ || reader_->end() != position_) return std::nullopt;
  const Result<std::optional<std::uint64_t>> time_us = reader_->next_time_us(end_of_what_is_to_be_applied());
  return time_us ? *time_us : std::nullopt;  // damage shows when it is to be applied
}

void Applier::apply(const std::vector<Decoded>& batch) {
  if (is_ddl(batch.front().group)) {
    apply_ddl(batch.front());
  } else {
    apply_transaction(batch);
  }
}

// What is left when the connection is lost is read again, behind what the database has then.
void Applier::apply_transaction(std::span<const Decoded> batch) {
  std::size_t count = batch.size();
  while (!batch.empty() && connection_.usable() && !stopping()) {
    const std::span<const Decoded> some = batch.first(std::min(count, batch.size()));
    const node::Applied result = node::apply_groups(connection_, some);
    switch (result.outcome) {
      case node::Applied::Outcome::applied:
        applied(some);
        batch = batch.subspan(some.size());
        break;
      case node::Applied::Outcome::again:
        wait_until_it_passes(result.why);
        count = std::max<std::size_t>(count / 2, 1);  // there may be room for less
        break;
      case node::Applied::Outcome::differs:
        if (some.size() == 1) return fail(result.why.message);
        count = 1;  // one group at a time, up to the one that fails
    }
  }
}

void Applier::apply_ddl(const Decoded& one) {
  const node::Applied result = node::apply_definition(connection_, one);
  ++counters_.definitions;
  switch (result.outcome) {
    case node::Applied::Outcome::applied: return applied({&one, 1});
    case node::Applied::Outcome::again: return wait_until_it_passes(result.why);
    case node::Applied::Outcome::differs: return fail(result.why.message);
  }
}

void Applier::applied(std::span<const Decoded> batch) {
  for (const Decoded& one : batch) {
    position_ = {one.group.epoch, one.group.last, one.group.hash};
    ++counters_.groups;
    rate_.add(one.entries.size());
    connection_.committed(one.group.last, log_.durable().sequence);
  }
  nothing_in_the_way();
  tell();
}

// Not of what the server has lost, until it has that again: nobody is to read less than before.
void Applier::tell() {
  if (position_.sequence < told_.sequence) return;
  connection_.whole();
  told_ = position_;
  hooks_.applied(position_, oldest_not_applied());
}

}  // namespace sqlcast::slave
