// Goal: a write is acknowledged by as many databases as was asked for, or the answer says who is missing; nothing is
// downgraded in silence, nothing committed is called failed. Method: slaves stopped (SIGSTOP) and resumed; the master
// killed meanwhile.
#include <algorithm>

#include "client/client.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

class Writer {
 public:
  explicit Writer(const Node& node) {
    client::Options options;
    options.endpoints = {node.endpoint()};
    options.timeout = 60s;
    auto client = client::Client::open(options);
    REQUIRE(client.ok());
    client_ = std::move(*client);
  }
  client::Reply write(client::Ack ack, std::optional<std::uint64_t> again = std::nullopt) {
    client::Request request = client::Request::of("UPDATE acked.t SET v=v+1 WHERE id=1");
    request.ack = ack;
    request.request_id = again;
    client::Reply reply = client_->run(std::move(request));
    std::sort(reply.acked_by.begin(), reply.acked_by.end());
    return reply;
  }

 private:
  std::unique_ptr<client::Client> client_;
};

void check_acked(const client::Reply& reply, const Names& by) {
  INFO(show(reply.status));
  CHECK(reply.status.ok());
  CHECK(reply.wrote);
  CHECK(reply.acked_by == by);
}

// Committed all the same: the reply has its entry, the message who is missing.
void check_not_acked(const client::Reply& reply, const Names& by, const Names& missing) {
  INFO(show(reply.status));
  CHECK(reply.status.code == Code::committed_not_acked);
  CHECK(reply.wrote);
  CHECK(reply.sequence > 0);
  CHECK(reply.epoch == 1);
  CHECK(reply.acked_by == by);
  for (const std::string& name : missing) CHECK(reply.status.message.find(name) != std::string::npos);
  for (const std::string& name : by) CHECK(reply.status.message.find(name) == std::string::npos);
}

// What the master's status says that each of its slaves has acknowledged.
std::map<std::string, Sequence> acknowledged(const Node& master) {
  Result<proto::Message> reply = Session(master.endpoint()).exchange(proto::StatusRequest{}, 10s);
  REQUIRE(reply.ok());
  std::map<std::string, Sequence> positions;
  for (const proto::NodeStatus& peer : std::get<proto::StatusReply>(*reply).peers) positions[peer.name] = peer.position;
  return positions;
}

// That a Writer changes.
void make_row(Cluster& cluster) {
  cluster.must("CREATE DATABASE acked");
  cluster.must("CREATE TABLE acked.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO acked.t VALUES (1,0)");
  cluster.wait_until_equal();
}

}  // namespace

TEST_CASE("acks: each level waits for as many as it says, and otherwise names who is missing", "[acks]") {
  using client::Ack;
  Cluster::Options options;
  options.master_settings = "ack: one\nack_timeout: 1s\n";
  Cluster cluster(options);
  make_row(cluster);
  Writer writer(cluster.master());
  Writer by_way_of_slave(cluster.slave(0));
  const Names both{"slave-1", "slave-2"};
  int writes = 0;

  // All there.
  check_acked(writer.write(Ack::all), both);
  check_acked(by_way_of_slave.write(Ack::all), both);
  CHECK(writer.write(Ack::local).acked_by.empty());
  const client::Reply as_configured = writer.write(Ack::unset);
  CHECK(as_configured.status.ok());
  CHECK_FALSE(as_configured.acked_by.empty());
  writes += 4;

  // One stopped: of three nodes two are a majority.
  cluster.slave(1).suspend();
  check_acked(writer.write(Ack::one), {"slave-1"});
  check_acked(writer.write(Ack::majority), {"slave-1"});
  const client::Reply missed = writer.write(Ack::all);
  check_not_acked(missed, {"slave-1"}, {"slave-2"});
  check_not_acked(by_way_of_slave.write(Ack::all), {"slave-1"}, {"slave-2"});
  writes += 4;
  cluster.wait_for_position(cluster.slave(0), missed.sequence + 1);
  wait_for("the status to show what has been acknowledged", [&] {
    const auto positions = acknowledged(cluster.master());
    return positions.at("slave-1") == missed.sequence + 1 && positions.at("slave-2") < missed.sequence;
  });

  // Both stopped.
  cluster.slave(0).suspend();
  check_not_acked(writer.write(Ack::unset), {}, both);
  check_not_acked(writer.write(Ack::one), {}, both);
  check_not_acked(writer.write(Ack::majority), {}, both);
  check_acked(writer.write(Ack::local), {});
  writes += 4;
  // A master that has started anew, and has not heard of any slave yet, knows of both all the same.
  cluster.master().kill();
  cluster.master().start();
  cluster.master().wait_until_answering();
  check_not_acked(writer.write(Ack::all), {}, both);
  check_not_acked(writer.write(Ack::majority), {}, both);
  writes += 2;

  // Resumed: what was missing comes by itself, and the same request asked again says so.
  cluster.slave(0).resume();
  cluster.slave(1).resume();
  cluster.wait_until_equal();
  wait_for("all to have acknowledged", [&] {
    const auto positions = acknowledged(cluster.master());
    return positions.size() == 2 && positions.at("slave-1") == positions.at("slave-2");
  });
  const client::Reply again = writer.write(Ack::all, missed.request_id);
  check_acked(again, both);
  CHECK(again.replayed);
  CHECK(again.sequence == missed.sequence);
  check_acked(writer.write(Ack::all), both);
  writes += 1;
  cluster.check_same_everywhere();
  CHECK(cluster.slave(1).run("SELECT v FROM acked.t").text() == std::to_string(writes));
}

