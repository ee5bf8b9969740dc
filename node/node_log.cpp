#include "node/node_log.h"

#include <atomic>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxWaitingBytes = 64U << 20U;  // appended and not durable
constexpr auto kLongestRetry = 1s;
// A log that is idle notes how far it is on disk.
constexpr auto kIdle = 1s;
constexpr auto kPatience = 8s;  // with the disk, of a node that is to stop
constexpr auto kGuardInterval = 200ms;

// The writer takes nothing more: only a start can tell what there is.
[[noreturn]] void end_process(const Status& why) {
  logging::error("this node ends, for what it has written may not be on disk: {}", why.message);
  std::_Exit(EXIT_FAILURE);
}

log::GroupBegin begin_of(const proto::Group& group) {
  log::GroupBegin begin;
  begin.ddl = group.state != proto::GroupState::committed;
  begin.complete = !begin.ddl;
  begin.epoch = group.epoch;
  begin.first = group.first;
  begin.last = group.last;
  begin.time_us = group.commit_time_us;
  begin.bytes = group.body;
  if (begin.complete) begin.hash = group.hash;
  return begin;
}

}  // namespace

NodeLog::~NodeLog() { stop(); }

Status NodeLog::open() {
  const Result<std::optional<Hash>> cluster = log::find_cluster(system_, options_.folder);
  if (!cluster) return cluster.status();
  return *cluster ? open_files(**cluster, std::nullopt) : ok_status();
}

Status NodeLog::begin(const Hash& cluster, const Position& start) {
  SQLCAST_CHECK(!begun());
  return open_files(cluster, start);
}

Status NodeLog::open_files(const Hash& cluster, const std::optional<Position>& start) {
  cluster_ = cluster;
  log::LogSettings settings;
  settings.folder = options_.folder;
  settings.cluster = cluster;
  settings.file_bytes = options_.file_bytes;
  settings.prepare_beforehand = options_.threads;
  Result<log::OpenedLog> opened = log::open_log(system_, settings, start, index_);
  if (!opened) return opened.status();
  if (opened->torn)
    logging::warn("{}, offset {}: {} bytes that were never durable were cut off, and kept as {}", opened->torn->path,
                  opened->torn->offset, opened->torn->bytes, opened->torn->kept);
  start_.sequence = opened->first - 1;
  {
    const MutexLock lock(mutex_);
    writer_ = std::move(opened->writer);
    if (!options_.writes_ahead) writer_->settle();
    if (options_.writes_ahead && opened->settled != opened->end) ahead_ = Ahead{0, opened->settled, opened->end};
  }
  if (options_.threads) thread_ = start_thread("log", [this] { run(); });
  return ok_status();
}

void NodeLog::prepare_to_stop() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  done_.notify_all();
  if (options_.threads) guard_ = start_thread("log guard", [this] { end_if_the_disk_hangs(); });
}

// Of a node that is to stop: whoever waits for the disk of its log, others wait for him.
void NodeLog::end_if_the_disk_hangs() {
  MutexLock lock(mutex_);
  while (!done_.wait_for(lock, kGuardInterval, [this]() SQLCAST_REQUIRES(mutex_) { return stopped_; })) {
    for (const Clock::time_point since : {disk_since_.load(), sync_since_.load()}) {
      if (since == Clock::time_point() || Clock::now() - since < kPatience) continue;
      logging::error("this node ends although the disk of its log does not answer");
      std::_Exit(EXIT_FAILURE);
    }
  }
}

void NodeLog::stop() {
  prepare_to_stop();
  {
    const MutexLock lock(mutex_);
    if (std::exchange(closing_, true)) return;
  }
  to_do_.notify_all();
  if (thread_.joinable()) thread_.join();
  Status closed;
  if (begun()) {
    sync_since_ = Clock::now();
    closed = writer().close();
    if (!closed.ok()) logging::error("the log could not be closed: {}", closed.message);
  }
  std::deque<Then> left;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    left.swap(behind_commit_);
    for (Waiting& waiting : waiting_) left.push_back(std::move(waiting.then));
    waiting_.clear();
  }
  done_.notify_all();
  if (guard_.joinable()) guard_.join();
  if (!closed.ok()) return;  // nothing is promised
  for (const Then& then : left)
    if (then) then();
}

