// Goal: a write is acknowledged by as many databases as was asked for, or the answer says who is missing; nothing is
// downgraded in silence, nothing committed is called failed. Method: slaves stopped (SIGSTOP) and resumed; the master
// killed meanwhile.
#include <algorithm>

#include "client/client.h"
#include "tests/cluster/cluster.h"

using namespace sqlcast;
using namespace sqlcast::cluster_test;
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

}  // namespace

TEST_CASE("acks: each level waits for as many as it says, and otherwise names who is missing", "[acks]") {
  using client::Ack;
  Cluster::Options options;
  options.master_settings = "ack: one\nack_timeout: 1s\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE acked");
  cluster.must("CREATE TABLE acked.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO acked.t VALUES (1,0)");
  cluster.wait_until_equal();
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
