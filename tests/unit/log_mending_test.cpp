// Goal: whatever is damaged or missing in a log is had back from groups that somebody else has, byte for byte of what
// is hashed, or nothing is changed. Method: logs in memory with groups of every kind, spoiled in any place; another
// node that has all, too little, or another history; a disk that fails at every call, and power that goes then.
#include "log/mending.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

namespace {

constexpr std::uint64_t kSpoiledBytes = kHeaderBytes + 900;

using Contents = std::map<std::string, std::string>;

// A closed log of a few files, with groups of every kind.
struct SpoiledLog {
  // `of_slave`: all of its groups are complete, as a slave writes them.
  explicit SpoiledLog(unsigned groups = 18, bool of_slave = false) {
    for (unsigned i = 0; i < groups; ++i) {
      if (of_slave) {
        REQUIRE(log.begin_group(std::string(60 + i * 10, 'c'), 1 + i % 2, true).ok());
        continue;
      }
      if (i % 5 == 1) REQUIRE((log.begin_group("gone", 2, i % 2 == 0).ok() && log.writer->append_void(1).ok()));
      if (i % 4 == 3) {
        GroupBegin begin = log.next_begin("CREATE TABLE", 1);
        begin.ddl = true;
        begin.fingerprint = "before";
        REQUIRE(log.writer->append(begin).ok());
        REQUIRE(log.end_group("").ok());
      } else if (i % 3 == 0) {
        REQUIRE(log.group(std::string(30 + i * 7, 'b'), "end", 1 + i % 3).ok());
      } else {
        REQUIRE(log.begin_group(std::string(60 + i * 5, 'c'), 1 + i % 2, true).ok());
      }
      if (i == groups / 2) log.epoch = 2;
    }
    log.writer->settle();  // the last group is carried out, and a mark says so
    end = log.writer->sync()->end;
    REQUIRE(log.writer->close().ok());
    all = *log.read(end);
    log.writer.reset();
    REQUIRE(log.files().size() >= 4);
  }

  // Another node, which gives a few groups at once.
  FetchGroups peer() {
    return [this](const Position& after) -> Result<std::vector<proto::Group>> {
      ++asked;
      std::vector<proto::Group> some;
      const auto from = std::find_if(all.begin(), all.end(), [&](const auto& g) { return g.last > after.sequence; });
      if (after.hash != Hash{} && from != all.end() && from->previous_hash != after.hash)
        return Status::error(Code::diverged, "another history");
      some.assign(from, from + std::min<std::ptrdiff_t>(3, all.end() - from));
      return some;
    };
  }
  Result<std::vector<Mended>> mend(bool deep = true) { return mend(peer(), deep); }
  Result<std::vector<Mended>> mend(const FetchGroups& fetch, bool deep = true) {
    return mend_closed_log(log.system, kFolder, {.all = deep, .has_all = true}, fetch);
  }
  void spoil(const std::string& path, std::size_t at) {
    std::string content = log.system.content(path);
    content[at] = static_cast<char>(content[at] ^ 4);
    log.system.set_content(path, content);
  }
  Contents contents() const {
    Contents all_files;
    for (const std::string& path : log.system.paths()) all_files[path] = log.system.content(path);
    return all_files;
  }
  void check_whole() {
    SparseIndex none;
    const auto opened = open_log(log.system, log.settings, log_start(), none);
    INFO(opened.status().message);
    REQUIRE(opened.ok());
    REQUIRE(opened->end == end);
    REQUIRE_FALSE(opened->torn);
    const auto groups = log.read(end, all.front().first - 1);
    INFO(groups.status().message);
    REQUIRE(groups.ok());
    REQUIRE(groups->size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE((*groups)[i].hash == all[i].hash);
      REQUIRE((*groups)[i].body == all[i].body);
      REQUIRE((*groups)[i].state == all[i].state);
      REQUIRE((*groups)[i].commit_time_us == all[i].commit_time_us);
    }
    const auto again = mend();
    REQUIRE(again.ok());
    REQUIRE(again->empty());
  }
  void forget_kept() {
    for (const std::string& path : log.system.paths())
      if (path.find(".damaged-") != std::string::npos || path.find(".tmp") != std::string::npos)
        log.system.forget(path);
  }

  TestLog log{kSpoiledBytes};
  Position end;
  std::vector<proto::Group> all;
  unsigned asked = 0;
};

}  // namespace

