// Goal: what is appended is what is read, whatever the order of begins, ends and voids, at every boundary of a file;
// and a writer that fails says so and invents nothing. Method: a file system in memory, of which each call can fail.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/wait.h"
#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;
using support::wait_for;

TEST_CASE("log: groups are read back joined, chained and in order", "[log]") {
  TestLog log;
  REQUIRE(log.group("begin1", "end1", 3).ok());
  REQUIRE(log.begin_group("whole", 2, true).ok());
  GroupBegin ddl = log.next_begin("create");
  ddl.ddl = true;
  ddl.fingerprint = "no such table";
  REQUIRE(log.writer->append(ddl).ok());
  CHECK(log.writer->begun()->fingerprint == "no such table");
  REQUIRE(log.end_group("d").ok());
  const Position end = log.writer->sync()->end;
  const auto groups = log.read(end);
  REQUIRE(groups.ok());
  REQUIRE(groups->size() == 3);
  Hash previous = cluster_hash();
  Sequence next = 1;
  for (const proto::Group& group : *groups) {
    CHECK(group.first == next);
    CHECK(group.previous_hash == previous);
    CHECK(group.hash == proto::chain_hash(previous, group.epoch, group.first, group.last, group.body));
    previous = group.hash;
    next = group.last + 1;
  }
  CHECK(previous == end.hash);
  CHECK(log.bodies() == "begin1end1 whole created");
  CHECK(groups->at(1).state == proto::GroupState::committed);
  CHECK(groups->at(2).state == proto::GroupState::ddl_done);
  CHECK(groups->at(2).commit_time_us == log.time_us);
}

TEST_CASE("log: a void group did nothing, and its sequences are free", "[log]") {
  TestLog log;
  REQUIRE(log.group("a", "A", 2).ok());
  const Position before = log.writer->appended().end;
  REQUIRE(log.begin_group("lost", 5).ok());
  CHECK(log.writer->append_void(1)->end == before);
  REQUIRE(log.begin_group("refused", 5, true).ok());
  CHECK(log.writer->appended().end.sequence == 7);
  CHECK(log.writer->append_void(1)->end == before);
  CHECK_FALSE(log.writer->append_void(1).ok());
  REQUIRE(log.begin_group("b", 5, true).ok());  // the same sequences as the refused one
  CHECK(log.bodies() == "aA b");
  REQUIRE(log.begin_group("shorter", 1, true).ok());
  REQUIRE(log.writer->append_void(1).ok());
  REQUIRE(log.begin_group("longer", 3, true).ok());
  REQUIRE(log.writer->append_void(1).ok());
  REQUIRE(log.group("c", "C", 2).ok());
  CHECK(log.bodies() == "aA b cC");
  log.reopen();
  CHECK(log.bodies() == "aA b cC");
}

TEST_CASE("log: a group that is the very one that was void before is read once, from wherever", "[log]") {
  TestLog log;
  REQUIRE(log.begin_group("again", 2, true).ok());
  REQUIRE(log.writer->append_void(1).ok());
  REQUIRE(log.begin_group("again", 2, true).ok());
  CHECK(log.bodies() == "again");
  CHECK(log.bodies() == "again");  // with what the first reader has noted
  REQUIRE(log.begin_group("next", 1, true).ok());
  CHECK(log.bodies() == "again next");
}

TEST_CASE("log: behind a mark nothing becomes void, and there is none while it may", "[log]") {
  TestLog log;
  REQUIRE(log.begin_group("a", 1, true).ok());
  REQUIRE(log.writer->sync().ok());
  const std::string before = log.system.content(log.last_file());
  REQUIRE(log.writer->sync().ok());
  CHECK(log.system.content(log.last_file()) == before);
  CHECK(log.reopen().settled.sequence == 0);
  log.writer->settle();
  CHECK(log.writer->append_void(1).status().code == Code::internal);
  REQUIRE(log.writer->sync().ok());
  CHECK(log.reopen().settled.sequence == 1);
  CHECK_FALSE(log.writer->begun());
}

