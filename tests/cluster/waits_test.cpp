// Goal: nobody waits for ever. An answer of the database that is lost costs a session and nothing else; what passes by
// itself is waited for, shown, and stops no node; a definition is carried out however long reads last; the door
// answers whatever the database does. Method: a relay that swallows answers, KILL QUERY at random moments, locks of an
// administrator, reads without an end, a database process that is stopped; then rows and nodes compared.
#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <random>

#include "storage/database.h"
#include "storage/managed_server.h"
#include "tests/support/cluster.h"
#include "tests/support/cuttable_wire.h"
#include "tests/support/external.h"
#include "tests/support/load.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

storage::ManagedServer::Options small_server(const std::filesystem::path& folder) { return {folder.string(), 32, 24}; }

// Settings of a node whose database is somebody else's, behind a relay.
std::string external_database(const std::filesystem::path& socket) {
  return "database:\n  mode: external\n  socket: " + socket.string() + "\n  user: " + getpwuid(geteuid())->pw_name +
         "\n";
}

// The slave says that it waits, and for seconds; it has not failed.
void check_that_it_waits(Node& node, const std::string& what) {
  std::optional<proto::NodeStatus> status;
  wait_for("the slave to wait for seconds", [&] {
    status = node.status();
    const bool for_seconds = status && status->message.find("(for ") != std::string::npos &&
                             status->message.find("(for 1 s)") == std::string::npos &&
                             status->message.find("(for 2 s)") == std::string::npos;
    return status && (status->state == "Failed" || (status->state == "Waiting" && for_seconds));
  });
  CHECK(status->state == "Waiting");
  CHECK(status->message.find(what) != std::string::npos);
}

// Until it is lifted, the process opens no further files.
class NoMoreFiles {
 public:
  explicit NoMoreFiles(pid_t process) : process_(process) {
    REQUIRE(prlimit(process_, RLIMIT_NOFILE, nullptr, &before_) == 0);
    const rlimit none{3, before_.rlim_max};
    REQUIRE(prlimit(process_, RLIMIT_NOFILE, &none, nullptr) == 0);
  }
  ~NoMoreFiles() { lift(); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;
  void lift() const { (void)prlimit(process_, RLIMIT_NOFILE, &before_, nullptr); }

 private:
  const pid_t process_;
  rlimit before_{};
};

// KILL QUERY to whatever the node's writer is doing, at random moments.
class Killer {
 public:
  explicit Killer(Node& node) : node_(node), thread_([this] { run(); }) {}
  ~Killer() {
    stopping_ = true;
    thread_.join();
  }
  Killer(const Killer&) = delete;
  Killer& operator=(const Killer&) = delete;
  int kills() const { return kills_; }

 private:
  void run() {
    const auto connection = node_.open_database();
    std::minstd_rand random(static_cast<unsigned>(node_.process()));
    while (!stopping_) {
      const auto id = connection->scalar("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'");
      if (id.ok() && id->has_value() && connection->execute("KILL QUERY " + **id).ok()) ++kills_;
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));  // poll interval
    }
  }
  Node& node_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> kills_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("waits: a lost answer ends as a lost session, and the next one works", "[waits]") {
  const TemporaryFolder folder;
  storage::ManagedServer server(small_server(folder.path() / "server"));
  REQUIRE(server.start(120s, [](const std::string&) {}).ok());
  make_external(server);
  CuttableWire wire(server.address().socket, (folder.path() / "relay").string());
  storage::Database::Options options;
  options.external.socket = wire.endpoint();
  options.external_account = server.administrator();
  storage::Database database(options);
  const Status started = database.start();
  INFO(show(started));
  REQUIRE(started.ok());
  auto writer = database.open_writer();
  CHECK_FALSE(database.open_reader().ok());
  database.admit_readers(database.restarts());
  auto reader = database.open_reader();
  REQUIRE(writer.ok());
  REQUIRE(reader.ok());
  // A statement may take its time.
  CHECK((*reader)->scalar("SELECT SLEEP(4)").ok());
  // What others wait for is heard of while they wait.
  auto other = database.open_administrator();
  REQUIRE(other.ok());
  REQUIRE((*other)->execute("CREATE DATABASE waits").ok());
  REQUIRE((*other)->execute("CREATE TABLE waits.t (id INT PRIMARY KEY)").ok());
  REQUIRE((*other)->execute("LOCK TABLES waits.t WRITE").ok());
  std::promise<std::string> heard;
  bool told = false;
  (*reader)->line()->when_waiting([&](const std::string& what) {
    if (!std::exchange(told, true)) heard.set_value(what);
  });
  auto counted = std::async(std::launch::async, [&] { return (*reader)->scalar("SELECT COUNT(*) FROM waits.t"); });
  CHECK(heard.get_future().get() == "Waiting for table metadata lock");
  REQUIRE((*other)->execute("UNLOCK TABLES").ok());
  CHECK(counted.get().ok());

  wire.swallow();
  const Status lost = (*writer)->execute("SELECT 1");
  CHECK(lost.code == Code::database_unavailable);
  CHECK((*writer)->lost());
  CHECK((*reader)->scalar("SELECT 1").status().code == Code::database_unavailable);
  writer = Status::error(Code::internal, "none");
  writer = database.open_writer();
  INFO(show(writer.status()));
  REQUIRE(writer.ok());
  CHECK((*writer)->execute("SELECT 1").ok());
  database.stop();
}

