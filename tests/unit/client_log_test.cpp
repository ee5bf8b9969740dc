// Goal: `sqlcast log` says what a node's log has, whole or damaged, and finds it or says what to give.
// Method: a log of real files in a folder of the test's own, written as a node writes it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "client/cli/log_folder.h"
#include "client/cli/log_report.h"
#include "client/local/cluster_file.h"
#include "client/text/json.h"
#include "client/text/text_table.h"
#include "log/writer.h"
#include "proto/entry.h"

using namespace sqlcast;
using namespace sqlcast::cli;
namespace fs = std::filesystem;
namespace json = sqlcast::text::json;

namespace {

constexpr std::uint64_t kTime = 1'795'765'000'000'000;  // 2026-11-27

// DATA/log with groups that a node could have written; closed unless the writer is asked for.
class Data {
 public:
  Data() {
    std::string pattern = (fs::temp_directory_path() / "sqlcast-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    log::LogSettings settings;
    settings.folder = folder();
    settings.cluster = proto::genesis_hash("a cluster");
    settings.file_bytes = log::kHeaderBytes + 1000 + log::kRecordHeadBytes;  // with room for a void
    settings.prepare_beforehand = false;
    auto opened = log::open_log(log::real_file_system(), settings, Position{0, 0, settings.cluster}, index_);
    REQUIRE(opened.ok());
    writer = std::move(opened->writer);
  }
  ~Data() {
    writer.reset();
    fs::remove_all(path);
  }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

  std::string folder() const { return (path / "log").string(); }
  std::string file(Sequence first) const { return folder() + "/" + log::file_name(first); }

  std::string body(const std::vector<std::string>& statements) const {
    proto::Entry entry;
    entry.sequence = writer->appended().end.sequence + 1;
    entry.key = {"client-1", 42};
    entry.database = "school";
    for (const std::string& sql : statements) entry.statements.push_back({sql, std::nullopt, {1, 25}});
    return proto::encode_entries({entry});
  }
  void append(const std::string& bytes, bool complete = true, bool ddl = false) {
    log::GroupBegin begin;
    begin.ddl = ddl;
    begin.complete = complete;
    begin.epoch = 3;
    begin.first = begin.last = writer->appended().end.sequence + 1;
    begin.time_us = kTime + begin.first;
    begin.bytes = bytes;
    REQUIRE(writer->append(begin).ok());
  }
  void flip(const std::string& name, std::uint64_t at) const {
    std::fstream stream(name, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(static_cast<std::streamoff>(at));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 1));
    REQUIRE(stream.good());
  }
  // Name and content of all of it.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> all;
    for (const auto& each : fs::directory_iterator(folder())) {
      std::ifstream stream(each.path(), std::ios::binary);
      all[each.path().string()] = {std::istreambuf_iterator<char>(stream), {}};
    }
    return all;
  }

  fs::path path;
  std::unique_ptr<log::LogWriter> writer;

 private:
  log::SparseIndex index_;
};

struct Said {
  Status status;
  std::string text;
  json::Value json;
};

template <typename Work>
Said say(const Data& data, bool as_json, const Work& work) {
  Said said;
  const auto before = data.everything();
  const Report report{log::read_only_file_system(), data.folder(), as_json, [&said](std::string_view text) {
                        said.text += text;
                        return true;
                      }};
  said.status = work(report);
  if (as_json && !said.text.empty()) {
    const auto parsed = json::parse(said.text);
    if (parsed.ok()) said.json = *parsed;  // one object; of several lines the tests read the text
  }
  CHECK(data.everything() == before);
  return said;
}
Said status_of(const Data& data, bool as_json = false, bool files = false) {
  return say(data, as_json, [files](const Report& report) { return report_log_status(report, files); });
}
Said verify(const Data& data, bool as_json = false) {
  return say(data, as_json,
             [](const Report& report) { return report_log_verified(report, [](const VerifyProgress&) {}); });
}
Said show(const Data& data, Sequence from, Sequence to, bool as_json = false) {
  return say(data, as_json, [from, to](const Report& report) { return report_log_groups(report, from, to); });
}
Said trim(const Data& data, Sequence to, bool as_json = false) {
  return say(data, as_json, [to](const Report& report) { return report_log_trim(report, to); });
}

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

// Files 1 to 2, 3 and 4, 5.
void fill(Data& data) {
  data.append(data.body({"INSERT INTO a VALUES (1)", "UPDATE a SET b = 'two\nlines'"}));
  data.append(data.body({std::string(500, 'x')}));
  data.append(data.body({std::string(500, 'y')}));
  data.append(data.body({"DELETE FROM a"}));
  data.append(data.body({std::string(700, 'z')}));
  REQUIRE(data.writer->sync().ok());
  REQUIRE(fs::exists(data.file(3)));
  REQUIRE(fs::exists(data.file(5)));
}

}  // namespace

