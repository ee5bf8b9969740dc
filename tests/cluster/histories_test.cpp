// Goal: a master that lost its data, or was given older data, makes no second history; nobody is told to throw the last
// good copy away; when the true history is back, everything goes on by itself. Method: data folders exchanged, emptied
// and put back under nodes that are stopped.
#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/ports.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

void write_rows(Cluster& cluster, int from, int to) {
  for (int id = from; id <= to; ++id) cluster.must("INSERT INTO h.t VALUES (" + std::to_string(id) + ")");
}

void prepare(Cluster& cluster) {
  cluster.must("CREATE DATABASE h");
  cluster.must("CREATE TABLE h.t (id INT PRIMARY KEY)");
  write_rows(cluster, 1, 3);
  cluster.wait_until_equal();
}

void wait_for_state(const Node& node, const std::string& state) {
  wait_for(node.name() + " to be " + state, [&] {
    const std::optional<proto::NodeStatus> status = node.status();
    return status && status->state == state;
  });
}

std::string anywhere() { return "tcp://127.0.0.1:" + std::to_string(free_port()); }

std::string rows_of(const Node& node) { return node.run("SELECT COUNT(*) FROM h.t").text(); }

Code write_at(const Node& node, int id) {
  proto::QueryRequest request = query_of("INSERT INTO h.t VALUES (" + std::to_string(id) + ")");
  request.timeout_ms = 5'000;
  return node.run(request).status.code;
}

// Started on what its folder has now.
void restart(Node& node, const std::vector<std::string>& arguments = {}) {
  if (node.running()) REQUIRE(node.stop());
  node.arguments = arguments;
  node.start();
  node.wait_until_answering();
}

}  // namespace

TEST_CASE("histories: a master that has lost its data writes nothing, and goes on when it has it back", "[histories]") {
  Cluster cluster(2);
  prepare(cluster);
  Node& master = cluster.master();
  REQUIRE(master.stop());
  const fs::path lost = cluster.folder() / "lost";
  fs::rename(master.data_folder(), lost);
  restart(master);
  wait_for_state(master, "ReadOnly");
  const std::string why = master.status()->message;
  INFO(why);
  CHECK(why.find("has 5 entries of cluster") != std::string::npos);
  const Answer refused = master.run("CREATE DATABASE second_history");
  CHECK(refused.status.code == Code::read_only);
  CHECK(refused.status.message.find("give it its newest data back") != std::string::npos);
  CHECK(master.run("SELECT 1").text() == "1");
  for (Node* slave : {&cluster.slave(0), &cluster.slave(1)}) {
    wait_for_state(*slave, "Failed");
    INFO(slave->status()->message);
    // It has the longer history: its folder is the last that anybody should move.
    CHECK(slave->status()->message.find("leave it where it is") != std::string::npos);
    CHECK(slave->status()->message.find("has 5 entries") != std::string::npos);
    CHECK(write_at(*slave, 99) == Code::diverged);
    CHECK(rows_of(*slave) == "3");
    CHECK(slave->run("SELECT 1").result.stale);
  }
  // It knows it still when no slave is there to say so.
  cluster.slave(0).suspend();
  cluster.slave(1).suspend();
  restart(master);
  CHECK(master.status()->state == "ReadOnly");
  CHECK(write_at(master, 99) == Code::read_only);
  cluster.slave(0).resume();
  cluster.slave(1).resume();

  REQUIRE(master.stop());
  master.forget_data();
  fs::rename(lost, master.data_folder());
  restart(master);
  for (const Node* slave : {&cluster.slave(0), &cluster.slave(1)}) wait_for_state(*slave, "Live");
  cluster.wait_until_equal();
  write_rows(cluster, 4, 5);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  CHECK(rows_of(cluster.slave(1)) == "5");
}

