// Goal: who looks at a log from outside is told what is there, whole or not, beside a writer as well, and changes
// nothing. Method: small logs in memory, spoilt in one way each; a file system that lets others go on between two
// reads.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <thread>

#include "log/retention.h"
#include "log/walker.h"
#include "tests/unit/log_helpers.h"

using namespace sqlcast;
using namespace sqlcast::log;
using namespace sqlcast::log::test;

namespace {

LogWalker walker_of(FileSystem& system) {
  Result<LogWalker> walker = LogWalker::open(system, kFolder);
  REQUIRE(walker.ok());
  return std::move(*walker);
}

std::string text_of(const WalkedGroup& walked) {
  const char* const outcome = walked.outcome == Outcome::done   ? ""
                              : walked.outcome == Outcome::none ? "void "
                                                                : "begun ";
  return outcome + std::to_string(walked.group.first) + "-" + std::to_string(walked.group.last) + ":" +
         walked.group.body;
}

// All that the walker gives, with blanks between; of what is wrong the message, after which it goes on behind it.
std::string walk(LogWalker& walker) {
  std::string text;
  for (;;) {
    const Result<std::optional<WalkedGroup>> group = walker.next();
    if (group.ok() && !*group) return text;
    text += (text.empty() ? "" : " ") + (group.ok() ? text_of(**group) : "(" + group.status().message + ")");
    if (!group.ok() && !walker.skip()) return text;
  }
}
std::string walk(FileSystem& system, Sequence keep_from = 0) {
  LogWalker walker = walker_of(system);
  walker.keep_from(keep_from);
  return walk(walker);
}

// Three files: groups 1 to 2 and 3, 4, 5.
void fill(TestLog& log) {
  REQUIRE(log.group(std::string(500, 'a'), "A", 2).ok());
  REQUIRE(log.group("b", "B").ok());
  REQUIRE(log.group(std::string(500, 'c'), "C").ok());
  REQUIRE(log.group(std::string(500, 'd'), "D").ok());
  REQUIRE(log.writer->sync().ok());
  REQUIRE(log.files().size() == 3);
}
constexpr std::uint64_t kSmall = kHeaderBytes + 900;

std::size_t used(const std::string& content) { return content.find_last_not_of('\0') + 1; }

bool contains(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

// Lets others do something before a read, by its number from 1.
class BusyFileSystem : public FileSystem {
 public:
  explicit BusyFileSystem(FileSystem& system) : system_(system) {}
  std::function<void(unsigned read)> before_read;
  unsigned reads = 0;

  Result<std::unique_ptr<File>> open(const std::string& path, bool writable) override {
    Result<std::unique_ptr<File>> file = system_.open(path, writable);
    if (!file.ok()) return file;
    return std::unique_ptr<File>(std::make_unique<BusyFile>(*this, std::move(*file)));
  }
  Result<std::unique_ptr<File>> create(const std::string& path) override { return system_.create(path); }
  Status rename(const std::string& from, const std::string& to) override { return system_.rename(from, to); }
  Status remove(const std::string& path) override { return system_.remove(path); }
  Status sync_folder(const std::string& path) override { return system_.sync_folder(path); }
  Result<std::vector<std::string>> list(const std::string& path) override { return system_.list(path); }

 private:
  class BusyFile : public File {
   public:
    BusyFile(BusyFileSystem& system, std::unique_ptr<File> file) : system_(system), file_(std::move(file)) {}
    Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const override {
      if (system_.before_read) system_.before_read(++system_.reads);
      return file_->read(offset, to, size);
    }
    Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) override {
      return file_->write(offset, bytes);
    }
    Status sync() override { return file_->sync(); }
    Result<std::uint64_t> size() const override { return file_->size(); }

   private:
    BusyFileSystem& system_;
    const std::unique_ptr<File> file_;
  };
  FileSystem& system_;
};

}  // namespace

