// Goal: a session never misses its own writes, whichever node it asks and however slow that is; dead nodes are passed
// over and come back. Method: slaves whose database is locked or whose process is stopped, at known moments and at
// random; the client library on a list of endpoints.
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/ports.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<client::Client> open_client(std::vector<std::string> endpoints, std::chrono::milliseconds timeout) {
  client::Options options;
  options.endpoints = std::move(endpoints);
  options.timeout = timeout;
  options.resend_after = 300ms;
  auto client = client::Client::open(options);
  if (!client.ok()) throw std::runtime_error(client.status().message);
  return std::move(*client);
}

client::Request at(const Node& node, const std::string& sql, std::vector<Value> params = {}) {
  client::Request request = client::Request::of(sql, std::move(params));
  request.target = {client::Target::Kind::node, node.endpoint()};
  return request;
}

std::int64_t first_cell(const client::Reply& reply) { return reply.results.at(0).rows.cell(0, 0).int64; }

// While it lives, this node's applier waits and its reads go on.
class SlowApply {
 public:
  SlowApply(const Node& node, const std::string& table) : connection_(node.open_database()) {
    if (const Status status = connection_->execute("LOCK TABLES " + table + " READ"); !status.ok())
      throw std::runtime_error(status.message);
  }

 private:
  std::unique_ptr<storage::Connection> connection_;  // the lock goes with it
};

}  // namespace

TEST_CASE("sessions: a slave that is behind says so, with its lag; the library asks another", "[sessions]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE behind");
  cluster.must("CREATE TABLE behind.t (id INT PRIMARY KEY, v BIGINT)");
  cluster.must("INSERT INTO behind.t VALUES (1,0)");
  cluster.wait_until_equal();
  const std::string read = "SELECT v FROM behind.t WHERE id=1";
  const std::string write = "UPDATE behind.t SET v=v+1 WHERE id=1";
  std::vector<std::string> everyone;
  for (Node* node : cluster.nodes()) everyone.push_back(node->endpoint());
  auto client = open_client(everyone, 60s);
  Sequence written = 0;
  {
    const SlowApply slow(cluster.slave(0), "behind.t");
    const client::Reply done = client->run(write);
    REQUIRE(done.status.ok());
    written = done.sequence;
    CHECK(client->session_position() == written);

    client::Request any = at(cluster.slave(0), read);
    any.consistency = client::Consistency::any;
    CHECK(first_cell(client->run(any)) == 0);  // the old state: the slave is slow indeed

    client::Request hasty = at(cluster.slave(0), read);
    hasty.timeout = 400ms;
    const client::Reply refused = client->run(hasty);
    INFO(show(refused.status));
    CHECK(refused.status.code == Code::not_caught_up);
    CHECK(refused.status.message.find(std::to_string(written)) != std::string::npos);

    wait_for("the slave to know that it is behind", [&] { return cluster.slave(0).status()->lag_ms > 100; });
    client::Request bounded = at(cluster.slave(0), read);
    bounded.consistency = client::Consistency::max_lag;
    bounded.max_lag = 100ms;
    const client::Reply lagging = client->run(bounded);
    INFO(show(lagging.status));
    CHECK(lagging.status.code == Code::not_caught_up);
    CHECK(lagging.status.message.find(" ms behind") != std::string::npos);

    // Without a node named: each kind of read finds one that can.
    for (int i = 0; i < 6; ++i) {
      client::Request request = client::Request::of(read);
      if (i % 3 == 1) {
        request.consistency = client::Consistency::max_lag;
        request.max_lag = 100ms;
      }
      if (i % 3 == 2) request.consistency = client::Consistency::master;
      const client::Reply reply = client->run(request);
      INFO(i << " " << show(reply.status));
      REQUIRE(reply.status.ok());
      CHECK(first_cell(reply) == 1);
      CHECK(reply.node != cluster.slave(0).name());
    }
    // A read that waits at the slave can be cancelled.
    const std::uint64_t id = client->submit(at(cluster.slave(0), read), [](const client::Reply&) {});
    wait_for("the waiting read to be cancelled", [&] {
      const Result<bool> stopped = client->cancel(id);
      return stopped.ok() && *stopped;
    });
    // `master` by way of the slave is the master's word.
    client::Request forwarded = at(cluster.slave(0), read);
    forwarded.consistency = client::Consistency::master;
    CHECK(first_cell(client->run(forwarded)) == 1);
  }
  const client::Reply patient = client->run(at(cluster.slave(0), read));
  REQUIRE(patient.status.ok());
  CHECK(first_cell(patient) == 1);
  CHECK(patient.node_position >= written);
}

TEST_CASE("sessions: max_lag is kept by a slave that has heard nothing for longer than that", "[sessions]") {
  Cluster& cluster = shared_cluster();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE deaf");
  cluster.must("CREATE TABLE deaf.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO deaf.t VALUES (1,0)");
  cluster.wait_until_equal();
  proto::QueryRequest fresh = query_of("SELECT v FROM deaf.t WHERE id=1");
  fresh.consistency = proto::Consistency::max_lag;
  fresh.max_lag_ms = 600;
  for (int round = 1; round <= 5; ++round) {
    // Its state is Live, and stays so for three seconds, in which it must not be believed.
    wait_for("the slave to be fresh", [&] { return slave.run(fresh).text() == std::to_string(round - 1); });
    slave.suspend();
    cluster.must("UPDATE deaf.t SET v=v+1 WHERE id=1");
    const auto written = std::chrono::steady_clock::now();
    wait_for("the write to be older than the lag allowed",
             [&] { return std::chrono::steady_clock::now() - written > std::chrono::milliseconds(fresh.max_lag_ms); });
    Session session(slave.endpoint());
    Answer answer;
    std::thread reader([&] { answer = session.run(fresh); });
    slave.resume();
    reader.join();
    INFO("round " << round << ": " << show(answer.status));
    CHECK((answer.status.code == Code::not_caught_up || answer.text() == std::to_string(round)));
  }
  cluster.must("DROP DATABASE deaf");
}

