// Goal: who waits for a position is called once, in time; rates are over their window; a status names the gravest
// condition; a disk that is full, fails or hangs is said. Method: pure calls, times by hand, made-up disks.
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <future>
#include <thread>

#include "node/conditions.h"
#include "node/counters.h"
#include "node/disk_watch.h"
#include "node/durable_file.h"
#include "node/position_board.h"
#include "node/request_plan.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

using Wait = PositionBoard::Wait;

TEST_CASE("position board: calls at once when the position is reached already") {
  PositionBoard board;
  board.post({1, 5, {}});
  int reached = 0;
  CHECK(board.when_reached(5, PositionBoard::Clock::now(),
                           [&](Wait wait) { reached += wait == Wait::reached ? 1 : 100; }));
  CHECK(reached == 1);
  CHECK(board.position().sequence == 5);
}

TEST_CASE("position board: calls those whose position has come, and only them, once") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  std::vector<Sequence> called;
  for (Sequence sequence : {3U, 1U, 2U, 2U, 9U})
    CHECK(board.when_reached(sequence, later, [&called, sequence](Wait wait) {
      CHECK(wait == Wait::reached);
      called.push_back(sequence);
    }));
  CHECK(called.empty());
  board.post({1, 2, {}});
  CHECK(called == std::vector<Sequence>{1, 2, 2});
  board.post({1, 2, {}});
  board.post({1, 8, {}});
  CHECK(called == std::vector<Sequence>{1, 2, 2, 3});
}

TEST_CASE("position board: who waits in vain is told at the deadline, once") {
  PositionBoard board;
  const auto now = PositionBoard::Clock::now();
  int late = 0;
  CHECK(board.when_reached(7, now + 1s, [&](Wait wait) {
    CHECK(wait == Wait::too_late);
    ++late;
  }));
  board.tick(now);
  CHECK(late == 0);
  board.tick(now + 1s);
  CHECK(late == 1);
  board.post({1, 7, {}});
  board.tick(now + 2s);
  CHECK(late == 1);
}

TEST_CASE("position board: who waits for what is beyond the log's end is told, when the end was asked for since") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  const auto before = PositionBoard::Clock::now() - 1s;
  std::vector<Sequence> beyond;
  for (Sequence sequence : {4U, 5U, 6U, 7U})
    CHECK(board.when_reached(sequence, later, [&beyond, sequence](Wait wait) {
      CHECK(wait == Wait::beyond);
      beyond.push_back(sequence);
    }));
  board.give_up_beyond({1, 5, {}}, before);  // there may be more since
  CHECK(beyond.empty());
  board.give_up_beyond({1, 5, {}}, PositionBoard::Clock::now());
  CHECK(beyond == std::vector<Sequence>{6, 7});
  CHECK(board.end_of_log().sequence == 5);
}

TEST_CASE("position board: refuses when too many wait") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  constexpr int kMany = 10'000;
  for (int i = 0; i < kMany; ++i) REQUIRE(board.when_reached(1, later, [](Wait) {}));
  CHECK_FALSE(board.when_reached(1, later, [](Wait) { FAIL("called although it was refused"); }));
  board.post({1, 1, {}});
  CHECK(board.when_reached(2, later, [](Wait) {}));
}

TEST_CASE("rate: events a second over the last five seconds") {
  Rate rate;
  const Rate::Clock::time_point start{1h};
  CHECK(rate.per_second(start) == 0.0);
  for (int i = 0; i < 50; ++i) rate.add(10, start + i * 100ms);
  CHECK(rate.per_second(start + 4900ms) == Approx(100.0));
  CHECK(rate.per_second(start + 20s) == 0.0);
}