TEST_CASE("mending: any byte that is damaged in any file is had from another node, and what there was is kept",
          "[log][mending]") {
  SpoiledLog f;
  const Contents before = f.contents();
  unsigned mended_files = 0;
  for (const std::string& path : f.log.files()) {
    const std::string whole = before.at(path);
    for (std::size_t at = kHeaderBytes; at <= whole.find_last_not_of('\0'); at += 37) {
      INFO(path << ", offset " << at);
      f.spoil(path, at);
      const std::string spoiled = f.log.system.content(path);
      const auto mended = f.mend();
      INFO(mended.status().message);
      REQUIRE(mended.ok());
      REQUIRE(mended->size() <= 1);
      // What is behind the last group, or of padding, is nobody's: the log opens without.
      if (!mended->empty()) {
        ++mended_files;
        REQUIRE(mended->front().path == path);
        REQUIRE(f.log.system.content(mended->front().kept) == spoiled);
        f.check_whole();
      }
      f.log.system.set_content(path, whole);
      f.forget_kept();
    }
  }
  CHECK(mended_files > 60);
  CHECK(f.asked > 0);
}

TEST_CASE("mending: a file that is missing, cut short, zeroed or without its header is made anew", "[log][mending]") {
  SpoiledLog f;
  const Contents before = f.contents();
  const std::vector<std::string> files = f.log.files();
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    for (const char* how : {"missing", "header", "empty", "cut", "zeros", "first of all"}) {
      INFO(files[i] << ": " << how);
      for (const auto& [path, content] : before) f.log.system.set_content(path, content);
      const std::string whole = before.at(files[i]);
      const std::string what = how;
      if (what == "missing" && i == 0) continue;  // that is what trimming does
      if (what == "missing") f.log.system.forget(files[i]);
      if (what == "header") f.spoil(files[i], 50);
      if (what == "empty") f.log.system.set_content(files[i], "");
      if (what == "cut") f.log.system.set_content(files[i], whole.substr(0, whole.size() / 2));
      if (what == "zeros") f.log.system.set_content(files[i], std::string(whole.size(), '\0'));
      if (what == "first of all") {  // what was before it was trimmed
        for (std::size_t j = 0; j < i; ++j) f.log.system.forget(files[j]);
        f.spoil(files[i], 50);
        const Sequence first = first_of_name(files[i].substr(kFolder.size() + 1));
        std::erase_if(f.all, [&](const proto::Group& group) { return group.last < first; });
      }
      // All but what is cut short behind a good header is found by what a start reads.
      const auto mended = f.mend(/*deep=*/what == "cut");
      INFO(mended.status().message);
      REQUIRE(mended.ok());
      REQUIRE(mended->size() == 1);
      CHECK(mended_text(mended->front()).find(files[i]) == 0);
      CHECK(mended->front().kept.empty() == (what == "missing"));
      f.check_whole();
      f.forget_kept();
    }
  }
}

TEST_CASE("mending: several files, neighbours among them, are mended one after the other", "[log][mending]") {
  SpoiledLog f;
  const std::vector<std::string> files = f.log.files();
  for (const std::string& path : files) f.spoil(path, kHeaderBytes + 120);
  const auto mended = f.mend();
  INFO(mended.status().message);
  REQUIRE(mended.ok());
  CHECK(mended->size() == files.size());
  f.check_whole();
}

TEST_CASE("mending: another node that has too little, or another history, changes nothing", "[log][mending]") {
  SpoiledLog f;
  SpoiledLog other(20);
  for (proto::Group& group : other.all) {  // chained, and not ours
    group.body += "x";
    const std::size_t i = static_cast<std::size_t>(&group - other.all.data());
    if (i > 0) group.previous_hash = other.all[i - 1].hash;
    group.hash = proto::chain_hash(group.previous_hash, group.epoch, group.first, group.last, group.body);
  }
  const std::vector<std::string> files = f.log.files();
  for (const std::string& path : {files[1], files.back()}) {
    const std::string whole = f.log.system.content(path);
    f.spoil(path, kHeaderBytes + 120);
    const Contents before = f.contents();
    const auto check = [&](const FetchGroups& fetch, Code code) {
      const auto mended = f.mend(fetch);
      INFO(path << ": " << mended.status().message);
      CHECK(mended.status().code == code);
      CHECK(f.contents() == before);
    };
    check(other.peer(), Code::diverged);
    check([](const Position&) { return std::vector<proto::Group>(); }, Code::diverged);
    check([](const Position&) -> Result<std::vector<proto::Group>> { return Status::error(Code::timeout, "away"); },
          Code::timeout);
    for (const char* how : {"body", "hash", "sequence", "epoch", "pending", "later"}) {
      INFO(how);
      const std::string what = how;
      check(
          [&](const Position& after) {
            auto groups = f.peer()(after);
            if (!groups || groups->empty()) return groups;
            proto::Group& group = groups->front();
            if (what == "body") group.body += "x";
            if (what == "hash") group.hash[0] ^= 1;
            if (what == "sequence") ++group.last;
            if (what == "epoch") group.epoch += 7;
            if (what == "pending") group.state = proto::GroupState::ddl_pending;
            if (what == "later") groups->erase(groups->begin());
            return groups;
          },
          Code::diverged);
    }
    f.log.system.set_content(path, whole);
  }
}