TEST_CASE("sessions: reads at random slaves that are slow or stopped never miss the session's writes", "[sessions]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE sess");
  cluster.must("CREATE TABLE sess.t (id INT PRIMARY KEY, v BIGINT)");
  constexpr int kSessions = 4;
  constexpr int kRounds = 120;
  for (int i = 0; i < kSessions; ++i) cluster.must("INSERT INTO sess.t VALUES (" + std::to_string(i) + ",0)");
  cluster.wait_until_equal();

  std::mutex mutex;
  std::vector<std::string> problems;
  std::atomic<int> running{kSessions};
  std::atomic<int> stale{0};
  const auto session = [&](int number) {
    try {
      // Writes go by way of a slave for every second one.
      Node& way = number % 2 == 0 ? cluster.master() : cluster.slave(1);
      auto client = open_client({way.endpoint(), cluster.slave(0).endpoint()}, 60s);
      std::mt19937 random(static_cast<unsigned>(number));
      for (std::int64_t round = 1; round <= kRounds; ++round) {
        const client::Reply wrote = client->run("UPDATE sess.t SET v=v+1 WHERE id=?", {std::int64_t{number}});
        if (!wrote.status.ok()) throw std::runtime_error("write: " + show(wrote.status));
        client::Request any =
            at(cluster.slave(random() % 2), "SELECT v FROM sess.t WHERE id=?", {std::int64_t{number}});
        client::Request own = any;
        if (random() % 3 == 0) own.target = {};
        any.consistency = client::Consistency::any;
        const client::Reply glance = client->run(any);
        if (glance.status.ok() && first_cell(glance) < round) ++stale;
        const client::Reply read = client->run(own);
        if (!read.status.ok()) throw std::runtime_error("read: " + show(read.status));
        if (first_cell(read) != round)
          throw std::runtime_error(read.node + " gave " + std::to_string(first_cell(read)) + " after write " +
                                   std::to_string(round));
      }
    } catch (const std::exception& problem) {
      const std::lock_guard lock(mutex);
      problems.push_back("session " + std::to_string(number) + ": " + problem.what());
    }
    --running;
  };
  std::vector<std::thread> sessions;
  for (int i = 0; i < kSessions; ++i) sessions.emplace_back(session, i);
  std::mt19937 random(5);
  const auto some_time = [&random] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 100));  // poll interval
  };
  while (running > 0) {
    Node& victim = cluster.slave(random() % 2);
    if (random() % 2 == 0) {
      victim.suspend();
      some_time();
      victim.resume();
    } else {
      const SlowApply slow(victim, "sess.t");
      some_time();
    }
  }
  for (std::thread& thread : sessions) thread.join();
  for (const std::string& problem : problems) UNSCOPED_INFO(problem);
  CHECK(problems.empty());
  CHECK(stale > 0);  // without the session's position it would have missed some
  cluster.check_same_everywhere();
}

TEST_CASE("sessions: dead nodes of the list are passed over, and used again when they are back", "[sessions]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE listed");
  cluster.must("CREATE TABLE listed.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.wait_until_equal();
  const std::string nobody = "tcp://127.0.0.1:" + std::to_string(free_port());
  auto client = open_client({nobody, cluster.slave(0).endpoint(), cluster.slave(1).endpoint()}, 60s);
  const auto write_and_read = [&](std::int64_t value) {
    const client::Reply wrote = client->run("INSERT INTO listed.t(v) VALUES (?)", {value});
    INFO(show(wrote.status));
    REQUIRE(wrote.status.ok());
    const client::Reply read = client->run("SELECT v FROM listed.t ORDER BY id DESC LIMIT 1");
    INFO(show(read.status));
    REQUIRE(read.status.ok());
    CHECK(first_cell(read) == value);
    return read.node;
  };
  std::int64_t value = 0;
  for (; value < 6; ++value) write_and_read(value);

  cluster.slave(0).kill();
  for (; value < 12; ++value) CHECK(write_and_read(value) == cluster.slave(1).name());
  cluster.slave(0).start();
  wait_for("the slave that is back to be asked again",
           [&] { return write_and_read(value++) == cluster.slave(0).name(); });

  cluster.slave(1).suspend();
  const std::int64_t until = value + 6;
  for (; value < until; ++value) CHECK(write_and_read(value) == cluster.slave(0).name());
  cluster.slave(1).resume();
  wait_for("the slave that was stopped to be asked again",
           [&] { return write_and_read(value++) == cluster.slave(1).name(); });
  cluster.slave(0).wait_until_answering();
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*), COUNT(DISTINCT v) FROM listed.t").text() ==
        std::to_string(value) + "|" + std::to_string(value));
}
