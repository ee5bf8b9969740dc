// Goal: a reader gives every group from any place on, no more than it is told, while a writer appends, and says so when
// it cannot. Method: logs in memory; a real folder with a writer, a syncer and readers beside each other.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

TEST_CASE("log reader: goes to every group of every file, with an index and without", "[log]") {
  TestLog log(256U << 10U);
  std::vector<Position> ends = {log_start()};
  for (unsigned i = 0; i < 300; ++i) {
    if (i % 7 == 0) REQUIRE((log.begin_group("gone", 4, i % 2 == 0).ok() && log.writer->append_void(1).ok()));
    REQUIRE(log.group(std::string(i * 13 % 6000, 'b'), "end", 1 + i % 3).ok());
    ends.push_back(log.writer->appended().end);
  }
  REQUIRE(log.files().size() >= 3);
  const Position limit = log.writer->sync()->end;
  for (const bool indexed : {false, true}) {
    for (std::size_t i = 0; i < ends.size(); ++i) {
      SparseIndex none;
      LogReader reader(log.system, kFolder, cluster_hash(), indexed ? *log.index : none);
      const auto at = reader.seek(ends[i].sequence, limit);
      REQUIRE(at.ok());
      REQUIRE(*at == ends[i]);
      const auto group = reader.next(limit);
      REQUIRE(group.ok());
      REQUIRE(group->has_value() == (i + 1 < ends.size()));
      if (*group) REQUIRE(((*group)->hash == ends[i + 1].hash && (*group)->previous_hash == ends[i].hash));
    }
    REQUIRE(log.read(limit).ok());  // fills the index
  }
  SparseIndex none;
  LogReader reader(log.system, kFolder, cluster_hash(), none);
  CHECK(reader.next(limit).status().code == Code::internal);
  CHECK(reader.seek(ends[2].sequence + 1, limit).status().code == Code::diverged);  // inside a group
  const auto before = reader.seek_entry(ends[2].sequence + 1, limit);
  REQUIRE(before.ok());
  CHECK(*before == ends[2]);
  CHECK((*reader.next(limit))->hash == ends[3].hash);
  CHECK(*reader.seek_entry(ends[2].sequence, limit) == ends[2]);
  CHECK(reader.seek(limit.sequence + 1, limit).status().code == Code::bad_request);
}

TEST_CASE("log reader: gives nothing behind its limit", "[log]") {
  TestLog log;
  std::vector<Position> ends;
  for (unsigned i = 0; i < 10; ++i) {
    REQUIRE(log.begin_group("whole", 2, true).ok());
    ends.push_back(log.writer->appended().end);
  }
  LogReader reader(log.system, kFolder, cluster_hash(), *log.index);
  REQUIRE(reader.seek(0, ends[0]).ok());
  for (const Position& limit : ends) {
    const auto group = reader.next(limit);
    REQUIRE(group.ok());
    REQUIRE((*group)->hash == limit.hash);
    REQUIRE_FALSE(reader.next(limit)->has_value());
  }
  Position other = ends[4];
  other.hash = Hash{};
  LogReader another(log.system, kFolder, cluster_hash(), *log.index);
  CHECK(another.seek(other.sequence, other).status().code == Code::diverged);
}

TEST_CASE("log reader: a file that is missing is said at the place where it should follow", "[log]") {
  TestLog log(kHeaderBytes + 200);
  for (unsigned i = 0; i < 4; ++i) REQUIRE(log.group(std::string(100, 'a'), "E").ok());
  log.system.forget(log.files()[2]);
  LogReader reader(log.system, kFolder, cluster_hash(), *log.index);
  const Position limit = log.writer->appended().end;
  REQUIRE(reader.seek(0, limit).ok());
  REQUIRE(reader.next(limit).ok());
  REQUIRE(reader.next(limit).ok());
  for (int i = 0; i < 2; ++i) {
    const Status missing = reader.next(limit).status();
    CHECK(missing.code == Code::io);
    CHECK(has(missing, "there is no file log/00000000000000000003.log"));
  }
}

