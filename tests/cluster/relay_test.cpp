// Goal: a slave writes what it receives to its own log, acknowledges that, and applies it from there: being behind
// costs it neither memory nor its acks, and what it has logged nobody has to send again. Method: a slave's mariadbd is
// stopped (SIGSTOP) while the master writes; killed with it; the master gone.
#include <sys/types.h>

#include <csignal>
#include <fstream>
#include <iostream>

#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// Nobody ends a server that hangs; and files of the log go as soon as nobody needs them.
constexpr const char* kSettings =
    "database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n  stall_timeout: 1h\n"
    "log:\n  file_bytes: 32KiB\n  keep_bytes: 64KiB\n";

Cluster::Options options_of(int slaves) {
  Cluster::Options options;
  options.slaves = slaves;
  options.master_settings = "ack_timeout: 60s\n";
  options.slave_settings = kSettings;
  return options;
}

void prepare(Cluster& cluster) {
  cluster.must("CREATE DATABASE r");
  cluster.must("CREATE TABLE r.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)");
  cluster.wait_until_equal();
}

class Hanging {
 public:
  explicit Hanging(const Node& node) : server_(*node.database()) { kill(server_, SIGSTOP); }
  ~Hanging() { resume(); }
  Hanging(const Hanging&) = delete;
  Hanging& operator=(const Hanging&) = delete;
  void resume() {
    if (server_ != 0) kill(server_, SIGCONT);
    server_ = 0;
  }
  void forget() { server_ = 0; }  // it was killed

 private:
  pid_t server_;
};

proto::QueryRequest insert(proto::Ack ack, proto::AckFor ack_for = proto::AckFor::unset) {
  proto::QueryRequest request = query_of("INSERT INTO r.t(v) VALUES (1)");
  request.ack = ack;
  request.ack_for = ack_for;
  return request;
}

// From one client, so that each is a group of its own; now and then one that waits for the slaves' logs.
Sequence write(Cluster& cluster, int count) {
  Session session(cluster.master().endpoint());
  Sequence last = 0;
  for (int i = 1; i <= count; ++i) {
    const bool acked = i % 1'000 == 0 || i == count;
    const Answer answer = session.run(insert(acked ? proto::Ack::all : proto::Ack::local));
    if (!answer.ok()) throw std::runtime_error(show(answer.status));
    last = answer.result.sequence;
  }
  return last;
}

std::uint64_t resident_kib(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string word; file >> word;)
    if (word == "VmRSS:") {
      std::uint64_t kib = 0;
      file >> kib;
      return kib;
    }
  return 0;
}

// The node's log is looked through for files that may go.
Sequence write_until_looked_through(Cluster& cluster, const Node& node) {
  const auto bytes = [&] { return node.status()->log.bytes; };
  const std::uint64_t before = bytes();
  const Sequence last = write(cluster, 300);  // some files
  wait_for("the log to be looked through", [&] { return bytes() != before; });
  return last;
}

std::string count_rows(const Node& node, Sequence after) {
  proto::QueryRequest request = query_of("SELECT COUNT(*) FROM r.t");
  request.after = after;
  request.timeout_ms = 120'000;
  const Answer answer = Session(node.endpoint()).run(request, 150s);
  INFO(show(answer.status));
  CHECK(answer.ok());
  return answer.text();
}

void fall_behind(int groups) {
  Cluster cluster(options_of(2));
  prepare(cluster);
  Node& slave = cluster.slave(0);
  const Sequence before = slave.status()->position;
  const std::uint64_t memory = resident_kib(slave.process());
  Hanging hanging(slave);
  write(cluster, groups);
  write_until_looked_through(cluster, slave);
  const Sequence last = write_until_looked_through(cluster, slave);
  const std::uint64_t grown = std::max(resident_kib(slave.process()), memory) - memory;
  std::cout << "relay: " << groups << " groups behind, " << grown << " KiB more\n";
  CHECK(grown < 24U << 10U);
  const auto status = slave.status();
  REQUIRE(status);
  CHECK(status->position == before);
  REQUIRE(status->durable);
  CHECK(status->durable->sequence == last);
  CHECK(status->state != "Failed");
  CHECK(status->log.first == 1);  // all of it is needed
  CHECK(cluster.slave(1).status()->durable->sequence == last);
  hanging.resume();
  CHECK(count_rows(slave, last) == std::to_string(groups + 600));
  CHECK(cluster.wait_until_equal() == last);
  cluster.check_same_everywhere();
}