TEST_CASE("log walker: groups that are done, void and begun, over several files, with where each stands", "[log]") {
  TestLog log(kSmall);
  REQUIRE(log.group("one", "One", 2).ok());
  REQUIRE(log.begin_group("two", 3).ok());
  REQUIRE(log.writer->append_void(1).ok());
  REQUIRE(log.begin_group("three", 1, true).ok());
  REQUIRE(log.writer->append_void(1).ok());
  REQUIRE(log.begin_group("four", 1, true).ok());
  REQUIRE(log.group(std::string(400, 'x'), "five").ok());
  REQUIRE(log.begin_group("six", 1, true).ok());
  REQUIRE(log.writer->sync().ok());
  REQUIRE(log.begin_group("seven").ok());
  REQUIRE(log.files().size() == 2);

  LogWalker walker = walker_of(log.system);
  walker.keep_from(5);
  CHECK(walk(walker) == "1-2: void 3-5:two void 3-3: 3-3: 4-4: 5-5:six begun 6-6:seven");
  CHECK(walker.end() == log.writer->appended().end);
  CHECK_FALSE(walker.tail());
  CHECK(walker.walked_files() == 2);
  CHECK(walker.next()->has_value() == false);

  LogWalker first = walker_of(log.system);
  const WalkedGroup group = **first.next();
  CHECK(group.path == log.files().front());
  CHECK(group.offset == kHeaderBytes);
  CHECK(group.group.previous_hash == cluster_hash());
  LogWalker last = walker_of(log.system);
  last.start_at(last.files().back());
  last.keep_from(0);
  CHECK(walk(last) == "4-4:" + std::string(400, 'x') + "five 5-5:six begun 6-6:seven");
}

TEST_CASE("log walker: the newest group is sure when a mark or another group stands behind it", "[log]") {
  TestLog log;
  const auto newest = [&log] {
    LogWalker walker = walker_of(log.system);
    std::vector<bool> sure;
    while (const std::optional<WalkedGroup> group = *walker.next()) sure.push_back(group->sure);
    return sure;
  };
  REQUIRE(log.begin_group("one", 1, true).ok());
  CHECK(newest() == std::vector<bool>{false});
  REQUIRE(log.begin_group("two", 1, true).ok());
  CHECK(newest() == std::vector<bool>{true, false});
  REQUIRE(log.writer->sync().ok());
  CHECK(newest() == std::vector<bool>{true, false});
  log.writer->settle();
  REQUIRE(log.writer->close().ok());
  CHECK(newest() == std::vector<bool>{true, true});
}

TEST_CASE("log walker: a definition that is not done is told as one", "[log]") {
  TestLog log;
  GroupBegin begin = log.next_begin("CREATE");
  begin.ddl = true;
  REQUIRE(log.writer->append(begin).ok());
  LogWalker walker = walker_of(log.system);
  CHECK((*walker.next())->group.state == proto::GroupState::ddl_pending);
  REQUIRE(log.end_group("done").ok());
  LogWalker later = walker_of(log.system);
  CHECK((*later.next())->group.state == proto::GroupState::ddl_done);
}

TEST_CASE("log walker: bytes behind the last record are told as a tail, and stay as they are", "[log]") {
  TestLog log(kSmall);
  fill(log);
  const std::string path = log.last_file();
  const std::string whole = log.system.content(path);
  for (const bool cut : {false, true}) {
    std::string content = whole;
    const std::size_t end = used(whole);
    if (cut) {
      content.resize(end - 3);
    } else {
      content.replace((end + 7) / 8 * 8, 4, "junk");
    }
    log.system.set_content(path, content);
    LogWalker walker = walker_of(log.system);
    walk(walker);
    REQUIRE(walker.tail());
    CHECK(walker.tail()->path == path);
    CHECK(walker.tail()->bytes > 0);
    CHECK(walker.tail()->bytes <= kRecordHeadBytes + 8);
    CHECK(walker.end().sequence == (cut ? 4 : 5));
    CHECK(log.system.content(path) == content);
  }
}

TEST_CASE("log walker: damage is told with file and place, and what is behind it is looked at as well", "[log]") {
  TestLog log(kSmall);
  fill(log);
  const std::string sound = "1-2: 3-3: 4-4: 5-5:";
  REQUIRE(walk(log.system, 9) == sound);
  for (const std::string& path : log.files()) {
    const std::string whole = log.system.content(path);
    for (std::size_t at = kHeaderBytes; at < used(whole); ++at) {
      std::string content = whole;
      content[at] = static_cast<char>(content[at] ^ 1);
      log.system.set_content(path, content);
      LogWalker walker = walker_of(log.system);
      const std::string text = walk(walker);
      const bool last = path == log.last_file();
      if (last && !walker.tail()) FAIL("byte " << at << ": " << text);
      if (!last && !contains(text, path + " (offset ")) FAIL("byte " << at << ": " << text);
      if (!last && !contains(text, "Nothing was changed")) FAIL(text);
      if (!last && !contains(text, "5-5:")) FAIL("what follows was left out: " << text);
    }
    log.system.set_content(path, whole);
  }
  CHECK(walk(log.system, 9) == sound);
}

