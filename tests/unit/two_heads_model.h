// SimulatedNode: a node of the simulation of the two heads: the real log, reader, retention and recovery over a disk in
// memory and a model of a database, which can be lost at every step that they make. What it does is as
// master/sequencer, slave/relay and slave/applier do it, without threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "log/retention.h"
#include "node/log_tail.h"
#include "node/node_log.h"
#include "node/recovery.h"
#include "tests/unit/model_database.h"

namespace sqlcast::node::test {

// What a crash takes: the database's server; the process, while its server stays; both; both, and what the disk has
// not synced.
enum class Loss { server, process, both, power };

struct Crash {};  // of the process

// What must never be.
struct Violation {
  std::string what;
};

// What the nodes of a simulation share.
struct World {
  explicit World(std::uint64_t seed) : random(seed) {}
  template <typename... Parts>
  void note(const Parts&... parts) {
    if (!noting) return;
    std::ostringstream text;
    (text << ... << parts);
    notes.push_back(text.str());
  }
  Random random;
  bool noting = false;
  std::vector<std::string> notes;
  unsigned crashes = 0;  // that are still to come
  bool trouble = true;   // there may be a lack of room
  Tag last_tag = 0;
  std::set<Tag> failed;  // whose clients were told so
  std::uint64_t time_us = 1'000;
};

class SimulatedNode {
 public:
  struct Settings {
    std::uint64_t file_bytes = 0;
    std::size_t block = 512;
    std::size_t max_waiting = 8;
    bool overlap = false;  // groups are appended while the log is synced: to one file, which has room for all
    RecoveryPortions portions;
  };

  SimulatedNode(World& world, std::string name, Settings settings)
      : world_(world), name_(std::move(name)), settings_(settings), database_(world.random, [this] { moment(); }) {
    disk_.block = settings.block;
  }
  virtual ~SimulatedNode() {
    moments_ = moments_left_ = 0;  // nothing is lost, and nobody told, while it closes its files
    ++life_;
  }
  SimulatedNode(const SimulatedNode&) = delete;
  SimulatedNode& operator=(const SimulatedNode&) = delete;

  // One of the things that a node does; a crash may be lit before, and go off in it.
  void step() {
    if (world_.crashes > 0 && moments_left_ == 0 && chance(world_.random, 4)) light();
    try {
      moment();
      if (log_ == nullptr) {
        start();
      } else {
        act();
      }
    } catch (const Crash&) {
      end_process();
    }
  }
  void run_until_well() {
    disk_.plan = nullptr;
    moments_left_ = 0;
    database_.moody = false;
    for (int i = 0; !is_well(); ++i) {
      if (i == 100) violated("does not get well");
      if (log_ == nullptr) {
        start();
      } else {
        static_cast<void>(connect());
      }
    }
  }
  bool is_well() const { return log_ != nullptr && database_.usable(); }

  void stop() {
    if (log_ == nullptr) return;
    world_.note(name_, " stops");
    log_->stop();
    database_.disconnect();
    database_.sync();
    log_.reset();
  }

  // All of the log: without a hole, and what the database has is just that.
  void check_all() {
    if (!log_->begun()) return;
    const Position end = log_->end();
    log::LogReader reader = log_->reader();
    Position at = demand(reader.seek(log_begin(), end), "its log cannot be read");
    const std::vector<Tag>& tags = database_.tags();
    while (true) {
      const std::optional<proto::Group> group = demand(reader.next(end), "its log cannot be read");
      if (!group) break;
      if (group->first != at.sequence + 1 || group->previous_hash != at.hash) violated("its log has a hole");
      const auto entries = demand(proto::decode_entries(group->body), "its log has a group that is none");
      for (const proto::Entry& entry : entries)
        if (world_.failed.contains(entry.key.request_id)) violated("has in its log what was told to have failed");
      for (const proto::Entry& entry : entries)
        if (entry.sequence <= tags.size() && tags[entry.sequence - 1] != entry.key.request_id)
          violated("its database has another entry than its log");
      at = end_of(*group);
    }
    if (at != end) violated("its log does not reach its end");
  }

