// Goal: a node starts on a server that is not there yet, hangs or is killed while it starts, says what it waits for,
// and ends when it is told to, whatever its server is at; whoever waits for what the server is to say is answered in
// time. Method: servers of the test's own, killed, suspended and locked while nodes start on them and use them.
#include <csignal>
#include <fstream>
#include <future>

#include "net/dealer.h"
#include "proto/codec.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::unique_ptr<Cluster> not_started(const std::string& master_settings) {
  Cluster::Options options;
  options.slaves = 0;
  options.start = false;
  options.master_settings = master_settings;
  return std::make_unique<Cluster>(options);
}

void wait_until_it_says(const Node& node, const std::string& part) {
  std::string message;
  try {
    wait_for(node.name() + " to say: " + part, [&] {
      if (!node.running()) throw std::runtime_error("it has ended:\n" + node.log_end());
      const auto status = node.status();
      if (status) message = status->state + ": " + status->message;
      return has(message, "Starting: ") && has(message, part);
    });
  } catch (const std::runtime_error& problem) {
    throw std::runtime_error(problem.what() + (", but it said: " + message));
  }
}

pid_t process_of(const ExternalServer& server) {
  pid_t pid = 0;
  std::ifstream(server.ask("SELECT @@pid_file")) >> pid;
  REQUIRE(pid > 0);
  return pid;
}

// Suspended as long as the object lives.
class Suspended {
 public:
  explicit Suspended(pid_t process) : process_(process) { kill(process_, SIGSTOP); }
  ~Suspended() { kill(process_, SIGCONT); }
  Suspended(const Suspended&) = delete;
  Suspended& operator=(const Suspended&) = delete;

 private:
  const pid_t process_;
};

// The number of the server that the node starts, once that is another one than `last`.
pid_t next_server(const Node& node, pid_t last) {
  pid_t pid = 0;
  wait_for("the server's start", [&] {
    pid = 0;
    std::ifstream(node.data_folder() / "mariadb" / "server.lock") >> pid;
    return pid > 0 && pid != last && kill(pid, 0) == 0;
  });
  return pid;
}

Code code_of(const Result<proto::Message>& reply) {
  REQUIRE(reply.ok());
  const auto* error = std::get_if<proto::ErrorReply>(&*reply);
  return error == nullptr ? Code::ok : error->status.code;
}

constexpr const char* kShortTime = "limits:\n  request_timeout: 2s\n";

}  // namespace

TEST_CASE("servers: a node waits for an external server that is not there yet, and says so", "[servers]") {
  ExternalServer server;
  server.kill();
  const std::unique_ptr<Cluster> cluster = not_started(server.yaml());
  Node& master = cluster->master();
  master.start();
  wait_until_it_says(master, "cannot connect to the database");
  CHECK(master.stop());
  master.start();
  wait_until_it_says(master, "is tried again");
  server.start();
  master.wait_until_answering();
  cluster->must("CREATE DATABASE d");
}

TEST_CASE("servers: an external server that does not take the account is not waited for", "[servers]") {
  const ExternalServer server;
  std::string settings = server.yaml();
  settings.replace(settings.find("user: root"), 10, "user: nobody_that_it_knows\n  password: none");
  const std::unique_ptr<Cluster> cluster = not_started(settings);
  cluster->master().start();
  cluster->master().wait_until_ended();
  CHECK(has(cluster->master().log_end(), "Access denied"));
}

TEST_CASE("servers: a node that cannot have the right to write yet waits for it, and says so", "[servers]") {
  const ExternalServer server;
  const std::unique_ptr<Cluster> cluster = not_started(server.yaml());
  Node& master = cluster->master();
  const auto wait_for_waiting = [&](const std::string& count) {
    wait_for("sessions that wait for the lock", [&] {
      return server.ask("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE='User lock'") == count;
    });
  };
  // It is the node's when it looks whose the server is, and again another's when it wants to write.
  const auto first = server.open();
  REQUIRE(first->scalar("SELECT GET_LOCK('sqlcast.writer',0)").ok());
  master.start();
  wait_for_waiting("1");
  const auto second = server.open();
  auto taken = std::async(std::launch::async, [&] { return second->scalar("SELECT GET_LOCK('sqlcast.writer',600)"); });
  wait_for_waiting("2");
  REQUIRE(first->execute("DO RELEASE_LOCK('sqlcast.writer')").ok());
  CHECK(taken.get().value() == "1");
  wait_until_it_says(master, "held up, and tried again: another sqlcast node writes to the database");
  REQUIRE(second->execute("DO RELEASE_LOCK('sqlcast.writer')").ok());
  master.wait_until_answering();
  cluster->must("CREATE DATABASE d");
}

TEST_CASE("servers: SIGTERM ends a node that starts on an external server which keeps it waiting", "[servers]") {
  const ExternalServer server;
  const std::unique_ptr<Cluster> cluster = not_started(server.yaml());
  Node& master = cluster->master();
  const auto held_up = [&](const std::string& statement) {
    return server.ask("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '" + statement + "%'") !=
           "0";
  };
  SECTION("by a lock of its administrator") {
    const auto administrator = server.open();
    REQUIRE(administrator->execute("FLUSH TABLES WITH READ LOCK").ok());
    master.start();
    wait_for("a definition that waits", [&] { return held_up("CREATE "); });
    CHECK(master.stop());
  }
  SECTION("by the lock of another node") {
    const auto other = server.open();
    REQUIRE(other->scalar("SELECT GET_LOCK('sqlcast.writer',0)").ok());
    master.start();
    wait_for("a lock that is waited for", [&] { return held_up("SELECT GET\\_LOCK"); });
    const auto before = std::chrono::steady_clock::now();
    CHECK(master.stop());
    CHECK(std::chrono::steady_clock::now() - before < 15s);  // the lock is waited for for twenty
  }
  SECTION("since it hangs") {
    const Suspended suspended(process_of(server));
    master.start();
    wait_until_it_says(master, "the database at ");
    CHECK(master.stop());
  }
}