// Behind an ALTER over many rows, which an administrator's lock holds up on the slave's server.
void stand_behind_a_definition(int rows, int groups) {
  Cluster cluster(options_of(2));
  prepare(cluster);
  cluster.must("CREATE TABLE r.big (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100) NOT NULL)");
  for (int done = 0; done < rows;) {
    std::string values;
    const int end = std::min(rows, done + 10'000);
    for (; done < end; ++done) values += (values.empty() ? "('" : ",('") + std::to_string(done) + " is a row')";
    cluster.must("INSERT INTO r.big(v) VALUES " + values);
  }
  const Sequence before = cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  const std::uint64_t memory = resident_kib(slave.process());
  const auto administrator = slave.open_database();
  REQUIRE(administrator->execute("LOCK TABLES r.big READ").ok());
  proto::QueryRequest alter = query_of("ALTER TABLE r.big ADD COLUMN w INT NOT NULL DEFAULT 7, ADD KEY (v)");
  alter.ack = proto::Ack::all;
  alter.timeout_ms = 600'000;
  const Answer altered = Session(cluster.master().endpoint()).run(alter, 620s);
  INFO(show(altered.status));
  REQUIRE(altered.ok());
  CHECK(altered.result.acked_by.size() == 2);  // it is in both logs
  wait_for("the slave to say what it waits for", [&] { return slave.status()->state == "Waiting"; });
  const Sequence last = write(cluster, groups);  // acknowledged by both now and then, and at the end
  const std::uint64_t grown = std::max(resident_kib(slave.process()), memory) - memory;
  std::cout << "relay: " << groups << " groups behind a definition, " << grown << " KiB more\n";
  CHECK(grown < 24U << 10U);
  const auto status = slave.status();
  REQUIRE(status);
  INFO(status->state << ": " << status->message);
  CHECK(status->position == before);
  CHECK(status->durable->sequence == last);
  CHECK(status->state == "Waiting");
  CHECK(status->message.find("entry") != std::string::npos);
  CHECK(status->lag_ms > 0);
  REQUIRE(administrator->execute("UNLOCK TABLES").ok());
  CHECK(count_rows(slave, last) == std::to_string(groups));
  CHECK(cluster.wait_until_equal() == last);
  cluster.check_same_everywhere();
  CHECK(slave.status()->state == "Live");
  CHECK(slave.run("SELECT COUNT(*) FROM r.big WHERE w=7").text() == std::to_string(rows));
}

}  // namespace