TEST_CASE("acks: an invented report acknowledges nothing, and makes nobody a slave that others wait for", "[acks]") {
  Cluster::Options options;
  options.slaves = 0;
  options.keys = false;  // with keys who reports needs one of that name
  options.master_settings = "ack_timeout: 1s\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE invented");
  cluster.must("CREATE TABLE invented.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  proto::QueryRequest write = keyed("writer", 1, "INSERT INTO invented.t VALUES ()");
  const Sequence sequence = cluster.must(write).result.sequence;
  cluster.must("INSERT INTO invented.t VALUES ()");

  proto::Report report;
  report.status.name = "ghost";
  report.status.node_id = std::string(32, '7');
  report.status.role = "slave";
  report.status.state = "Live";
  report.status.epoch = 1;
  report.status.cluster = cluster.master().status()->cluster;
  const auto say = [&](Sequence position, const std::string& hash) {
    report.status.position = position;
    report.status.hash = hash;
    const Result<proto::Message> reply = Session(cluster.master().endpoint()).exchange(report, 30s);
    REQUIRE(reply.ok());
    CHECK(std::holds_alternative<proto::ReportReply>(*reply));
  };
  const std::string head_hash = cluster.master().status()->hash;
  // Behind the head, at it, beyond it; with a hash of nothing, and with one of another position. The master, which may
  // not write while it is said to have lost entries, still tells what became of an earlier request.
  for (const Sequence position : {sequence, sequence + 1, sequence + 2}) {
    INFO("position " << position);
    say(position, to_hex(Hash{}));
    if (position != sequence + 1) say(position, head_hash);
    write.ack = proto::Ack::one;
    const Answer one = cluster.master().run(write);
    INFO(show(one.status));
    CHECK(one.status.code == Code::committed_not_acked);
    write.ack = proto::Ack::all;
    CHECK(cluster.master().run(write).ok());
  }
  // What is really there counts.
  say(sequence + 1, head_hash);
  write.ack = proto::Ack::one;
  const Answer acked = cluster.master().run(write);
  INFO(show(acked.status));
  CHECK(acked.ok());
  CHECK(acked.result.acked_by == Names{"ghost"});
}

