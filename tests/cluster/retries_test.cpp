// Goal: the client library's promise that a resent request is executed once, whatever is lost: the master, by kill -9;
// the client's connection, cut in the middle; the reply. Method: writers on the library behind wires that are cut at
// random, some by way of slaves, while the master is killed; then every row is counted.
#include <atomic>
#include <future>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/cuttable_wire.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

constexpr int kWriters = 5;
constexpr int kWritesEach = 200;

struct Tally {
  std::atomic<int> written{0};
  std::atomic<int> replayed{0};  // told by the master that it had been executed before
  std::mutex mutex;
  std::vector<std::string> problems;  // guarded by mutex
  void problem(const std::string& text) {
    const std::lock_guard lock(mutex);
    problems.push_back(text);
  }
};

client::Request write_of(int writer, int number) {
  const std::vector<Value> who{std::int64_t{writer}, std::int64_t{number}};
  client::Request request = client::Request::of("INSERT INTO written(writer,n) VALUES (?,?)", who);
  // Half of them are two statements: both or none.
  if (number % 2 == 0)
    request.statements.push_back({"UPDATE counter SET writes=writes+1 WHERE writer=?", {std::int64_t{writer}}, {}, 1});
  return request;
}

// The client's own resends come first; what it cannot settle in its time is sent again under the same id.
client::Reply settle(client::Client& client, client::Request request, std::uint64_t id, Sequence since) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    request.request_id = id;
    request.sent_since = since;
    client::Reply reply = client.run(request);
    const bool passing = reply.status.code == Code::outcome_unknown || reply.status.code == Code::timeout ||
                         reply.status.code == Code::database_unavailable ||
                         reply.status.code == Code::master_unavailable || reply.status.code == Code::shutting_down;
    if (!passing || std::chrono::steady_clock::now() > give_up) return reply;
  }
}

void write_all(int writer, const std::string& endpoint, Tally& tally) {
  client::Options options;
  options.endpoints = {endpoint};
  options.database = "retried";
  options.timeout = 10s;
  options.resend_after = 150ms;
  auto client = client::Client::open(options);
  if (!client.ok()) return tally.problem(client.status().message);
  std::mt19937 random(static_cast<unsigned>(writer));
  Sequence seen = 0;
  for (int number = 1; number <= kWritesEach; ++number) {
    const std::uint64_t id = static_cast<std::uint64_t>(number);
    const std::string name = "writer " + std::to_string(writer) + ", write " + std::to_string(number) + ": ";
    const Sequence since = seen;
    const client::Reply reply = settle(**client, write_of(writer, number), id, since);
    if (!reply.status.ok()) return tally.problem(name + show(reply.status));
    if (reply.replayed) ++tally.replayed;
    if (reply.sequence <= seen) return tally.problem(name + "an old sequence");
    seen = reply.sequence;
    // Now and then once more, as by a client that has forgotten the answer.
    if (random() % 8 == 0) {
      const client::Reply second = settle(**client, write_of(writer, number), id, since);
      if (!second.status.ok()) return tally.problem(name + "again: " + show(second.status));
      if (!second.replayed || second.sequence != reply.sequence || second.results.size() != reply.results.size() ||
          second.results[0].affected_rows != 1 || second.results[0].insert_id != reply.results[0].insert_id)
        return tally.problem(name + "the resend has another outcome");
    }
    ++tally.written;
  }
}

}  // namespace