TEST_CASE("mending: what left no trace at the log's end is had from a node alone that has all", "[log][mending]") {
  SpoiledLog f(60, true);
  const std::string path = f.log.files().back();
  const std::string whole = f.log.system.content(path);
  // All but the mark that says how far the file was on disk.
  const std::size_t end = whole.find_last_not_of('\0');
  const std::size_t mark = whole.rfind("Lg", end);
  f.log.system.set_content(path,
                           whole.substr(0, kHeaderBytes) + std::string(mark - kHeaderBytes, '\0') + whole.substr(mark));
  const Contents before = f.contents();
  const Sequence first = first_of_name(path.substr(kFolder.size() + 1));
  const std::vector<proto::Group> all = f.all;
  std::erase_if(f.all, [&](const proto::Group& group) { return group.last > first; });  // it lacks the newest
  REQUIRE(f.all.size() < all.size());
  const auto mended = mend_closed_log(f.log.system, kFolder, {.all = true}, f.peer());
  INFO(mended.status().message);
  CHECK(mended.status().code == Code::diverged);
  CHECK(has(mended.status(), "what stood at the end of this one cannot be told any more"));
  CHECK(f.contents() == before);
  // Nor from a master that was put back behind it.
  while (f.all.size() < all.size()) {
    const auto refused = f.mend();
    INFO(f.all.size());
    CHECK(refused.status().code == Code::diverged);
    CHECK(f.contents() == before);
    f.all.push_back(all[f.all.size()]);
  }
  REQUIRE(f.mend().ok());
  f.check_whole();
}

TEST_CASE("mending: of a log that is open all but the last file is mended", "[log][mending]") {
  SpoiledLog f;
  f.log.reopen();
  const std::vector<std::string> files = f.log.files();
  const std::string path = files[1];
  const Sequence first = first_of_name(path.substr(kFolder.size() + 1));
  const Sequence behind = first_of_name(files[2].substr(kFolder.size() + 1));
  // The index knows places behind the damage.
  REQUIRE(f.log.read(f.end).ok());
  f.spoil(path, kHeaderBytes + 300);
  const auto mend = [&](Sequence entry) { return mend_file(f.log.system, kFolder, entry, f.peer()); };
  CHECK_FALSE((*mend(first - 1)).has_value());
  CHECK_FALSE((*mend(behind)).has_value());
  const auto mended = mend(behind - 1);
  REQUIRE(mended.ok());
  REQUIRE(mended->has_value());
  CHECK((*mended)->path == path);
  CHECK((*mended)->to == behind - 1);
  f.log.index->clear();
  CHECK(f.log.read(f.end).ok());
  // One that is gone, too.
  f.log.system.forget(path);
  CHECK((*mend(first)).has_value());
  CHECK(f.log.read(f.end).ok());
  const Status last = mend(f.end.sequence).status();
  CHECK(last.code == Code::io);
  CHECK(has(last, "is being written to, and can be mended only while the node does not run"));
  REQUIRE(f.log.group("more", "").ok());
}

TEST_CASE("mending: a disk that fails at any of its calls, and power that goes then, lose nothing", "[log][mending]") {
  SpoiledLog f;
  const std::vector<std::string> files = f.log.files();
  const Contents whole = f.contents();
  for (const std::string& path : {files[1], files.back()}) {
    for (const Fault fault : {Fault::io_error, Fault::disk_full, Fault::short_write}) {
      for (std::uint64_t k = 1;; ++k) {
        f.forget_kept();
        for (const auto& [each, content] : whole) f.log.system.set_content(each, content);
        f.spoil(path, kHeaderBytes + 120);
        f.log.system.calls = 0;
        f.log.system.plan = [&](std::uint64_t number, Call) { return number == k ? fault : Fault::none; };
        (void)f.mend();
        const bool done = f.log.system.calls < k;
        Random random(k);
        f.log.system.crash(random);
        INFO(path << ", call " << k);
        const auto mended = f.mend();
        INFO(mended.status().message);
        REQUIRE(mended.ok());
        f.check_whole();
        if (done) break;
      }
      f.log.system.plan = nullptr;
    }
  }
}