TEST_CASE("waits: answers of the database that are lost lose and double no write", "[waits]") {
  const TemporaryFolder folder;
  const std::string relay = (folder.path() / "relay").string();
  Cluster::Options options;
  options.slaves = 1;
  options.start = false;
  options.master_settings = external_database(relay);
  Cluster cluster(options);
  storage::ManagedServer server(small_server(cluster.master().data_folder() / "mariadb"));
  REQUIRE(server.start(120s, [](const std::string&) {}).ok());
  make_external(server);
  CuttableWire wire(server.address().socket, relay);
  for (Node* node : cluster.nodes()) node->start();
  for (Node* node : cluster.nodes()) node->wait_until_answering();
  Load load(cluster, 4);
  for (int i = 0; i < 5; ++i) {
    load.wait_for_more(50);
    wire.swallow();
  }
  load.wait_for_more(50);
  load.stop();
  cluster.check_same_everywhere();
  for (Node* node : cluster.nodes()) load.check(*node);
}

TEST_CASE("waits: locks of an administrator hold a slave up for as long as they last, and do not stop it", "[waits]") {
  Cluster& cluster = shared_cluster();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE held");
  cluster.must("CREATE TABLE held.t (id INT PRIMARY KEY, v INT NOT NULL)");
  cluster.must("INSERT INTO held.t VALUES (1,1)");
  cluster.wait_until_equal();
  const auto administrator = slave.open_database();
  SECTION("LOCK TABLES") {
    REQUIRE(administrator->execute("LOCK TABLES held.t READ").ok());
    cluster.must("INSERT INTO held.t VALUES (2,2)");
    check_that_it_waits(slave, "Waiting for table metadata lock");
    REQUIRE(administrator->execute("UNLOCK TABLES").ok());
  }
  SECTION("LOCK TABLES, in the way of a definition") {
    REQUIRE(administrator->execute("LOCK TABLES held.t READ").ok());
    cluster.must("ALTER TABLE held.t ADD COLUMN w INT");
    check_that_it_waits(slave, "Waiting for table metadata lock");
    REQUIRE(administrator->execute("UNLOCK TABLES").ok());
  }
  SECTION("FLUSH TABLES WITH READ LOCK") {
    REQUIRE(administrator->execute("FLUSH TABLES WITH READ LOCK").ok());
    cluster.must("INSERT INTO held.t VALUES (2,2)");
    check_that_it_waits(slave, "Waiting for");
    REQUIRE(administrator->execute("UNLOCK TABLES").ok());
  }
  SECTION("a row in a transaction") {
    REQUIRE(administrator->execute("START TRANSACTION").ok());
    REQUIRE(administrator->execute("SELECT v FROM held.t WHERE id=1 FOR UPDATE").ok());
    cluster.must("UPDATE held.t SET v=3 WHERE id=1");
    check_that_it_waits(slave, "Waiting for a lock on a row");
    REQUIRE(administrator->execute("ROLLBACK").ok());
  }
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE held");
  cluster.wait_until_equal();
}

// MariaDB says of a table whose file it cannot open then that it does not exist.
TEST_CASE("waits: a slave whose database has no descriptors left waits for some, and takes no table for gone",
          "[waits]") {
  Cluster& cluster = shared_cluster();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE filed");
  cluster.must("CREATE TABLE filed.t (id INT PRIMARY KEY, v INT NOT NULL)");
  cluster.must("INSERT INTO filed.t VALUES (1,1)");
  cluster.wait_until_equal();
  REQUIRE(slave.open_database()->execute("FLUSH TABLES").ok());
  const NoMoreFiles limit(*slave.database());
  cluster.must("INSERT INTO filed.t VALUES (2,2)");
  check_that_it_waits(slave, "Too many open files");
  limit.lift();
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE filed");
  cluster.wait_until_equal();
}