TEST_CASE("servers: a server that is killed or hangs while it starts is started anew, and the node says so",
          "[servers]") {
  const std::unique_ptr<Cluster> cluster =
      not_started("database:\n  buffer_pool_mb: 32\n  redo_log_mb: 24\n  stall_timeout: 3s\n");
  Node& master = cluster->master();
  master.start();
  master.wait_until_answering();
  cluster->must("CREATE DATABASE d");
  const pid_t first = next_server(master, 0);
  CHECK(master.stop());
  master.start();
  const pid_t killed = next_server(master, first);
  kill(killed, SIGKILL);
  const pid_t hanging = next_server(master, killed);
  kill(hanging, SIGSTOP);
  wait_until_it_says(master, "somebody ended it");
  const pid_t also_hanging = next_server(master, hanging);
  kill(also_hanging, SIGSTOP);
  wait_until_it_says(master, "neither answered nor did anything for 3000 ms");
  master.wait_until_answering();
  CHECK(next_server(master, also_hanging) != hanging);
  CHECK(kill(hanging, 0) != 0);
  CHECK(master.run("SHOW DATABASES LIKE 'd'").text() == "d");
}

TEST_CASE("servers: what a database that hangs is asked for a client is answered when its time is over", "[servers]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = options.slave_settings = kShortTime;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY)");
  std::string rows = "INSERT INTO d.t VALUES (0)";
  for (int id = 1; id < 60; ++id) rows += ",(" + std::to_string(id) + ")";
  cluster.must(rows);
  cluster.wait_until_equal();
  Node& master = cluster.master();
  Node& slave = cluster.slave(0);
  auto read = std::async(std::launch::async, [&slave] {
    proto::QueryRequest request = keyed("reader", 1,
                                        "SELECT COUNT(*) FROM d.t a, d.t b, d.t c, d.t d, d.t e, d.t f, d.t g, d.t h "
                                        "WHERE a.id+b.id+c.id+d.id+e.id+f.id+g.id+h.id=1");
    request.timeout_ms = 600'000;
    return Session(slave.endpoint()).run(request, 600s);
  });
  wait_for("the read to run", [&] {
    return slave.ask_database(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT COUNT(*) "
               "FROM d.t a%'") == "1";
  });
  {
    const Suspended of_master(*master.database());
    const Suspended of_slave(*slave.database());
    // A cancel is more than the database is asked at once: the next waits for it.
    auto cancel = std::async(std::launch::async, [&slave] {
      return Session(slave.endpoint()).exchange(proto::CancelRequest{{"reader", 1}}, 60s);
    });
    proto::ExplainRequest explain;
    explain.statements = {"INSERT INTO d.t VALUES (100)"};
    CHECK(code_of(Session(slave.endpoint()).exchange(explain, 60s)) == Code::timeout);
    CHECK(code_of(cancel.get()) == Code::timeout);
    // The log does not wait for the database.
    for (const Node* node : {&master, &slave})
      CHECK(code_of(Session(node->endpoint()).exchange(proto::LogReadRequest{}, 60s)) == Code::ok);
  }
  cluster.wait_until_equal();
  proto::ExplainRequest explain;
  explain.statements = {"INSERT INTO d.t VALUES (100)"};
  wait_for("an explanation", [&] { return code_of(Session(slave.endpoint()).exchange(explain, 60s)) == Code::ok; });
  CHECK(code_of(Session(slave.endpoint()).exchange(proto::LogReadRequest{}, 60s)) == Code::ok);
  wait_for("the read to be stopped", [&] {
    (void)Session(slave.endpoint()).exchange(proto::CancelRequest{{"reader", 1}}, 60s);
    return read.wait_for(0s) == std::future_status::ready;
  });
  CHECK(read.get().status.code == Code::cancelled);
}

TEST_CASE("servers: a node ends although its external server hangs and many wait for it", "[servers]") {
  const ExternalServer server;
  const std::unique_ptr<Cluster> cluster = not_started(server.yaml());
  Node& master = cluster->master();
  master.start();
  master.wait_until_answering();
  const pid_t process = process_of(server);
  const Suspended suspended(process);
  net::Dealer::Options options;
  options.endpoint = master.endpoint();
  const auto dealer = net::Dealer::open(std::move(options));
  REQUIRE(dealer.ok());
  // Each reader's attempt to open a session lasts five seconds.
  constexpr std::uint64_t kReads = 200;
  for (std::uint64_t i = 1; i <= kReads; ++i) {
    proto::QueryRequest read = query_of("SELECT 1");
    read.timeout_ms = 600'000;
    REQUIRE((*dealer)->send(proto::encode(read, i)));
  }
  wait_for("the reads to arrive", [&] {
    const auto status = master.status();
    return status && status->counters.at("requests") >= kReads;
  });
  CHECK(master.stop());
}

TEST_CASE("servers: a slave that is one too many for a master is told so", "[servers]") {
  Cluster::Options options;
  options.slaves = 0;
  options.keys = false;  // with keys each would need its own
  Cluster cluster(options);
  Session session(cluster.master().endpoint());
  proto::Report report;
  report.status.role = "slave";
  report.status.state = "Live";
  Code code = Code::ok;
  for (int i = 0; code == Code::ok && i <= 1'000; ++i) {
    report.status.name = "invented-" + std::to_string(i);
    code = code_of(session.exchange(report, 60s));
  }
  CHECK(code == Code::busy);
}