TEST_CASE("relay: a slave whose database hangs logs and acknowledges what comes, in bounded memory, and catches up",
          "[relay]") {
  fall_behind(8'000);
}

TEST_CASE("relay: 150,000 groups of one statement behind, a slave takes bounded memory, and catches up", "[.nightly]") {
  fall_behind(150'000);
}

TEST_CASE(
    "relay: a slave killed with thousands of groups in its log and not in its database applies them from there, "
    "although its master is gone",
    "[relay][two_heads]") {
  constexpr int kGroups = 10'000;
  Cluster cluster(options_of(1));
  prepare(cluster);
  Node& slave = cluster.slave(0);
  Sequence last = 0;
  {
    Hanging hanging(slave);
    last = write(cluster, kGroups);
    slave.kill_with_database();
    hanging.forget();
  }
  REQUIRE(cluster.master().stop());
  slave.start();
  slave.wait_until_answering();
  CHECK(slave.status()->durable->sequence == last);
  CHECK(count_rows(slave, last) == std::to_string(kGroups));
  CHECK(slave.status()->position == last);
  // Nothing is sent again, and it goes on.
  cluster.master().start();
  cluster.master().wait_until_answering();
  write(cluster, 3);
  CHECK(cluster.wait_until_equal() == last + 3);
  cluster.check_same_everywhere();
}

TEST_CASE("relay: acks are for what is on disk, or for what every reader sees, as was asked", "[relay][acks]") {
  Cluster cluster(options_of(2));
  prepare(cluster);
  // Read at each slave at once, whatever that has to wait for.
  for (int i = 1; i <= 30; ++i) {
    const Answer written = cluster.must(insert(proto::Ack::all, proto::AckFor::applied));
    CHECK(written.result.acked_by.size() == 2);
    for (std::size_t slave = 0; slave < 2; ++slave) {
      proto::QueryRequest read = query_of("SELECT COUNT(*) FROM r.t");
      read.consistency = proto::Consistency::any;
      CHECK(cluster.slave(slave).run(read).text() == std::to_string(i));
    }
  }
  Hanging hanging(cluster.slave(1));
  CHECK(cluster.must(insert(proto::Ack::all)).result.acked_by.size() == 2);
  CHECK(cluster.must(insert(proto::Ack::one, proto::AckFor::applied)).result.acked_by ==
        std::vector<std::string>{"slave-1"});
  proto::QueryRequest request = insert(proto::Ack::all, proto::AckFor::applied);
  request.key = {"waits", 1};
  request.sent_since = cluster.master().status()->position;
  request.timeout_ms = 1'500;
  const Answer missed = cluster.master().run(request);
  INFO(show(missed.status));
  CHECK(missed.status.code == Code::committed_not_acked);
  CHECK(missed.status.message.find("have applied it in time (not: slave-2)") != std::string::npos);
  hanging.resume();
  request.timeout_ms = 60'000;
  const Answer again = cluster.slave(0).run(request);  // which sends it on
  CHECK(again.ok());
  CHECK(again.result.replayed);
  CHECK(again.result.acked_by.size() == 2);
}

TEST_CASE("relay: a slave that has failed in applying still has the log, and acknowledges that alone",
          "[relay][acks]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  Node& slave = cluster.slave(0);
  cluster.must("INSERT INTO r.t VALUES (1,1)");
  cluster.wait_until_equal();
  REQUIRE(slave.open_database()->execute("DELETE FROM r.t").ok());
  const Sequence bad = cluster.must("UPDATE r.t SET v=2 WHERE id=1").result.sequence;
  wait_for("the slave to fail", [&] { return slave.status()->state == "Failed"; });
  const Answer durable = cluster.must(insert(proto::Ack::all));
  CHECK(durable.result.acked_by == std::vector<std::string>{"slave-1"});
  proto::QueryRequest request = insert(proto::Ack::one, proto::AckFor::applied);
  request.timeout_ms = 1'000;
  CHECK(cluster.master().run(request).status.code == Code::committed_not_acked);
  const auto status = slave.status();
  CHECK(status->state == "Failed");
  CHECK(status->position == bad - 1);
  CHECK(status->durable->sequence >= durable.result.sequence);
  // Put right by a person, it goes on from its log when it is started again.
  REQUIRE(slave.open_database()->execute("INSERT INTO r.t VALUES (1,1)").ok());
  REQUIRE(slave.stop());
  slave.start();
  slave.wait_until_answering();
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("relay: a slave behind a definition that waits logs and acknowledges what comes, and catches up", "[relay]") {
  stand_behind_a_definition(20'000, 3'000);
}

TEST_CASE("relay: a slave behind an ALTER of 300,000 rows takes 100,000 groups in bounded memory", "[.nightly]") {
  stand_behind_a_definition(300'000, 100'000);
}

TEST_CASE("relay: a slave that can never apply again what its server has lost answers reads with what there is",
          "[relay]") {
  Cluster cluster(options_of(1));
  prepare(cluster);
  cluster.must("INSERT INTO r.t VALUES (1,1)");
  const Sequence kept = cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  {
    // What a server keeps of this table when it is killed, it loses of its position; and it syncs nothing by itself.
    const auto administrator = slave.open_database();
    REQUIRE(administrator->execute("ALTER TABLE r.t ENGINE=MyISAM").ok());
    REQUIRE(administrator->execute("SET GLOBAL innodb_flush_log_at_timeout=2700").ok());
  }
  cluster.must("INSERT INTO r.t VALUES (2,2)");
  cluster.must("INSERT INTO r.t VALUES (3,3)");
  const Sequence last = cluster.wait_until_equal();
  slave.kill_database();
  wait_for("the slave to fail", [&] { return slave.status() && slave.status()->state == "Failed"; });
  const auto status = slave.status();
  INFO(status->message);
  if (status->position == last) {
    WARN("the server has lost nothing: not tested");
    return;
  }
  CHECK(status->position >= kept);
  proto::QueryRequest read = query_of("SELECT COUNT(*) FROM r.t");
  read.consistency = proto::Consistency::any;
  read.timeout_ms = 60'000;
  const Answer answer = Session(slave.endpoint()).run(read, 70s);
  INFO(show(answer.status));
  CHECK(answer.ok());
  CHECK(answer.result.stale);
  // Nobody who knows of more is given less.
  read.consistency = proto::Consistency::session;
  read.after = last;
  read.wait_ms = 500;
  CHECK(slave.run(read).status.code == Code::not_caught_up);
}