TEST_CASE("log: records that cannot follow are refused and change nothing", "[log]") {
  TestLog log;
  log.epoch = 3;
  REQUIRE(log.group("a", "A").ok());
  const std::string before = log.system.content(log.last_file());
  const auto refused = [&](auto change) {
    GroupBegin begin = log.next_begin("x");
    change(begin);
    return log.writer->append(begin).status();
  };
  CHECK(has(refused([](GroupBegin& b) { b.first += 1, b.last += 1; }), "cannot follow sequence 1"));
  CHECK(has(refused([](GroupBegin& b) { b.first -= 1; }), "cannot follow sequence 1"));
  CHECK(has(refused([](GroupBegin& b) { b.last -= 1; }), "cannot follow sequence 1"));
  CHECK(has(refused([](GroupBegin& b) { b.epoch = 2; }), "epoch 2 cannot follow epoch 3"));
  CHECK(has(refused([](GroupBegin& b) { b.ddl = b.complete = true; }), "DDL"));
  CHECK(refused([](GroupBegin& b) {
          b.complete = true;
          b.hash = Hash{};
        }).code == Code::diverged);
  CHECK(has(log.end_group("x").status(), "has not begun"));
  CHECK(log.system.content(log.last_file()) == before);
  REQUIRE(log.begin_group("b").ok());
  CHECK(has(refused([](GroupBegin&) {}), "before group 2 to 2 has ended"));
  GroupEnd end;
  end.hash = Hash{};
  CHECK(log.writer->append(end).status().code == Code::diverged);
  REQUIRE(log.end_group("B").ok());
  CHECK(log.bodies() == "aA bB");
}

TEST_CASE("log: a group ends in the file it began in, whatever the size of the files", "[log]") {
  for (std::uint64_t bytes = kHeaderBytes + 200; bytes < kHeaderBytes + 1400; bytes += 8) {
    TestLog log(bytes);
    std::string expected;
    for (unsigned i = 0; i < 12; ++i) {
      const std::string text(1 + i * 37 % 200, static_cast<char>('a' + i));
      if (i % 3 == 2) {
        REQUIRE(log.begin_group("void" + text, 2, i % 2 == 0).ok());
        REQUIRE(log.writer->append_void(1).ok());
      }
      REQUIRE(log.group(text, std::string(i * 11, 'e'), 1 + i % 4).ok());
      expected += (i == 0 ? "" : " ") + text + std::string(i * 11, 'e');
    }
    REQUIRE(log.files().size() >= 2);
    REQUIRE(log.bodies() == expected);
    const Position end = log.writer->appended().end;
    REQUIRE(log.reopen().end == end);
    REQUIRE(log.bodies() == expected);
    REQUIRE(log.group("more", "").ok());
    REQUIRE(log.bodies() == expected + " more");
  }
}

TEST_CASE("log: durable is what was synced, and voids do not go to the next file", "[log]") {
  TestLog log(kHeaderBytes + 330);
  REQUIRE(log.begin_group("a", 1, true).ok());
  CHECK(log.writer->durable() == Progress{0, log_start()});
  CHECK(log.writer->sync()->number == 1);
  REQUIRE(log.begin_group("b", 1, true).ok());
  CHECK(log.writer->durable().number == 1);
  REQUIRE(log.begin_group("c", 1, true).ok());  // in another file: the first is durable
  CHECK(log.files().size() == 2);
  CHECK(log.writer->durable().number == 2);
  CHECK(log.writer->sync()->end == log.writer->appended().end);
  REQUIRE(log.writer->close().ok());
  CHECK(log.begin_group("d").status().code == Code::shutting_down);
}

TEST_CASE("log: what is appended while a sync is under way is not durable by it", "[log]") {
  TestLog log;
  REQUIRE(log.group("a", "A").ok());
  const Progress before = log.writer->appended();
  std::string meanwhile = "b";
  log.system.before_sync = [&] {
    for (const char c : std::exchange(meanwhile, "")) CHECK(log.group(std::string(1, c), "!").ok());
  };
  CHECK(*log.writer->sync() == before);
  CHECK(log.writer->durable() == before);
  CHECK(*log.writer->sync() == log.writer->appended());
  // Nor does a record say so: with its first group lost the file is torn, not damaged.
  meanwhile = "cd";
  REQUIRE(log.group("e", "E").ok());
  const std::size_t end = log.system.content(log.last_file()).find_last_not_of('\0');
  REQUIRE(log.writer->sync().ok());
  REQUIRE(log.group("f", "F").ok());
  std::string content = log.system.content(log.last_file());
  content[end + 20] = 'x';
  log.system.set_content(log.last_file(), content);
  CHECK(log.reopen().torn);
  CHECK(log.bodies() == "aA b! eE");
}

TEST_CASE("log: a group is settled when the next one has asked for another file, even in vain", "[log]") {
  TestLog log(kHeaderBytes + 200);
  REQUIRE(log.begin_group("a", 1, true).ok());
  unsigned writes = 0;
  log.system.plan = [&](std::uint64_t, Call call) {  // the new file is made; the record finds no room in it
    return call == Call::write && ++writes == 3 ? Fault::disk_full : Fault::none;
  };
  CHECK(log.begin_group(std::string(300, 'b'), 1, true).status().code == Code::disk_full);
  REQUIRE(log.files().size() == 2);
  CHECK(log.writer->append_void(1).status().code == Code::internal);
  REQUIRE(log.begin_group("c", 1, true).ok());
  CHECK(log.bodies() == "a c");
}