  NodeLog& log() { return *log_; }
  ModelDatabase& database() { return database_; }
  const Position& told() const { return told_; }

  // The heads of two histories: neither is touched, whatever is asked of them.
  void check_that_forks_are_refused() {
    stop();
    const std::size_t rows = database_.rows().size();
    if (rows <= database_.front()) return;
    const std::size_t from = database_.front() + below(world_.random, rows - database_.front());
    std::vector<proto::Group> groups;
    Position end = from == 0 ? Position{0, 0, database_.rows()[0].previous_hash} : end_of(database_.rows()[from - 1]);
    for (std::uint64_t count = 1 + below(world_.random, rows - from + 2); count > 0; --count) {
      groups.push_back(make_group(end, {make_entry(end.sequence, "of another history")}));
      end = end_of(groups.back());
    }
    database_.rewrite(from, groups);
    log_ = open_log();
    check(log_->open(), "its log cannot be opened");
    const Position before = log_->end();
    if (!database_.open()) violated("its database cannot be opened");
    fresh_ = chance(world_.random, 2);
    const Status status = recover();
    world_.note(name_, " was forked at row ", from, " of ", rows, ": ", status.message);
    if (status.code != Code::diverged && status.code != Code::snapshot_required) violated("takes a fork");
    if (log_->end() != before || database_.end() != end || database_.readable()) violated("has changed a fork");
  }

 protected:
  virtual void act() = 0;
  virtual Status recover() = 0;  // with the database, which is there
  virtual void take_in() = 0;    // it has
  virtual void opened() {}       // its log
  virtual bool writes_ahead() const = 0;
  virtual Sequence applied() const = 0;                        // what reads are told that there is
  virtual std::vector<log::SlaveNeed> slaves() { return {}; }  // whom its log is kept for

  // ---- its end -------------------------------------------------------------------------------------------------

