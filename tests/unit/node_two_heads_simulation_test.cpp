// Goal: a node's log and its database may be lost, each or together, at every step that they or their recovery make:
// what was told is there afterwards, once and in order, both come to one place, a slave's database is the beginning of
// its log at any moment, and a fork is never taken. Method: a
// master and a slave of real logs and real recovery on a disk in memory and a model of a database; no threads, so that
// a seed is a run. SIMULATION_SEED is the one seed, with its steps when it fails; SIMULATION_SEEDS how many (20000),
// from there on.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/logging.h"
#include "tests/unit/two_heads_model.h"

using namespace sqlcast;
using namespace sqlcast::node::test;
using node::DecodedGroup;
using node::NodeLog;

namespace {

const Hash kSimulated = proto::genesis_hash("a simulated cluster");

class Master final : public SimulatedNode {
 public:
  using SimulatedNode::SimulatedNode;
  std::function<Sequence()> reported;  // by the slave
  const Position& published() const { return published_; }
  Position given() {
    if (log_ == nullptr || !log_->begun()) return {};
    return is_well() && chance(world_.random, 2) ? published_ : log_->durable();
  }

 private:
  std::vector<log::SlaveNeed> slaves() override { return {{"slave", reported(), 0}}; }

  void act() override {
    switch (below(world_.random, 16)) {
      case 0:
      case 1: return log_turn_beside_writes();
      case 2:
      case 3: return read();
      case 4: return database_.sync();
      case 5: return look_at_log();
      case 6: return chance(world_.random, 4) ? stop() : read();
      case 7:
      case 8: return define();
      case 9: return chance(world_.random, 6) ? stop_without_room() : write();
      default: return write();
    }
  }

  Status recover() override {
    begun_.reset();  // it may be made void
    return node::reconcile(*log_, database_, kSimulated, settings_.portions);
  }
  // What a definition did is never there without its begin.
  void opened() override {
    if (!begun_ || (log_->begun() && log_->end().sequence >= begun_->sequence)) return;
    if (!log_->begun() || !log_->ahead() || end_of(log_->ahead()->group) != *begun_)
      violated("has lost the begin of a definition");
  }
  Sequence applied() const override { return log_->durable().sequence; }
  bool writes_ahead() const override { return true; }

  // As Sequencer::take_in().
  void take_in() override {
    const Position end = log_->end();
    if (database_.end().sequence != end.sequence) violated("has two ends");
    if (log_->ahead()) violated("does not know what became of a group");
    if (std::exchange(fresh_, false)) {
      stopping_ = in_turn_ = owes_ = false;
      head_ = published_ = end;
      return;
    }
    if (!demand(log_->has(head_), "its log cannot be read")) violated("has lost its head");
    log::LogReader reader = log_->reader();
    (void)demand(reader.seek(head_.sequence, end), "its log cannot be read");
    while (const auto group = demand(reader.next(end), "its log cannot be read")) {
      head_ = end_of(*group);
      log_->when_durable(then_tell(head_));
    }
  }

  void tell(const Position& position) override {
    SimulatedNode::tell(position);
    published_ = position;
  }

  std::vector<proto::Entry> make_entries() {
    std::vector<proto::Entry> entries;
    const bool large = !settings_.overlap && chance(world_.random, 12);
    const std::uint64_t count = chance(world_.random, 3) ? 1 + below(world_.random, 3) : 1;
    for (std::uint64_t i = 0; i < count; ++i)
      entries.push_back(
          make_entry(head_.sequence + i, std::string(below(world_.random, large ? 6000 : 120), 'x') + "INSERT"));
    return entries;
  }

  void write() { write(any_sync()); }

  // As Sequencer::commit_group().
  void write(NodeLog::Sync sync) {
    if (!database_.usable() && !connect()) return;
    std::vector<proto::Entry> entries = make_entries();
    if (chance(world_.random, 6)) entries[below(world_.random, entries.size())].statements.front().sql = kRefused;
    bool again = true;
    do {
      const proto::Group group = make_group(head_, entries);
      world_.note(name_, " begins entries ", group.first, " to ", group.last);
      log_->commit_begins();
      again = try_group(group, entries, sync);
      if (log_ == nullptr) return;
      log_->commit_ended();
      if (again && !stopping_ && !database_.usable() && !connect()) return;
      entries = behind(head_, std::move(entries));
    } while (again && !stopping_ && !entries.empty());
    if (stopping_) stop();
  }

