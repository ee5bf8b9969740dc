// Goal: a node's log and its database lose each what they may, in any order and together, and nothing that anybody was
// told of is lost, done twice, or unseen again. Method: kill -9 of the servers, which have not synced what they
// committed; kill -9 of whole nodes, whose logs then lose what was not synced, as when power fails.
#include <atomic>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "log/file_cursor.h"
#include "log/reader.h"
#include "tests/support/load.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

void check_end(Cluster& cluster, Load& load) {
  load.stop();
  for (Node* node : cluster.nodes()) node->wait_until_answering();
  cluster.check_same_everywhere();
  for (Node* node : cluster.nodes()) {
    load.check(*node);
    CHECK(node->ask_database("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == "0");
  }
  std::cout << "heads: " << load.summary() << "\n";
}

std::vector<Node*> victims_of(Cluster& cluster, int round) {
  switch (round % 3) {
    case 0: return {&cluster.master()};
    case 1: return {&cluster.slave(0)};
    default: return cluster.nodes();
  }
}

// Beside a load: a client all of whose writes the database refuses. Each was begun, and is void.
class Refused {
 public:
  explicit Refused(Cluster& cluster) {
    cluster.must("CREATE DATABASE refused");
    cluster.must("CREATE TABLE refused.t (id INT PRIMARY KEY)");
    cluster.must("INSERT INTO refused.t VALUES (1)");
    thread_ = std::thread([this, endpoint = cluster.master().endpoint()] { run(endpoint); });
  }
  ~Refused() { stop(); }
  Refused(const Refused&) = delete;
  Refused& operator=(const Refused&) = delete;

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void check() {
    stop();
    INFO(problem_);
    CHECK(problem_.empty());
    CHECK(told_ > 0);
  }

 private:
  void run(const std::string& endpoint) {
    try {
      Session session(endpoint);
      while (!stopping_ && problem_.empty()) {
        proto::QueryRequest request = query_of("INSERT INTO refused.t VALUES (1)");
        request.timeout_ms = 2'000;
        const Answer answer = session.run(request, 3s);
        if (answer.status.database_errno == 1062) ++told_;
        if (answer.ok()) problem_ = "a second row was taken";
        std::this_thread::sleep_for(5ms);  // poll interval; most groups are the load's alone
      }
    } catch (const std::exception& thrown) {
      problem_ = thrown.what();
    }
  }

  std::atomic<bool> stopping_{false};
  std::string problem_;
  std::uint64_t told_ = 0;
  std::thread thread_;
};

void kill_servers(int rounds) {
  Cluster cluster(2);
  Refused refused(cluster);
  Load load(cluster, 6);
  for (int round = 0; round < rounds; ++round) {
    load.wait_for_more(60);
    for (Node* node : victims_of(cluster, round)) node->kill_database();
  }
  load.wait_for_more(60);
  refused.check();
  check_end(cluster, load);
}

// ---- a power loss ----------------------------------------------------------------------------------------------

// The end of the last file of a log, as a power loss may leave it: of the blocks behind `place` each is there or not.
void lose_blocks(const std::string& path, std::uint64_t place, std::uint64_t end, std::mt19937& chance) {
  constexpr std::uint64_t kBlock = 512;
  const bool all = chance() % 2 == 0;
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (std::uint64_t at = place; at < end;) {
    const std::uint64_t next = std::min((at / kBlock + 1) * kBlock, end);
    if (all || chance() % 2 == 0) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(next - at, '\0');
    }
    at = next;
  }
  REQUIRE(file.flush().good());
}

// Keeps what is known to have been synced: by a record, or because entries up to `told` were told of. Returns how many
// bytes are not.
std::uint64_t lose_what_was_not_synced(const Node& node, Sequence told, std::mt19937& chance) {
  log::FileSystem& system = log::real_file_system();
  const std::string folder = (node.data_folder() / "log").string();
  const auto files = log::list_files(system, folder);
  REQUIRE(files.ok());
  REQUIRE_FALSE(files->empty());
  auto cursor = log::FileCursor::open(system, folder, files->back(), std::nullopt);
  REQUIRE(cursor.ok());
  std::uint64_t place = log::kHeaderBytes;
  log::Record record;
  for (auto found = cursor->look(record); found.ok() && *found == log::Look::record; found = cursor->look(record)) {
    cursor->skip(record);
    const bool was_told = record.type != log::RecordType::mark && record.first <= told;
    place = std::max({place, record.synced, was_told ? cursor->offset() : 0});
  }
  const auto end = cursor->end_of_data();
  REQUIRE(end.ok());
  lose_blocks(cursor->path(), place, *end, chance);
  return *end - std::min(place, *end);
}

// Where the log of a node ends that is not running, or does not go on.
Sequence end_of_log(const Node& node) {
  log::FileSystem& system = log::real_file_system();
  const std::string folder = (node.data_folder() / "log").string();
  const auto files = log::list_files(system, folder);
  REQUIRE(files.ok());
  if (files->empty()) return 0;
  auto cursor = log::FileCursor::open(system, folder, files->back(), std::nullopt);
  REQUIRE(cursor.ok());
  Sequence end = files->back() - 1;
  log::Record record;
  for (auto found = cursor->look(record); found.ok() && *found == log::Look::record; found = cursor->look(record)) {
    cursor->skip(record);
    if (record.type != log::RecordType::mark) end = std::max(end, record.last);
  }
  return end;
}

// What a node that is frozen here has in its log, and nothing will be added: the master had told of that. Nor is
// anything added to its database.
Sequence freeze(Node& node) {
  node.suspend();
  const auto administrator = node.open_database();
  (void)administrator->execute("KILL USER sqlcast_writer@localhost");
  wait_for("the writer of " + node.name() + " to be gone", [&] {
    return node.ask_database("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'") == "0";
  });
  return end_of_log(node);
}

// What a slave that stays has heard of before its master went, whether it has applied it or not.
Sequence last_heard(const Node& slave) {
  wait_for("the slave to miss its master", [&] {
    const Answer read = slave.run("SELECT 1");
    return read.ok() && read.result.stale;
  });
  const auto status = slave.status();
  REQUIRE(status.has_value());
  return std::max(status->head, status->position);
}

void lose_power(int rounds) {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = options.slave_settings = "log:\n  file_bytes: 64KiB\n";  // many ends
  Cluster cluster(options);
  Refused refused(cluster);
  Load load(cluster, 6);
  std::mt19937 chance(20261127);
  std::uint64_t lost = 0;
  for (int round = 0; round < rounds; ++round) {
    load.wait_for_more(80);
    const bool slave_too = round % 3 != 0;
    const bool master_too = round % 3 != 1;
    Node& slave = cluster.slave(0);
    Sequence of_slave = 0;
    if (slave_too) {
      of_slave = freeze(slave);
    } else {
      cluster.master().kill_with_database();
      of_slave = last_heard(slave);
    }
    if (master_too && slave_too) cluster.master().kill_with_database();
    if (slave_too) slave.kill_with_database();
    load.wait_until_all_ask_anew();
    if (master_too) lost += lose_what_was_not_synced(cluster.master(), std::max(load.highest(), of_slave), chance);
    if (slave_too) lost += lose_what_was_not_synced(slave, 0, chance);
    for (Node* node : cluster.nodes())
      if (!node->running()) node->start();
    for (Node* node : cluster.nodes()) node->wait_until_answering();
  }
  load.wait_for_more(80);
  refused.check();
  check_end(cluster, load);
  CHECK(lost > 0);
}

// ---- reads -----------------------------------------------------------------------------------------------------

// A client that reads what the load has written, here and there in turn, each time at least as far as it was shown
// before: an entry of the load is a row. The newest row it was shown has to be there from then on, as it was: one that
// was lost and written again would have another time.
class Reader {
 public:
  Reader(const Cluster& cluster, Sequence first) : first_(first) {
    for (const Node* node : cluster.nodes()) endpoints_.push_back(node->endpoint());
    thread_ = std::thread([this] { run(); });
  }
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void wait_for_more(std::uint64_t reads) {
    const std::uint64_t wanted = reads_ + reads;
    wait_for("reads", [&] { return reads_ >= wanted || ended_; });
  }
  const std::string& problem() const { return problem_; }  // after stop()

 private:
  void run() {
    try {
      Session session(endpoints_.front());
      for (std::size_t i = 0; !stopping_ && problem_.empty(); ++i) {
        session.go_to(endpoints_[i % endpoints_.size()]);
        read(session);
      }
    } catch (const std::exception& thrown) {
      problem_ = thrown.what();
    }
    ended_ = true;
  }

  void read(Session& session) {
    const std::string row = "SELECT CONCAT_WS('/',id,client,n,at) FROM written ";
    proto::QueryRequest request =
        query_of("SELECT COUNT(*),(" + row + "ORDER BY id DESC LIMIT 1),(" + row +
                 "WHERE id=" + std::to_string(std::strtoull(shown_.c_str(), nullptr, 10)) + ") FROM written");
    request.database = "load";
    request.after = first_ + rows_;
    request.timeout_ms = 2'000;
    const Answer answer = session.run(request, 3s);
    if (!answer.ok()) {
      const bool passes = is_passing(answer.status.code) || answer.status.code == Code::not_caught_up;  // in its time
      if (!passes) problem_ = show(answer.status);
      return;
    }
    ++reads_;
    const std::vector<Value>& found = answer.rows.at(0).at(0);
    const std::uint64_t rows = std::stoull(to_text(found[0]));
    const bool as_before = rows >= rows_ && (shown_.empty() || to_text(found[2]) == shown_);
    if (!as_before)
      problem_ = answer.result.node + " shows " + answer.text() + ", before it was " + std::to_string(rows_) +
                 " rows, " + shown_;
    if (rows == 0) return;
    rows_ = rows;
    shown_ = to_text(found[1]);
  }

  std::vector<std::string> endpoints_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> reads_{0};
  std::string problem_;
  const Sequence first_;  // the entry in front of the first row's
  std::uint64_t rows_ = 0;
  std::string shown_;
  std::thread thread_;
};

// ---- definitions -----------------------------------------------------------------------------------------------

struct Definition {
  const char* sql;
  const char* shows;  // a query that gives 1 when it was carried out once
};

constexpr Definition kDefinitions[] = {
    {"CREATE DATABASE defined", "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='defined'"},
    {"CREATE TABLE defined.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "SELECT COUNT(*)=0 FROM defined.t"},
    {"INSERT INTO defined.t(v) VALUES (1),(2)", "SELECT COUNT(*)=2 FROM defined.t"},
    {"CREATE SQL SECURITY INVOKER VIEW defined.w AS SELECT v FROM defined.t", "SELECT COUNT(*)=2 FROM defined.w"},
    {"ALTER TABLE defined.t ADD COLUMN c INT DEFAULT 5", "SELECT SUM(c)=10 FROM defined.t"},
    {"CREATE TABLE defined.u (id INT PRIMARY KEY)", "SELECT COUNT(*)=0 FROM defined.u"},
    {"DROP TABLE defined.u",
     "SELECT COUNT(*)=0 FROM information_schema.TABLES WHERE TABLE_SCHEMA='defined' AND TABLE_NAME='u'"},
    {"TRUNCATE TABLE defined.t", "SELECT COUNT(*)=0 FROM defined.t"},
    {"DROP VIEW defined.w", "SELECT COUNT(*)=0 FROM information_schema.VIEWS WHERE TABLE_SCHEMA='defined'"},
    {"DROP DATABASE defined", "SELECT COUNT(*)=0 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='defined'"},
};

// Sent again under its key until it is known.
Answer insist(const Node& node, const proto::QueryRequest& request) {
  Answer answer;
  wait_for(request.statements[0].sql, [&] {
    answer = Session(node.endpoint()).run(request, 10s);
    return !is_passing(answer.status.code) || answer.ok();
  });
  return answer;
}

enum class Moment { sent, begun, answered };

// When a victim's server is killed: the definition may not have come there yet, has left its row there, or was
// answered.
void define(Cluster& cluster, const Definition& definition, std::uint64_t id, const std::vector<Node*>& victims,
            Moment moment) {
  INFO(definition.sql << ", killed at moment " << static_cast<int>(moment) << ", first " << victims.front()->name());
  const Sequence before = cluster.wait_until_equal();
  const auto watcher = victims.front()->open_database();
  proto::QueryRequest request = keyed("definer", id, definition.sql);
  request.sent_since = before;
  std::thread sender([&] { (void)Session(cluster.master().endpoint()).run(request, 10s); });
  if (moment == Moment::answered) sender.join();
  try {
    if (moment == Moment::begun)
      wait_for("its row", [&] {
        const auto rows = watcher->scalar("SELECT COUNT(*) FROM sqlcast.log WHERE last>" + std::to_string(before));
        return rows.ok() && *rows == "1";
      });
    for (Node* node : victims) node->kill_database();
  } catch (const std::exception& problem) {
    FAIL_CHECK(problem.what());
  }
  if (sender.joinable()) sender.join();
  const Answer answer = insist(cluster.master(), request);
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  CHECK(answer.result.sequence == before + 1);
  CHECK(cluster.wait_until_equal() == before + 1);
  for (const Node* node : cluster.nodes()) CHECK(node->run(definition.shows).text() == "1");
}

// The node dies at that step of a definition, with its server, and its log loses all that no record says to be on disk.
// What the master had begun may be gone then, as if it had never come.
void define_without_power(Cluster& cluster, Node& victim, const std::string& point, std::uint64_t id,
                          std::mt19937& chance) {
  INFO(victim.name() << " dies at " << point);
  const Sequence before = cluster.wait_until_equal();
  victim.stop();
  victim.environment["SQLCAST_TEST_CRASH"] = point;
  victim.start();
  victim.wait_until_answering();
  proto::QueryRequest request =
      keyed("definer", id, "ALTER TABLE defined.p ADD COLUMN c" + std::to_string(id) + " INT DEFAULT 3");
  request.sent_since = before;
  std::thread sender([&] { (void)Session(cluster.master().endpoint()).run(request, 2s); });
  victim.wait_until_ended();
  sender.join();
  lose_what_was_not_synced(victim, &victim == &cluster.master() ? before : 0, chance);
  victim.environment.clear();
  victim.start();
  victim.wait_until_answering();
  const Answer answer = insist(cluster.master(), request);
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  CHECK(answer.result.sequence == before + 1);
  CHECK(cluster.wait_until_equal() == before + 1);
  cluster.check_same_everywhere();
  for (const Node* node : cluster.nodes())
    CHECK(node->run("SELECT SUM(c" + std::to_string(id) + ") FROM defined.p").text() == "6");
}

}  // namespace

TEST_CASE("heads: servers killed under load, of master, slave and all at once, lose and double nothing",
          "[two_heads][heads]") {
  kill_servers(10);
}

TEST_CASE("heads: servers killed 200 times under load lose and double nothing", "[heads][.nightly]") {
  kill_servers(200);
}

TEST_CASE("heads: nodes that lose power, and with it what was not synced of log and database, lose and double nothing",
          "[two_heads][heads]") {
  lose_power(6);
}

TEST_CASE("heads: nodes that lose power 60 times lose and double nothing", "[heads][.nightly]") { lose_power(60); }

TEST_CASE("heads: what a client was once shown is there whenever it reads again, while servers are killed",
          "[two_heads][heads]") {
  Cluster cluster(1);
  Load load(cluster, 4);
  constexpr Sequence kBefore = 7;  // a database, two tables and four counters
  Reader first(cluster, kBefore);
  Reader second(cluster, kBefore);
  for (int round = 0; round < 9; ++round) {
    load.wait_for_more(60);
    first.wait_for_more(5);
    second.wait_for_more(5);
    for (Node* node : victims_of(cluster, round)) node->kill_database();
  }
  load.wait_for_more(60);
  first.stop();
  second.stop();
  CHECK(first.problem() == "");
  CHECK(second.problem() == "");
  check_end(cluster, load);
}

TEST_CASE("heads: a definition is carried out once, wherever the server is killed meanwhile or just behind it",
          "[two_heads][heads]") {
  Cluster cluster(1);
  std::uint64_t id = 0;
  int round = 0;
  for (const Moment moment : {Moment::sent, Moment::begun, Moment::answered}) {
    for (const Definition& definition : kDefinitions)
      define(cluster, definition, ++id, victims_of(cluster, round++), moment);
    cluster.check_same_everywhere();
  }
  for (const Node* node : cluster.nodes())
    CHECK(node->ask_database("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit") == "0");
}

TEST_CASE("heads: a definition is carried out once, at whichever of its steps a node loses power",
          "[two_heads][heads]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE defined");
  cluster.must("CREATE TABLE defined.p (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO defined.p VALUES (1),(2)");
  std::mt19937 chance(20261127);
  std::uint64_t id = 0;
  for (const char* point : {"ddl_begun", "ddl_pending", "ddl_ran", "ddl_done", "group_durable"})
    define_without_power(cluster, cluster.master(), point, ++id, chance);
  for (const char* point : {"ddl_pending", "ddl_ran", "ddl_done"})
    define_without_power(cluster, cluster.slave(0), point, ++id, chance);
}
