// Goal: whatever bytes the files have, opening them says what is so: nothing that was on disk is cut off, damage is
// told from a torn tail, and no byte that changed passes for another group. Method: every truncation and every flipped
// bit of small logs, and each thing that can be wrong with a file.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

namespace {

// The log's content after each of its groups, by hash: the only ones that may ever be read from it.
using Known = std::map<Hash, std::string>;

struct Sample {
  TestLog log{kHeaderBytes + 900};
  Known known;
  std::string path;
  std::string content;
  std::size_t end = 0;  // of what is not zeros

  Sample() { known[cluster_hash()] = ""; }
  void done(const Status& status) {
    REQUIRE(status.ok());
    known[log.writer->appended().end.hash] = log.bodies();
  }
  void finish() {
    path = log.last_file();
    content = log.system.content(path);
    end = (content.find_last_not_of('\0') + kRecordAlignment) / kRecordAlignment * kRecordAlignment;
  }
  // Opens the log with other bytes in its last file: refused with io, or a content that was once so.
  Result<OpenedLog> open_with(const std::string& changed) {
    for (const std::string& other : log.files())
      if (other > path) log.system.forget(other);  // made by an attempt before
    log.system.set_content(path, changed);
    Result<OpenedLog> opened = log.open();
    if (!opened.ok()) return opened.status();
    log.writer = std::move(opened->writer);
    const auto found = known.find(opened->end.hash);
    if (found == known.end()) FAIL("a group was invented");
    if (log.bodies() != found->second) FAIL("other bytes are read: " << log.bodies());
    if (opened->begun && !log.writer->append_void(1).ok()) FAIL("what was begun does not end");
    if (!log.group("after", "wards").ok()) FAIL("cannot go on");
    log.writer.reset();
    return opened;
  }
};

// Two groups and a begun one in the last of two files; the last sync was before the last end.
void fill(Sample& sample, bool closed) {
  sample.done(sample.log.group(std::string(600, 'x'), "E", 2));
  sample.done(sample.log.group("second", "End"));
  sample.done(sample.log.begin_group(std::string(200, 'r'), 1, true).status());
  REQUIRE(sample.log.files().size() == 2);
  sample.done(sample.log.group("third", "done"));
  REQUIRE(sample.log.writer->sync().ok());
  REQUIRE(sample.log.begin_group("open").ok());
  if (closed) REQUIRE(sample.log.writer->close().ok());
  sample.finish();
}

}  // namespace

TEST_CASE("log: cut at any byte, the log opens with what is whole, and keeps the rest aside", "[log]") {
  Sample sample;
  fill(sample, false);
  for (std::size_t size = kHeaderBytes; size <= sample.end; ++size) {
    INFO("cut at " << size);
    const auto opened = sample.open_with(sample.content.substr(0, size));
    REQUIRE(opened.ok());
    std::string kept;
    if (opened->torn) {
      kept = sample.log.system.content(opened->torn->kept);
      REQUIRE(opened->torn->path == sample.path);
      REQUIRE(opened->torn->bytes == kept.size());
      REQUIRE(kept == sample.content.substr(opened->torn->offset, kept.size()));
      sample.log.system.forget(opened->torn->kept);
    }
    REQUIRE(opened->end.sequence >= 2);
    if (size == sample.end) REQUIRE(opened->begun->bytes == "open");
  }
  for (std::size_t size = 0; size < kHeaderBytes; ++size) {
    const auto opened = sample.open_with(sample.content.substr(0, size));
    if (opened.ok() || opened.status().code != Code::io || !has(opened.status(), sample.path + ": the log file "))
      FAIL("cut at " << size);
  }
}

TEST_CASE("log: a flipped bit is found wherever it is", "[log]") {
  for (const bool closed : {false, true}) {
    Sample sample;
    fill(sample, closed);
    const std::size_t unsynced = sample.content.find("open") - kRecordHeadBytes;
    unsigned damaged = 0, torn = 0;
    for (std::size_t bit = 0; bit < sample.end * 8; ++bit) {
      std::string changed = sample.content;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      const auto opened = sample.open_with(changed);
      if (!opened.ok()) {
        if (!has(opened.status(), sample.path) || !has(opened.status(), "offset"))
          FAIL("bit " << bit << ": " << opened.status().message);
        if (!has(opened.status(), "Nothing was changed")) FAIL(opened.status().message);
        if (sample.log.system.content(sample.path) != changed) FAIL("the file was changed");
        ++damaged;
        continue;
      }
      if (!opened->torn) FAIL("bit " << bit << " was not noticed");
      sample.log.system.forget(opened->torn->kept);
      // Torn is only what no record says to have been on disk.
      if (bit / 8 < unsynced) FAIL("bit " << bit << ": what was on disk was cut off");
      ++torn;
    }
    CHECK(damaged > 0);
    CHECK(torn > 0);
    if (closed) CHECK(torn == kRecordHeadBytes * 8);  // the mark that says so itself
  }
}