  // As Sequencer::try_group(). True: nothing of it is there, and what is left of the entries is to be run again.
  bool try_group(const proto::Group& group, std::vector<proto::Entry>& entries, NodeLog::Sync sync) {
    const bool ahead = !chance(world_.random, 3) && log_->write_ahead(group);
    if (ahead) world_.note(name_, " has written them ahead");
    if (ahead && !in_turn_ && chance(world_.random, 2)) log_turn();
    if (ahead && !in_turn_ && chance(world_.random, 40)) lose_room_for_good();
    look_at_ends();
    const auto refused = [](const proto::Entry& entry) { return entry.statements.front().sql == kRefused; };
    if (std::any_of(entries.begin(), entries.end(), refused) || chance(world_.random, 12)) {
      world_.note(name_, "'s database refuses them");
      (void)database_.refuse();
      look_at_ends();
      if (!take_back()) return false;
      for (const proto::Entry& entry : entries)
        if (refused(entry)) tell_failed(entry);
      std::erase_if(entries, refused);
      return true;
    }
    if (!database_.commit({&group, 1}, tags_of(entries)).ok()) {
      if (!in_turn_ && chance(world_.random, 4)) {
        world_.note(name_, " stops and does not know");
        stop();
        return false;
      }
      if (!has_committed(group)) return take_back();
    }
    promise(group, tags_of(entries), sync);
    return false;
  }
  // A commit whose outcome is not known is looked up.
  bool has_committed(const proto::Group& group) {
    std::optional<bool> committed;
    while (!(committed = database_.has_committed(group))) {
    }
    world_.note(name_, *committed ? " finds" : " does not find", " entry ", group.last, " in its database");
    return *committed;
  }
  // False: not yet, or the node has to stop, and the group that failed is in its log.
  bool take_back() {
    if (in_turn_) {  // it waits for the sync that is under way
      owes_ = true;
      return false;
    }
    const Status status = log_->take_back();
    if (status.code == Code::shutting_down && stopping_) {
      stop();
      return false;
    }
    check(status, "cannot take back what it has written ahead");
    look_at_ends();
    return true;
  }
  void tell_failed(const proto::Entry& entry) {
    world_.note(name_, " tells that request ", entry.key.request_id, " failed");
    world_.failed.insert(entry.key.request_id);
  }
  // Nobody is given what is not committed.
  void look_at_ends() const {
    if (!log_->begun()) return;
    if (log_->durable().sequence > head_.sequence || log_->end().sequence > head_.sequence)
      violated("counts what is not committed");
  }
  // The same, where the log ends now.
  static std::vector<proto::Entry> behind(const Position& end, std::vector<proto::Entry> entries) {
    Sequence sequence = end.sequence;
    for (proto::Entry& entry : entries) {
      entry.sequence = ++sequence;
      entry.statements.front().effect.insert_id = sequence;
    }
    return entries;
  }
  void promise(const proto::Group& group, std::vector<Tag> tags, NodeLog::Sync sync) {
    head_ = end_of(group);
    if (chance(world_.random, 6)) read();
    if (!settings_.overlap && chance(world_.random, 6)) log_turn();
    tags_ = std::move(tags);
    if (!append(group, then_tell(head_), sync)) return stop();
    trim_tail(group.last);
  }

  // Groups are committed and appended while the log is being synced.
  void log_turn_beside_writes() {
    std::function<void()>& hook = chance(world_.random, 2) ? disk_.before_sync : disk_.behind_sync;
    if (settings_.overlap && chance(world_.random, 2))
      hook = [this] {
        if (!std::exchange(has_written_, true)) write_meanwhile();
      };
    has_written_ = in_turn_ = owes_ = false;
    log_turn();
    hook = nullptr;
    if (owes_) (void)take_back();
  }
  void write_meanwhile() {
    world_.note(name_, " writes meanwhile");
    in_turn_ = true;
    if (database_.usable()) write(NodeLog::Sync::behind);
    in_turn_ = false;
  }

  // A client is told what it has read when all of that is durable.
  void read() {
    if (!database_.readable()) return;
    const Position seen = database_.end();
    if (seen.sequence < shown_.sequence) violated("shows less than before");
    if (seen.sequence == 0) return;
    log_->when_settled([this, seen, life = life_] {
      if (life != life_) return;
      world_.note(name_, " answers a read of entry ", seen.sequence);
      show(seen);
    });
  }

