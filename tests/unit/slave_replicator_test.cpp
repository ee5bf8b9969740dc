// Goal: the replicator applies every group once and in order, asks the log for what is missing, once at a time, and
// takes nothing while histories differ. Method: events and times made by hand; no socket, thread or clock.
#include "slave/replicator.h"

#include <deque>

#include "proto/entry.h"

using namespace sqlcast;
using namespace sqlcast::slave;
using namespace std::chrono_literals;

namespace {

// A chain of groups as a master makes it, `size` entries each.
class History {
 public:
  explicit History(const std::string& cluster = "a", Epoch epoch = 1) : epoch_(epoch) {
    end_.hash = proto::genesis_hash(cluster);
  }
  proto::Group next(std::uint64_t size = 1) {
    proto::Group group;
    group.first = end_.sequence + 1;
    group.last = end_.sequence + size;
    group.epoch = epoch_;
    group.previous_hash = end_.hash;
    group.body = "body of " + std::to_string(group.first);
    group.hash = proto::chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
    group.commit_time_us = 1'000'000 * group.last;
    end_ = Position{epoch_, group.last, group.hash};
    return group;
  }
  void begin_epoch(Epoch epoch) { epoch_ = epoch; }
  const Position& end() const { return end_; }
  proto::Beacon beacon() const {
    proto::Beacon beacon;
    beacon.head = end_;
    beacon.time_us = 1;
    beacon.master = "master";
    return beacon;
  }

 private:
  Epoch epoch_;
  Position end_;
};

struct Fixture {
  explicit Fixture(Replicator::Options options = {}) : replicator(options, Replicator::Start{}, 1) {}

  // Heard its master, read an empty rest of the log.
  void go_live() {
    REQUIRE(replicator.on_beacon(history.beacon(), now).read_log.has_value());
    REQUIRE_FALSE(replicator.on_log_batch({{}, history.end()}, now).read_log.has_value());
    REQUIRE(replicator.state() == Replicator::State::live);
  }
  Replicator::Actions group(proto::Group group) { return replicator.on_group(std::move(group), now); }
  Replicator::Actions beacon() { return replicator.on_beacon(history.beacon(), now); }
  Replicator::Actions batch(std::vector<proto::Group> groups) {
    return replicator.on_log_batch({std::move(groups), history.end()}, now);
  }

  History history;
  Replicator replicator;
  Replicator::Time now{1h};
};

}  // namespace

TEST_CASE("replicator: asks for everything after its position before it goes live") {
  Fixture f;
  CHECK(f.replicator.state() == Replicator::State::syncing);
  const auto actions = f.replicator.tick(f.now);
  REQUIRE(actions.read_log.has_value());
  CHECK(actions.read_log->after.sequence == 0);
  const proto::Group first = f.history.next(3);
  const proto::Group second = f.history.next();
  const auto batch = f.batch({first, second});
  CHECK(batch.take == std::vector<proto::Group>{first, second});
  CHECK_FALSE(batch.read_log.has_value());
  CHECK(f.replicator.state() == Replicator::State::live);
}

TEST_CASE("replicator: applies live groups in order, duplicates once") {
  Fixture f;
  f.go_live();
  const proto::Group first = f.history.next();
  const proto::Group second = f.history.next(2);
  CHECK(f.group(first).take.size() == 1);
  CHECK(f.group(first).take.empty());
  CHECK(f.group(second).take.size() == 1);
  CHECK(f.group(first).take.empty());
  CHECK(f.group(second).take.empty());
  CHECK(f.replicator.taken() == f.history.end());
  CHECK(f.replicator.state() == Replicator::State::live);
  CHECK(f.replicator.gaps() == 0);
}

TEST_CASE("replicator: a gap asks for catch-up once, and what came meanwhile is not applied twice") {
  Fixture f;
  f.go_live();
  const proto::Group first = f.history.next();
  const proto::Group second = f.history.next();
  const proto::Group third = f.history.next();
  const auto gap = f.group(second);
  CHECK(gap.take.empty());
  REQUIRE(gap.read_log.has_value());
  CHECK(gap.read_log->after.sequence == 0);
  CHECK(f.replicator.state() == Replicator::State::catching_up);
  CHECK_FALSE(f.group(third).read_log.has_value());
  CHECK_FALSE(f.beacon().read_log.has_value());
  CHECK(f.batch({first, second, third}).take == std::vector<proto::Group>{first, second, third});
  CHECK(f.group(third).take.empty());
  CHECK(f.replicator.state() == Replicator::State::live);
  CHECK(f.replicator.gaps() == 1);
}

