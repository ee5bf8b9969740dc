// Goal: of a request that is there twice each copy gets the outcome of the one execution, a cancel never says that what
// has been carried out has no effect, and who waits beside others waits no longer than its own time. Method: tables
// that are locked past the node, so that requests wait where the test wants them; a server that the test itself ends.
#include <future>

#include "tests/cluster/cluster.h"
#include "tests/cluster/external_server.h"

using namespace sqlcast;
using namespace sqlcast::cluster_test;
using namespace std::chrono_literals;

namespace {

// Statements with `mark` in them that the server has under way.
int running(const Node& node, const std::string& mark) {
  return std::stoi(
      node.ask_database("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND<>'Sleep' AND "
                        "ID<>CONNECTION_ID() AND INFO LIKE '%" +
                        mark + "%'"));
}

std::uint64_t counter(const Node& node, const std::string& name) {
  const std::optional<proto::NodeStatus> status = node.status();
  if (!status) throw std::runtime_error(node.name() + " does not answer");
  return status->counters.at(name);
}

// What a cancel of it is answered with; nothing: an error.
std::optional<bool> cancel(const Node& node, const RequestKey& key) {
  Result<proto::Message> reply = Session(node.endpoint()).exchange(proto::CancelRequest{key}, 60s);
  if (!reply) throw std::runtime_error(show(reply.status()));
  const auto* answer = std::get_if<proto::CancelReply>(&*reply);
  return answer == nullptr ? std::nullopt : std::optional(answer->stopped);
}

// Sends it and waits until the node has taken it.
std::future<Answer> send(const Node& node, const proto::QueryRequest& request) {
  const std::uint64_t before = counter(node, "requests");
  auto answer = std::async(std::launch::async, [&node, request] { return node.run(request); });
  wait_for("the request to have come", [&] { return counter(node, "requests") > before; });
  return answer;
}

}  // namespace

TEST_CASE("copies: a definition that fails is not run again for its copy that waited", "[copies]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE twins");
  cluster.must("CREATE TABLE twins.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO twins.t VALUES (1,1),(2,1)");
  cluster.wait_until_equal();
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES twins.t READ").ok());
  const proto::QueryRequest alter = keyed("twin", 1, "ALTER TABLE twins.t ADD UNIQUE twin (v)");
  auto first = send(master, alter);
  wait_for("the definition to wait for the table", [&] { return running(master, "ADD UNIQUE twin") == 1; });
  // Waiting behind the first copy: what would let the second one succeed.
  auto room = send(master, query_of("DELETE FROM twins.t WHERE id=2"));
  auto second = send(master, alter);
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  const Answer one = first.get();
  const Answer two = second.get();
  INFO(show(one.status));
  CHECK(one.status.database_errno == 1062);
  CHECK(two.status.database_errno == 1062);
  CHECK(two.status.message == one.status.message);
  CHECK(two.failed_statement == one.failed_statement);
  CHECK(room.get().ok());
  // Sent again when nothing waits, it is a new try, and may succeed.
  CHECK(master.run(alter).ok());
  cluster.check_same_everywhere();
}

TEST_CASE("copies: a write that fails is not run again for its copy that waited", "[copies]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE pair");
  cluster.must("CREATE TABLE pair.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO pair.t VALUES (1,1)");
  cluster.wait_until_equal();
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES pair.t READ").ok());
  const proto::QueryRequest insert = keyed("pair", 1, "INSERT INTO pair.t VALUES (1,2)");
  auto first = send(master, insert);
  wait_for("the write to wait for the table", [&] { return running(master, "INTO pair.t") == 1; });
  // Waiting behind the first copy: what would let the second one succeed.
  auto room = send(master, query_of("DELETE FROM pair.t"));
  auto second = send(master, insert);
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  CHECK(first.get().status.database_errno == 1062);
  CHECK(room.get().ok());
  CHECK(second.get().status.database_errno == 1062);
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM pair.t").text() == "0");
}

TEST_CASE("copies: a cancel of what has been carried out does not say that it has no effect", "[copies]") {
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = "limits:\n  forwarders: 1\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE done");
  cluster.must("CREATE TABLE done.t (id INT PRIMARY KEY, v INT)");
  cluster.must("CREATE TABLE done.other (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO done.t VALUES (1,0)");
  const proto::QueryRequest write = keyed("done", 1, "UPDATE done.t SET v=v+1");
  REQUIRE(master.run(write).ok());
  CHECK(cancel(master, write.key) == false);  // nothing waits: it is in the log
  cluster.wait_until_equal();

  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES done.other READ").ok());
  const proto::QueryRequest other = keyed("other", 1, "INSERT INTO done.other VALUES (1)");
  auto waiting = send(slave, other);
  wait_for("the other write to wait for its table", [&] { return running(master, "INTO done.other") == 1; });
  // Its reply was lost, say: sent again it waits, at the master behind the other write, at the slave for the only
  // socket.
  auto at_master = send(master, write);
  CHECK(cancel(master, write.key) == false);
  auto at_slave = send(slave, write);
  CHECK(cancel(slave, write.key) == false);
  // One that is nowhere else is stopped, and that is true.
  const proto::QueryRequest fresh = keyed("fresh", 1, "UPDATE done.t SET v=v+100");
  auto stopped = send(slave, fresh);
  CHECK(cancel(slave, fresh.key) == true);
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  CHECK(waiting.get().ok());
  const Answer again = at_master.get();
  INFO(show(again.status));
  CHECK(again.ok());
  CHECK(again.result.replayed);
  const Answer elsewhere = at_slave.get();
  INFO(show(elsewhere.status));
  CHECK((elsewhere.status.code == Code::cancelled || (elsewhere.ok() && elsewhere.result.replayed)));
  CHECK(stopped.get().status.code == Code::cancelled);
  cluster.check_same_everywhere();
  CHECK(slave.run("SELECT v FROM done.t").text() == "1");
}

TEST_CASE("copies: a request waits for the database as long as its own time, whoever waits beside it", "[copies]") {
  ExternalServer server;
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = server.yaml();
  Cluster cluster(options);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE beside");
  cluster.must("CREATE TABLE beside.t (id INT PRIMARY KEY)");
  server.kill();
  const auto insert = [](int id, std::uint32_t timeout_ms) {
    proto::QueryRequest request = query_of("INSERT INTO beside.t VALUES (" + std::to_string(id) + ")");
    request.timeout_ms = timeout_ms;
    return request;
  };
  // While the first waits, the others come, and are one group behind it.
  auto first = send(master, insert(1, 3'000));
  auto patient = send(master, insert(2, 600'000));
  auto hasty = send(master, insert(3, 3'500));
  CHECK_FALSE(first.get().ok());
  const Answer late = hasty.get();
  INFO(show(late.status));
  CHECK((late.status.code == Code::database_unavailable || late.status.code == Code::timeout));
  CHECK(late.result.node == "master");  // the node said it
  CHECK(patient.wait_for(0s) == std::future_status::timeout);
  server.start();
  const Answer done = patient.get();
  INFO(show(done.status));
  CHECK(done.ok());
  CHECK(master.run("SELECT id FROM beside.t").text() == "2");
}
