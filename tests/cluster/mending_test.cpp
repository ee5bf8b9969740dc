// Goal: what is damaged or missing in a node's log is had from another node, by its hashes, and nothing behind it is
// acknowledged until then. Method: bytes of log files changed, files removed and put back, under nodes that run, stand
// behind, or are down; the other node there or not.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "log/reader.h"
#include "net/router.h"
#include "proto/codec.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

constexpr const char* kSettings = "log:\n  file_bytes: 16KiB\ndatabase:\n  stall_timeout: 1h\n";

Cluster::Options options_of(int slaves) {
  Cluster::Options options;
  options.slaves = slaves;
  options.master_settings = options.slave_settings = kSettings;
  return options;
}

void prepare(Cluster& cluster) {
  cluster.must("CREATE DATABASE m");
  cluster.must("CREATE TABLE m.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(1000) NOT NULL)");
}

void write(Cluster& cluster, int count) {
  Session session(cluster.master().endpoint());
  for (int i = 0; i < count; ++i) {
    proto::QueryRequest request = query_of("INSERT INTO m.t(v) VALUES ('" + std::string(500, 'x') + "')");
    if (i + 1 == count) request.ack = proto::Ack::all;
    const Answer answer = session.run(request);
    if (!answer.ok()) throw std::runtime_error(show(answer.status));
  }
}

std::vector<fs::path> files_of(const Node& node) {
  const std::string folder = (node.data_folder() / "log").string();
  const auto found = log::list_files(log::real_file_system(), folder);
  REQUIRE(found.ok());
  std::vector<fs::path> files;
  for (const Sequence first : *found) files.push_back(fs::path(folder) / log::file_name(first));
  return files;
}

void spoil(const fs::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(at);
  const char was = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(was ^ 1));
  REQUIRE(file.good());
}

Sequence first_of(const fs::path& path) { return log::first_of_name(path.filename().string()); }

void check_verified(const Node& node) {
  const Run run = run_program({program("sqlcast"), "log", "verify", "--data", node.data_folder().string()});
  INFO(run.output);
  CHECK(run.exit_code == 0);
}

// Its server stands still, so that it falls behind.
class Hanging {
 public:
  explicit Hanging(const Node& node) : server_(*node.database()) { kill(server_, SIGSTOP); }
  ~Hanging() { kill(server_, SIGCONT); }
  Hanging(const Hanging&) = delete;
  Hanging& operator=(const Hanging&) = delete;

 private:
  pid_t server_;
};