TEST_CASE("cli log: status says how far the log goes, beside its writer", "[log]") {
  Data data;
  fill(data);
  const Said text = status_of(data);
  INFO(text.text);
  CHECK(text.status.ok());
  CHECK(has(text.text, "folder      " + data.folder() + "\nfiles       3, 15 KiB\nfirst       1, at 2026-11-27 "));
  CHECK(has(text.text, "\nlast        5, epoch 3, at 2026-11-27 "));
  CHECK(has(text.text, "\nhash        " + to_hex(data.writer->appended().end.hash) + "\n"));
  CHECK_FALSE(has(text.text, "begun "));
  CHECK_FALSE(has(text.text, "tail"));
  CHECK(has(status_of(data, false, true).text, log::file_name(3)));

  data.append("what only the node can read", false);
  CHECK(has(status_of(data).text, "begun       6, at 2026-11-27 "));
  const Said json = status_of(data, true);
  CHECK(json.json.find("files")->array()->size() == 3);
  CHECK(json.json.find("begun")->find("first")->write() == "6");
  CHECK(*json.json.find("last")->find("hash")->string() == to_hex(data.writer->appended().end.hash));
  CHECK(std::holds_alternative<std::nullptr_t>(json.json.find("tail")->data()));
  CHECK(json.json.find("damage")->array()->empty());
}

TEST_CASE("cli log: a torn tail is no damage, and what was kept aside is told", "[log]") {
  Data data;
  fill(data);
  data.append(data.body({"SELECT 1"}));
  data.writer.reset();
  data.flip(data.file(5), log::kHeaderBytes + 900);
  std::ofstream(data.folder() + "/" + log::file_name(5) + ".torn-4096") << "x";
  const Said status = status_of(data);
  INFO(status.text);
  CHECK(status.status.ok());
  CHECK(has(status.text, "\ntail        "));
  CHECK(has(status.text, "in " + data.file(5) + " (offset "));
  CHECK(has(status.text, "\nkept aside  " + data.file(5) + ".torn-4096"));
  CHECK(verify(data).status.ok());
  CHECK(has(verify(data).text, "The log is whole."));
  CHECK(status_of(data, true).json.find("tail")->find("offset") != nullptr);
}

TEST_CASE("cli log: verify tells each damage with its place, and reads on", "[log]") {
  Data data;
  fill(data);
  REQUIRE(data.writer->close().ok());
  const Said sound = verify(data);
  INFO(sound.text);
  CHECK(sound.status.ok());
  CHECK(has(sound.text, "read        3 files, "));
  CHECK(has(sound.text, ": 5 groups, 0 void\nlast        5, epoch 3, at 2026-11-27 "));
  CHECK(has(sound.text, "The log is whole."));
  CHECK(std::get<bool>(verify(data, true).json.find("whole")->data()));

  data.flip(data.file(1), log::kHeaderBytes + 150);
  data.flip(data.file(3), log::kHeaderBytes + 150);
  const Said damaged = verify(data);
  CHECK(damaged.status.code == Code::io);
  CHECK(damaged.status.message == "the log is damaged in 2 places");
  CHECK(has(damaged.text, "damage      " + data.file(1) + " (offset 4096): the log is damaged: "));
  CHECK(has(damaged.text, "damage      " + data.file(3) + " (offset 4096): the log is damaged: "));
  CHECK(has(damaged.text, "Put the file back"));
  CHECK(has(damaged.text, "last        5, epoch 3"));
  CHECK(verify(data, true).json.find("damage")->array()->size() == 2);
  // Of the earlier files status reads the headers, and of the first one its oldest group.
  CHECK(status_of(data).status.message == "the log is damaged in 1 place");
}

TEST_CASE("cli log: show gives groups with their statements and effects", "[log]") {
  Data data;
  fill(data);
  const Said one = show(data, 1, 1);
  INFO(one.text);
  CHECK(one.status.ok());
  CHECK(has(one.text, "sequence  1\nepoch     3\ntime      2026-11-27 "));
  CHECK(has(one.text, "\nstate     done\nplace     " + data.file(1) + " (offset 4096)\n"));
  CHECK(has(one.text, "\n  1  client-1  -  school  [1 row, id 25]  INSERT INTO a VALUES (1)\n"));
  CHECK(has(one.text, "UPDATE a SET b = 'two lines'\n"));
  CHECK_FALSE(has(one.text, "sequence  2"));
  const Said some = show(data, 4, 9);
  CHECK(has(some.text, "sequence  4\n"));
  CHECK(has(some.text, "\n\nsequence  5\n"));

  REQUIRE(data.writer->append_void(kTime).ok());
  data.append(data.body({"CREATE TABLE t (i INT)"}), false, true);
  const Said last = show(data, 5, 5, true);
  CHECK(has(last.text, "\"state\": \"void\""));
  CHECK(has(last.text, "\"state\": \"ddl begun\""));
  CHECK(has(last.text, "\"sql\": \"CREATE TABLE t (i INT)\""));
  CHECK(has(show(data, 2, 2, true).text, "\"affected_rows\": 1, \"insert_id\": 25"));

  CHECK(show(data, 6, 8).status.message == "the log ends at sequence 4");
  CHECK(show(data, 0, 8).status.code == Code::bad_request);
  CHECK(show(data, 3, 2).status.code == Code::bad_request);
  fs::remove(data.file(1));
  CHECK(has(show(data, 2, 3).status.message, "the log begins at sequence 3"));
}

