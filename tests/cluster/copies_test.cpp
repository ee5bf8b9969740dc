// Goal: of a request that is there twice each copy gets the outcome of the one execution, a cancel never says that what
// has been carried out has no effect, and who waits beside others waits no longer than its own time. Method: tables
// that are locked past the node, and requests that take long to be read, so that others wait where the test wants them;
// a server that the test itself ends.
#include <future>

#include "proto/codec.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"
#include "tests/support/raw_socket.h"

using namespace sqlcast;
using namespace sqlcast::support;
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
  // A copy that comes when nothing waits gets the same word; as a new request it may succeed.
  const Answer late = master.run(alter);
  CHECK(late.status.database_errno == 1062);
  CHECK(late.status.message == one.status.message);
  CHECK(master.run(keyed("twin", 2, alter.statements[0].sql)).ok());
  cluster.check_same_everywhere();
}

TEST_CASE("copies: of a copy whose time is over nobody says that nothing was changed while another one is there or was",
          "[copies]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE hasty");
  cluster.must("CREATE TABLE hasty.t (id INT PRIMARY KEY)");
  const Sequence before = cluster.must("INSERT INTO hasty.t VALUES (0)").result.sequence;
  const auto insert = [&](std::uint64_t id, std::uint32_t timeout_ms) {
    proto::QueryRequest request = keyed("hasty", id, "INSERT INTO hasty.t VALUES (" + std::to_string(id) + ")");
    request.timeout_ms = timeout_ms;
    request.sent_since = before;
    return request;
  };
  const auto unknown = [&](Result<proto::Message> reply) {
    REQUIRE(reply.ok());
    const auto* error = std::get_if<proto::ErrorReply>(&*reply);
    REQUIRE(error != nullptr);
    INFO(show(error->status));
    CHECK(error->status.code == Code::outcome_unknown);
    CHECK(error->sequence == before);
  };
  REQUIRE(master.run(insert(4, 60'000)).ok());  // its reply is lost, say
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES hasty.t READ").ok());
  auto executed = send(master, insert(1, 600'000));
  wait_for("the write to wait for the table", [&] { return running(master, "INTO hasty.t") == 1; });
  unknown(Session(master.endpoint()).exchange(insert(1, 200), 60s));  // while it is being executed
  auto waiting = send(master, insert(2, 600'000));
  unknown(Session(master.endpoint()).exchange(insert(2, 200), 60s));  // while it waits
  unknown(Session(master.endpoint()).exchange(insert(4, 200), 60s));  // when it has been
  // Of one that is alone it is true.
  CHECK(Session(master.endpoint()).run(insert(3, 200)).status.code == Code::timeout);
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  CHECK(executed.get().ok());
  CHECK(waiting.get().ok());
  CHECK(master.run("SELECT GROUP_CONCAT(id ORDER BY id) FROM hasty.t").text() == "0,1,2,4");
  CHECK(master.run(insert(3, 60'000)).ok());  // and it may be sent again
  CHECK(master.run(insert(4, 60'000)).result.replayed);
  cluster.check_same_everywhere();
}

TEST_CASE("copies: a late copy of what was told to have failed is not executed", "[copies]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE failed");
  cluster.must("CREATE TABLE failed.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO failed.t VALUES (1,0)");
  cluster.must("CREATE TABLE failed.keyless (v INT NOT NULL, f FLOAT)");
  cluster.wait_until_equal();
  proto::QueryRequest expects = keyed("failed", 4, "UPDATE failed.t SET v=9 WHERE id=2");
  expects.statements[0].expect = 1;
  const std::vector<proto::QueryRequest> requests{
      keyed("failed", 1, "INSERT INTO failed.t VALUES (1,2)"),  // there is such a row
      keyed("failed", 2, "INSERT INTO failed.later VALUES (1)"),
      keyed("failed", 3, "CREATE TABLE failed.t (id INT)"),
      expects,
      keyed("failed", 5, "DELETE FROM failed.keyless LIMIT 1"),  // refused: it needs a key
  };
  std::vector<Answer> first;
  for (const proto::QueryRequest& request : requests) first.push_back(master.run(request));
  // What would let each of them succeed.
  cluster.must("DELETE FROM failed.t");
  cluster.must("INSERT INTO failed.t VALUES (2,0)");
  cluster.must("ALTER TABLE failed.keyless ADD PRIMARY KEY (v)");
  cluster.must("CREATE TABLE failed.later (id INT)");
  cluster.must("RENAME TABLE failed.t TO failed.u");
  for (const bool renamed : {true, false}) {
    if (!renamed) cluster.must("RENAME TABLE failed.u TO failed.t");
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Answer late = cluster.slave(0).run(
          requests[i].statements[0].sql.starts_with("CREATE") ? query_of("DELETE FROM failed.later") : requests[i]);
      const Answer at_master = master.run(requests[i]);
      INFO(i << ": " << show(first[i].status) << "; " << show(at_master.status));
      CHECK_FALSE(first[i].ok());
      CHECK(at_master.status.code == first[i].status.code);
      CHECK(at_master.status.message == first[i].status.message);
      CHECK(at_master.status.database_errno == first[i].status.database_errno);
      CHECK(at_master.failed_statement == first[i].failed_statement);
      if (i != 2) CHECK(late.status.message == first[i].status.message);
    }
  }
  // The same ids are not another request's.
  CHECK(master.run(keyed("failed", 1, "INSERT INTO failed.t VALUES (7,7)")).status.code == Code::request_id_reused);
  CHECK(master.run("SELECT id, v FROM failed.t").text() == "2|0");
  cluster.check_same_everywhere();
}

TEST_CASE("copies: a copy of what was carried out is not refused because the definitions have changed since",
          "[copies]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE changed");
  cluster.must("CREATE TABLE changed.t (id INT PRIMARY KEY, v FLOAT)");
  cluster.must("INSERT INTO changed.t VALUES (1,1),(2,2)");
  const proto::QueryRequest request = keyed("changed", 1, "DELETE FROM changed.t ORDER BY id LIMIT 1");
  const Answer first = master.run(request);
  INFO(show(first.status));
  REQUIRE(first.ok());
  cluster.must("ALTER TABLE changed.t DROP PRIMARY KEY");
  CHECK(master.run(keyed("changed", 2, request.statements[0].sql)).status.code == Code::refused);
  const Answer late = master.run(request);
  INFO(show(late.status));
  CHECK(late.ok());
  CHECK(late.result.replayed);
  CHECK(late.result.sequence == first.result.sequence);
  CHECK(late.at(0).affected_rows == 1);
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

TEST_CASE("copies: a cancel that waits for large requests to be read knows what was carried out, too", "[copies]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE bulky");
  cluster.must("CREATE TABLE bulky.t (id INT PRIMARY KEY, v LONGTEXT)");
  cluster.wait_until_equal();
  // Quickly sent, and long to read; then it is refused.
  proto::QueryRequest slow = query_of("CALL bulky.p(0");
  for (int i = 0; i < 900; ++i) slow.statements[0].sql += ",:v";
  slow.statements[0].sql += ")";
  slow.statements[0].named_params = {{"v", std::string(16'000, 'x')}};
  constexpr int kSlow = 4;
  std::uint64_t id = 0;
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    INFO(node->name());
    ++id;
    proto::QueryRequest write = keyed("bulky", id, "INSERT INTO bulky.t VALUES (?,?)");
    write.statements[0].params = {id, std::string(100'000, 'v')};
    REQUIRE(node->run(write).ok());
    RawSocket client(node->endpoint());
    for (int i = 0; i < kSlow; ++i) client.send(framed(slow, 1));
    client.send(framed(write, 2));
    client.send(framed(proto::CancelRequest{write.key}, 3));
    for (int replies = 0; replies < kSlow + 2; ++replies) {
      const proto::Frames frames = client.receive();
      REQUIRE_FALSE(frames.empty());
      const Result<proto::Decoded> reply = proto::decode(frames);
      REQUIRE(reply.ok());
      const auto* error = std::get_if<proto::ErrorReply>(&reply->message);
      const Code code = error == nullptr ? Code::ok : error->status.code;
      INFO(reply->header.exchange << " " << code_name(code));
      if (reply->header.exchange == 1) CHECK(code == Code::refused);
      // At the slave it is the word on the copy, which the slave may have stopped before it was sent on.
      if (reply->header.exchange == 2)
        CHECK((code == Code::ok ? std::get<proto::QueryResult>(reply->message).replayed
                                : code == Code::cancelled && node != &cluster.master()));
      if (reply->header.exchange == 3) {
        REQUIRE(code == Code::ok);
        CHECK_FALSE(std::get<proto::CancelReply>(reply->message).stopped);
      }
    }
  }
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM bulky.t").text() == "2");
}

TEST_CASE("copies: what waits at a slave for others is answered when its time is over, with the word on that copy",
          "[copies]") {
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = "limits:\n  forwarders: 1\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE late");
  cluster.must("CREATE TABLE late.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES late.t READ").ok());
  proto::QueryRequest patient = keyed("patient", 1, "INSERT INTO late.t VALUES (1)");
  patient.timeout_ms = 600'000;
  auto first = send(slave, patient);
  wait_for("it to wait for its table", [&] { return running(master, "INTO late.t") == 1; });
  const auto code_of = [&](proto::QueryRequest hasty) {
    hasty.timeout_ms = 300;
    const Answer answer = slave.run(hasty);
    INFO(show(answer.status));
    CHECK(answer.result.node == slave.name());  // the node said it
    return answer.status.code;
  };
  proto::QueryRequest read = query_of("SELECT 1");
  read.consistency = proto::Consistency::master;
  CHECK(code_of(read) == Code::timeout);
  CHECK(code_of(query_of("INSERT INTO late.t VALUES (2)")) == Code::timeout);
  // Its client may have sent this one by another way, too.
  const proto::QueryRequest write = keyed("hasty", 1, "INSERT INTO late.t VALUES (3)");
  CHECK(code_of(write) == Code::busy);
  CHECK(first.wait_for(0s) == std::future_status::timeout);
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  CHECK(first.get().ok());
  CHECK(slave.run(write).ok());
  CHECK(master.run("SELECT GROUP_CONCAT(id ORDER BY id) FROM late.t").text() == "1,3");
  cluster.check_same_everywhere();
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