TEST_CASE("replicator: groups that come in the wrong order end in the right one") {
  Fixture f;
  f.go_live();
  const proto::Group first = f.history.next();
  const proto::Group second = f.history.next();
  CHECK(f.group(second).read_log.has_value());
  CHECK(f.group(first).take.size() == 1);  // the late one fits
  const auto batch = f.batch({first, second});
  CHECK(batch.take == std::vector<proto::Group>{second});
  CHECK(f.replicator.state() == Replicator::State::live);
}

TEST_CASE("replicator: a beacon reveals that the last message was lost, when one that comes later confirms it") {
  Fixture f;
  f.go_live();
  f.history.next();
  CHECK_FALSE(f.beacon().read_log.has_value());  // it may only have overtaken the group
  f.now += 49ms;
  CHECK_FALSE(f.beacon().read_log.has_value());  // and so may a reply to a report
  f.now += 1ms;
  const auto later = f.beacon();
  REQUIRE(later.read_log.has_value());
  CHECK(later.read_log->after.sequence == 0);
  CHECK(f.replicator.gaps() == 1);
}

TEST_CASE("replicator: a beacon that overtakes its group asks for nothing") {
  Fixture f;
  f.go_live();
  for (int i = 0; i < 10; ++i) {
    const proto::Group group = f.history.next();
    CHECK_FALSE(f.beacon().read_log.has_value());
    CHECK(f.group(group).take.size() == 1);
  }
  CHECK(f.replicator.gaps() == 0);
  CHECK(f.replicator.state() == Replicator::State::live);
}

TEST_CASE("replicator: a log that is read in several batches is asked on from its end") {
  Fixture f;
  REQUIRE(f.beacon().read_log.has_value());
  const proto::Group first = f.history.next(5);
  const proto::Group second = f.history.next(5);
  const auto part = f.batch({first});
  REQUIRE(part.read_log.has_value());
  CHECK(part.read_log->after.sequence == 5);
  CHECK(part.read_log->after.hash == first.hash);
  CHECK(f.replicator.state() == Replicator::State::catching_up);
  CHECK_FALSE(f.batch({second}).read_log.has_value());
  CHECK(f.replicator.state() == Replicator::State::live);
}

TEST_CASE("replicator: a new epoch that continues the chain is followed; an older one is not") {
  Fixture f;
  f.go_live();
  CHECK(f.group(f.history.next()).take.size() == 1);
  f.history.begin_epoch(2);
  CHECK(f.group(f.history.next()).take.size() == 1);
  CHECK(f.replicator.taken().epoch == 2);
  f.history.begin_epoch(1);
  const auto older = f.group(f.history.next());
  CHECK(older.take.empty());
  CHECK(older.read_log.has_value());
}

TEST_CASE(
    "replicator: under a master with another history it takes nothing, asks again, and goes on when ours is back") {
  Fixture f;
  f.go_live();
  CHECK(f.group(f.history.next()).take.size() == 1);
  History other("b");
  other.next();
  const auto foreign = f.group(other.next());
  CHECK(foreign.take.empty());
  REQUIRE(foreign.read_log.has_value());
  CHECK(f.replicator.on_log_error(Status::error(Code::diverged, "entry 1 has another hash"), f.now).take.empty());
  CHECK(f.replicator.state() == Replicator::State::diverged);
  CHECK(state_name(f.replicator.state()) == "Failed");
  CHECK(f.replicator.message().find("entry 1 has another hash") == 0);
  CHECK(f.group(other.next()).take.empty());
  // Silence does not make it forget; it asks later each time, within bounds.
  for (int i = 0; i < 10; ++i) {
    f.now += 4s;
    REQUIRE(f.replicator.tick(f.now).read_log.has_value());
    CHECK_FALSE(f.replicator.tick(f.now).read_log.has_value());
    CHECK(f.replicator.on_log_error(Status::error(Code::diverged, "still"), f.now).take.empty());
    CHECK(f.replicator.state() == Replicator::State::diverged);
  }
  f.now += 4s;
  REQUIRE(f.beacon().read_log.has_value());
  const proto::Group second = f.history.next();
  CHECK(f.batch({second}).take == std::vector<proto::Group>{second});
  CHECK(f.replicator.state() == Replicator::State::live);
  CHECK(f.replicator.message().empty());
}

