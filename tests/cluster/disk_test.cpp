// Goal: nodes whose disk is full say so, write nothing, and go on by themselves when there is room. Method: a reserve
// that begins a little below what is free, and a file that takes it.
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMargin = 1U << 30U;  // more than others on the machine come and go with

void wait_for_state(const Node& node, const std::string& state) {
  wait_for(node.name() + " to be " + state, [&] {
    const auto status = node.status();
    return status && status->state == state;
  });
}

}  // namespace

TEST_CASE("disk: full, it is said, writes are refused and a slave waits; with room again all goes on", "[disk]") {
  const TemporaryFolder folder;
  const std::uint64_t room = std::filesystem::space(folder.path()).available;
  if (room < 4 * kMargin) {
    WARN("the disk has too little room for this test");
    return;
  }
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings =
      "database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n  disk_reserve: " + std::to_string(room - kMargin) + "\n";
  options.master_settings =
      "database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n  disk_reserve: " + std::to_string(room - 3 * kMargin) +
      "\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  const Sequence before = cluster.wait_until_equal();
  const auto file_of = [&](const char* name, std::uint64_t bytes) {
    const std::filesystem::path path = folder.path() / name;
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(posix_fallocate(file, 0, static_cast<off_t>(bytes)) == 0);
    close(file);
    return path;
  };

  // The slave's alone.
  const std::filesystem::path first = file_of("first", 2 * kMargin);
  wait_for_state(cluster.slave(0), "DiskFull");
  const proto::QueryRequest done = keyed("careful", 1, "INSERT INTO d.t VALUES (1)");
  cluster.must(done);
  CHECK(cluster.slave(0).status()->position == before);
  CHECK(cluster.slave(0).status()->message.find("are free on the disk") != std::string::npos);
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM d.t").text() == "0");
  const std::vector<std::string> ask{program("sqlcast"), "status", "-h", "127.0.0.1", "-P", cluster.master().port()};
  wait_for("the master to hear of it", [&] { return run_program(ask).exit_code == 1; });
  CHECK(cluster.master().status()->state == "Serving");

  // The master's too.
  const std::filesystem::path second = file_of("second", 2 * kMargin);
  wait_for_state(cluster.master(), "DiskFull");
  CHECK(cluster.master().run("INSERT INTO d.t VALUES (2)").status.code == Code::disk_full);
  CHECK(cluster.master().run(done).result.replayed);  // what has been done stays so
  CHECK(cluster.slave(0).run("INSERT INTO d.t VALUES (3)").status.code == Code::disk_full);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM d.t").text() == "1");
  CHECK(cluster.master().run("CREATE TABLE d.making_room (id INT)").ok());

  std::filesystem::remove(first);
  std::filesystem::remove(second);
  wait_for_state(cluster.master(), "Serving");
  cluster.must("INSERT INTO d.t VALUES (4)");
  cluster.wait_until_equal();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM d.t").text() == "2");
  CHECK(run_program(ask).exit_code == 0);
  cluster.check_same_everywhere();
}