TEST_CASE("histories: a master whose data was put back writes again once its slaves have been made anew",
          "[histories]") {
  Cluster cluster(2);
  prepare(cluster);
  Node& master = cluster.master();
  REQUIRE(master.stop());
  const fs::path copy = cluster.folder() / "copy";
  fs::copy(master.data_folder(), copy, fs::copy_options::recursive);
  restart(master);
  write_rows(cluster, 4, 9);
  cluster.wait_until_equal();
  REQUIRE(master.stop());
  master.forget_data();
  fs::rename(copy, master.data_folder());
  restart(master);
  wait_for_state(master, "ReadOnly");
  INFO(master.status()->message);
  CHECK(master.status()->message.find("has 11 entries, this master 5 entries of the same cluster") !=
        std::string::npos);
  CHECK(write_at(master, 99) == Code::read_only);
  for (Node* slave : {&cluster.slave(0), &cluster.slave(1)}) {
    wait_for_state(*slave, "Failed");
    REQUIRE(slave->stop());
    slave->forget_data();
    restart(*slave);
  }
  cluster.wait_until_equal();
  write_rows(cluster, 4, 4);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("histories: a person's word makes the history of a folder the cluster's", "[histories]") {
  Cluster cluster(1);
  prepare(cluster);
  Node& master = cluster.master();
  // Only its database is gone: the log gives it back.
  REQUIRE(master.stop());
  fs::remove_all(master.data_folder() / "mariadb");
  restart(master);
  CHECK(master.status()->state == "Serving");
  cluster.check_same_everywhere();
  // Both are gone.
  REQUIRE(master.stop());
  fs::remove_all(master.data_folder() / "mariadb");
  fs::remove_all(master.data_folder() / "log");
  restart(master);
  CHECK(master.status()->state == "ReadOnly");
  CHECK(master.status()->message.find("its database has no entry") != std::string::npos);
  restart(master, {"--accept-history"});
  CHECK(master.status()->state == "Serving");
  cluster.must("CREATE DATABASE h");
  cluster.must("CREATE TABLE h.t (id INT PRIMARY KEY)");
  wait_for_state(cluster.slave(0), "Failed");
  REQUIRE(cluster.slave(0).stop());
  cluster.slave(0).forget_data();
  restart(cluster.slave(0));
  cluster.wait_until_equal();
  // The word is not needed again.
  restart(master);
  write_rows(cluster, 1, 2);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("histories: a client that has known the longer history reads and writes when the shorter one counts",
          "[histories]") {
  Cluster cluster(1);
  prepare(cluster);
  Node& master = cluster.master();
  Node& slave = cluster.slave(0);
  REQUIRE(master.stop());
  const fs::path copy = cluster.folder() / "copy";
  fs::copy(master.data_folder(), copy, fs::copy_options::recursive);
  restart(master);
  cluster.wait_until_equal();
  const auto client_of = [](const Node& node) {
    client::Options options;
    options.endpoints = {node.endpoint()};
    options.timeout = 30s;
    auto client = client::Client::open(options);
    REQUIRE(client.ok());
    return std::move(*client);
  };
  const auto at_master = client_of(master);
  const auto at_slave = client_of(slave);
  int id = 10;
  for (int i = 0; i < 5; ++i)
    for (const auto& client : {std::cref(at_master), std::cref(at_slave)})
      REQUIRE(client.get()->run("INSERT INTO h.t VALUES (" + std::to_string(++id) + ")").status.ok());
  const Sequence known = at_slave->session_position();
  cluster.wait_until_equal();
  REQUIRE(slave.stop());
  REQUIRE(master.stop());
  for (Node* node : {&slave, &master}) node->forget_data();
  fs::rename(copy, master.data_folder());
  restart(master, {"--accept-history"});
  restart(slave);
  const Sequence head = cluster.wait_until_equal();
  REQUIRE(head < known);

  // The node's own word, to whoever says so himself.
  for (Node* node : cluster.nodes()) {
    proto::QueryRequest read = query_of("SELECT COUNT(*) FROM h.t");
    read.after = known;
    read.timeout_ms = 600'000;
    Result<proto::Message> reply = Session(node->endpoint()).exchange(read, 60s);
    REQUIRE(reply.ok());
    const auto* error = std::get_if<proto::ErrorReply>(&*reply);
    REQUIRE(error != nullptr);
    INFO(show(error->status));
    CHECK(error->status.code == Code::not_caught_up);
    CHECK(error->status.message.find("another history") != std::string::npos);
    CHECK(error->sequence == head);
    CHECK(error->epoch == 1);
  }
  int rows = 3;
  for (const auto& client : {std::cref(at_master), std::cref(at_slave)}) {
    const client::Reply read = client.get()->run("SELECT COUNT(*) FROM h.t");
    INFO(show(read.status));
    REQUIRE(read.status.ok());
    CHECK(client.get()->session_position() < known);
    const client::Reply write = client.get()->run("INSERT INTO h.t VALUES (" + std::to_string(++rows) + ")");
    INFO(show(write.status));
    CHECK(write.status.ok());
    CHECK(client.get()->session_position() == head + static_cast<Sequence>(rows - 3));
    CHECK(client.get()->run("SELECT id FROM h.t").results.at(0).rows.row_count() == static_cast<std::uint64_t>(rows));
  }
  cluster.check_same_everywhere();
}

TEST_CASE("histories: a slave of another cluster forwards nothing, and stops nobody", "[histories]") {
  Cluster theirs(1);
  prepare(theirs);
  Cluster ours(1);
  ours.must("CREATE DATABASE h");
  ours.must("CREATE TABLE h.t (id INT PRIMARY KEY)");
  ours.wait_until_equal();
  REQUIRE(theirs.slave(0).stop());
  Node& stray = ours.add_slave();
  fs::copy(theirs.slave(0).data_folder(), stray.data_folder(), fs::copy_options::recursive);
  stray.start();
  stray.wait_until_answering();
  // At once, before it knows, and when it does.
  CHECK(write_at(stray, 7) == Code::diverged);
  wait_for_state(stray, "Failed");
  INFO(stray.status()->message);
  CHECK(stray.status()->message.find("correct its setting `master`") != std::string::npos);
  CHECK(write_at(stray, 8) == Code::diverged);
  proto::QueryRequest read = query_of("SELECT COUNT(*) FROM h.t");
  read.consistency = proto::Consistency::master;
  CHECK(stray.run(read).status.code == Code::diverged);
  CHECK(rows_of(stray) == "3");
  wait_for("the master to have heard of it", [&] {
    const Result<proto::Message> reply = Session(ours.master().endpoint()).exchange(proto::StatusRequest{}, 10s);
    return reply && std::get<proto::StatusReply>(*reply).peers.size() == 2;
  });
  proto::QueryRequest write = query_of("INSERT INTO h.t VALUES (1)");
  write.ack = proto::Ack::all;  // of ours
  CHECK(ours.master().run(write).ok());
  CHECK(ours.master().status()->state == "Serving");
  CHECK(rows_of(ours.master()) == "1");
}

TEST_CASE("histories: a program of the other role does not run on a node's folder", "[histories]") {
  Cluster cluster(1);
  prepare(cluster);
  REQUIRE(cluster.slave(0).stop());
  REQUIRE(cluster.master().stop());
  const Run master = run_program({program("sqlcast-master"), "--data_dir", cluster.slave(0).data_folder().string(),
                                  "--listen", anywhere(), "--publish", anywhere()});
  INFO(master.output);
  CHECK(master.exit_code == 2);
  CHECK(master.output.find("is a slave's") != std::string::npos);
  const Run slave = run_program({program("sqlcast-slave"), "--data_dir", cluster.master().data_folder().string(),
                                 "--listen", anywhere(), "--master", cluster.master().endpoint()});
  INFO(slave.output);
  CHECK(slave.exit_code == 2);
  CHECK(slave.output.find("is a master's") != std::string::npos);
}