TEST_CASE("replicator: a beacon with our sequence and another hash is looked into") {
  Fixture f;
  f.go_live();
  CHECK(f.group(f.history.next()).take.size() == 1);
  proto::Beacon beacon = f.history.beacon();
  beacon.head.hash[0] ^= 1U;
  CHECK(f.replicator.on_beacon(beacon, f.now).read_log.has_value());
}

TEST_CASE("replicator: a group damaged on its way is read again from the log") {
  Fixture f;
  f.go_live();
  const proto::Group good = f.history.next();
  proto::Group damaged = good;
  damaged.body[0] ^= 1;
  const auto actions = f.group(damaged);
  CHECK(actions.take.empty());
  REQUIRE(actions.read_log.has_value());
  CHECK(f.batch({good}).take.size() == 1);
}

TEST_CASE("replicator: a log that does not fit is not applied, and asked for again later") {
  Fixture f;
  REQUIRE(f.beacon().read_log.has_value());
  const proto::Group first = f.history.next();
  f.history.next();
  const proto::Group third = f.history.next();
  const auto actions = f.batch({first, third});
  CHECK(actions.take == std::vector<proto::Group>{first});
  CHECK_FALSE(actions.read_log.has_value());
  const auto later = f.replicator.tick(f.now + 3s);
  REQUIRE(later.read_log.has_value());
  CHECK(later.read_log->after.sequence == 1);
}

TEST_CASE("replicator: a log that gives nothing although it has more is asked again later, not at once") {
  Fixture f;
  REQUIRE(f.beacon().read_log.has_value());
  f.history.next();
  CHECK_FALSE(f.batch({}).read_log.has_value());
  CHECK_FALSE(f.replicator.tick(f.now).read_log.has_value());
  CHECK(f.replicator.tick(f.now + 3s).read_log.has_value());
}

TEST_CASE("replicator: an answer that does not come is asked for again, later each time, within bounds") {
  Replicator::Options options;
  Fixture f(options);
  REQUIRE(f.beacon().read_log.has_value());
  auto asked = f.now;
  for (int i = 0; i < 12; ++i) {
    auto now = asked;
    bool again = false;
    while (!again && now - asked < 20s) {
      now += 10ms;
      CHECK(now - asked < options.reply_timeout + options.max_back_off + 20ms);
      again = f.replicator.tick(now).read_log.has_value();
      if (again) CHECK(now - asked >= options.reply_timeout);
    }
    REQUIRE(again);
    asked = now;
  }
}

TEST_CASE("replicator: an answer to a request that was given up is ignored") {
  Fixture f;
  REQUIRE(f.beacon().read_log.has_value());
  const proto::Group first = f.history.next();
  CHECK_FALSE(f.replicator.tick(f.now + 5s).read_log.has_value());  // given up, backing off
  CHECK(f.batch({first}).take.empty());
  CHECK(f.replicator.tick(f.now + 10s).read_log.has_value());
}

TEST_CASE("replicator: an error of the log's server is told, and asked again after a pause") {
  Fixture f;
  REQUIRE(f.beacon().read_log.has_value());
  CHECK_FALSE(
      f.replicator.on_log_error(Status::error(Code::database_unavailable, "the database is down"), f.now).read_log);
  CHECK(f.replicator.message().find("the database is down") != std::string::npos);
  CHECK_FALSE(f.replicator.tick(f.now + 1ms).read_log.has_value());
  // The reason stays to be seen while it is in force.
  CHECK(f.replicator.message().find("the database is down") != std::string::npos);
  CHECK(f.replicator.tick(f.now + 2s).read_log.has_value());
}

TEST_CASE("replicator: a silent master makes it sync anew; when the master is back it goes live without help") {
  Fixture f;
  f.go_live();
  CHECK(f.group(f.history.next()).take.size() == 1);
  f.now += 4s;
  CHECK_FALSE(f.replicator.master_heard(f.now));
  const auto actions = f.replicator.tick(f.now);
  CHECK(f.replicator.state() == Replicator::State::syncing);
  CHECK_FALSE(f.replicator.message().empty());
  CHECK(actions.read_log.has_value());
  f.now += 100ms;
  f.beacon();
  CHECK(f.replicator.state() == Replicator::State::catching_up);
  f.batch({});
  CHECK(f.replicator.state() == Replicator::State::live);
}

