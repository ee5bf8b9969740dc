// Goal: a disk that is full, fails or hangs is said, and nobody waits for it. Method: times by hand, made-up disks, and
// a real folder.
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <future>

#include "node/conditions.h"
#include "node/disk_watch.h"
#include "node/durable_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

namespace {

// Has it look, and takes what it has found.
void look(DiskWatch& disk, DiskWatch::Clock::time_point now) {
  disk.tick(now);
  support::wait_for("the end of the look", [&] { return !disk.looking(); });
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
  CHECK(disk.low());  // what can wait leaves the rest to others
  CHECK_FALSE(conditions.gravest());
  room = (4U << 20U) - 1;
  look(disk, now + 1s);
  CHECK(disk.full());
  REQUIRE(conditions.gravest());
  CHECK(conditions.gravest()->trouble == Trouble::disk_full);
  CHECK(conditions.gravest()->message.find("less than 4 MiB are free on the disk of /data") != std::string::npos);
  CHECK(disk.why().code == Code::disk_full);
  room = 8U << 20U;
  look(disk, now + 2s);
  CHECK_FALSE(disk.low());
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
  const support::TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
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