TEST_CASE("acks: of two slaves of one name the first is counted, and both nodes say so", "[acks]") {
  Cluster cluster(1);
  Node& second = cluster.add_slave();
  second.environment["SQLCAST_NAME"] = "slave-1";
  if (cluster.has_keys()) {
    // With a key of its own it would be told that this is not slave-1's.
    second.environment["SQLCAST_SECURITY_KEY"] = (cluster.folder() / "keys" / "slave-1.key").string();
    go_as_admin(second.endpoint(), key_of_node(cluster.folder(), "slave-1"));
  }
  second.start();
  second.wait_until_answering();
  const auto says = [](const Node& node, const std::string& text) {
    const std::optional<proto::NodeStatus> status = node.status();
    return status && status->message.find(text) != std::string::npos;
  };
  const auto peers = [&] {
    Result<proto::Message> reply = Session(cluster.master().endpoint()).exchange(proto::StatusRequest{}, 10s);
    REQUIRE(reply.ok());
    return std::get<proto::StatusReply>(*reply).peers;
  };
  wait_for("the second to say that the name is another's",
           [&] { return says(second, "another slave is called slave-1, at " + cluster.slave(0).endpoint()); });
  const auto seen = peers();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].endpoint == cluster.slave(0).endpoint());
  CHECK(seen[0].message.find("another slave has this name and is not counted, at " + second.endpoint()) !=
        std::string::npos);
  CHECK(seen[0].node_id != second.status()->node_id);
  CHECK(seen[0].node_id == cluster.slave(0).status()->node_id);
  CHECK(cluster.slave(0).status()->state == "Live");

  // Once the first is gone, as one that is made anew is, its name is free.
  cluster.slave(0).stop();
  wait_for("the second to be taken", [&] {
    const auto now = peers();
    return second.status()->state == "Live" && now.size() == 1 && now[0].endpoint == second.endpoint();
  });
}

TEST_CASE("acks: a lower position that is invented does not say what a slave needs of the log", "[acks]") {
  Cluster::Options options;
  options.slaves = 1;
  options.keys = false;  // with keys who reports needs one of that name
  options.master_settings = "log:\n  file_bytes: 16KiB\n  keep_bytes: 32KiB\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE invented");
  cluster.must("CREATE TABLE invented.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(1000))");
  Session session(cluster.master().endpoint());
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(session.run("INSERT INTO invented.t(v) VALUES ('" + std::string(900, 'x') + "')").ok());
  };
  write(100);
  const Sequence seen = cluster.wait_until_equal();
  wait_for("the slave to report that", [&] { return acknowledged(cluster.master())["slave-1"] == seen; });
  proto::Report report;
  report.status.name = "slave-1";
  report.status.node_id = cluster.slave(0).status()->node_id;
  report.status.role = "slave";
  report.status.state = "Live";
  report.status.epoch = 1;
  report.status.cluster = cluster.master().status()->cluster;
  report.status.position = 3;
  report.status.hash = to_hex(Hash{});
  REQUIRE(cluster.slave(0).stop());
  for (int i = 0; i < 3; ++i) {
    const Result<proto::Message> reply = session.exchange(report, 30s);
    REQUIRE(reply.ok());
    CHECK(std::holds_alternative<proto::ReportReply>(*reply));
  }
  const auto log = [&] { return cluster.master().status()->log; };
  write(200);
  wait_for("the log to be trimmed up to what the slave has", [&] { return log().first > 3; });
  wait_for("the slave to be named", [&] { return log().held_by == "slave-1"; });
  CHECK(log().held_from == seen + 1);
}

TEST_CASE("acks: while replies wait for it a slave reports briefly, and the rest of its status stays known", "[acks]") {
  Cluster::Options options;
  options.slaves = 1;
  Cluster cluster(options);
  make_row(cluster);
  Writer writer(cluster.master());
  const std::string slave = cluster.slave(0).endpoint();
  for (int i = 0; i < 200; ++i) {
    const client::Reply reply = writer.write(client::Ack::all);
    check_acked(reply, {"slave-1"});
    const Result<proto::Message> answer = Session(cluster.master().endpoint()).exchange(proto::StatusRequest{}, 60s);
    REQUIRE(answer.ok());
    const auto& peers = std::get<proto::StatusReply>(*answer).peers;
    REQUIRE(peers.size() == 1);
    REQUIRE(peers[0].durable);
    CHECK(peers[0].durable->sequence >= reply.sequence);
    CHECK(peers[0].role == "slave");
    CHECK(peers[0].state == "Live");
    CHECK(peers[0].endpoint == slave);
    CHECK(peers[0].counters.contains("groups"));
  }
}