TEST_CASE("request plan: what is committed fits into a message, however values grow") {
  config::Limits limits;
  limits.max_message_bytes = 100'000;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.database = "d";
  for (int i = 0; i < 4; ++i) {
    proto::RequestStatement statement;
    statement.sql = "INSERT INTO t VALUES (?)";
    statement.params.push_back(Value(Bytes{std::string(6'000, 'x')}));  // twice as long in hexadecimal
    request.statements.push_back(std::move(statement));
  }
  RequestPlan plan;
  CHECK_FALSE(plan_request(request, rules, plan).has_value());
  request.statements.push_back(request.statements.front());
  RequestPlan larger;
  const std::optional<PlanRefusal> refusal = plan_request(request, rules, larger);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::too_large);
  CHECK(refusal->statement == 4U);
}

TEST_CASE("conditions: the status names the gravest, says for how long, and is itself again when all have passed") {
  Conditions conditions;
  const auto now = Conditions::Clock::now();
  const auto told = [&](std::string state, Conditions::Clock::time_point at) {
    proto::NodeStatus status;
    status.state = std::move(state);
    conditions.tell(status, at);
    return status.state + ": " + status.message;
  };
  CHECK(told("Live", now) == "Live: ");
  conditions.post("applier", Trouble::waiting, "table t is locked", now);
  CHECK(told("Live", now) == "Waiting: table t is locked");
  conditions.post("disk", Trouble::disk_full, "no room", now + 1s);
  CHECK(told("Live", now + 4s) == "DiskFull: no room (for 3 s); Waiting: table t is locked (for 4 s)");
  CHECK(told("Failed", now + 4s) == "Failed: ");  // for good
  conditions.post("database", Trouble::database_down, "restarting", now + 5s);
  conditions.clear("disk");
  conditions.clear("applier");
  CHECK(told("Live", now + 5s) == "DatabaseDown: restarting");
  conditions.post("database", Trouble::database_down, "second try", now + 7s);
  CHECK(told("Live", now + 8s) == "DatabaseDown: second try (for 3 s)");  // since the first word of it
  conditions.post("database", Trouble::database_stalled, "no answer", now + 9s);
  CHECK(told("Live", now + 10s) == "DatabaseStalled: no answer (for 1 s)");
  conditions.clear("database");
  conditions.clear("database");
  CHECK(told("Live", now + 21s) == "Live: ");
}

TEST_CASE("conditions: of equally grave ones the oldest is told") {
  Conditions conditions;
  const auto now = Conditions::Clock::now();
  conditions.post("a", Trouble::waiting, "later", now + 1s);
  conditions.post("b", Trouble::waiting, "earlier", now);
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->message == "earlier");
}

TEST_CASE("request plan: a small message whose values would be gigabytes is refused before they are") {
  config::Limits limits;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.statements.resize(1);
  std::string& text = request.statements[0].sql;
  text = "SELECT 1";
  for (int i = 0; i < 3000; ++i) text += ",:v";
  request.statements[0].named_params = {{"v", std::string(700'000, 'x')}};
  CHECK(judging_bytes(request) > 2'000'000'000U);
  RequestPlan plan;
  const std::optional<PlanRefusal> refusal = plan_request(request, rules, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::refused);
  CHECK(refusal->status.reason == "STATEMENT_TOO_LARGE");
  CHECK(refusal->status.message.find("limits.max_statement_bytes") != std::string::npos);
  CHECK(refusal->statement == 0U);
}

TEST_CASE("request plan: a request that is too long as it came is refused before anything of it is read") {
  config::Limits limits;
  limits.max_message_bytes = 2'000;
  const PlanRules rules = plan_rules(limits);
  proto::QueryRequest request;
  request.statements.resize(3);
  // Not even SQL: had it been read, that would be the answer.
  request.statements[0].sql = "nonsense";
  request.statements[2].sql = std::string(1'500, '?');
  RequestPlan plan;
  std::optional<PlanRefusal> refusal = plan_request(request, rules, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.code == Code::too_large);
  CHECK(refusal->statement == 2U);
  PlanRules narrow = rules;
  narrow.limits.max_statement_bytes = 1'000;
  refusal = plan_request(request, narrow, plan);
  REQUIRE(refusal.has_value());
  CHECK(refusal->status.reason == "STATEMENT_TOO_LARGE");
  CHECK(refusal->statement == 2U);
}

TEST_CASE("request plan: what a request may cost to judge is known before it is read") {
  proto::QueryRequest request;
  request.statements.resize(2);
  request.statements[0].sql = "SELECT ?, ?";
  request.statements[0].params = {std::string(100, 'x'), Bytes{std::string(100, 'x')}};
  CHECK(judging_bytes(request) == 11 + 100 + 200);
  request.statements[1].sql = "SELECT :a, :b";
  request.statements[1].named_params = {{"a", std::string(50, 'x')}, {"b", std::int64_t{1}}};
  CHECK(judging_bytes(request) == 311 + 13 + 2 * 50);
}

namespace {

// Has it look, and takes what it has found.
void look(DiskWatch& disk, DiskWatch::Clock::time_point now) {
  disk.tick(now);
  while (disk.looking()) std::this_thread::yield();
  disk.tick(now);
}

}  // namespace

TEST_CASE("disk watch: below the reserve nothing is written, until there is room again") {
  Conditions conditions;
  std::atomic<std::uint64_t> room = 5U << 20U;
  DiskWatch disk(conditions, "/data", 4U << 20U, [&room]() -> Result<std::uint64_t> { return room.load(); });
  const auto now = DiskWatch::Clock::now();
  look(disk, now);
  CHECK_FALSE(disk.full());
  CHECK_FALSE(conditions.gravest());
  room = (4U << 20U) - 1;
  look(disk, now + 1s);
  CHECK(disk.full());
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->trouble == Trouble::disk_full);
  CHECK(conditions.gravest()->message.find("less than 4 MiB are free on the disk of /data") != std::string::npos);
  CHECK(disk.why().code == Code::disk_full);
  room = 4U << 20U;
  look(disk, now + 2s);
  CHECK_FALSE(disk.full());
  CHECK_FALSE(conditions.gravest());
}

TEST_CASE("disk watch: a disk that fails is said, and is no reason not to write what the database still takes") {
  Conditions conditions;
  std::atomic<bool> fails = true;
  DiskWatch disk(conditions, "/data", 1, [&fails]() -> Result<std::uint64_t> {
    if (fails) return Status::error(Code::io, "cannot sync /data/disk-probe: Input/output error");
    return 100;
  });
  const auto now = DiskWatch::Clock::now();
  look(disk, now);
  CHECK_FALSE(disk.full());
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->trouble == Trouble::database_stalled);
  CHECK(conditions.gravest()->message ==
        "the disk of /data does not work: cannot sync /data/disk-probe: Input/output error");
  fails = false;
  look(disk, now + 1s);
  CHECK_FALSE(conditions.gravest());
}

TEST_CASE("disk watch: a disk that never answers is said, and nobody waits for it, not even the watch's end") {
  Conditions conditions;
  std::promise<void> never;
  std::promise<void> begun;
  std::promise<void> ended;
  {
    DiskWatch disk(conditions, "/data", 1, [&, looks = 0]() mutable -> Result<std::uint64_t> {
      if (++looks < 2) return 100;
      begun.set_value();
      never.get_future().wait();
      ended.set_value();
      return 100;
    });
    const auto now = DiskWatch::Clock::now();
    look(disk, now);
    disk.tick(now + 1s);
    begun.get_future().wait();
    disk.tick(now + 2s);
    disk.tick(now + 9s);
    CHECK_FALSE(conditions.gravest());  // it may be slow
    for (int seconds = 11; seconds < 60; ++seconds) disk.tick(now + std::chrono::seconds(seconds));
    REQUIRE(conditions.gravest());
    CHECK(conditions.gravest()->trouble == Trouble::database_stalled);
    CHECK(conditions.gravest()->message == "the disk of /data does not work: it does not answer");
    CHECK(disk.looking());
  }
  never.set_value();
  ended.get_future().wait();
}

TEST_CASE("disk watch: a folder's disk says its room and takes a byte; a folder that is gone is an error") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("sqlcast-disk-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const LookAtDisk look_there = look_at_disk(folder.string());
  const Result<std::uint64_t> room = look_there();
  CHECK(room.value() > 0);
  CHECK(std::filesystem::file_size(folder / "disk-probe") == 1);
  for (const char* step : {"open", "write", "sync"}) {
    static const char* failing;
    failing = step;
    set_disk_fault([](const char* at) { return std::string_view(at) == failing ? EIO : 0; });
    const Result<std::uint64_t> broken = look_at_disk(folder.string())();
    set_disk_fault(nullptr);
    INFO(step);
    CHECK(broken.status().code == Code::io);
    CHECK(broken.status().message.find("disk-probe: Input/output error") != std::string::npos);
  }
  std::filesystem::remove_all(folder);
  CHECK(look_there().status().message.find("cannot ask for the room in " + folder.string()) == 0);
}

TEST_CASE("disk watch: what the database refuses for want of room is told for a while") {
  Conditions conditions;
  DiskWatch disk(conditions, "/data", 1, nullptr);
  const auto now = DiskWatch::Clock::now();
  disk.refused("the table is full", now);
  disk.tick(now + 1s);
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->message == "the database has no room: the table is full");
  CHECK_FALSE(disk.full());  // the next one may fit
  disk.tick(now + 30s);
  CHECK_FALSE(conditions.gravest());
}
