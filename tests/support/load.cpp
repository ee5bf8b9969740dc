#include "tests/support/load.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace sqlcast::support {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> endpoints_of(const Cluster& cluster) {
  std::vector<std::string> endpoints;
  for (const Node* node : cluster.nodes()) endpoints.push_back(node->endpoint());
  return endpoints;
}

}  // namespace

Load::Load(Cluster& cluster, int clients)
    : cluster_(cluster), endpoints_(endpoints_of(cluster)), asked_(static_cast<std::size_t>(clients)) {
  cluster.must("CREATE DATABASE `load`");
  // Doubles must show: the key is not what the client chooses.
  cluster.must(
      "CREATE TABLE `load`.written (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, client INT NOT NULL, n BIGINT NOT "
      "NULL, at DATETIME(6) NOT NULL, note VARCHAR(60), KEY (client, n))");
  cluster.must("CREATE TABLE `load`.counter (client INT PRIMARY KEY, writes BIGINT NOT NULL)");
  for (int client = 0; client < clients; ++client)
    cluster.must("INSERT INTO `load`.counter VALUES (" + std::to_string(client) + ",0)");
  for (int client = 0; client < clients; ++client) threads_.emplace_back([this, client] { run(client); });
}

Load::~Load() { stop(); }

void Load::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Load::run(int client) {
  try {
    Session session(endpoints_[static_cast<std::size_t>(client) % endpoints_.size()]);
    Sequence seen = 0;
    for (std::uint64_t number = 1; !stopping_; ++number)
      if (!write(session, client, number, seen)) return;
  } catch (const std::exception& problem) {
    const std::lock_guard lock(mutex_);
    problems_.push_back(problem.what());
  }
}

bool Load::write(Session& session, int client, std::uint64_t number, Sequence& seen) {
  const std::string who = std::to_string(client);
  const std::string n = std::to_string(number);
  const std::string insert =
      "INSERT INTO written(client,n,at,note) VALUES (" + who + "," + n + ",NOW(6),'é " + n + "')";
  const std::string count = "UPDATE counter SET writes=writes+1 WHERE client=" + who;
  // Half of them are two statements: both or none.
  const bool pair = number % 2 == 0;
  proto::QueryRequest request = pair ? query_of_all({insert, count}) : query_of(insert);
  request.database = "load";
  request.key = {"load-" + who, number};
  request.timeout_ms = 3'000;
  request.sent_since = seen;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  for (std::size_t attempt = 0;; ++attempt) {
    ++asked_[static_cast<std::size_t>(client)];
    const Answer answer = session.run(request, 4s);
    if (answer.ok()) {
      // A slave sends a write again by itself when the master takes long; nobody else has.
      if (attempt == 0 && answer.result.replayed && session.endpoint() == cluster_.master().endpoint())
        throw std::runtime_error("a first request was answered as a resend");
      ++acknowledged_;
      if (answer.result.replayed) ++replayed_;
      seen = answer.result.sequence;
      const std::lock_guard lock(mutex_);
      written_.push_back({client, number, answer.result.sequence});
      return true;
    }
    if (!is_passing(answer.status.code) || std::chrono::steady_clock::now() > give_up) {
      const std::lock_guard lock(mutex_);
      problems_.push_back("client " + who + ", write " + n + ": " + show(answer.status));
      return false;
    }
    ++resends_;
    if (answer.status.code != Code::busy)
      session.go_to(endpoints_[(static_cast<std::size_t>(client) + attempt + 1) % endpoints_.size()]);
    std::this_thread::sleep_for(20ms);  // poll interval
  }
}

void Load::wait_for_more(std::uint64_t writes) {
  const std::uint64_t wanted = acknowledged_ + writes;
  wait_for(std::to_string(writes) + " more acknowledged writes", [&] {
    const std::lock_guard lock(mutex_);
    if (!problems_.empty()) throw std::runtime_error(problems_.front());
    return acknowledged_ >= wanted;
  });
}

void Load::wait_until_all_ask_anew() {
  const std::vector<std::uint64_t> before(asked_.begin(), asked_.end());
  for (std::size_t client = 0; client < asked_.size(); ++client)
    wait_for("client " + std::to_string(client) + " to ask anew", [&] { return asked_[client] > before[client]; });
}

Sequence Load::highest() const {
  const std::lock_guard lock(mutex_);
  Sequence highest = 0;
  for (const Written& write : written_) highest = std::max(highest, write.sequence);
  return highest;
}

std::string Load::summary() const {
  return std::to_string(acknowledged_) + " writes acknowledged, " + std::to_string(resends_) + " resends, " +
         std::to_string(replayed_) + " answered from the log";
}

void Load::check(const Node& node) const {
  const std::lock_guard lock(mutex_);
  const auto fail = [&](const std::string& what) { throw std::runtime_error(node.name() + ": " + what); };
  if (!problems_.empty()) throw std::runtime_error(problems_.front());
  if (const std::string doubles = node.ask_database(
          "SELECT client,n,COUNT(*) FROM `load`.written GROUP BY client,n HAVING COUNT(*)<>1 LIMIT 5");
      !doubles.empty())
    fail("written more than once (client|n|times): " + doubles);
  std::set<std::pair<int, std::uint64_t>> there;
  const auto connection = node.open_database();
  const auto rows = connection->rows("SELECT client,n FROM `load`.written");
  if (!rows) fail(rows.status().message);
  for (const storage::Row& row : *rows) there.emplace(std::stoi(*row[0]), std::stoull(*row[1]));
  std::set<Sequence> sequences;
  for (const Written& write : written_) {
    const std::string name = "client " + std::to_string(write.client) + ", write " + std::to_string(write.number);
    if (there.count({write.client, write.number}) == 0) fail(name + " was acknowledged and is not there");
    if (!sequences.insert(write.sequence).second) fail(name + " shares its sequence with another");
  }
  // Every pair is whole.
  const std::string halves = node.ask_database(
      "SELECT c.client,c.writes,(SELECT COUNT(*) FROM `load`.written w WHERE w.client=c.client AND w.n%2=0) AS pairs "
      "FROM `load`.counter c HAVING c.writes<>pairs");
  if (!halves.empty()) fail("half a request (client|counted|inserted): " + halves);
}

}  // namespace sqlcast::support