  void light() {
    --world_.crashes;
    moments_left_ = 1 + below(world_.random, chance(world_.random, 2) ? 12 : 80);
    loss_ = static_cast<Loss>(below(world_.random, 4));
  }
  void moment() {
    if (++moments_ > 100'000) violated("does something without an end");
    if (moments_left_ == 0 || --moments_left_ > 0) return;
    world_.note(name_, " loses ",
                loss_ == Loss::server    ? "its server"
                : loss_ == Loss::process ? "its process"
                : loss_ == Loss::both    ? "both"
                                         : "power");
    if (loss_ != Loss::process) database_.lose();
    if (loss_ != Loss::server) throw Crash();
  }
  void end_process() {
    const bool syncing = std::exchange(in_sync_, false);
    if (loss_ == Loss::power) {
      disk_.before_sync = disk_.behind_sync = nullptr;
      disk_.crash(world_.random);
    } else {
      if (syncing && chance(world_.random, 3)) disk_.fail_sync();
      disk_.end_process();
    }
    database_.disconnect();
    ++life_;
    log_.reset();
  }
  [[noreturn]] void violated(const std::string& what) const { throw Violation{name_ + " " + what}; }
  void check(const Status& status, const char* what) const {
    if (!status.ok()) violated(std::string(what) + ": " + status.message);
  }
  template <typename T>
  T demand(Result<T> result, const char* what) const {
    check(result.status(), what);
    return std::move(*result);
  }

  // ---- its beginning -------------------------------------------------------------------------------------------

  std::unique_ptr<NodeLog> open_log() {
    NodeLog::Options options;
    options.folder = "log";
    options.file_bytes = settings_.file_bytes;
    options.max_waiting = settings_.max_waiting;
    options.retry = std::chrono::milliseconds(0);
    options.threads = false;
    options.writes_ahead = writes_ahead();
    return std::make_unique<NodeLog>(std::move(options), disk_);
  }

  // Each call of the disk is a moment; now and then some of them find no room.
  void plan_disk() {
    const std::uint64_t full = world_.trouble && !settings_.overlap && chance(world_.random, 4)
                                   ? disk_.calls + 1 + below(world_.random, 100)
                                   : UINT64_MAX - 100;
    const std::uint64_t calls = 1 + below(world_.random, 10);
    full_ = full != UINT64_MAX - 100;
    database_.moody = world_.trouble && chance(world_.random, 4);
    disk_.plan = [this, full, calls](std::uint64_t number, log::test::Call call) {
      in_sync_ = call == log::test::Call::sync;
      moment();
      in_sync_ = false;
      const bool takes_room = call == log::test::Call::create || call == log::test::Call::write;
      return takes_room && number >= full && number < full + calls ? log::test::Fault::disk_full
                                                                   : log::test::Fault::none;
    };
  }

  void start() {
    world_.note(name_, " starts");
    plan_disk();
    if (world_.crashes > 0 && moments_left_ == 0 && chance(world_.random, 3)) light();
    before_.reset();
    tail_ = std::make_unique<LogTail>(static_cast<unsigned>(settings_.max_waiting / 4 + 1));
    fresh_ = true;
    log_ = open_log();
    const Status status = log_->open();
    if (status.ok()) opened();
    if (status.ok()) return static_cast<void>(connect());
    if (!passes(status)) violated("cannot open its log: " + status.message);
    log_.reset();
  }

  bool passes(const Status& status) const {
    return status.code == Code::database_unavailable || (full_ && status.code == Code::disk_full);
  }

  bool connect() {
    database_.disconnect();
    if (!database_.open()) return false;
    const Status status = recover();
    if (!status.ok()) {
      database_.disconnect();
      if (!passes(status)) violated("does not recover: " + status.message);
      return false;
    }
    if (!database_.usable()) return false;  // it was lost at the last moment
    check_heads();
    take_in();
    return true;
  }

  // The database is the beginning of the log.
  void check_heads() {
    const Position of_database = database_.end();
    const std::vector<Tag>& tags = database_.tags();
    const Position end = log_->begun() ? log_->end() : Position{};
    world_.note(name_, " has recovered, up to entry ", end.sequence, ", its database up to ", of_database.sequence);
    if (of_database.sequence > end.sequence) violated("has in its database what its log has not");
    if (of_database.sequence > 0 && of_database.sequence >= log_begin() + 1 &&
        !demand(log_->has(of_database), "its log cannot be read"))
      violated("has two histories");
    if (fresh_ && log_->begun() && log_->durable() != end) violated("has not all of its log on disk");
    if (tags.size() != of_database.sequence) violated("has run something twice, or not at all");
    for (const Tag tag : tags)
      if (world_.failed.contains(tag)) violated("has run what was told to have failed");
    for (std::size_t i = 1; i < tags.size(); ++i)
      if (tags[i - 1] >= tags[i]) violated("has run entry " + std::to_string(i + 1) + " out of order");
    if (end.sequence < shown_.sequence) violated("has lost entry " + std::to_string(shown_.sequence));
    for (Sequence i = 0; i < std::min<Sequence>(shown_.sequence, tags.size()); ++i)
      if (tags[i] != history_.at(i)) violated("has another entry " + std::to_string(i + 1) + " than before");
    if (log_->begun() && shown_.sequence > log_begin() && !demand(log_->has(shown_), "its log cannot be read"))
      violated("has another history than it told of");
    history_.resize(end.sequence);
    std::copy(tags.begin(), tags.end(), history_.begin());
    if (chance(world_.random, 4)) check_all();
  }

  // ---- what it does --------------------------------------------------------------------------------------------

  proto::Entry make_entry(Sequence behind, const std::string& sql) {
    proto::Entry entry;
    entry.sequence = behind + 1;
    entry.key = {"client", ++world_.last_tag};
    entry.statements.push_back({sql, std::nullopt, {1, behind + 1}});
    return entry;
  }
  proto::Group make_group(const Position& end, const std::vector<proto::Entry>& entries) {
    proto::Group group;
    group.first = entries.front().sequence;
    group.last = entries.back().sequence;
    group.epoch = std::max<Epoch>(end.epoch, 1);
    group.previous_hash = end.hash;
    group.body = proto::encode_entries(entries);
    group.hash = proto::chain_hash(end.hash, group.epoch, group.first, group.last, group.body);
    group.commit_time_us = ++world_.time_us;
    return group;
  }

  // Behind which its log begins now.
  Sequence log_begin() { return demand(log::list_files(disk_, "log"), "its log cannot be listed").front() - 1; }

  // For what is done once a group is durable: by this life of the process alone.
  NodeLog::Then then_tell(const Position& position) {
    return [this, position, life = life_] {
      if (life == life_) tell(position);
    };
  }
  virtual void tell(const Position& position) {
    world_.note(name_, " tells of entry ", position.sequence);
    if (position.sequence <= told_.sequence) violated("tells of entry " + std::to_string(position.sequence) + " twice");
    told_ = position;
    show(position);
  }
  void show(const Position& position) {
    if (position.sequence > shown_.sequence) shown_ = position;
  }

  // False: the node has to stop, the group is in the database alone.
  bool append(const proto::Group& group, NodeLog::Then then, NodeLog::Sync sync) {
    history_.resize(group.last);
    for (Sequence i = group.first; i <= group.last; ++i)  // as it had them before a crash of its server
      history_[i - 1] = tags_.at(i - group.first);
    const Status status = log_->append(group, std::move(then), sync);
    if (status.code == Code::shutting_down && full_) return false;
    check(status, "cannot append to its log");
    return true;
  }
  // As WriteConnection::committed().
  void trim_tail(Sequence last) {
    const std::optional<Sequence> unneeded = tail_->committed(last, log_->durable().sequence);
    if (!unneeded) return;
    world_.note(name_, " trims its database's tail up to entry ", *unneeded);
    database_.trim(*unneeded);
  }
  NodeLog::Sync any_sync() { return chance(world_.random, 3) ? NodeLog::Sync::at_once : NodeLog::Sync::behind; }

  // What the log's thread does.
  void log_turn() {
    if (!log_->begun()) return;
    world_.note(name_, " syncs its log");
    const Status status = log_->sync();
    if (status.code != Code::shutting_down || !full_) check(status, "cannot sync its log");
  }

  // As node/log_retention: the database syncs in between two looks.
  void look_at_log() {
    if (!log_->begun()) return;
    std::optional<std::pair<std::uint64_t, Sequence>> now;
    if (database_.readable()) now.emplace(database_.life(), applied());
    log::RetentionFacts facts;
    if (now && before_ && now->first == before_->first) {
      database_.sync();
      facts.own = before_->second;
    }
    before_ = now;
    facts.slaves = slaves();
    log::RetentionRules rules;
    rules.max_bytes = settings_.file_bytes * 2;
    const log::Trimmed trimmed =
        demand(log::trim_log(disk_, "log", log_->cluster(), rules, facts, false), "its log cannot be trimmed");
    world_.note(name_, " removes ", trimmed.removed.size(), " files of its log");
  }

  World& world_;
  const std::string name_;
  const Settings settings_;
  log::test::MemoryFileSystem disk_;
  ModelDatabase database_;
  std::unique_ptr<NodeLog> log_;  // while the process lives
  std::unique_ptr<LogTail> tail_;
  std::uint64_t life_ = 0;  // of the process
  bool fresh_ = true;       // since it started it has taken in nothing
  bool full_ = false;       // the disk has no room for a while, in this life
  bool in_sync_ = false;
  std::uint64_t moments_ = 0;
  std::uint64_t moments_left_ = 0;  // until a crash; 0 = there is none to come
  Loss loss_ = Loss::server;
  std::optional<std::pair<std::uint64_t, Sequence>> before_;  // at the last look at the log
  std::vector<Tag> tags_;                                     // of the group that is appended
  std::vector<Tag> history_;                                  // as its log has it, by sequence
  Position told_;                                             // the last group whose end somebody was told of
  Position shown_;                                            // the same, or what a read has seen: never taken back
};

}  // namespace sqlcast::node::test