bool says(const Node& node, const std::string& words) {
  const auto status = node.status();
  return status && status->message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("mending: a slave stops in front of damage, acknowledges nothing behind it, and has it from its master",
          "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  fs::path damaged;
  {
    Hanging hanging(slave);
    write(cluster, 200);
    const std::vector<fs::path> files = files_of(slave);
    REQUIRE(files.size() > 5);
    damaged = files[3];
    spoil(damaged, 9'000);
    REQUIRE(cluster.master().stop());
  }
  wait_for("the slave to say what it cannot read",
           [&] { return says(slave, "cannot be read from this node's log, and is tried again and again"); });
  const auto status = slave.status();
  CHECK(status->state == "Failed");
  CHECK(status->message.find(damaged.string()) != std::string::npos);
  CHECK(status->message.find("It could not be mended") != std::string::npos);
  CHECK(status->position >= first_of(damaged) - 1);
  REQUIRE(status->durable);
  CHECK(status->durable->sequence == status->position);  // and not where the log ends
  cluster.master().start();
  cluster.master().wait_until_answering();
  wait_for("the slave to be well again", [&] { return slave.status() && slave.status()->state == "Live"; });
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  CHECK(slave.log_end().find("the log was mended: " + damaged.string()) != std::string::npos);
  write(cluster, 3);
  cluster.wait_until_equal();
  check_verified(slave);
}

TEST_CASE("mending: a file that could not be read for a while is read when it can be again", "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  fs::path away;
  const fs::path aside = slave.folder() / "aside";
  {
    Hanging hanging(slave);
    write(cluster, 200);
    away = files_of(slave)[3];
    fs::rename(away, aside);
    REQUIRE(cluster.master().stop());
  }
  wait_for("the slave to say so", [&] { return says(slave, "cannot be read from this node's log"); });
  fs::rename(aside, away);
  wait_for("the slave to apply all that it has", [&] {
    const auto status = slave.status();
    return status && status->position == status->durable->sequence && status->state != "Failed";
  });
  CHECK(slave.run("SELECT COUNT(*) FROM m.t").text() == "200");
  cluster.master().start();
  cluster.master().wait_until_answering();
  cluster.wait_until_equal();
}

TEST_CASE("mending: a slave with damage where its log ends, and a file missing, starts once its master is there",
          "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  write(cluster, 200);
  cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  REQUIRE(slave.stop());
  const std::vector<fs::path> files = files_of(slave);
  spoil(files.back(), 4'096 + 300);  // in front of what its database has
  spoil(files[2], 40);               // a header
  fs::remove(files[4]);
  REQUIRE(cluster.master().stop());
  slave.start();
  wait_for("the slave to say what it waits for", [&] { return says(slave, "It could not be mended"); });
  CHECK(slave.status()->state == "Starting");
  cluster.master().start();
  slave.wait_until_answering();
  write(cluster, 3);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  check_verified(slave);
  // And ends when it is told to while it waits.
  REQUIRE(slave.stop());
  spoil(files[1], 40);
  cluster.master().kill();
  slave.start();
  wait_for("the slave to wait again", [&] { return says(slave, "It could not be mended"); });
  kill(slave.process(), SIGTERM);
  slave.wait_until_ended();
}

TEST_CASE("mending: a master has what a slave catches up with from another slave", "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  write(cluster, 200);
  cluster.wait_until_equal();
  const std::vector<fs::path> files = files_of(cluster.master());
  spoil(files[1], 6'000);
  fs::remove(files[3]);
  Node& late = cluster.add_slave();
  late.start();
  late.wait_until_answering();
  write(cluster, 3);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  CHECK(cluster.master().log_end().find("the log was mended: " + files[1].string()) != std::string::npos);
  check_verified(cluster.master());
}

TEST_CASE("mending: who wants what can be read is not held up while the rest is asked for", "[mending]") {
  Cluster cluster(options_of(2));
  prepare(cluster);
  write(cluster, 200);
  cluster.wait_until_equal();
  const std::vector<fs::path> files = files_of(cluster.master());
  // Whoever could have it takes the question, and does not answer.
  std::vector<pid_t> asleep{cluster.slave(0).process(), cluster.slave(1).process()};
  for (const pid_t slave : asleep) kill(slave, SIGSTOP);
  spoil(files[1], 6'000);
  const auto read_behind = [&cluster](Sequence sequence) {
    proto::LogReadRequest request;
    request.after.sequence = sequence;
    return Session(cluster.master().endpoint()).exchange(request, 600s);
  };
  std::atomic<bool> answered{false};
  std::optional<Result<proto::Message>> held_up;
  std::thread waiting([&] {
    // The second one begins in the damaged place; the first may give what stands in front of it.
    Sequence behind = first_of(files[1]) - 1;
    for (;;) {
      held_up = read_behind(behind);
      const auto* const batch = *held_up ? std::get_if<proto::LogBatch>(&**held_up) : nullptr;
      if (batch == nullptr || batch->groups.empty()) break;
      behind = batch->groups.back().last;
    }
    answered = true;
  });
  int meanwhile = 0;
  while (!answered) {
    const Result<proto::Message> other = read_behind(first_of(files[3]) - 1);
    REQUIRE(other.ok());
    REQUIRE(std::holds_alternative<proto::LogBatch>(*other));
    CHECK_FALSE(std::get<proto::LogBatch>(*other).groups.empty());
    if (!answered) ++meanwhile;
    std::this_thread::sleep_for(10ms);  // poll interval
  }
  waiting.join();
  for (const pid_t slave : asleep) kill(slave, SIGCONT);
  CHECK(meanwhile > 10);
  REQUIRE(held_up->ok());
  const auto* const error = std::get_if<proto::ErrorReply>(&**held_up);
  REQUIRE(error != nullptr);
  CHECK(error->status.message.find("It could not be mended") != std::string::npos);
}

TEST_CASE("mending: `sqlcast log mend` puts a stopped node's log right from another node", "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  write(cluster, 200);
  cluster.wait_until_equal();
  Node& master = cluster.master();
  const auto mend = [&](const std::vector<std::string>& more = {}) {
    std::vector<std::string> command{program("sqlcast"), "log", "mend", "--data", master.data_folder().string()};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  };
  const std::string slave = cluster.slave(0).endpoint();
  const Run running = mend({"--from", slave});
  INFO(running.output);
  CHECK(running.exit_code == 1);
  CHECK(running.output.find("another node is running") != std::string::npos);
  CHECK(mend().exit_code == 2);
  REQUIRE(master.stop());
  const std::vector<fs::path> files = files_of(master);
  spoil(files[1], 6'000);
  spoil(files.back(), 4'096 + 300);
  const Run mended = mend({"--from", slave});
  INFO(mended.output);
  CHECK(mended.exit_code == 0);
  CHECK(mended.output.find(files[1].string()) != std::string::npos);
  CHECK(mended.output.find(files.back().string()) != std::string::npos);
  CHECK(mend({"--from", slave, "--json"}).output.find("\"mended\": []") != std::string::npos);
  check_verified(master);
  master.start();
  master.wait_until_answering();
  write(cluster, 3);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("mending: a slave that its starting master has refused does not say so for ever when that is gone",
          "[mending]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  REQUIRE(cluster.master().stop());
  {
    net::Router::Options options;
    options.endpoint = cluster.master().endpoint();
    options.gate = gate_of(cluster.folder(), "master");
    auto door = net::Router::open(options);
    INFO(door.status().message);
    REQUIRE(door.ok());
    (*door)->start([&](net::Envelope envelope, proto::Frames frames) {
      const auto decoded = proto::decode(frames);
      proto::ErrorReply error;
      error.status = Status::error(Code::database_unavailable, "this node is starting: held up");
      (*door)->send(std::move(envelope), proto::encode(error, decoded ? decoded->header.exchange : 0));
    });
    wait_for("the slave to say that", [&] { return says(slave, "this node is starting: held up"); });
  }
  wait_for("the slave to forget it", [&] { return !says(slave, "this node is starting: held up"); });
}