TEST_CASE("log reader: stays before what is damaged, and goes on when it is whole again", "[log]") {
  TestLog log(kHeaderBytes + 600);
  for (unsigned i = 0; i < 6; ++i) REQUIRE(log.group(std::string(50 + i * 10, 'a'), "E").ok());
  REQUIRE(log.files().size() >= 2);
  const Position limit = log.writer->sync()->end;
  for (const std::string& path : log.files()) {
    const std::string whole = log.system.content(path);
    for (std::size_t at = kHeaderBytes + 90; at < whole.find_last_not_of('\0'); at += 60) {
      SparseIndex none;
      LogReader reader(log.system, kFolder, cluster_hash(), none);
      std::string spoiled = whole;
      spoiled[at] = static_cast<char>(spoiled[at] ^ 4);
      log.system.set_content(path, spoiled);
      REQUIRE(reader.seek(0, limit).ok());
      unsigned groups = 0;
      const auto read_on = [&] {
        for (auto group = reader.next(limit);; group = reader.next(limit)) {
          if (!group.ok()) return group.status();
          if (!*group) return ok_status();
          REQUIRE((*group)->first == ++groups);
        }
      };
      const std::string message = read_on().message;
      REQUIRE(message.find(path) == 0);
      REQUIRE(read_on().message == message);
      log.system.replace_content(path, whole);
      REQUIRE(read_on().ok());
      REQUIRE(groups == 6);
    }
  }
}

TEST_CASE("log reader: the index stays small and keeps its points apart", "[log]") {
  SparseIndex index;
  for (std::uint64_t i = 1; i <= 60000; ++i) index.note({1 + i / 1000 * 1000, (i % 1000) << 17U, {1, i, {}}});
  for (const std::uint64_t i : {500U, 30500U, 59999U}) {
    const auto point = index.before(1 + i / 1000 * 1000, i);
    REQUIRE(point);
    CHECK(point->position.sequence <= i);
    CHECK(point->position.sequence + 20 > i);
  }
  CHECK_FALSE(index.before(7, 500));
}

TEST_CASE("log: a writer, a syncer and readers go on beside each other, in real files", "[log]") {
  const support::TemporaryFolder folder;
  LogSettings settings = settings_of(256U << 10U);
  settings.folder = folder.path() / "log";
  settings.prepare_beforehand = true;
  SparseIndex index;
  Result<OpenedLog> opened = open_log(real_file_system(), settings, log_start(), index);
  REQUIRE(opened.ok());
  LogWriter& writer = *opened->writer;
  constexpr Sequence kGroups = 4000;
  std::atomic<bool> done = false;
  std::atomic<unsigned> wrong = 0;
  std::thread syncer([&] {
    while (!done)
      if (!writer.sync().ok()) ++wrong;
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      LogReader reader(real_file_system(), settings.folder, cluster_hash(), index);
      if (!reader.seek(0, writer.durable().end).ok()) ++wrong;
      for (Sequence next = 1; next <= kGroups && wrong == 0;) {
        const auto group = reader.next(writer.durable().end);
        if (!group.ok() || (*group && (*group)->first != next)) ++wrong;
        if (group.ok() && *group) ++next;
      }
    });
  for (Sequence i = 1; i <= kGroups && wrong == 0; ++i) {
    GroupBegin begin;
    begin.epoch = 1;
    begin.first = begin.last = i;
    const std::string bytes(100 + i % 500, 'b');
    begin.bytes = bytes;
    if (!writer.append(begin).ok()) ++wrong;
    GroupEnd end;
    end.bytes = "end";
    if (!writer.append(end).ok()) ++wrong;
  }
  for (std::thread& reader : readers) reader.join();
  done = true;
  syncer.join();
  CHECK(wrong == 0);
  const Position end = writer.appended().end;
  CHECK(writer.close().ok());
  opened->writer.reset();
  CHECK(verify_log(real_file_system(), settings.folder, cluster_hash(), end).ok());
  SparseIndex fresh;
  Result<OpenedLog> again = open_log(real_file_system(), settings, std::nullopt, fresh);
  REQUIRE(again.ok());
  CHECK(again->end == end);
  CHECK(list_files(real_file_system(), settings.folder)->size() > 3);
}