TEST_CASE("log: a flipped bit in an earlier file is found when it is read, and by verify", "[log]") {
  TestLog log(kHeaderBytes + 900);
  REQUIRE(log.group(std::string(600, 'x'), "E", 2).ok());
  REQUIRE(log.group("second", "End").ok());
  REQUIRE(log.group(std::string(300, 'r'), "").ok());
  REQUIRE(log.files().size() == 2);
  const Position end = log.writer->sync()->end;
  CHECK(verify_log(log.system, kFolder, cluster_hash(), end).ok());
  const std::string path = log.files().front();
  const std::string content = log.system.content(path);
  const std::size_t used = (content.find_last_not_of('\0') + 8) / 8 * 8;
  for (std::size_t bit = 0; bit < used * 8; ++bit) {
    std::string changed = content;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    log.system.set_content(path, changed);
    const Status verified = verify_log(log.system, kFolder, cluster_hash(), end);
    if (verified.ok() || !has(verified, path) || !has(verified, "offset")) FAIL("bit " << bit << verified.message);
  }
}

TEST_CASE("log: blocks that a crash has lost are torn, blocks that were on disk are damage", "[log]") {
  Sample sample;
  sample.log.settings.file_bytes = 64U << 10U;
  sample.log.reopen();
  sample.done(sample.log.group(std::string(5000, 'a'), "A"));
  REQUIRE(sample.log.writer->sync().ok());
  sample.done(sample.log.group(std::string(5000, 'b'), "B"));
  sample.done(sample.log.group(std::string(5000, 'c'), "C"));
  sample.finish();
  const auto without = [&](std::size_t block) {
    std::string changed = sample.content;
    changed.replace(block * 4096, 4096, 4096, '\0');
    return sample.open_with(changed);
  };
  for (std::size_t block = 1; block * 4096 < sample.end; ++block) {
    const auto opened = without(block);
    // The first group was on disk when the second was written; neither of the others was when any was.
    INFO(block);
    if (block <= 2) CHECK(has(opened.status(), "damaged"));
    if (block > 2) CHECK(opened->end.sequence == (block * 4096 < sample.content.find("ccc") ? 1 : 2));
  }
  // A statement that looks like a record proves nothing.
  std::string record = encode_record({}, 0, 0);
  Record forged;
  forged.synced = 1U << 20U;
  record = encode_record(forged, 1, 8192);
  Sample hostile;
  hostile.log.settings.file_bytes = 64U << 10U;
  hostile.log.reopen();
  std::string statement;
  for (unsigned i = 0; i < 50; ++i) statement += record;
  hostile.done(hostile.log.group(statement, "A"));
  hostile.finish();
  std::string changed = hostile.content;
  changed[kHeaderBytes + 100] = 'x';
  CHECK(hostile.open_with(changed)->torn);
}