  // As Sequencer::run_ddl_part().
  void define() {
    if (!database_.usable() && !connect()) return;
    if (settings_.overlap) return write();
    const proto::Entry entry = make_entry(head_.sequence, chance(world_.random, 6) ? kRefused : "CREATE TABLE");
    proto::Group group = make_group(head_, {entry});
    group.state = proto::GroupState::ddl_pending;
    world_.note(name_, " defines entry ", group.first);
    const Status status = database_.define(group, entry, [&](const std::string& fingerprint) {
      if (log_->begin_definition(group, fingerprint)) begun_ = end_of(group);
    });
    look_at_ends();
    if (status.code == Code::database_unavailable) return static_cast<void>(connect());
    if (!status.ok()) {
      begun_.reset();
      if (take_back()) tell_failed(entry);
      return;
    }
    group.state = proto::GroupState::ddl_done;
    promise(group, {entry.key.request_id}, any_sync());
  }

  // The disk is full when the node is told to stop: what it has committed is not in its log.
  void stop_without_room() {
    if (!log_->begun() || !database_.usable() || settings_.overlap) return;
    lose_room_for_good();
    write();
    if (log_ != nullptr) stop();
  }
  void lose_room_for_good() {
    full_ = stopping_ = true;
    disk_.plan = [this](std::uint64_t, log::test::Call call) {
      moment();
      return call == log::test::Call::write ? log::test::Fault::disk_full : log::test::Fault::none;
    };
    log_->prepare_to_stop();
    world_.note(name_, " is to stop, and has no room");
  }

  Position head_;
  Position published_;
  std::optional<Position> begun_;  // a definition, durably, that was not taken back
  bool has_written_ = false;       // while the log is being synced
  bool in_turn_ = false;           // it is being synced
  bool owes_ = false;              // a take_back() that waits for that
  bool stopping_ = false;
};

class Slave final : public SimulatedNode {
 public:
  Slave(World& world, Settings settings, Master& master) : SimulatedNode(world, "slave", settings), master_(master) {}

  bool catch_up() {
    receive();
    log_turn();
    apply();
    return applied_.sequence == master_.published().sequence;
  }

 private:
  void act() override {
    switch (below(world_.random, 12)) {
      case 0: return log_turn();
      case 1: return database_.sync();
      case 2: return look_at_log();
      case 3: return chance(world_.random, 5) ? stop() : read();
      case 4:
      case 5:
      case 6:
      case 7: return receive();
      default: return apply();
    }
  }

  // As Applier::open() and connect().
  Status recover() override {
    reader_.reset();
    if (fresh_)
      if (Status status = node::complete_log(*log_, database_, std::nullopt, settings_.portions); !status.ok())
        return status;
    const Result<Position> found = node::find_database(*log_, database_);
    if (found) applied_ = *found;
    return found.status();
  }
  void take_in() override {
    if (std::exchange(fresh_, false)) {
      readable_ = applied_;
      if (log_->begun() && log_->end().sequence > told_.sequence) log_->when_durable(then_tell(log_->end()));
    }
    let_readers_in();
  }
  Sequence applied() const override { return readable_.sequence; }
  bool writes_ahead() const override { return false; }

  // Some of what the master has published, or would give to who catches up.
  std::vector<DecodedGroup> next_groups() {
    std::vector<DecodedGroup> groups;
    const Position from = log_->begun() ? log_->end() : Position{};
    const Position end = master_.given();
    if (end.sequence <= from.sequence) return groups;
    log::LogReader reader = master_.log().reader();
    (void)demand(reader.seek(from.sequence, end), "cannot read its master's log");
    for (std::uint64_t most = 1 + below(world_.random, 4); groups.size() < most;) {
      auto group = demand(reader.next(end), "cannot read its master's log");
      if (!group) break;
      groups.push_back(demand(node::decode_group(std::move(*group)), "cannot decode a group"));
    }
    return groups;
  }

  // As Relay::append().
  void receive() {
    const std::vector<DecodedGroup> groups = next_groups();
    if (groups.empty()) return;
    world_.note(name_, " logs entries ", groups.front().group.first, " to ", groups.back().group.last);
    while (!log_->begun()) {
      const Hash& hash = groups.front().group.previous_hash;
      const Status status = log_->begin(hash, {0, 0, hash});
      if (!status.ok() && !passes(status)) violated("cannot begin its log: " + status.message);
    }
    for (const DecodedGroup& one : groups) {
      const bool last = &one == &groups.back();
      tags_ = tags_of(one.entries);
      (void)append(one.group, last ? then_tell(end_of(one.group)) : NodeLog::Then(),
                   last ? any_sync() : NodeLog::Sync::behind);
    }
  }

