// Goal: when a key is revoked, what it has under way ends at once: reads that run or wait, cursors, writes that wait;
// and nobody else's does. Method: reads without an end, and a database that stands still, with two keys at either node.
#include <algorithm>
#include <csignal>

#include "tests/cluster/keyed.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using access::Role;
using Catch::Matchers::Contains;

namespace {

// By one connection with a key of its own.
class Peer {
 public:
  Peer(const Cluster& cluster, const Node& node, const access::KeyFile& key)
      : socket_(connect_as(cluster, key, node)) {}

  void send(const proto::Message& message, std::uint64_t exchange) { socket_.send(framed(message, exchange)); }
  // The next one, whichever it is.
  std::pair<std::uint64_t, proto::Message> answer() {
    auto decoded = proto::decode(socket_.receive());
    REQUIRE(decoded.ok());
    return {decoded->header.exchange, std::move(decoded->message)};
  }
  Status next_status() {
    const proto::Message message = answer().second;
    const auto* const error = std::get_if<proto::ErrorReply>(&message);
    return error == nullptr ? ok_status() : error->status;
  }

 private:
  RawSocket socket_;
};

proto::QueryRequest patient(const std::string& client, std::uint64_t id, const std::string& sql) {
  proto::QueryRequest query = keyed(client, id, sql);
  query.timeout_ms = 600'000;
  return query;
}

// What is under way at the node in this key's name, in these states.
std::size_t count(const Node& node, const std::string& key, std::initializer_list<proto::RequestState> states) {
  const Result<proto::Message> reply = Session(node.endpoint()).exchange(proto::RequestsRequest{}, 60s);
  const auto& all = std::get<proto::RequestsReply>(reply.value()).requests;
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const proto::RequestInfo& request) {
    return request.key == key && std::find(states.begin(), states.end(), request.state) != states.end();
  }));
}

}  // namespace

TEST_CASE("revoked: reads and cursors of the key end at once, and another key's go on", "[revoked]") {
  using State = proto::RequestState;
  Cluster::Options options = with_keys(1);
  options.master_settings = options.slave_settings = "limits:\n  readers: 2\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t(id INT PRIMARY KEY)");
  cluster.must("INSERT INTO d.t VALUES (1),(2),(3),(4)");
  cluster.wait_until_equal();
  std::string endless = "SELECT COUNT(*) FROM d.t t0";
  for (int i = 1; i < 20; ++i) endless += ", d.t t" + std::to_string(i);
  endless += " WHERE t0.id+t1.id+t2.id+t3.id+t4.id+t5.id+t6.id+t7.id+t8.id+t9.id+t19.id=3";
  const access::KeyFile stays = let_in(cluster, "stays", Role::reader);
  for (const Node* node : cluster.nodes()) {
    INFO(node->name());
    const access::KeyFile leaves = let_in(cluster, "leaves", Role::reader);
    Peer leaver(cluster, *node, leaves);
    Peer stayer(cluster, *node, stays);
    std::uint64_t cursors[2] = {};
    for (const auto& [peer, index] : {std::pair{&leaver, 0}, {&stayer, 1}}) {
      proto::QueryRequest pages = patient("client-" + std::to_string(index), 1, "SELECT id FROM d.t");
      pages.page_rows = 1;
      peer->send(pages, 1);
      cursors[index] = std::get<proto::QueryResult>(peer->answer().second).results.at(0).cursor;
      REQUIRE(cursors[index] != 0);
      peer->send(patient("client-" + std::to_string(index), 2, endless), 2);
    }
    wait_for("both to run", [&] {
      return count(*node, "leaves", {State::running}) == 1 && count(*node, "stays", {State::running}) == 1;
    });
    leaver.send(patient("client-0", 3, "SELECT 1"), 3);  // there is no reader for it
    wait_for("one to wait", [&] { return count(*node, "leaves", {State::queued}) == 1; });

    cluster.revoke("leaves");
    for (int ended = 0; ended < 2; ++ended) {
      const Status status = leaver.next_status();
      CHECK(status.code == Code::not_allowed);
      CHECK_THAT(status.message, Contains("the key 'leaves' was revoked at " + node->name()));
    }
    wait_for("all of it to be gone", [&] {
      return count(*node, "leaves", {State::queued, State::running, State::open}) == 0;
    });
    leaver.send(proto::FetchRequest{"client-0", cursors[0], 1}, 4);
    CHECK(leaver.next_status().code == Code::not_allowed);

    CHECK(count(*node, "stays", {State::running}) == 1);
    stayer.send(proto::FetchRequest{"client-1", cursors[1], 1}, 3);
    const auto [exchange, page] = stayer.answer();
    CHECK(exchange == 3);
    CHECK(std::holds_alternative<proto::QueryResult>(page));
    stayer.send(proto::CancelRequest{{"client-1", 2}}, 4);
    for (int answers = 0; answers < 2; ++answers) {
      const auto [of, message] = stayer.answer();
      if (of == 2)
        CHECK(std::get<proto::ErrorReply>(message).status.code == Code::cancelled);
      else
        CHECK(std::holds_alternative<proto::CancelReply>(message));
    }
    stayer.send(proto::CloseRequest{"client-1", cursors[1]}, 5);
    CHECK(stayer.next_status().ok());
  }
}

TEST_CASE("revoked: a write that has begun may end, and those that wait are left out", "[revoked]") {
  using State = proto::RequestState;
  Cluster::Options options = with_keys(0);
  options.master_settings = "database:\n  stall_timeout: 1h\n";
  Cluster cluster(options);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t(id INT PRIMARY KEY)");
  const access::KeyFile leaves = let_in(cluster, "leaves", Role::writer);
  const access::KeyFile stays = let_in(cluster, "stays", Role::writer);
  Peer leaver(cluster, master, leaves);
  Peer stayer(cluster, master, stays);
  const auto insert = [](int id) {
    return patient("c" + std::to_string(id), 1, "INSERT INTO d.t VALUES (" + std::to_string(id) + ")");
  };
  const pid_t server = master.database().value();
  REQUIRE(::kill(server, SIGSTOP) == 0);
  leaver.send(insert(1), 1);
  wait_for("the first to run", [&] { return count(master, "leaves", {State::running}) == 1; });
  for (int id = 2; id <= 4; ++id) leaver.send(insert(id), static_cast<std::uint64_t>(id));
  stayer.send(insert(5), 5);
  wait_for("the others to wait", [&] {
    return count(master, "leaves", {State::queued}) == 3 && count(master, "stays", {State::queued}) == 1;
  });
  cluster.revoke("leaves");
  // Although the database stands still.
  for (int ended = 0; ended < 3; ++ended) {
    const auto [exchange, message] = leaver.answer();
    CHECK(exchange != 1);
    CHECK(std::get<proto::ErrorReply>(message).status.code == Code::not_allowed);
  }
  REQUIRE(::kill(server, SIGCONT) == 0);
  CHECK(show(stayer.next_status()) == "OK");
  CHECK(show(leaver.next_status()) == "OK");
  CHECK(cluster.must("SELECT GROUP_CONCAT(id ORDER BY id) FROM d.t").text() == "1,5");
}