TEST_CASE("log: each thing that is wrong with a file has its own message", "[log]") {
  TestLog log(kHeaderBytes + 200);
  for (unsigned i = 0; i < 4; ++i) REQUIRE(log.group(std::string(100, 'a'), "E").ok());
  REQUIRE(log.files().size() == 4);
  const std::vector<std::string> files = log.files();
  std::set<std::string> messages;
  const auto told = [&](const std::string& path, std::optional<std::string> content, Code code) {
    const std::string before = log.system.content(path);
    log.system.forget(path);
    if (content) log.system.set_content(path, *content);
    const auto paths = log.system.paths();
    const Result<OpenedLog> opened = log.open();
    CHECK(paths == log.system.paths());
    log.system.set_content(path, before);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.status().code == code);
    CHECK(has(opened.status(), path));
    CHECK(messages.insert(opened.status().message).second);
    return opened.status().message;
  };
  const std::string second = log.system.content(files[1]);
  Result<FileHeader> header = decode_header(second.substr(0, kHeaderBytes), "");
  REQUIRE(header.ok());
  const auto with_header = [&] { return encode_header(*header) + second.substr(kHeaderBytes); };
  for (const std::string& path : {files[1], files.back()}) {
    CHECK(told(path, "", Code::io).find("is empty") != std::string::npos);
    CHECK(told(path, second.substr(0, 100), Code::io).find("ends inside its header") != std::string::npos);
    CHECK(told(path, std::string(kHeaderBytes, '\0'), Code::io).find("zeros") != std::string::npos);
    CHECK(told(path, "PK" + second.substr(2), Code::io).find("not a log file") != std::string::npos);
    std::string changed = second;
    changed[20] = 'x';
    CHECK(told(path, changed, Code::io).find("header is damaged") != std::string::npos);
  }
  CHECK(told(files[1], std::nullopt, Code::io).find("is missing") != std::string::npos);
  header->cluster = Hash{};
  CHECK(told(files[1], with_header(), Code::diverged).find("another cluster") != std::string::npos);
  header->cluster = cluster_hash();
  header->first = 77;
  CHECK(told(files[1], with_header(), Code::io).find("give it back that name") != std::string::npos);
  header->first = 2;
  header->previous_first = 9;
  CHECK(told(files[1], with_header(), Code::io).find("does not follow") != std::string::npos);
  CHECK(told(files[1], encode_header(*header, 2), Code::unsupported_version).find("later sqlcast") !=
        std::string::npos);
  CHECK(told(files[1], encode_header(*header, 0), Code::unsupported_version).find("version 0") != std::string::npos);
  log.system.forget(files[0]);  // as a trimmer does
  CHECK(log.open().ok());
  for (const std::string& path : files) log.system.forget(path);
  log.writer.reset();
  CHECK(has(open_log(log.system, log.settings, std::nullopt, *log.index).status(), "there is no log file"));
}

TEST_CASE("log: what was begun is told when the log is opened, and can be ended or made void then", "[log]") {
  TestLog log;
  REQUIRE(log.group("a", "A").ok());
  GroupBegin ddl = log.next_begin("create");
  ddl.ddl = true;
  ddl.fingerprint = "absent";
  REQUIRE(log.writer->append(ddl).ok());
  OpenedLog opened = log.reopen();
  REQUIRE(opened.begun);
  CHECK(*opened.begun == Begun{true, false, 1, 2, 2, log.time_us, "create", "absent"});
  CHECK(opened.end.sequence == 1);
  REQUIRE(log.end_group("d").ok());
  CHECK(log.bodies() == "aA created");
  CHECK_FALSE(log.reopen().begun);
  REQUIRE(log.begin_group("b", 3).ok());
  CHECK(log.reopen().begun->last == 5);
  REQUIRE(log.writer->append_void(1).ok());
  CHECK_FALSE(log.reopen().begun);
  REQUIRE(log.begin_group("whole", 3, true).ok());
  opened = log.reopen();
  CHECK(opened.end.sequence == 5);
  REQUIRE(opened.begun);
  CHECK(opened.begun->complete);
  REQUIRE(log.writer->append_void(1).ok());
  CHECK(log.reopen().end.sequence == 2);
  REQUIRE(log.begin_group("whole", 1, true).ok());
  log.reopen();
  REQUIRE(log.group("c", "C").ok());
  CHECK_FALSE(log.reopen().begun);
  CHECK(log.bodies() == "aA created whole cC");
}

TEST_CASE("log: begins where a snapshot ends", "[log]") {
  TestLog log;
  const Position start{7, 1000, proto::content_digest("x") == 0 ? Hash{} : proto::genesis_hash("snapshot")};
  log.system.forget(log.last_file());
  log.writer.reset();
  Result<OpenedLog> opened = open_log(log.system, log.settings, start, *log.index);
  REQUIRE(opened.ok());
  log.writer = std::move(opened->writer);
  CHECK(opened->first == 1001);
  CHECK(log.group("early", "").code == Code::internal);  // a lower epoch
  log.epoch = 7;
  REQUIRE(log.group("a", "A").ok());
  CHECK(log.last_file() == "log/00000000000000001001.log");
  CHECK(log.reopen().first == 1001);
  CHECK(log.read(log.writer->appended().end, 1000)->at(0).previous_hash == start.hash);
  CHECK(has(log.read(log.writer->appended().end, 999).status(), "begins at entry 1001"));
}