TEST_CASE("log: an idle sync notes once how far the file is on disk", "[log]") {
  TestLog log;
  const auto size = [&] { return log.system.content(log.last_file()).find_last_not_of('\0'); };
  const std::size_t header = size();
  REQUIRE(log.writer->sync().ok());
  CHECK(size() == header);
  REQUIRE(log.group("a", "A").ok());
  REQUIRE(log.writer->sync().ok());
  const std::size_t before = size();
  REQUIRE(log.writer->sync().ok());
  const std::size_t after = size();
  CHECK(after > before);
  for (int i = 0; i < 5; ++i) REQUIRE(log.writer->sync().ok());
  CHECK(size() == after);
  CHECK(log.bodies() == "aA");
}

TEST_CASE("log: a sync that fails is not tried again, and nothing more is taken", "[log]") {
  TestLog log;
  REQUIRE(log.group("a", "A").ok());
  REQUIRE(log.writer->sync().ok());
  REQUIRE(log.group("b", "B").ok());
  unsigned syncs = 0;
  log.system.plan = [&](std::uint64_t, Call call) {
    return call == Call::sync && ++syncs == 1 ? Fault::disk_full : Fault::none;
  };
  const Status failed = log.writer->sync().status();
  CHECK(failed.code == Code::io);  // though the system said that the disk is full
  CHECK(has(failed, "start this node anew"));
  CHECK(log.writer->durable().end.sequence == 1);
  CHECK(log.writer->health().message == failed.message);
  CHECK(log.writer->sync().status().message == failed.message);
  CHECK(log.group("c", "C").message == failed.message);
  CHECK(log.writer->append_void(1).status().message == failed.message);
  CHECK(log.writer->close().message == failed.message);
  CHECK(syncs == 1);
}

namespace {

// Some groups of every kind, over several files, with syncs; stops at the first failure. How far durable was told.
Position some_work(TestLog& log) {
  for (unsigned i = 0; i < 8; ++i) {
    const std::string text(40 + i * 20, static_cast<char>('a' + i));
    if (i % 4 == 3 && (!log.begin_group("void", 2, i % 8 == 3).ok() || !log.writer->append_void(1).ok())) break;
    if (!(i % 2 == 0 ? log.group(text, "E", 2) : log.begin_group(text, 1, true).status()).ok()) break;
    if (i % 3 == 1 && !log.writer->sync().ok()) break;
  }
  log.writer->settle();
  static_cast<void>(log.writer->close());
  return log.writer->durable().end;
}

}  // namespace

TEST_CASE("log: whichever call fails, what was told to be durable is there afterwards", "[log]") {
  for (const Fault fault : {Fault::io_error, Fault::disk_full, Fault::short_write}) {
    for (std::uint64_t k = 1, calls = k; k <= calls; ++k) {
      TestLog log(kHeaderBytes + 600);
      log.system.calls = 0;
      log.system.plan = [&](std::uint64_t number, Call) { return number == k ? fault : Fault::none; };
      const Position durable = some_work(log);
      calls = log.system.calls;
      Random random(k);
      log.writer.reset();
      log.system.crash(random);
      Result<OpenedLog> opened = log.open();
      INFO("call " << k << ": " << (opened.ok() ? "" : opened.status().message));
      REQUIRE(opened.ok());
      log.writer = std::move(opened->writer);
      REQUIRE(opened->end.sequence >= durable.sequence);
      REQUIRE(log.read(durable).ok());
      REQUIRE(log.read(opened->end).ok());
    }
  }
}

TEST_CASE("log: whichever call fails while a log is opened, the next attempt opens it", "[log]") {
  TestLog origin(kHeaderBytes + 600);
  some_work(origin);
  const std::string torn = origin.last_file();
  for (const Fault fault : {Fault::io_error, Fault::disk_full}) {
    for (std::uint64_t k = 1, calls = k; k <= calls; ++k) {
      TestLog log(kHeaderBytes + 600);
      const Position end = some_work(log);
      std::string bytes = log.system.content(log.last_file());
      bytes.resize(bytes.find_last_not_of('\0') + 1);
      log.system.set_content(log.last_file(), bytes + "and an append that was cut short");
      log.system.calls = 0;
      log.system.plan = [&](std::uint64_t number, Call) { return number == k ? fault : Fault::none; };
      const bool first = log.open().ok();
      calls = log.system.calls;
      CHECK(first == (k > calls));
      Random random(k);
      log.system.crash(random);
      const Result<OpenedLog> again = log.open();
      INFO("call " << k << ": " << (again.ok() ? "" : again.status().message));
      REQUIRE(again.ok());
      REQUIRE(again->end == end);
    }
  }
}