TEST_CASE("retries: 1,000 writes under kills of the master and cut connections are each applied once", "[retries]") {
  Cluster cluster(2);
  cluster.must("CREATE DATABASE retried");
  // Doubles must show: the key is not what the client chooses.
  cluster.must(
      "CREATE TABLE retried.written (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, writer INT NOT NULL, n INT NOT "
      "NULL, KEY (writer, n))");
  cluster.must("CREATE TABLE retried.counter (writer INT PRIMARY KEY, writes INT NOT NULL)");
  for (int writer = 0; writer < kWriters; ++writer)
    cluster.must("INSERT INTO retried.counter VALUES (" + std::to_string(writer) + ",0)");
  cluster.wait_until_equal();

  std::vector<std::unique_ptr<CuttableWire>> wires;
  for (Node* node : cluster.nodes()) wires.push_back(std::make_unique<CuttableWire>(node->endpoint()));
  Tally tally;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer)
    writers.emplace_back([&tally, writer, endpoint = wires[static_cast<std::size_t>(writer) % 3]->endpoint()] {
      write_all(writer, endpoint, tally);
    });
  std::atomic<bool> writing{true};
  std::atomic<int> cuts{0};
  std::thread cutter([&] {
    std::mt19937 random(11);
    while (writing) {
      wires[random() % wires.size()]->cut();
      ++cuts;
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 150));  // poll interval, of chance
    }
  });

  int kills = 0;
  std::string problem;
  try {
    while (tally.written < kWriters * kWritesEach) {
      const int before = tally.written;
      wait_for("more writes", [&] {
        const std::lock_guard lock(tally.mutex);
        return !tally.problems.empty() || tally.written >= std::min(before + 120, kWriters * kWritesEach);
      });
      const std::lock_guard lock(tally.mutex);
      if (!tally.problems.empty()) break;
      if (tally.written >= kWriters * kWritesEach) break;
      cluster.master().kill();
      ++kills;
      cluster.master().start();
    }
  } catch (const std::exception& caught) {
    problem = caught.what();
  }
  writing = false;
  cutter.join();
  for (std::thread& writer : writers) writer.join();
  INFO(problem);
  for (const std::string& text : tally.problems) UNSCOPED_INFO(text);
  REQUIRE(problem.empty());
  REQUIRE(tally.problems.empty());
  std::cout << "retries: " << tally.written << " writes, " << kills << " kills of the master, " << cuts << " cuts, "
            << tally.replayed << " answered as executed before\n";
  CHECK(kills >= 5);

  cluster.master().wait_until_answering();
  cluster.check_same_everywhere();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    CHECK(node->ask_database("SELECT COUNT(*), COUNT(DISTINCT writer, n), MIN(n), MAX(n) FROM retried.written") ==
          "1000|1000|1|200");
    CHECK(node->ask_database("SELECT DISTINCT writes FROM retried.counter") == "100");
  }
}

TEST_CASE("retries: past the window the outcome is unknown, with the position to look from, and nothing runs",
          "[retries]") {
  Cluster::Options options;
  options.slaves = 1;
  constexpr int kWindow = 1'000;
  options.master_settings = "limits:\n  request_queue: 60\n  retry_window: " + std::to_string(kWindow) + "\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE old");
  cluster.must("CREATE TABLE old.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  const Sequence before = cluster.wait_until_equal();
  proto::QueryRequest request = query_of("INSERT INTO old.t(v) VALUES (1)");
  request.key = {"forgetful", 1};
  request.sent_since = before;
  REQUIRE(cluster.master().run(request).result.sequence == before + 1);
  // Its own: what others write makes nobody forget it, until they are many.
  client::Options many;
  many.client_id = "forgetful";
  many.endpoints = {cluster.master().endpoint()};
  auto crowd = client::Client::open(many);
  REQUIRE(crowd.ok());
  std::vector<std::future<client::Reply>> replies;
  for (int i = 0; i < kWindow + 10; ++i)
    replies.push_back((*crowd)->submit(client::Request::of("INSERT INTO old.t(v) VALUES (2)")));
  for (auto& reply : replies) REQUIRE(reply.get().status.ok());
  const Sequence head = cluster.wait_until_equal();

  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    Result<proto::Message> reply = Session(node->endpoint()).exchange(request, 30s);
    REQUIRE(reply.ok());
    const auto* error = std::get_if<proto::ErrorReply>(&*reply);
    REQUIRE(error != nullptr);
    INFO(show(error->status));
    CHECK(error->status.code == Code::outcome_unknown);
    CHECK(error->sequence == before);
    // There it is.
    client::Options one;
    one.endpoints = {node->endpoint()};
    auto client = client::Client::open(one);
    REQUIRE(client.ok());
    const Result<proto::LogBatch> batch = (*client)->read_log({1, error->sequence, {}});
    REQUIRE(batch.ok());
    const auto entries = proto::decode_entries(batch->groups.at(0).body);
    REQUIRE(entries.ok());
    CHECK(entries->at(0).key == RequestKey{"forgetful", 1});
  }
  // The same of a master that has started anew.
  cluster.master().kill();
  cluster.master().start();
  cluster.master().wait_until_answering();
  CHECK(cluster.master().run(request).status.code == Code::outcome_unknown);
  // What the window still reaches is executed, and then remembered.
  request.key.request_id = 2;
  request.sent_since = head;
  const Answer fresh = cluster.master().run(request);
  CHECK(fresh.ok());
  CHECK_FALSE(fresh.result.replayed);
  CHECK(cluster.slave(0).run(request).result.replayed);
  request.statements[0].sql = "INSERT INTO old.t(v) VALUES (3)";
  CHECK(cluster.slave(0).run(request).status.code == Code::request_id_reused);
  CHECK(cluster.wait_until_equal() == head + 1);
  cluster.check_same_everywhere();
}
