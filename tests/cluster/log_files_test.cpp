// Goal: the files of a node's log are made from its database where an earlier release left none, are not mixed with
// another history's, are removed as the settings say, and have their own end when the disk has. Method: folders
// removed, exchanged and copied under nodes that are stopped; small files; a small file system for the log alone.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "log/file_cursor.h"
#include "log/reader.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

void prepare(Cluster& cluster) {
  cluster.must("CREATE DATABASE f");
  cluster.must("CREATE TABLE f.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(2000))");
}

void write_rows(Cluster& cluster, int count, std::size_t bytes) {
  Session session(cluster.master().endpoint());
  const std::string sql = "INSERT INTO f.t(v) VALUES ('" + std::string(bytes, 'x') + "')";
  for (int i = 0; i < count; ++i) {
    const Answer answer = session.run(sql);
    if (!answer.ok()) throw std::runtime_error(show(answer.status));
  }
}

void check_rows(Cluster& cluster, int count) {
  const Sequence position = cluster.master().status()->position;
  for (const Node* node : cluster.nodes()) {
    if (!node->running()) continue;
    cluster.wait_for_position(*node, position);
    CHECK(node->run("SELECT COUNT(*) FROM f.t").text() == std::to_string(count));
  }
}

// Of each file what is written.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    // Made anew at each start, and at each stop.
    if (entry.path().filename() == "next.tmp" || entry.path().filename() == "retry.snapshot") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string all{std::istreambuf_iterator<char>(file), {}};
    files[entry.path().filename()] = all.substr(0, all.find_last_not_of('\0') + 1);
  }
  return files;
}

// What was written is there. A start and a stop note behind it how far it is on disk.
bool has_still(const fs::path& folder, const std::map<std::string, std::string>& before) {
  const auto now = contents(folder);
  return now.size() == before.size() && std::all_of(before.begin(), before.end(), [&](const auto& file) {
           const auto found = now.find(file.first);
           return found != now.end() && found->second.compare(0, file.second.size(), file.second) == 0 &&
                  found->second.size() < file.second.size() + 512;
         });
}

// Whether the last file ends with a mark: the log has been idle.
bool ends_with_mark(const fs::path& folder) {
  log::FileSystem& system = log::real_file_system();
  const auto files = log::list_files(system, folder.string());
  if (!files || files->empty()) return false;
  auto cursor = log::FileCursor::open(system, folder.string(), files->back(), std::nullopt);
  if (!cursor) return false;
  log::Record record;
  bool mark = false;
  for (auto found = cursor->look(record); found.ok() && *found == log::Look::record; found = cursor->look(record)) {
    mark = record.type == log::RecordType::mark;
    cursor->skip(record);
  }
  return mark;
}

// A file system of its own in a folder, for what this process and its children see: it goes with them.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const char* size) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    mounted_ = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, size) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

  fs::path filler() const { return folder_ / "filler"; }
  void fill(std::uint64_t leave) const {
    const int file = open(filler().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    CHECK(posix_fallocate(file, 0, static_cast<off_t>(fs::space(folder_).available - leave)) == 0);
    close(file);
  }

 private:
  const fs::path folder_;
  bool mounted_ = false;
};

// Starts and has to end by itself with these words.
void check_refused(Node& node, const std::vector<std::string>& words) {
  node.start();
  node.wait_until_ended();
  const std::string said = node.log_end();
  INFO(said);
  for (const std::string& word : words) CHECK(said.find(word) != std::string::npos);
}

void restart(Node& node) {
  node.start();
  node.wait_until_answering();
}

}  // namespace

TEST_CASE("log files: a data folder of an earlier release gets the files from its table, and the cluster goes on",
          "[log_files][heads]") {
  Cluster cluster(1);
  prepare(cluster);
  write_rows(cluster, 100, 10);
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) REQUIRE(node->stop());
  for (Node* node : cluster.nodes()) fs::remove_all(node->data_folder() / "log");
  for (Node* node : cluster.nodes()) restart(*node);
  cluster.check_same_everywhere();
  write_rows(cluster, 10, 10);
  check_rows(cluster, 110);
  cluster.check_same_everywhere();
}