TEST_CASE("log: a full disk is answered, and writing goes on when there is room", "[log]") {
  // Every amount of room, so that each write meets its end once, in its middle too.
  for (std::uint64_t room = 0; room < 3 * (kHeaderBytes + 600); room += 41) {
    TestLog log(kHeaderBytes + 600);
    log.system.capacity = log.system.content(log.last_file()).size() + room;
    std::string expected;
    unsigned refused = 0;
    const auto done = [&](Status status) {
      if (status.ok()) return;
      REQUIRE(status.code == Code::disk_full);
      REQUIRE(has(status, "log/"));
      REQUIRE(has(status, "bytes"));
      ++refused;
      REQUIRE(log.writer->health().ok());
      REQUIRE(log.writer->sync().ok());
      log.system.capacity = UINT64_MAX;
    };
    for (unsigned i = 0; i < 6; ++i) {
      const std::string text(100 + i * 50, static_cast<char>('a' + i));
      const std::string end(i == 4 ? 2000 : 10, 'e');
      while (true) {
        const Result<Progress> begun = log.begin_group(text);
        done(begun.status());
        if (begun.ok()) break;
        if (i == 3) expected += (expected.empty() ? "" : " ") + std::string("short");
        if (i == 3) REQUIRE(log.group("short", "").ok());  // over what the failed append may have left
      }
      while (true) {
        const Result<Progress> ended = log.end_group(end);
        done(ended.status());
        if (ended.ok()) break;
      }
      expected += (expected.empty() ? "" : " ") + text + end;
    }
    REQUIRE(refused <= 1);
    REQUIRE(log.bodies() == expected);
    log.writer.reset();
    REQUIRE_FALSE(log.reopen().torn);
    REQUIRE(log.bodies() == expected);
  }
}

TEST_CASE("log: no room for the next file refuses begins early, and lets a group end", "[log]") {
  TestLog log;
  log.settings.file_bytes = kHeaderBytes + 800;
  log.settings.prepare_beforehand = true;
  log.settings.retry = std::chrono::milliseconds(1);
  std::atomic<bool> full = true;
  unsigned created = 0;
  log.system.plan = [&](std::uint64_t, Call call) {  // the next file can be made, the one after it finds no room
    return call == Call::create && ++created > 1 && full ? Fault::disk_full : Fault::none;
  };
  log.reopen();
  REQUIRE(log.group("a", "A").ok());
  REQUIRE(log.begin_group(std::string(700, 'b')).ok());
  CHECK(log.files().size() == 2);
  Status refused;
  wait_for("the preparer's disk to be full", [&] {
    refused = log.writer->health();
    return !refused.ok();
  });
  CHECK(refused.code == Code::disk_full);
  CHECK(has(refused, "log/next.tmp"));
  CHECK(has(refused, std::to_string(log.settings.file_bytes) + " bytes"));
  REQUIRE(log.end_group("B").ok());
  CHECK(log.begin_group("c").status().code == Code::disk_full);
  REQUIRE(log.writer->sync().ok());
  full = false;
  wait_for("the preparer to go on", [&] { return log.writer->health().ok(); });
  REQUIRE(log.group("c", "C").ok());
  CHECK(log.bodies().ends_with("bB cC"));
}

TEST_CASE("log: without room for the next file, what is complete goes into the present one as long as it fits",
          "[log]") {
  TestLog log;
  log.settings.file_bytes = kHeaderBytes + 2'000;
  log.settings.prepare_beforehand = true;
  log.settings.retry = std::chrono::milliseconds(1);
  log.system.plan = [](std::uint64_t, Call call) { return call == Call::create ? Fault::disk_full : Fault::none; };
  log.reopen();
  REQUIRE(log.begin_group("a", 1, true).ok());
  wait_for("the preparer's disk to be full", [&] { return !log.writer->health().ok(); });
  CHECK(log.begin_group("b").status().code == Code::disk_full);
  REQUIRE(log.begin_group("b", 1, true).ok());
  REQUIRE(log.writer->sync().ok());
  CHECK(log.begin_group(std::string(2'000, 'c'), 1, true).status().code == Code::disk_full);
  REQUIRE(log.begin_group("c", 1, true).ok());
  CHECK(log.files().size() == 1);
}

TEST_CASE("log: a complete group leaves room in its file for being taken back", "[log]") {
  // Every place at which the second group can end.
  for (std::size_t bytes = 1'000; bytes < 1'288; bytes += 8) {
    TestLog log(kHeaderBytes + 1'500);
    REQUIRE(log.begin_group("a", 1, true).ok());
    REQUIRE(log.begin_group(std::string(bytes, 'b'), 1, true).ok());
    std::uint64_t prepared = 0;
    for (const std::string& path : log.system.paths()) prepared += log.system.content(path).size();
    INFO(bytes);
    log.system.capacity = prepared;  // nothing more
    REQUIRE(log.writer->append_void(1).ok());
    CHECK(log.bodies() == "a");
  }
}
