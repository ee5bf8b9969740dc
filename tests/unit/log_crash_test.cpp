// Goal: whenever the power goes, and whatever the disk has kept of what was not synced, the log opens again by itself,
// has every group that was told to be durable, in order and chained, and none that was not appended. Method: random
// appends, ends, voids, syncs and failing calls on a file system that loses any subset of unsynced blocks; several
// lives a seed. SQLCAST_LOG_SEED is the first seed (1), SQLCAST_LOG_ROUNDS how many (2000).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), log_(kHeaderBytes + 100 + below(random_, 9000)) {
    log_.system.block = chance(random_, 2) ? 4096 : 512;
    states_ = {{log_start(), std::nullopt}};
  }

  void run() {
    const std::uint64_t lives = 2 + below(random_, 3);
    for (std::uint64_t life = 0; life < lives; ++life) {
      if (chance(random_, 3)) plan_failure();
      for (std::uint64_t steps = below(random_, 40); steps > 0 && step(); --steps) {
      }
      die_and_open();
    }
  }

 private:
  struct State {
    Position end;
    std::optional<Begun> begun;
  };

  void plan_failure() {
    const std::uint64_t at = log_.system.calls + 1 + below(random_, 60);
    const Fault fault = static_cast<Fault>(1 + below(random_, 3));
    const std::uint64_t calls = chance(random_, 2) ? 1 : 5;
    log_.system.plan = [=](std::uint64_t number, Call) {
      return number >= at && number < at + calls ? fault : Fault::none;
    };
  }

  std::string text() {
    const std::uint64_t most = chance(random_, 10) ? 12000 : 300;
    // Never the same twice: a hash is to be of one group alone.
    return std::to_string(log_.time_us) + std::string(below(random_, most), 'x');
  }

  // False: the writer takes nothing more.
  bool step() {
    LogWriter& writer = *log_.writer;
    const std::optional<Begun> begun = writer.begun();
    const bool open = begun && !begun->complete;
    switch (below(random_, 8)) {
      case 0: return sync();
      case 1:
        if (begun) return appended(writer.append_void(++log_.time_us).status());
        return true;
      default: break;
    }
    if (open) return appended(log_.end_group(text()).status());
    const std::string bytes = text();
    if (chance(random_, 20)) ++log_.epoch;
    GroupBegin begin = log_.next_begin(bytes, 1 + below(random_, 5));
    begin.ddl = chance(random_, 6);
    begin.complete = !begin.ddl && chance(random_, 2);
    begin.fingerprint = begin.ddl ? "fingerprint" : "";
    return appended(writer.append(begin).status());
  }

  bool appended(const Status& status) {
    const LogWriter& writer = *log_.writer;
    if (status.ok()) {
      states_.push_back({writer.appended().end, writer.begun()});
      REQUIRE(states_.size() == first_state_ + writer.appended().number + 1);
      if (const Position& end = states_.back().end; end != states_[states_.size() - 2].end) remember(end);
      return true;
    }
    if (status.code == Code::disk_full) REQUIRE(writer.health().ok());
    return status.code == Code::disk_full;
  }

  // The bytes of a group, as they are read while nothing has crashed.
  void remember(const Position& end) {
    const auto groups = log_.read(end, 0);
    REQUIRE(groups.ok());
    if (!groups->empty()) bodies_[end.hash] = groups->back();
  }

  bool sync() {
    const bool closes = chance(random_, 10);
    const Status status = closes ? log_.writer->close() : log_.writer->sync().status();
    REQUIRE(log_.writer->durable().number <= log_.writer->appended().number);
    if (status.ok()) REQUIRE(log_.writer->durable().number == log_.writer->appended().number);
    return status.ok() && !closes;
  }

  void die_and_open() {
    const std::size_t durable = first_state_ + log_.writer->durable().number;
    log_.writer.reset();
    // The process alone dies now and then: what it had written is there to be read, and still not on disk.
    if (chance(random_, 3)) {
      log_.system.plan = nullptr;
    } else {
      log_.system.crash(random_);
    }
    const bool trouble = chance(random_, 4);
    if (trouble) {  // it dies again while it is opened
      plan_failure();
      static_cast<void>(log_.open());
      log_.writer.reset();
      log_.system.crash(random_);
    }
    Result<OpenedLog> opened = log_.open();
    INFO((opened.ok() ? "" : opened.status().message));
    REQUIRE(opened.ok());
    log_.writer = std::move(opened->writer);
    std::size_t state = states_.size();
    while (state > durable && !same(states_[state - 1], *opened)) --state;
    REQUIRE(state > durable);  // as it was after the last durable append, or after a later one
    states_.resize(state);
    first_state_ = state - 1;
    check_groups(opened->end);
  }

  static bool same(const State& state, const OpenedLog& opened) {
    if (state.end != opened.end) return false;
    // A complete group at the end of a file is settled once the next file is there.
    return state.begun == opened.begun || (!opened.begun && state.begun && state.begun->complete);
  }

  void check_groups(const Position& end) {
    const auto groups = log_.read(end);
    INFO((groups.ok() ? "" : groups.status().message));
    REQUIRE(groups.ok());
    Position at = log_start();
    for (const proto::Group& group : *groups) {
      REQUIRE(group.first == at.sequence + 1);
      REQUIRE(group.previous_hash == at.hash);
      at = {group.epoch, group.last, group.hash};
      REQUIRE(bodies_.count(group.hash) == 1);
      REQUIRE(bodies_[group.hash] == group);
    }
    REQUIRE(at == end);
  }

  Random random_;
  TestLog log_;
  std::vector<State> states_;    // after each append; by its number, from first_state_ on
  std::size_t first_state_ = 0;  // what the log said when it was opened
  std::map<Hash, proto::Group> bodies_;
};

}  // namespace

TEST_CASE("log: whatever a crash keeps, what was durable is there and nothing was invented", "[log]") {
  const std::uint64_t first = setting("SQLCAST_LOG_SEED", 1);
  const std::uint64_t rounds = setting("SQLCAST_LOG_ROUNDS", 2000);
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    INFO("SQLCAST_LOG_SEED=" << seed << " SQLCAST_LOG_ROUNDS=1");
    Simulation(seed).run();
  }
}