bool NodeLog::begun() const {
  const MutexLock lock(mutex_);
  return writer_ != nullptr;
}

log::LogWriter& NodeLog::writer() const {
  const MutexLock lock(mutex_);
  SQLCAST_CHECK(writer_ != nullptr);
  return *writer_;
}

// ---- appending -------------------------------------------------------------------------------------------------

Status NodeLog::append(const proto::Group& group, Then then, Sync sync) {
  const Result<bool> there = is_there(group);
  if (!there) return there.status();
  if (!*there)
    if (Status status = append_here(group); !status.ok()) return status;
  const log::AppendNumber number = writer().appended().number;
  MutexLock lock(mutex_);
  const std::uint64_t bytes = *there ? 0 : group.body.size();
  waiting_.push_back({number, bytes, std::move(then)});
  waiting_bytes_ += bytes;
  if (sync != Sync::at_once && !too_much_waits()) {
    if (sync == Sync::behind) to_do_.notify_one();
  } else if (syncing_) {
    done_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_ || !too_much_waits(); });
  } else {
    syncing_ = true;
    lock.unlock();
    make_durable(false);
  }
  return ok_status();
}

// True: it was written ahead, and from here on counts.
Result<bool> NodeLog::is_there(const proto::Group& group) {
  const MutexLock lock(mutex_);
  if (!ahead_) return false;
  if (ahead_->end != Position{group.epoch, group.last, group.hash})
    return Status::error(Code::diverged, "the log has another group up to entry " +
                                             std::to_string(ahead_->end.sequence) +
                                             ", written ahead, than the one that was committed");
  writer_->settle();
  ahead_.reset();
  return true;
}

// With all the time that it takes until there is room.
Status NodeLog::append_here(const proto::Group& group) {
  BackOff back_off(options_.retry, kLongestRetry);
  while (true) {
    disk_since_ = Clock::now();
    Status status = try_append(group);
    disk_since_ = Clock::time_point();
    if (status.ok()) {
      writer().settle();
      return status;
    }
    if (status.code != Code::disk_full && status.code != Code::io) return status;
    logging::warn("entry {} waits for the log: {}", group.first, status.message);
    if (Status stopped = wait_for_room(status, back_off.next()); !stopped.ok()) {
      const MutexLock lock(mutex_);
      cut_short_ = true;
      behind_commit_.clear();
      return stopped;
    }
  }
}

// What there is becomes durable meanwhile. shutting_down: nobody waits any more.
Status NodeLog::wait_for_room(const Status& why, std::chrono::milliseconds time) {
  if (const Result<log::Progress> synced = writer().sync(); !synced) end_process(synced.status());
  MutexLock lock(mutex_);
  if (!done_.wait_for(lock, time, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; })) return ok_status();
  return Status::error(Code::shutting_down, "the node is stopping, and its log has no room: " + why.message);
}

bool NodeLog::write_ahead(const proto::Group& group) {
  const log::Progress before = writer().appended();
  {
    // First: a sync may be under way that has it with it.
    const MutexLock lock(mutex_);
    SQLCAST_CHECK(!ahead_);
    if (stopping_ || too_much_waits()) return false;
    ahead_ = Ahead{before.number + 1, before.end, {group.epoch, group.last, group.hash}};
  }
  disk_since_ = Clock::now();
  const Status status = try_append(group);
  disk_since_ = Clock::time_point();
  const log::AppendNumber number = writer().appended().number;
  {
    const MutexLock lock(mutex_);
    if (!status.ok()) {
      ahead_.reset();
      return false;
    }
    waiting_.push_back({number, group.body.size(), {}});
    waiting_bytes_ += group.body.size();
  }
  to_do_.notify_one();
  return true;
}