  // As Applier::run().
  void apply() {
    if (!database_.usable() && !connect()) return;
    if (!log_->begun()) return;
    if (!reader_ || reader_->end() != applied_)
      check(reader_.emplace(*log_, settings_.portions.of_log).seek(applied_), "its log has not what its database has");
    const std::vector<DecodedGroup> batch = demand(reader_->next(log_->durable()), "its log cannot be read");
    if (batch.empty()) return;
    world_.note(name_, " applies entries ", batch.front().group.first, " to ", batch.back().group.last);
    const node::Applied applied = database_.apply(batch);
    if (applied.outcome == node::Applied::Outcome::differs) violated("differs: " + applied.why.message);
    if (applied.outcome == node::Applied::Outcome::again) return;
    applied_ = end_of(batch.back().group);
    for (const DecodedGroup& one : batch) trim_tail(one.group.last);
    let_readers_in();
  }
  // As Applier::tell().
  void let_readers_in() {
    if (applied_.sequence < readable_.sequence) return;
    database_.whole();
    readable_ = applied_;
  }
  void read() {
    if (!database_.readable()) return;
    const Position seen = database_.end();
    if (seen.sequence < readable_.sequence) violated("shows less than before");
    if (seen.sequence > 0 && seen.sequence > log_->durable().sequence) violated("shows what its log could lose");
  }

  Master& master_;
  std::optional<node::BatchReader> reader_;
  Position applied_;   // where the database stands
  Position readable_;  // the furthest that it has stood, in this life
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : world_(seed),
        settings_(some_settings()),
        master_(world_, "master", settings_),
        slave_(world_, settings_, master_) {
    master_.reported = [this] { return slave_.told().sequence; };
    world_.crashes = 2 + static_cast<unsigned>(below(world_.random, 6));
  }

  // What was violated; empty when nothing was.
  std::string run(bool noting) {
    world_.noting = noting;
    try {
      for (std::uint64_t steps = 20 + below(world_.random, 50); steps > 0; --steps)
        chance(world_.random, 3) ? slave_.step() : master_.step();
      end();
    } catch (const Violation& violation) {
      return violation.what;
    } catch (const std::exception& thrown) {
      return thrown.what();
    }
    return {};
  }
  const std::vector<std::string>& notes() const { return world_.notes; }

 private:
  SimulatedNode::Settings some_settings() {
    Random& random = world_.random;
    SimulatedNode::Settings settings;
    settings.overlap = chance(random, 6);
    settings.file_bytes = settings.overlap ? 64U << 10U : log::kHeaderBytes + 200 + below(random, 6000);
    settings.block = chance(random, 2) ? 4096 : 512;
    settings.max_waiting = settings.overlap ? 200 : 1 + below(random, 8);
    settings.portions.of_log.entries = 1 + below(random, 6);
    settings.portions.of_tail = 1 + below(random, 2000);
    return settings;
  }

  void end() {
    world_.note("the end");
    world_.crashes = 0;
    world_.trouble = false;
    for (SimulatedNode* node : {static_cast<SimulatedNode*>(&master_), static_cast<SimulatedNode*>(&slave_)}) {
      node->run_until_well();
      if (node->log().begun() && !node->log().sync().ok()) throw Violation{"a log cannot be synced"};
    }
    for (int i = 0; !slave_.catch_up(); ++i)
      if (i == 1000) throw Violation{"the slave does not catch up"};
    for (SimulatedNode* node : {static_cast<SimulatedNode*>(&master_), static_cast<SimulatedNode*>(&slave_)}) {
      node->stop();
      node->run_until_well();
      node->check_all();
    }
    if (slave_.database().tags() != master_.database().tags())
      throw Violation{"the slave has another history than its master"};
    if (!chance(world_.random, 4)) return;
    master_.check_that_forks_are_refused();
    slave_.check_that_forks_are_refused();
  }

  World world_;
  const SimulatedNode::Settings settings_;
  Master master_;
  Slave slave_;
};

// Recovery tells of each crash.
struct Quiet {
  Quiet() { logging::init("simulation", logging::Level::error); }
  ~Quiet() { logging::init("unit tests", logging::Level::info); }
};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void simulate(std::uint64_t seed) {
  const std::string violation = Simulation(seed).run(false);
  if (violation.empty()) return;
  Simulation again(seed);
  const std::string same = again.run(true);
  std::string steps;
  for (const std::string& note : again.notes()) steps += "\n  " + note;
  FAIL("SIMULATION_SEED=" << seed << ": " << violation << (same == violation ? "" : ", once, and then: " + same)
                          << steps);
}

}  // namespace

TEST_CASE("two heads: whatever is lost at whatever step, what was told is there once, and both end at one place",
          "[simulation]") {
  const Quiet quiet;
  const std::uint64_t first = setting("SIMULATION_SEED", 1);
  const std::uint64_t seeds = setting("SIMULATION_SEEDS", std::getenv("SIMULATION_SEED") == nullptr ? 20'000 : 1);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) simulate(seed);
}
