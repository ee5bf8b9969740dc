// Goal: a database that runs and does not answer, as when its disk hangs, is noticed, said, and got over; nobody waits
// for it longer than he wanted to. Method: SIGSTOP to mariadbd.
#include <sys/stat.h>

#include <csignal>
#include <future>
#include <thread>

#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

pid_t stall_database(const Node& node) {
  wait_for(node.name() + "'s database to run", [&] { return node.database().has_value(); });
  const pid_t pid = *node.database();
  kill(pid, SIGSTOP);
  return pid;
}

void wait_for_state(const Node& node, const std::string& state) {
  wait_for(node.name() + " to be " + state, [&] {
    const auto status = node.status();
    return status && status->state == state;
  });
}

}  // namespace

TEST_CASE("stalls: a database that hangs is noticed and said; it goes on when that is over", "[stalls]") {
  Cluster::Options options;
  options.slaves = 1;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  const std::vector<std::string> ask{program("sqlcast"), "status", "-h", "127.0.0.1", "-P", cluster.master().port()};
  CHECK(run_program(ask).exit_code == 0);

  const pid_t master = stall_database(cluster.master());
  const pid_t slave = stall_database(cluster.slave(0));
  for (Node* node : cluster.nodes()) {
    wait_for_state(*node, "DatabaseStalled");
    const auto status = node->status();
    REQUIRE(status);
    CHECK(status->message.find("does not answer") != std::string::npos);
  }
  CHECK(run_program(ask).exit_code == 1);
  kill(master, SIGCONT);
  kill(slave, SIGCONT);
  wait_for_state(cluster.master(), "Serving");
  wait_for_state(cluster.slave(0), "Live");
  cluster.must("INSERT INTO d.t VALUES (1)");
  cluster.wait_until_equal();
  CHECK(cluster.master().status()->counters["database_restarts"] == 0);
}

TEST_CASE("stalls: a database that stays so is killed and started again, and what was sent is done once", "[stalls]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = options.slave_settings =
      "database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n  stall_timeout: 6s\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) stall_database(*node);
  // By then it has been started again, or is about to be.
  const proto::QueryRequest request = keyed("patient", 1, "INSERT INTO d.t VALUES (NULL)");
  wait_for("the write to be done", [&] { return cluster.master().run(request).ok(); });
  for (Node* node : cluster.nodes())
    wait_for("a restart", [&] {
      const auto status = node->status();
      return status && status->counters.at("database_restarts") > 0;
    });
  cluster.wait_until_equal();
  // The silence of the server before was not held against the new one.
  for (Node* node : cluster.nodes()) CHECK(node->status()->counters.at("database_restarts") == 1);
  CHECK(cluster.master().run("SELECT COUNT(*) FROM d.t").text() == "1");
  cluster.check_same_everywhere();
}

TEST_CASE("stalls: requests have their answers in time although the database hangs, and a node ends when told to",
          "[stalls]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.wait_until_equal();
  // Reads and writes that have the database's ear when it goes deaf.
  for (Node* node : cluster.nodes()) stall_database(*node);
  proto::QueryRequest write = keyed("impatient", 1, "INSERT INTO d.t VALUES (NULL)");
  write.timeout_ms = 1'000;
  proto::QueryRequest read = query_of("SELECT COUNT(*) FROM d.t");
  read.timeout_ms = 1'000;
  // Far below the time after which the server is killed.
  const auto code_of = [](const Node& node, const proto::QueryRequest& request) {
    const Result<proto::Message> reply = Session(node.endpoint()).exchange(request, 25s);
    if (!reply) return Code::internal;  // nobody has answered
    const auto* error = std::get_if<proto::ErrorReply>(&*reply);
    return error == nullptr ? Code::ok : error->status.code;
  };
  const auto in_time = [](Code code) {
    return code == Code::timeout || code == Code::outcome_unknown || code == Code::database_unavailable;
  };
  for (Node* node : cluster.nodes()) CHECK(in_time(code_of(*node, read)));
  CHECK(in_time(code_of(cluster.master(), write)));
  // The one before it is in the database's hands; this one waits for its turn.
  write.key.request_id = 2;
  CHECK(code_of(cluster.master(), write) == Code::timeout);
  for (Node* node : cluster.nodes()) {
    const auto before = std::chrono::steady_clock::now();
    CHECK(node->stop());
    // A clean stop of a server that does not hear was waited for for a minute.
    CHECK(std::chrono::steady_clock::now() - before < 40s);
  }
}