TEST_CASE("replicator: a failed apply is final and says why, and what comes is taken all the same") {
  Fixture f;
  f.go_live();
  f.replicator.on_apply_failed("entry 7 differs", f.now);
  const auto failed = [&] {
    return f.replicator.state() == Replicator::State::failed && f.replicator.message() == "entry 7 differs";
  };
  CHECK(failed());
  CHECK(f.group(f.history.next()).take.size() == 1);
  CHECK(failed());
  // A gap, silence, and what is read afterwards.
  const proto::Group lost = f.history.next();
  CHECK(f.group(f.history.next()).read_log.has_value());
  f.now += 1h;
  CHECK(f.replicator.tick(f.now).take.empty());
  CHECK(failed());
  CHECK(f.replicator.tick(f.now + 1min).read_log.has_value());
  CHECK(f.batch({lost}).take.size() == 1);
  CHECK(failed());
  // Only another history is worse: then nothing is sent on to that master either.
  (void)f.replicator.on_log_error(Status::error(Code::diverged, "entry 1 has another hash"), f.now);
  CHECK(f.replicator.state() == Replicator::State::diverged);
}

TEST_CASE("replicator: what makes it unable to take anything is final and says why") {
  Fixture f;
  f.go_live();
  f.replicator.on_failed("the master's database is of another version");
  CHECK(f.replicator.state() == Replicator::State::failed);
  CHECK(f.replicator.message() == "the master's database is of another version");
  CHECK(f.group(f.history.next()).take.empty());
  CHECK_FALSE(f.replicator.tick(f.now + 1h).read_log.has_value());
  CHECK(f.replicator.state() == Replicator::State::failed);
}