TEST_CASE("cli log: show says so when a group's bytes are not statements that it knows", "[log]") {
  Data data;
  data.append("neither");
  CHECK(has(show(data, 1, 1).text, "content   7 bytes, not shown: "));
  CHECK(has(show(data, 1, 1, true).text, "\"bytes\": 7}"));
}

TEST_CASE("cli log: trim says what would go, and the last file never does", "[log]") {
  Data data;
  fill(data);
  CHECK(has(trim(data, 1).text, "Would be removed: 0 files, 0 bytes. The log would begin at sequence 1."));
  CHECK(
      has(trim(data, 2).text, data.file(1) + "\nWould be removed: 1 file, 5.1 KiB. The log would begin at sequence 3"));
  CHECK(has(trim(data, 99).text, "2 files, 10 KiB. The log would begin at sequence 5"));
  CHECK(trim(data, 99, true).json.find("would_remove")->array()->size() == 2);
  data.flip(data.file(3), 100);
  CHECK(has(trim(data, 99).status.message, data.file(3) + ": the log file's header is damaged"));
}

TEST_CASE("cli log: a folder without log files, and files of something else, are told", "[log]") {
  Data data;
  data.writer.reset();
  for (const auto& each : fs::directory_iterator(data.folder())) fs::remove(each.path());
  for (const Said& said : {status_of(data), verify(data), show(data, 1, 1), trim(data, 1)}) {
    CHECK(said.status.message == "there is no log file in " + data.folder());
    CHECK(said.status.code == Code::io);
  }
  std::ofstream(data.file(1)) << std::string(9000, 'x');
  for (const Said& said : {status_of(data), verify(data)}) {
    CHECK(said.status.message == "the log is damaged in 1 place");
    CHECK(has(said.text, data.file(1) + ": this is not a log file of sqlcast"));
  }
  CHECK(has(show(data, 1, 1).status.message, "this is not a log file of sqlcast"));
  CHECK(has(status_of(data).text, "\nlast        not known\n"));
  CHECK(std::holds_alternative<std::nullptr_t>(verify(data, true).json.find("last")->data()));
}

TEST_CASE("cli log: a file that cannot be opened is not called damaged", "[log]") {
  Data data;
  fill(data);
  fs::remove(data.file(3));
  fs::create_symlink(data.file(99), data.file(3));  // nobody can open it, root included
  const Report report{log::read_only_file_system(), data.folder(), false, [](std::string_view text) {
                        FAIL(text);
                        return false;
                      }};
  const std::string message = "cannot open " + data.file(3) + ": No such file or directory";
  CHECK(report_log_status(report, false).message == message);
  CHECK(report_log_verified(report, [](const VerifyProgress&) {}).message == message);
  CHECK(report_log_trim(report, 9).message == message);
}

TEST_CASE("cli log: the folder is that of --data, or of a local cluster's node; else what to give is said", "[log]") {
  Data data;
  CHECK(*find_log_folder({data.path.string(), "", ""}) == data.folder());
  const auto refused = [](const LogPlace& place) { return find_log_folder(place).status(); };
  CHECK(has(refused({data.folder(), "", ""}).message, "--data takes the folder above it"));
  CHECK(has(refused({"/no/such/folder", "", ""}).message, "there is no folder /no/such/folder"));
  CHECK(has(refused({data.file(1), "", ""}).message, "is no folder"));
  CHECK(refused({data.path.string(), "", "slave-1"}).code == Code::bad_request);
  CHECK(has(refused({"", data.path.string(), ""}).message, "there is no local cluster in " + data.path.string()));

  local::ClusterFile cluster;
  cluster.nodes = {{"master", "master", "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"},
                   {"slave-1", "slave", "tcp://127.0.0.1:3", ""}};
  REQUIRE(cluster.save(data.path).ok());
  CHECK(
      has(refused({"", data.path.string(), ""}).message, "there is no folder " + (data.path / "master/data").string()));
  fs::create_directories(data.path / "slave-1/data");
  CHECK(has(refused({"", data.path.string(), "slave-1"}).message, "has no folder log"));
  fs::create_directories(data.path / "slave-1/data/log");
  CHECK(*find_log_folder({"", data.path.string(), "slave-1"}) == (data.path / "slave-1/data/log").string());
  CHECK(refused({"", data.path.string(), "slave-2"}).message == "there is no node slave-2; there are: master, slave-1");
}

TEST_CASE("cli log: sizes are for people") {
  CHECK(text::size_text(0) == "0 bytes");
  CHECK(text::size_text(1) == "1 byte");
  CHECK(text::size_text(1023) == "1023 bytes");
  CHECK(text::size_text(1536) == "1.5 KiB");
  CHECK(text::size_text(64U << 20U) == "64 MiB");
  CHECK(text::size_text(UINT64_MAX) == "16777216 TiB");
}