TEST_CASE("stalls: a node whose database has just begun to hang ends when told to", "[stalls]") {
  Cluster cluster(1);
  for (Node* node : cluster.nodes()) {
    stall_database(*node);  // nobody has noticed yet
    const auto before = std::chrono::steady_clock::now();
    CHECK(node->stop());
    CHECK(std::chrono::steady_clock::now() - before < 45s);  // a clean stop was waited for for a minute, and longer
    CHECK_FALSE(node->database());
  }
}

TEST_CASE("stalls: a slave whose database was killed ends when told to, and tells the reads that wait", "[stalls]") {
  Cluster cluster(1);
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT)");
  cluster.wait_until_equal();
  // What the slave cannot apply yet, so that reads wait for it.
  const std::unique_ptr<storage::Connection> lock = slave.open_database();
  REQUIRE(lock->execute("LOCK TABLES d.t READ").ok());
  const Sequence ahead = cluster.master().run("INSERT INTO d.t VALUES (1)").result.sequence;
  REQUIRE(ahead > 0);
  std::vector<std::future<Answer>> waiting;
  std::vector<std::future<Answer>> running;
  const auto begin = [&](std::vector<std::future<Answer>>& reads, proto::QueryRequest request) {
    request.timeout_ms = 500'000;
    reads.push_back(
        std::async(std::launch::async, [&slave, request] { return Session(slave.endpoint()).run(request, 500s); }));
  };
  for (std::uint64_t i = 1; i <= 6; ++i) {
    proto::QueryRequest later = keyed("waiting", i, "SELECT 1");
    later.consistency = proto::Consistency::session;
    later.after = ahead;
    begin(waiting, later);
    begin(running, keyed("running", i,
                         "SELECT COUNT(*) FROM d.seq_1_to_1000000 AS a, d.seq_1_to_1000000 AS b WHERE a.seq+b.seq=0"));
  }
  wait_for("reads to run", [&] {
    return slave.ask_database(
               "SELECT COUNT(*)>0 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT COUNT%seq_1_to%' AND "
               "ID<>CONNECTION_ID()") == "1";
  });
  slave.kill_database();
  const auto killed = std::chrono::steady_clock::now();
  wait_for("a moment", [&] { return std::chrono::steady_clock::now() - killed >= 3s; });
  CHECK(slave.stop());
  for (auto& read : waiting) CHECK(read.get().status.code == Code::shutting_down);
  for (auto& read : running) {
    const Code code = read.get().status.code;
    INFO(code_name(code));
    CHECK((code == Code::shutting_down || code == Code::database_unavailable));
  }
  CHECK_FALSE(slave.database());
}

TEST_CASE("stalls: a master whose disk hangs where it keeps its retry memory ends when told to, and has everything",
          "[stalls]") {
  Cluster cluster(0);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO d.t VALUES (1)");
  Node& master = cluster.master();
  // Who opens it to write waits for a reader who never comes.
  const std::filesystem::path fresh = master.data_folder() / "log" / "retry.snapshot.new";
  std::filesystem::remove(fresh);
  REQUIRE(mkfifo(fresh.c_str(), 0600) == 0);
  cluster.must("INSERT INTO d.t VALUES (2)");
  kill(master.process(), SIGTERM);
  master.wait_until_ended();
  CHECK(master.log_end().find("the retry memory") != std::string::npos);
  std::filesystem::remove(fresh);
  master.start();
  master.wait_until_answering();
  CHECK(master.run("SELECT COUNT(*) FROM d.t").text() == "2");
}