TEST_CASE("waits: accounts and roles that an administrator has dropped are made anew", "[waits]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE dropped");
  cluster.must("CREATE TABLE dropped.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  int id = 0;
  for (Node* node : {&cluster.master(), &cluster.slave(0)})
    for (const char* drop :
         {"DROP ROLE sqlcast_client", "DROP ROLE sqlcast_log", "DROP USER sqlcast_writer@localhost"}) {
      INFO(node->name() << ": " << drop);
      const auto administrator = node->open_database();
      REQUIRE(administrator->execute(drop).ok());
      const std::string writer =
          node->ask_database("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'");
      REQUIRE(administrator->execute("KILL " + writer).ok());
      cluster.must("INSERT INTO dropped.t VALUES (" + std::to_string(++id) + ")");
      cluster.must("ALTER TABLE dropped.t COMMENT '" + std::to_string(id) + "'");
      cluster.wait_until_equal();
    }
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE dropped");
  cluster.wait_until_equal();
}

TEST_CASE("waits: a slave that got another session does not say for ever what the one before waited for", "[waits]") {
  Cluster& cluster = shared_cluster();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE session_gone");
  cluster.must("CREATE TABLE session_gone.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  const auto administrator = slave.open_database();
  const auto killer = slave.open_database();
  REQUIRE(administrator->execute("LOCK TABLES session_gone.t READ").ok());
  cluster.must("INSERT INTO session_gone.t VALUES (1)");
  check_that_it_waits(slave, "Waiting for table metadata lock");
  const auto writer = killer->scalar("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'");
  REQUIRE(writer->has_value());
  REQUIRE(killer->execute("KILL " + **writer).ok());
  REQUIRE(administrator->execute("UNLOCK TABLES").ok());
  cluster.wait_until_equal();  // the slave Live
  cluster.must("DROP DATABASE session_gone");
  cluster.check_same_everywhere();
}

TEST_CASE("waits: KILL QUERY at any moment of a write, or of its repetition on a slave, harms nothing", "[waits]") {
  Cluster cluster(1);
  Load load(cluster, 4);
  int kills = 0;
  {
    Killer at_master(cluster.master());
    load.wait_for_more(200);
    wait_for("kills at the master", [&] { return at_master.kills() > 20; });
    kills += at_master.kills();
  }
  {
    Killer at_slave(cluster.slave(0));
    load.wait_for_more(400);
    wait_for("kills at the slave", [&] { return at_slave.kills() > 20; });
    kills += at_slave.kills();
  }
  load.wait_for_more(50);
  load.stop();
  INFO(kills << " kills, " << load.summary());
  CHECK(kills > 20);
  cluster.check_same_everywhere();
  for (Node* node : cluster.nodes()) load.check(*node);
}

TEST_CASE("waits: a definition waits at its end for who has its table in use, and is not begun anew", "[waits]") {
  Cluster& cluster = shared_cluster();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE used");
  cluster.must("CREATE TABLE used.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO used.t VALUES (1),(2),(3)");
  cluster.wait_until_equal();
  const auto begun = [&] {
    return std::stoi(slave.ask_database(
        "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='COM_ALTER_TABLE'"));
  };
  const int before = begun();
  const auto administrator = slave.open_database();
  REQUIRE(administrator->execute("START TRANSACTION").ok());
  REQUIRE(administrator->execute("SELECT * FROM used.t").ok());
  cluster.must("ALTER TABLE used.t ADD COLUMN v INT NOT NULL DEFAULT 1, FORCE");
  check_that_it_waits(slave, "Waiting for table metadata lock");
  REQUIRE(administrator->execute("COMMIT").ok());
  cluster.check_same_everywhere();
  CHECK(begun() == before + 1);
  cluster.must("DROP DATABASE used");
  cluster.wait_until_equal();
}

TEST_CASE("waits: reads that last make way for a definition, and are run once more", "[waits]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE way");
  cluster.must("CREATE TABLE way.t (id INT PRIMARY KEY)");
  std::string rows = "INSERT INTO way.t VALUES (0)";
  for (int id = 1; id < 60; ++id) rows += ",(" + std::to_string(id) + ")";
  cluster.must(rows);
  cluster.wait_until_equal();
  const std::string forever =
      "SELECT COUNT(*) FROM way.t a, way.t b, way.t c, way.t d, way.t e, way.t f, way.t g, way.t h "
      "WHERE a.id+b.id+c.id+d.id+e.id+f.id+g.id+h.id=1";
  std::vector<std::future<Answer>> reads;
  for (Node* node : {&cluster.master(), &cluster.slave(0)})
    reads.push_back(std::async(std::launch::async, [node, &forever] {
      proto::QueryRequest read = keyed("long-reader", 1, forever);
      read.timeout_ms = 200'000;
      return Session(node->endpoint()).run(read, 200s);
    }));
  const auto running = [](Node& node) {
    return node.ask_database(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='sqlcast_reader' AND INFO "
               "LIKE '%way.t%'") == "1";
  };
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) wait_for("the read to run", [&] { return running(*node); });
  proto::QueryRequest alter = query_of("ALTER TABLE way.t ADD COLUMN v INT NOT NULL DEFAULT 1, FORCE");
  alter.timeout_ms = 60'000;
  cluster.must(alter);
  cluster.wait_until_equal();
  for (std::size_t i = 0; i < reads.size(); ++i) {
    Node& node = i == 0 ? cluster.master() : cluster.slave(0);
    wait_for("the read to run once more", [&] { return running(node); });
    CHECK(reads[i].wait_for(0s) == std::future_status::timeout);
    Session(node.endpoint()).exchange(proto::CancelRequest{{"long-reader", 1}}, 60s).value();
    CHECK(reads[i].get().status.code == Code::cancelled);
  }
  cluster.must("DROP DATABASE way");
  cluster.check_same_everywhere();
}

