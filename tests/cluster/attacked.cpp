// Goal: while a node is attacked, with a key or without, honest clients are answered and its memory stays bounded.
// Method: each attack beside honest clients that read, write with an ack of a slave, and connect anew, before it and
// while it lasts; what they see of it, and the node's memory, is printed as the table that docs/attacks.md shows, which
// is
//
//   SQLCAST_TEST_ATTACK_SECONDS=10 build/release/bin/cluster_tests "[attacked]"
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "client/client.h"
#include "tests/cluster/attacks.h"
#include "tests/cluster/eavesdropper.h"
#include "tests/cluster/keyed.h"
#include "tests/support/process_memory.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using access::Role;

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds length() {
  const char* const seconds = std::getenv("SQLCAST_TEST_ATTACK_SECONDS");
  return seconds == nullptr ? 1'000ms : std::chrono::milliseconds(std::stoul(seconds) * 1'000);
}

struct Latencies {
  std::vector<double> ms;
  double quantile(double share) {
    REQUIRE_FALSE(ms.empty());
    std::sort(ms.begin(), ms.end());
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
  }
};

// What honest clients saw.
struct Seen {
  Latencies connects, reads, writes;
  std::vector<std::string> failures;
};

std::unique_ptr<client::Client> client_of(const std::string& endpoint) {
  client::Options options;
  options.endpoints = {endpoint};
  options.timeout = 600s;  // as long as a slow machine needs
  return std::move(client::Client::open(options).value());
}

// As long as it takes for each to be answered at least five times.
Seen honest_clients(const std::string& endpoint, std::chrono::milliseconds time) {
  Seen seen;
  std::mutex mutex;
  const auto end = Clock::now() + time;
  const auto repeat = [&](Latencies& latencies, const std::function<client::Reply()>& ask) {
    for (std::size_t i = 0; i < 5 || Clock::now() < end; ++i) {
      const auto begun = Clock::now();
      const client::Reply reply = ask();
      latencies.ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
      if (reply.status.ok()) continue;
      const std::lock_guard lock(mutex);
      seen.failures.push_back(show(reply.status));
    }
  };
  std::thread reader([&] {
    const auto client = client_of(endpoint);
    repeat(seen.reads, [&] { return client->run("SELECT v FROM attacked.t WHERE id = 2"); });
  });
  std::thread writer([&] {
    const auto client = client_of(endpoint);
    repeat(seen.writes, [&] {
      client::Request request = client::Request::of("INSERT INTO attacked.t(v) VALUES (1)");
      request.ack = proto::Ack::one;
      return client->run(std::move(request));
    });
  });
  // The connection is by the first request.
  repeat(seen.connects, [&] { return client_of(endpoint)->run("SELECT 1"); });
  reader.join();
  writer.join();
  return seen;
}

// The most that a process has while this lives.
class MemoryWatch {
 public:
  explicit MemoryWatch(pid_t process)
      : process_(process), peak_before_(peak_mib(process)), before_(resident_mib(process)), most_(before_) {
    thread_ = std::thread([this] {
      while (!stop_) {
        most_ = std::max(most_.load(), resident_mib(process_));
        std::this_thread::sleep_for(5ms);  // poll interval
      }
    });
  }
  ~MemoryWatch() {
    stop_ = true;
    thread_.join();
  }
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
  std::uint64_t before() const { return before_; }
  std::uint64_t most() const {
    const std::uint64_t peak = peak_mib(process_);
    return peak > peak_before_ ? peak : most_.load();
  }

 private:
  const pid_t process_;
  const std::uint64_t peak_before_, before_;
  std::atomic<std::uint64_t> most_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string ratios(Latencies& before, Latencies& during) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << "×" << during.quantile(0.5) / before.quantile(0.5) << " / ×"
       << during.quantile(0.99) / before.quantile(0.99);
  return text.str();
}

std::string counted(const proto::NodeStatus& before, const proto::NodeStatus& after) {
  std::string text;
  for (const char* name : {"refused_keyless", "refused_keys", "refused_roles", "refused_many", "bad_messages", "busy",
                           "replies_dropped"}) {
    const auto of = [&](const proto::NodeStatus& status) {
      const auto found = status.counters.find(name);
      return found == status.counters.end() ? std::uint64_t{0} : found->second;
    };
    if (of(after) > of(before))
      text += (text.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(of(after) - of(before));
  }
  return text.empty() ? "–" : text;
}

// What a client says, from its greeting on.
std::string heard_at(const Node& node) {
  Eavesdropper relay(node.endpoint());
  {
    Session session(relay.endpoint());
    REQUIRE(session.run("INSERT INTO attacked.captured VALUES (NULL)").ok());
  }
  return relay.end().first;
}

}  // namespace

TEST_CASE("attacked: honest clients are answered while a node is attacked, and its memory is bounded",
          "[.nightly][attacked]") {
  Cluster cluster(with_keys(1));
  for (const char* sql :
       {"CREATE DATABASE attacked", "CREATE TABLE attacked.t(id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
        "CREATE TABLE attacked.captured(id INT AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TABLE attacked.large(id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT)",
        "CREATE TABLE attacked.bulk(id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
        "INSERT INTO attacked.t(v) VALUES (1),(2),(3)"})
    cluster.must(sql);
  const Node& node = cluster.master();
  Scene scene;
  scene.requests = node.endpoint();
  scene.stream = node.status()->publisher;
  scene.node = key_of_node(cluster.folder(), node.name());
  scene.reader = let_in(cluster, "reader", Role::reader);
  scene.writer = let_in(cluster, "writer", Role::writer);
  scene.watcher = let_in(cluster, "watcher", Role::watcher);
  scene.heard = heard_at(node);
  const char* const only = std::getenv("SQLCAST_TEST_ATTACK");
  std::cout
      << "| attack | MiB before → most | new connection p50 / p99 | read p50 / p99 | write p50 / p99 | counted |\n"
      << "|---|---|---|---|---|---|\n";
  for (const Attack& attack : attacks()) {
    if (only != nullptr && attack.name.find(only) == std::string::npos) continue;
    INFO(attack.name);
    wait_for("what was asked for before to be done", [&] {
      const auto found = node.status();
      return found && found->queue_depth == 0;
    });
    cluster.wait_until_equal();
    Seen before = honest_clients(node.endpoint(), length());
    CHECK(before.failures == std::vector<std::string>{});
    const proto::NodeStatus status = *node.status();
    const MemoryWatch memory(node.process());
    std::atomic<bool> stop{false};
    std::thread attacker([&] { attack.run(scene, stop); });
    Seen during = honest_clients(node.endpoint(), length());
    stop = true;
    attacker.join();
    CHECK(during.failures == std::vector<std::string>{});
    // What was asked for before it ended is answered, or counted, first.
    wait_for("the node to answer", [&] { return node.status().has_value(); });
    std::cout << "| " << attack.name << " | " << memory.before() << " → " << memory.most() << " | "
              << ratios(before.connects, during.connects) << " | " << ratios(before.reads, during.reads) << " | "
              << ratios(before.writes, during.writes) << " | " << counted(status, *node.status()) << " |" << std::endl;
    CHECK(memory.most() < memory.before() + 1'000);
  }
  CHECK(cluster.must("SELECT COUNT(*) FROM attacked.captured").text() == "1");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}