bool NodeLog::begin_definition(const proto::Group& group, std::string_view fingerprint) {
  SQLCAST_CHECK(!ahead());
  log::GroupBegin begin = begin_of(group);
  begin.fingerprint = fingerprint;
  disk_since_ = Clock::now();
  const Result<log::Progress> added = writer().append(begin);
  disk_since_ = Clock::time_point();
  if (!added) {
    logging::warn("entry {} is in the log only when it is done: {}", group.first, added.status().message);
    return false;
  }
  wait_until_durable(added->number);
  return true;
}

Status NodeLog::take_back() {
  if (!ahead()) return ok_status();
  BackOff back_off(options_.retry, kLongestRetry);
  while (true) {
    disk_since_ = Clock::now();
    const Result<log::Progress> added = writer().append_void(unix_microseconds());
    disk_since_ = Clock::time_point();
    if (added) break;
    if (added.status().code != Code::disk_full && added.status().code != Code::io) return added.status();
    logging::warn("that a group failed waits for the log: {}", added.status().message);
    if (Status stopped = wait_for_room(added.status(), back_off.next()); !stopped.ok()) return stopped;
  }
  wait_until_durable(writer().appended().number);
  const MutexLock lock(mutex_);
  ahead_.reset();
  return ok_status();
}

void NodeLog::wait_until_durable(log::AppendNumber number) {
  MutexLock lock(mutex_);
  while (writer_->durable().number < number) {
    if (syncing_) {
      done_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return !syncing_; });
      continue;
    }
    syncing_ = true;
    lock.unlock();
    make_durable(false);
    lock.lock();
  }
}

// Of a definition that was begun the end is what is left.
Status NodeLog::try_append(const proto::Group& group) {
  log::LogWriter& writer = this->writer();
  const bool ddl = group.state != proto::GroupState::committed;
  const std::optional<log::Begun> begun = writer.begun();
  const bool open = begun && !begun->complete;
  const bool is_its_own = open && ddl && begun->epoch == group.epoch && begun->first == group.first &&
                          begun->last == group.last && begun->bytes == group.body;
  // Of a definition that the database does not have: nobody has heard of it.
  if (open && !is_its_own)
    if (const Result<log::Progress> ended = writer.append_void(group.commit_time_us); !ended) return ended.status();
  if (!is_its_own)
    if (const Result<log::Progress> added = writer.append(begin_of(group)); !added) return added.status();
  if (!ddl) return ok_status();
  log::GroupEnd end;
  end.time_us = group.commit_time_us;
  end.hash = group.hash;
  return writer.append(end).status();
}

bool NodeLog::too_much_waits() const {
  return waiting_.size() > options_.max_waiting || waiting_bytes_ > kMaxWaitingBytes;
}

void NodeLog::when_durable(Then then) {
  const log::AppendNumber number = writer().appended().number;
  {
    const MutexLock lock(mutex_);
    waiting_.push_back({number, 0, std::move(then)});
  }
  to_do_.notify_one();
}

void NodeLog::when_settled(Then then) {
  {
    const MutexLock lock(mutex_);
    if (cut_short_) return;
    if (!stopped_ && commit_under_way_) return behind_commit_.push_back(std::move(then));
    const log::AppendNumber number = writer_ ? writer_->appended().number : 0;
    if (!stopped_ && writer_ && writer_->durable().number < number) {
      waiting_.push_back({number, 0, std::move(then)});
      return to_do_.notify_one();
    }
  }
  then();
}

void NodeLog::commit_begins() {
  const MutexLock lock(mutex_);
  commit_under_way_ = true;
}

void NodeLog::commit_ended() {
  const MutexLock lock(mutex_);
  commit_under_way_ = false;
  if (behind_commit_.empty()) return;
  for (Then& then : behind_commit_) waiting_.push_back({writer_->appended().number, 0, std::move(then)});
  behind_commit_.clear();
  to_do_.notify_one();
}

Status NodeLog::sync() {
  const auto done = std::make_shared<std::atomic<bool>>(false);
  when_durable([done] { *done = true; });
  MutexLock lock(mutex_);
  if (!stopping_ && !syncing_) {
    syncing_ = true;
    lock.unlock();
    make_durable(false);
    lock.lock();
  }
  done_.wait(lock, [&]() SQLCAST_REQUIRES(mutex_) { return stopping_ || *done; });
  return *done ? ok_status() : Status::error(Code::shutting_down, "the node is stopping");
}

