// Goal: nobody waits for ever. An answer of the database that is lost costs a session and nothing else; what passes by
// itself is waited for, shown, and stops no node; a definition is carried out however long reads last; the door
// answers whatever the database does. Method: a relay that swallows answers, KILL QUERY at random moments, locks of an
// administrator, reads without an end, a database process that is stopped; then rows and nodes compared.
#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <random>

#include "storage/database.h"
#include "storage/managed_server.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/cuttable_wire.h"
#include "tests/cluster/load.h"

using namespace sqlcast;
using namespace sqlcast::cluster_test;
using namespace std::chrono_literals;

namespace {

storage::ManagedServer::Options small_server(const std::filesystem::path& folder) { return {folder.string(), 32, 24}; }

// Settings of a node whose database is somebody else's, behind a relay.
std::string external_database(const std::filesystem::path& socket) {
  return "database:\n  mode: external\n  socket: " + socket.string() + "\n  user: " + getpwuid(geteuid())->pw_name +
         "\n";
}

}  // namespace

TEST_CASE("waits: a lost answer ends as a lost session, and the next one works", "[waits]") {
  const TemporaryFolder folder;
  storage::ManagedServer server(small_server(folder.path() / "server"));
  REQUIRE(server.start(120s).ok());
  CuttableWire wire(server.address().socket, (folder.path() / "relay").string());
  storage::Database::Options options;
  options.external.socket = wire.endpoint();
  options.external_account = server.administrator();
  storage::Database database(options);
  const Status started = database.start();
  INFO(show(started));
  REQUIRE(started.ok());
  auto writer = database.open_writer();
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
  REQUIRE(server.start(120s).ok());
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