TEST_CASE("log files: a node whose files are gone and whose table begins later does not start, and says what to do",
          "[log_files][heads]") {
  Cluster cluster(1);
  prepare(cluster);
  write_rows(cluster, 1'700, 10);
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    CHECK(node->ask_database("SELECT MIN(first)>1 FROM sqlcast.log") == "1");
    REQUIRE(node->stop());
    const fs::path aside = node->folder() / "aside";
    fs::rename(node->data_folder() / "log", aside);
    check_refused(*node, {"this node's log is gone", "Put the folder back"});
    fs::remove_all(node->data_folder() / "log");
    fs::rename(aside, node->data_folder() / "log");
    restart(*node);
  }
  check_rows(cluster, 1'700);
  write_rows(cluster, 1, 10);
  cluster.check_same_everywhere();
}

TEST_CASE("log files: log and database of two histories are refused, and neither is changed", "[log_files][heads]") {
  Cluster ours(1);
  Cluster other(0);
  for (Cluster* cluster : {&ours, &other}) prepare(*cluster);
  // The other database is shorter than the log first, then longer.
  write_rows(ours, 5, 10);
  ours.wait_until_equal();
  for (const int more : {1, 20}) {
    write_rows(other, more, 10);
    REQUIRE(other.master().stop());
    for (Node* node : ours.nodes()) {
      INFO(node->name() << ", a database with " << more << " rows more");
      REQUIRE(node->stop());
      const auto log = contents(node->data_folder() / "log");
      const fs::path aside = node->folder() / "aside";
      const fs::path database = node->data_folder() / "mariadb";
      fs::rename(database, aside);
      fs::copy(other.master().data_folder() / "mariadb", database, fs::copy_options::recursive);
      check_refused(*node, {"of another history", "Put back the other one as well"});
      CHECK(has_still(node->data_folder() / "log", log));
      fs::remove_all(database);
      fs::rename(aside, database);
      restart(*node);
    }
    restart(other.master());
  }
  write_rows(ours, 1, 10);
  ours.check_same_everywhere();
  check_rows(ours, 6);
  check_rows(other, 21);
}

TEST_CASE("log files: old files are removed, and a slave that needs them is made from a copy of another",
          "[log_files][heads]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = options.slave_settings =
      "log:\n  file_bytes: 16KiB\n  keep_bytes: 32KiB\n  hold_bytes: 32KiB\n";
  Cluster cluster(options);
  prepare(cluster);
  write_rows(cluster, 300, 1'000);
  cluster.wait_until_equal();
  for (const Node* node : cluster.nodes()) {
    wait_for("old files of " + node->name() + " to be removed", [&] {
      const proto::LogStatus log = node->status()->log;
      return log.first > 200 && log.bytes <= 64U << 10U && log.trimmed_to == log.first - 1 && log.trimmed_files != 0;
    });
    CHECK_FALSE(fs::exists(node->data_folder() / "log" / "00000000000000000001.log"));
  }
  cluster.check_same_everywhere();

  Node& late = cluster.add_slave();
  restart(late);
  wait_for("the new slave to say that it cannot catch up", [&] {
    const auto status = late.status();
    return status && status->message.find("this slave cannot catch up") != std::string::npos &&
           status->message.find("docs/operations.md") != std::string::npos;
  });
  CHECK(late.status()->state != "Live");
  REQUIRE(late.stop());
  late.forget_data();

  Node& well = cluster.slave(0);
  REQUIRE(well.stop());
  fs::copy(well.data_folder(), late.data_folder(), fs::copy_options::recursive);
  fs::remove(late.data_folder() / "node-id");
  write_rows(cluster, 5, 10);
  for (Node* node : {&well, &late}) restart(*node);
  write_rows(cluster, 5, 10);
  cluster.check_same_everywhere();
  check_rows(cluster, 310);
  CHECK(well.status()->node_id != late.status()->node_id);
}

TEST_CASE("log files: a silent slave is named as the one who holds the log back, and what is then removed is told",
          "[log_files][heads]") {
  Cluster::Options options;
  options.slaves = 2;
  options.master_settings = "log:\n  file_bytes: 16KiB\n  keep_bytes: 32KiB\n";
  Cluster cluster(options);
  prepare(cluster);
  const Sequence seen = cluster.wait_until_equal();
  REQUIRE(cluster.slave(1).stop());
  write_rows(cluster, 200, 1'000);
  const auto log = [&] { return cluster.master().status()->log; };
  wait_for("the slave that is away to be named", [&] { return log().held_by == "slave-2"; });
  const Sequence from = log().held_from;
  CHECK(from <= seen + 1);  // as it last reported
  CHECK(log().trimmed_files == 0);
  CHECK(log().first == 1);
  CHECK(log().bytes > 100U << 10U);
  CHECK(log().files > 3);
  CHECK(log().syncs > 0);
  CHECK(log().sync_p50_us > 0);
  CHECK(log().sync_p99_us >= log().sync_p50_us);
  const auto ask = [&](const std::string& format) {
    return run_program({program("sqlcast"), "status", format, "-h", "127.0.0.1", "-P", cluster.master().port()}).output;
  };
  const std::string held = ask("--wide");
  INFO(held);
  CHECK(held.find("The log of master is held back by slave-2 from entry " + std::to_string(from) + " on") !=
        std::string::npos);
  CHECK(held.find("SYNC P99") != std::string::npos);
  CHECK(ask("--json").find("\"held_by\": \"slave-2\"") != std::string::npos);

  restart(cluster.slave(1));
  wait_for("the log to be trimmed", [&] { return log().trimmed_files != 0 && log().held_by.empty(); });
  CHECK(log().trimmed_to == log().first - 1);
  CHECK(log().first > seen);
  const std::string said = cluster.master().log_end();
  INFO(said);
  CHECK(said.find(".log is removed") != std::string::npos);
  cluster.check_same_everywhere();
}

TEST_CASE(
    "log files: without room for the log writes are refused with its path, reads go on, and all goes on with room",
    "[log_files][heads]") {
  Cluster::Options options;
  options.slaves = 1;
  options.start = false;
  options.master_settings = "log:\n  file_bytes: 64KiB\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  const SmallDisk disk(master.data_folder() / "log", "size=4m");
  if (!disk.mounted()) {
    WARN("this user may not mount a file system: not tested");
    return;
  }
  for (Node* node : cluster.nodes()) restart(*node);
  prepare(cluster);
  disk.fill(16U << 10U);

  int written = 0;
  std::uint64_t id = 0;
  const auto write = [&] {
    proto::QueryRequest request =
        keyed("filler", ++id, "INSERT INTO f.t(v) VALUES ('" + std::string(1'000, 'x') + "')");
    request.sent_since = 0;
    request.timeout_ms = 60'000;
    Answer answer = master.run(request);
    if (answer.ok()) ++written;
    return answer;
  };
  Answer refused;
  wait_for("a write to be refused", [&] {
    refused = write();
    return !refused.ok();
  });
  INFO(show(refused.status));
  CHECK(refused.status.code == Code::disk_full);
  CHECK(refused.status.message.find((master.data_folder() / "log").string()) != std::string::npos);
  CHECK(written > 20);
  check_rows(cluster, written);
  CHECK(master.status()->state == "DiskFull");
  CHECK(cluster.slave(0).run("INSERT INTO f.t(v) VALUES ('by way')").status.code == Code::disk_full);

  // So it is after a crash.
  master.kill_with_database();
  restart(master);
  CHECK(write().status.code == Code::disk_full);
  check_rows(cluster, written);

  fs::remove(disk.filler());
  wait_for("writes to go on", [&] { return write().ok(); });
  CHECK(master.status()->state == "Serving");
  cluster.check_same_everywhere();
  check_rows(cluster, written);
}

TEST_CASE("log files: a node that was idle and cannot begin the next file ends, and has what it had committed",
          "[log_files][heads]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "log:\n  file_bytes: 16KiB\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  prepare(cluster);
  cluster.must("CREATE TABLE f.big (id INT PRIMARY KEY, v MEDIUMTEXT)");
  cluster.wait_until_equal();
  const fs::path folder = master.data_folder() / "log";
  wait_for("the log to be idle", [&] { return ends_with_mark(folder); });
  const fs::path aside = master.folder() / "aside";
  fs::rename(folder, aside);
  proto::QueryRequest request =
      keyed("big", 1, "INSERT INTO f.big VALUES (1,REPEAT('x',100)) -- " + std::string(20'000, 'x'));
  request.sent_since = 0;
  CHECK_FALSE(Session(master.endpoint()).run(request, 1s).ok());
  master.wait_until_ended();
  CHECK(master.log_end().find("this node ends") != std::string::npos);
  fs::rename(aside, folder);
  restart(master);
  cluster.must(request);
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM f.big").text() == "1");
}