TEST_CASE("waits: a node whose database hangs answers status while it tells the database to stop reads", "[waits]") {
  Cluster cluster(0);
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE hangs");
  cluster.must("CREATE TABLE hangs.t (id INT PRIMARY KEY)");
  std::string rows = "INSERT INTO hangs.t VALUES (0)";
  for (int id = 1; id < 60; ++id) rows += ",(" + std::to_string(id) + ")";
  cluster.must(rows);
  constexpr int kReads = 3;
  std::vector<std::future<Answer>> reads;
  for (int i = 0; i < kReads; ++i)
    reads.push_back(std::async(std::launch::async, [&node, i] {
      proto::QueryRequest read = keyed(
          "reader-" + std::to_string(i), 1,
          "SELECT COUNT(*) FROM hangs.t a, hangs.t b, hangs.t c, hangs.t d, hangs.t e, hangs.t f, hangs.t g, hangs.t h "
          "WHERE a.id+b.id+c.id+d.id+e.id+f.id+g.id+h.id=1");
      read.timeout_ms = 600'000;
      return Session(node.endpoint()).run(read, 600s);
    }));
  wait_for("the reads to run", [&] {
    return node.ask_database(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT COUNT%hangs%'"
               " AND ID<>CONNECTION_ID()") == std::to_string(kReads);
  });
  const pid_t database = *node.database();
  kill(database, SIGSTOP);
  std::vector<std::future<Result<proto::Message>>> cancels;
  for (int i = 0; i < kReads; ++i)
    cancels.push_back(std::async(std::launch::async, [&node, i] {
      return Session(node.endpoint()).exchange(proto::CancelRequest{{"reader-" + std::to_string(i), 1}}, 600s);
    }));
  // Each cancel waits for the database for seconds; a read that arrives, and whoever comes after it, for none of them.
  std::vector<std::future<Answer>> late;
  for (int i = 0; i < 4; ++i) {
    late.push_back(std::async(std::launch::async, [&node, i] {
      proto::QueryRequest read = keyed("late-reader", static_cast<std::uint64_t>(i) + 1, "SELECT 1");
      read.timeout_ms = 1;
      return Session(node.endpoint()).run(read, 600s);
    }));
    CHECK(node.status().has_value());
  }
  for (auto& read : late) CHECK(read.get().status.code == Code::timeout);
  CHECK(cancels.back().wait_for(0s) == std::future_status::timeout);
  kill(database, SIGCONT);
  for (auto& cancel : cancels) CHECK(cancel.get().ok());
  // What the database could not be told to stop runs on until it is told again.
  for (int i = 0; i < kReads; ++i)
    wait_for("the read to be stopped", [&] {
      (void)Session(node.endpoint()).exchange(proto::CancelRequest{{"reader-" + std::to_string(i), 1}}, 60s);
      return reads[static_cast<std::size_t>(i)].wait_for(0s) == std::future_status::ready;
    });
}