TEST_CASE("log walker: in the last file, what a later record says to have been on disk is damage, not a tail",
          "[log]") {
  TestLog log;
  REQUIRE(log.group("one", "One").ok());
  REQUIRE(log.writer->sync().ok());
  REQUIRE(log.group("two", "Two").ok());
  const std::string path = log.last_file();
  std::string content = log.system.content(path);
  content[kHeaderBytes + 3] ^= 1;
  log.system.set_content(path, content);
  LogWalker walker = walker_of(log.system);
  const auto group = walker.next();
  REQUIRE(group.status().code == Code::io);
  CHECK(has(group.status(), path + " (offset " + std::to_string(kHeaderBytes) + "): the log is damaged"));
  CHECK(walker.next().status().message == group.status().message);
  CHECK_FALSE(walker.skip());
}

TEST_CASE("log walker: a missing file, one that is not ours, and one that was emptied are told; the rest is read",
          "[log]") {
  TestLog log(kSmall);
  fill(log);
  const std::vector<std::string> files = log.files();
  const std::string content = log.system.content(files[1]);
  log.system.forget(files[1]);
  CHECK(contains(walk(log.system), files[1] + " is missing: the header of " + files[2]));
  CHECK(walk(log.system, 9).ends_with(" 5-5:"));
  log.system.set_content(files[1], std::string(5000, 'x'));
  CHECK(contains(walk(log.system), files[1] + ": this is not a log file of sqlcast"));
  CHECK(walk(log.system, 9).ends_with(" 5-5:"));
  log.system.set_content(files[1], "");
  CHECK(contains(walk(log.system), files[1] + ": the log file is empty"));
  // Its groups are gone, its header is not.
  log.system.set_content(files[1], content.substr(0, kHeaderBytes));
  CHECK(contains(walk(log.system), files[1] + " (offset 4096): the log is damaged: it ends after sequence 3, and " +
                                       files[2] + " does not begin behind that"));
  CHECK(walk(log.system, 9).ends_with(" 5-5:"));

  log.system.set_content(files[1], "");
  const auto summaries = summarize_files(log.system, kFolder);
  REQUIRE(summaries.ok());
  REQUIRE(summaries->size() == 3);
  CHECK((*summaries)[0].status.ok());
  CHECK((*summaries)[0].first == 1);
  CHECK((*summaries)[0].bytes == log.system.content(files[0]).size());
  CHECK(has((*summaries)[1].status, "the log file is empty"));
  CHECK((*summaries)[2].header.first == 5);
  log.system.forget(files[1]);
  CHECK(has((*summarize_files(log.system, kFolder))[1].status, files[1] + " is missing"));
}

TEST_CASE("log walker: it follows a writer that goes on, into the next files", "[log]") {
  TestLog log(kSmall);
  REQUIRE(log.group("one", "").ok());
  LogWalker walker = walker_of(log.system);
  std::string text = text_of(**walker.next());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(log.group(std::string(500, 'x'), "").ok());
    const auto group = walker.next();
    REQUIRE(group->has_value());
    text += " " + text_of(**group);
  }
  CHECK(text == "1-1: 2-2: 3-3: 4-4: 5-5: 6-6:");
  CHECK(walker.next()->has_value() == false);
  CHECK(log.files().size() > 2);
}

TEST_CASE("log walker: what is written while it looks is neither a tail nor damage", "[log]") {
  // At whichever read the writer has written half a record, or all of it, and has synced, and goes on.
  for (unsigned at = 1; at <= 12; ++at) {
    TestLog log;
    REQUIRE(log.group("first", "").ok());
    REQUIRE(log.writer->sync().ok());
    const std::string path = log.last_file();
    const std::string before = log.system.content(path);
    REQUIRE(log.group("next", "").ok());
    REQUIRE(log.writer->sync().ok());
    REQUIRE(log.group("after", "").ok());
    const std::string after = log.system.content(path);
    log.system.set_content(path, before);
    BusyFileSystem busy(log.system);
    busy.before_read = [&](unsigned read) {
      std::string half = before;
      half.replace(used(before), 60, after, used(before), 60);
      if (read == at) log.system.replace_content(path, half);
      if (read == at + 1) log.system.replace_content(path, after);
    };
    LogWalker walker = walker_of(busy);
    const std::string text = walk(walker);
    INFO("read " << at << ": " << text);
    CHECK_FALSE(contains(text, "damaged"));
    CHECK(contains(text, "1-1:"));
    if (walker.tail()) CHECK(walker.tail()->bytes < 60);  // half a record was there to the end
  }
}