// ---- the thread ------------------------------------------------------------------------------------------------

void NodeLog::run() {
  MutexLock lock(mutex_);
  while (true) {
    const bool woken = to_do_.wait_for(
        lock, kIdle, [this]() SQLCAST_REQUIRES(mutex_) { return !syncing_ && (closing_ || !waiting_.empty()); });
    if (woken && closing_ && waiting_.empty()) break;
    if (syncing_) continue;
    syncing_ = true;
    lock.unlock();
    make_durable(!woken);
    lock.lock();
  }
}

// By who has set syncing_. `idle`: the file is to say how far it is on disk. What waits is done without the lock.
void NodeLog::make_durable(bool idle) {
  log::LogWriter& log = writer();
  log::Progress progress = log.durable();
  if (idle || progress.number < log.appended().number) {
    sync_since_ = Clock::now();
    const Result<log::Progress> synced = log.sync();
    sync_since_ = Clock::time_point();
    if (!synced) end_process(synced.status());
    progress = *synced;
  }
  MutexLock lock(mutex_);
  while (!waiting_.empty() && waiting_.front().number <= progress.number) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.bytes;
    lock.unlock();
    if (next.then) next.then();
    lock.lock();
  }
  syncing_ = false;
  if (closing_ || !waiting_.empty()) to_do_.notify_one();
  done_.notify_all();
}

// ---- what there is ---------------------------------------------------------------------------------------------

Hash NodeLog::cluster() const { return begun() ? cluster_ : Hash{}; }

Position NodeLog::start() const { return start_; }

Position NodeLog::end() const {
  const MutexLock lock(mutex_);
  SQLCAST_CHECK(writer_ != nullptr);
  return ahead_ ? ahead_->before : writer_->appended().end;
}

Position NodeLog::durable() const {
  const MutexLock lock(mutex_);
  SQLCAST_CHECK(writer_ != nullptr);
  const log::Progress durable = writer_->durable();
  return ahead_ && durable.number >= ahead_->number ? ahead_->before : durable.end;
}

std::optional<NodeLog::Unsure> NodeLog::ahead() const {
  const MutexLock lock(mutex_);
  std::optional<log::Begun> begun = writer_ ? writer_->begun() : std::nullopt;
  if (!begun || (begun->complete && !ahead_)) return std::nullopt;
  SQLCAST_CHECK(!ahead_ || (begun->complete && begun->last == ahead_->end.sequence));
  proto::Group group;
  group.first = begun->first;
  group.last = begun->last;
  group.epoch = begun->epoch;
  group.state = begun->ddl ? proto::GroupState::ddl_done : proto::GroupState::committed;
  group.previous_hash = ahead_ ? ahead_->before.hash : writer_->appended().end.hash;
  group.body = std::move(begun->bytes);
  group.hash = proto::chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
  group.commit_time_us = begun->time_us;
  return Unsure{std::move(group), std::move(begun->fingerprint)};
}

Status NodeLog::health() const { return begun() ? writer().health() : ok_status(); }

log::SyncTimes::View NodeLog::sync_times() const { return begun() ? writer().sync_times() : log::SyncTimes::View{}; }

log::LogReader NodeLog::reader() { return {system_, options_.folder, cluster_, index_}; }

Result<bool> NodeLog::has(const Position& position) {
  if (!begun()) return position.sequence == 0;
  log::LogReader own = reader();
  const Result<Position> found = own.seek(position.sequence, durable());
  if (found) return found->hash == position.hash;
  if (found.status().code == Code::diverged || found.status().code == Code::bad_request) return false;
  return found.status();
}

Result<std::optional<log::Mended>> NodeLog::mend(Sequence entry, const log::FetchGroups& fetch) {
  const MutexLock lock(files_mutex_);
  Result<std::optional<log::Mended>> mended = log::mend_file(system_, options_.folder, entry, fetch);
  index_.clear();  // behind the place that was damaged nothing is where it was
  return mended;
}

}  // namespace sqlcast::node