TEST_CASE("replicator: it goes on behind its own log, and is not level before it has applied that") {
  History history;
  for (int i = 0; i < 4; ++i) history.next();
  const proto::Group applied = history.next();
  const proto::Group first_unapplied = history.next();
  for (int i = 0; i < 4; ++i) history.next();
  Replicator::Start start;
  start.applied = {1, applied.last, applied.hash};
  start.logged = history.end();
  start.oldest_us = first_unapplied.commit_time_us;
  Replicator replicator({}, start, 1);
  const Replicator::Time now{1h};
  proto::Beacon beacon = history.beacon();
  beacon.time_us = first_unapplied.commit_time_us + 60'000'000;
  const auto actions = replicator.on_report_reply(beacon, applied.last, now, now);
  REQUIRE(actions.read_log.has_value());
  CHECK(actions.read_log->after == history.end());
  (void)replicator.on_log_batch({{}, history.end()}, now);
  CHECK(replicator.state() == Replicator::State::catching_up);
  CHECK(replicator.lag(now) == 60'000ms);
  CHECK_FALSE(replicator.level_at().has_value());
  replicator.on_applied(history.end());
  (void)replicator.tick(now);
  CHECK(replicator.state() == Replicator::State::live);
  CHECK(replicator.lag(now) == 0ms);
  CHECK(replicator.level_at() == now);
}

TEST_CASE("replicator: takes no more than there is room for, and reads on when that is logged") {
  Replicator::Options options;
  options.max_queued_bytes = 3 * Replicator::kGroupOverhead;  // about three small groups
  Fixture f(options);
  f.go_live();
  std::vector<proto::Group> taken;
  for (int i = 0; i < 20; ++i)
    for (proto::Group& group : f.group(f.history.next()).take) taken.push_back(std::move(group));
  CHECK(taken.size() < 6);
  CHECK_FALSE(f.replicator.tick(f.now + 10ms).read_log.has_value());
  const proto::Group& last = taken.back();
  const auto actions = f.replicator.on_logged({last.epoch, last.last, last.hash}, f.now);
  REQUIRE(actions.read_log.has_value());
  CHECK(actions.read_log->after.sequence == last.last);
}

namespace {

// A slave that reads `entries` groups of one entry, 4,096 at a time, while a few of them are logged between.
void read_a_crowd_of_one(std::uint64_t entries) {
  constexpr std::size_t kBatch = 4'096;  // of the log's server
  Fixture f;
  std::deque<Position> given;
  Sequence expected = 1;
  std::size_t most = 0;
  std::vector<proto::Group> log;  // read, and not handed over yet
  const auto take = [&](const Replicator::Actions& actions) {
    for (const proto::Group& group : actions.take) {
      REQUIRE(group.first == expected);
      expected = group.last + 1;
      given.push_back({group.epoch, group.last, group.hash});
    }
    most = std::max(most, given.size());
    return actions.read_log;
  };
  std::optional<proto::LogReadRequest> wanted = take(f.beacon());
  Position head;
  head.epoch = 1;
  head.sequence = entries;
  while (expected <= entries) {
    if (wanted) {
      std::erase_if(log, [&](const proto::Group& group) { return group.last <= wanted->after.sequence; });
      while (log.size() < kBatch && f.history.end().sequence < entries) log.push_back(f.history.next());
      wanted = take(f.replicator.on_log_batch({log, head}, f.now));
    }
    for (int i = 0; i < 700 && !given.empty(); ++i) {
      const auto next = take(f.replicator.on_logged(given.front(), f.now));
      given.pop_front();
      if (next) wanted = next;
    }
    REQUIRE(f.replicator.state() != Replicator::State::failed);
  }
  CHECK(most <= Replicator::kMaxQueuedGroups);
  CHECK(f.replicator.taken().sequence == entries);
}

}  // namespace

TEST_CASE("replicator: 150,000 groups of one entry do not outgrow the relay's queue") { read_a_crowd_of_one(150'000); }

TEST_CASE("replicator: 1,000,000 groups of one entry do not outgrow the relay's queue", "[.nightly]") {
  read_a_crowd_of_one(1'000'000);
}

TEST_CASE("replicator: what is logged makes room, applied or not, and lag is still the oldest one's age") {
  Replicator::Options options;
  options.max_queued_groups = 100;
  Fixture f(options);
  f.go_live();
  const std::uint64_t first_us = f.history.end().sequence * 1'000'000 + 1'000'000;
  constexpr Sequence kEntries = 20'000;  // one a second
  for (Sequence i = 0; i < kEntries; ++i) {
    REQUIRE(f.group(f.history.next()).take.size() == 1);
    REQUIRE_FALSE(f.replicator.on_logged(f.history.end(), f.now).read_log.has_value());
  }
  proto::Beacon beacon = f.history.beacon();
  beacon.time_us = first_us + kEntries * 1'000'000;
  (void)f.replicator.on_beacon(beacon, f.now);
  CHECK(f.replicator.lag(f.now) == std::chrono::seconds(kEntries));
  // Later ones are remembered less exactly: never younger than they are, and older by no more than a few hundredths.
  const Sequence applied = kEntries / 2;
  f.replicator.on_applied({1, applied, {}});
  CHECK(f.replicator.lag(f.now) >= std::chrono::seconds(kEntries - applied));
  CHECK(f.replicator.lag(f.now) <= std::chrono::seconds(kEntries - applied + kEntries / 50));
  f.replicator.on_applied(f.history.end());
  CHECK(f.replicator.lag(f.now) == 0ms);
}

TEST_CASE("replicator: groups are counted, not only their bytes, and what has no room is read again") {
  Replicator::Options options;
  options.max_queued_groups = 3;
  Fixture f(options);
  REQUIRE(f.beacon().read_log.has_value());
  std::vector<proto::Group> log;
  for (int i = 0; i < 5; ++i) log.push_back(f.history.next());
  CHECK(f.batch(log).take == std::vector<proto::Group>(log.begin(), log.begin() + 3));
  CHECK(f.replicator.state() == Replicator::State::catching_up);
  CHECK(f.group(f.history.next()).take.empty());
  const auto next = f.replicator.on_logged({1, 2, log[1].hash}, f.now);
  REQUIRE(next.read_log.has_value());
  CHECK(next.read_log->after.sequence == 3);
  CHECK(f.batch({log[3], log[4]}).take.size() == 2);
}

TEST_CASE("replicator: a group larger than all that may wait is taken when nothing else waits") {
  Replicator::Options options;
  options.max_queued_bytes = 1;
  Fixture f(options);
  f.go_live();
  const proto::Group first = f.history.next();
  CHECK(f.group(first).take.size() == 1);
  const proto::Group second = f.history.next();
  CHECK(f.group(second).take.empty());
  REQUIRE(f.replicator.on_logged({1, 1, first.hash}, f.now).read_log.has_value());
  CHECK(f.batch({second}).take.size() == 1);
}

TEST_CASE("replicator: it was level with the master when it asked for what it has applied, and not later") {
  Fixture f;
  f.go_live();
  const auto reply = [&](Sequence applied_then, Replicator::Time asked) {
    (void)f.replicator.on_report_reply(f.history.beacon(), applied_then, asked, f.now);
  };
  CHECK_FALSE(f.replicator.level_at().has_value());  // beacons of the stream may have been long on their way
  const auto begin = f.now;
  f.now += 30ms;
  reply(0, begin);
  CHECK(f.replicator.level_at() == begin);
  // An entry that has not been applied when the answer comes.
  const proto::Group group = f.history.next();
  reply(0, begin + 10ms);
  CHECK(f.replicator.level_at() == begin);
  CHECK(f.group(group).take.size() == 1);
  CHECK(f.replicator.level_at() == begin);
  f.replicator.on_applied(f.history.end());
  CHECK(f.replicator.level_at() == begin + 10ms);
  // The link is cut: its state changes later, what is known does not change any more.
  f.now += 2s;
  (void)f.replicator.tick(f.now);
  CHECK(f.replicator.state() == Replicator::State::live);
  CHECK(f.replicator.level_at() == begin + 10ms);
  CHECK(f.replicator.lag(f.now) == f.now - (begin + 10ms));
}

TEST_CASE("replicator: a master that is behind it, or has another entry at its position, makes it level with nothing") {
  Fixture f;
  f.go_live();
  CHECK(f.group(f.history.next()).take.size() == 1);
  const proto::Beacon shorter = f.history.beacon();
  CHECK(f.group(f.history.next()).take.size() == 1);
  f.replicator.on_applied(f.history.end());
  (void)f.replicator.on_report_reply(shorter, 2, f.now, f.now);
  CHECK_FALSE(f.replicator.level_at().has_value());
  proto::Beacon other = f.history.beacon();
  other.head.hash[0] ^= 1U;
  (void)f.replicator.on_report_reply(other, 2, f.now, f.now);
  CHECK_FALSE(f.replicator.level_at().has_value());
}

TEST_CASE("replicator: lag is the age of the oldest entry that is not applied, zero when there is none") {
  Fixture f;
  f.go_live();
  CHECK(f.replicator.lag(f.now) == 0ms);
  proto::Group group = f.history.next();
  proto::Beacon beacon = f.history.beacon();
  beacon.time_us = group.commit_time_us + 2'000'000;
  CHECK(f.group(group).take.size() == 1);
  CHECK_FALSE(f.replicator.on_beacon(beacon, f.now).read_log.has_value());
  CHECK(f.replicator.lag(f.now) == 2'000ms);
  CHECK(f.replicator.lag(f.now + 500ms) == 2'500ms);
  f.replicator.on_applied(f.history.end());
  CHECK(f.replicator.lag(f.now + 500ms) == 0ms);
}

TEST_CASE("replicator: after a start the lag is that of what is still to be applied, not of what was then") {
  History history;
  std::vector<proto::Group> groups;
  for (int i = 0; i < 5; ++i) groups.push_back(history.next());
  Replicator::Start start;
  start.logged = history.end();
  start.oldest_us = groups[0].commit_time_us;
  Replicator replicator(Replicator::Options(), start, 1);
  const Replicator::Time now{1h};
  proto::Beacon beacon = history.beacon();
  beacon.time_us = groups[4].commit_time_us + 3'000'000;
  (void)replicator.on_beacon(beacon, now);
  CHECK(replicator.lag(now) == 7'000ms);
  const auto applied = [&](std::size_t i, std::optional<std::uint64_t> next) {
    replicator.on_applied({groups[i].epoch, groups[i].last, groups[i].hash}, next);
  };
  applied(2, groups[3].commit_time_us);
  CHECK(replicator.lag(now) == 4'000ms);
  applied(3, std::nullopt);  // not known: as before
  CHECK(replicator.lag(now) == 4'000ms);
  applied(4, std::nullopt);
  CHECK(replicator.lag(now) == 0ms);
}

TEST_CASE("replicator: an applier that goes on again makes it well again") {
  Fixture f;
  f.go_live();
  f.replicator.on_apply_failed("cannot be read", f.now);
  CHECK(f.replicator.state() == Replicator::State::failed);
  f.replicator.on_apply_failed({}, f.now);
  CHECK(f.replicator.state() == Replicator::State::live);
  CHECK(f.replicator.message().empty());
}