TEST_CASE("log walker: files that are removed in front of it are passed over", "[log]") {
  TestLog log(kSmall);
  fill(log);
  const std::vector<std::string> files = log.files();
  LogWalker before = walker_of(log.system);
  LogWalker inside = walker_of(log.system);
  CHECK(text_of(**inside.next()) == "1-2:");
  log.system.forget(files[0]);
  log.system.forget(files[1]);
  CHECK(walk(before) == "5-5:");
  CHECK(walk(inside) == "3-3: 5-5:");  // it has that file open
}

TEST_CASE("log walker: beside a writer and a trimmer at full speed it finds neither damage nor holes", "[log]") {
  namespace fs = std::filesystem;
  std::string name = (fs::temp_directory_path() / "sqlcast-test-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  LogSettings settings = settings_of(32U << 10U);
  settings.folder = name + "/log";
  settings.prepare_beforehand = true;
  SparseIndex index;
  auto opened = open_log(real_file_system(), settings, log_start(), index);
  REQUIRE(opened.ok());
  LogWriter& writer = *opened->writer;
  std::atomic<bool> over{false};
  std::string failure;  // of the writer; read when its thread is over
  std::thread write([&] {
    const auto must = [&failure](const Status& status) {
      if (!status.ok() && failure.empty()) failure = status.message;
    };
    for (Sequence at = 1; at <= 6000 && failure.empty(); ++at) {
      const std::string bytes(at * 37 % 900, 'x');
      GroupBegin begin;
      begin.epoch = 1;
      begin.first = begin.last = writer.appended().end.sequence + 1;
      begin.complete = at % 3 == 0;
      begin.bytes = bytes;
      must(writer.append(begin).status());
      if (at % 7 == 0) {
        must(writer.append_void(at).status());
      } else if (!begin.complete) {
        must(writer.append(GroupEnd{at, "end", std::nullopt}).status());
      }
      if (at % 20 == 0) must(writer.sync().status());
      if (at % 500 == 0) {
        RetentionRules rules;
        rules.max_bytes = 500U << 10U;
        RetentionFacts facts;
        facts.own = UINT64_MAX;
        must(trim_log(real_file_system(), settings.folder, settings.cluster, rules, facts, false).status());
      }
    }
    over = true;
  });
  std::string found;
  unsigned walks = 0;
  for (bool last = false; !last && found.empty(); ++walks) {
    last = over;
    LogWalker walker = std::move(*LogWalker::open(read_only_file_system(), settings.folder));
    Sequence before = 0;
    for (;;) {
      const auto group = walker.next();
      if (!group.ok()) found = group.status().message;
      if (!group.ok() || !*group) break;
      const Sequence first = (*group)->group.first;
      // Files are removed while it walks: holes are between files alone.
      if (before != 0 && first != before + 1 && (*group)->offset != kHeaderBytes)
        found = "a hole before " + text_of(**group);
      before = (*group)->outcome == Outcome::none ? first - 1 : (*group)->group.last;
    }
    if (last && walker.end() != writer.appended().end) found = "it ends elsewhere";
  }
  write.join();
  CHECK(failure.empty());
  CHECK(found.empty());
  CHECK(walks > 1);
  opened->writer.reset();
  fs::remove_all(name);
}

TEST_CASE("log walker: the file system that reads makes and changes nothing", "[log]") {
  namespace fs = std::filesystem;
  std::string name = (fs::temp_directory_path() / "sqlcast-test-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  FileSystem& system = read_only_file_system();
  const Result<LogWalker> none = LogWalker::open(system, name + "/log");
  CHECK(none.status().code == Code::io);
  CHECK(has(none.status(), name + "/log: No such file or directory"));
  CHECK(fs::is_empty(name));
  CHECK(system.create(name + "/file").status().code == Code::internal);
  CHECK(system.remove(name).code == Code::internal);
  CHECK(system.rename(name, name + "2").code == Code::internal);
  CHECK(system.sync_folder(name).code == Code::internal);
  CHECK(system.open(name + "/file", true).status().code == Code::internal);
  LogWalker walker = std::move(*LogWalker::open(system, name));
  CHECK(walker.next()->has_value() == false);
  fs::remove_all(name);
}
