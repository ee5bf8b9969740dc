// Goal: what could make nodes differ, lose a write, or stop them all, does not: random numbers beside reads, limits
// that differ, reads in the way of DDL, statements stopped at a bad moment, a database that rolls back by itself, a
// master whose data is older than its slaves'. Method: each provoked, then answers and nodes compared.
#include <atomic>
#include <thread>

#include "storage/executor.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// A result of which one row has been read: its table is in use until the rest has been, too.
std::uint64_t open_cursor(Node& node, const std::string& client, const std::string& sql) {
  proto::QueryRequest request = keyed(client, 1, sql);
  request.page_rows = 1;
  const Answer answer = node.run(request);
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  REQUIRE(answer.at(0).cursor != 0);
  return answer.at(0).cursor;
}

Status fetch(Node& node, const std::string& client, std::uint64_t cursor) {
  Session session(node.endpoint());
  const Result<proto::Message> reply = session.exchange(proto::FetchRequest{client, cursor, 1}, 60s);
  if (!reply) return reply.status();
  const auto* error = std::get_if<proto::ErrorReply>(&*reply);
  return error == nullptr ? ok_status() : error->status;
}

// The database of a running node comes back with the data of a copy of the node's folder.
void put_back_database(Node& node, const std::filesystem::path& copy) {
  const std::filesystem::path data = node.data_folder() / "mariadb" / "data";
  node.suspend();
  node.kill_database();
  wait_for("the database to be gone", [&] { return !node.database().has_value(); });
  std::filesystem::remove_all(data);
  std::filesystem::copy(copy / "mariadb" / "data", data, std::filesystem::copy_options::recursive);
  node.resume();
}

}  // namespace

TEST_CASE("hazards: RAND() in a write is not moved by a RAND() in a SELECT of the same request", "[hazards]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hazard_rand");
  cluster.must("CREATE TABLE hazard_rand.t (id INT PRIMARY KEY, v DOUBLE, w DOUBLE)");
  cluster.must(
      query_of_all({"INSERT INTO hazard_rand.t VALUES (1, RAND(), RAND())", "SELECT RAND(), RAND()",
                    "INSERT INTO hazard_rand.t VALUES (2, RAND(), RAND()) RETURNING RAND()",
                    "SELECT RAND() FROM hazard_rand.t", "INSERT INTO hazard_rand.t VALUES (3, RAND(), RAND())"}));
  CHECK(cluster.must("SELECT COUNT(DISTINCT v) + COUNT(DISTINCT w) FROM hazard_rand.t").text() == "6");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE hazard_rand");
}

TEST_CASE("hazards: a cursor does not keep DDL waiting, neither at the master nor at a slave", "[hazards]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hazard_cursor");
  cluster.must("CREATE TABLE hazard_cursor.t (id INT PRIMARY KEY, v TEXT)");
  for (int id = 1; id <= 40; ++id)
    cluster.must("INSERT INTO hazard_cursor.t VALUES (" + std::to_string(id) + ", REPEAT('x', 60000))");
  cluster.wait_until_equal();
  const std::string select = "SELECT * FROM hazard_cursor.t";
  const std::uint64_t at_master = open_cursor(cluster.master(), "holder", select);
  const std::uint64_t at_slave = open_cursor(cluster.slave(0), "holder", select);
  cluster.must("ALTER TABLE hazard_cursor.t ADD COLUMN w INT NOT NULL DEFAULT 1");
  cluster.wait_until_equal();
  CHECK(fetch(cluster.master(), "holder", at_master).code == Code::cursor_not_found);
  CHECK(fetch(cluster.slave(0), "holder", at_slave).code == Code::cursor_not_found);
  // The client's places are free again.
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t cursor = open_cursor(cluster.master(), "holder", select);
    Session session(cluster.master().endpoint());
    REQUIRE(session.exchange(proto::CloseRequest{"holder", cursor}, 60s).ok());
  }
  cluster.must("DROP DATABASE hazard_cursor");
  cluster.wait_until_equal();
}

TEST_CASE("hazards: a write that is cancelled, or out of time, harms no other one", "[hazards]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hazard_stop");
  cluster.must("CREATE TABLE hazard_stop.t (id INT PRIMARY KEY, v INT NOT NULL)");
  cluster.must("INSERT INTO hazard_stop.t VALUES (1,0),(2,0),(3,0)");
  constexpr int kWrites = 250;
  std::atomic<int> done{0};
  std::atomic<int> cancelled{0};
  std::atomic<std::uint64_t> current{0};
  std::vector<std::string> problems;
  std::mutex mutex;
  const auto unexpected = [&](const std::string& who, const Status& status) {
    const std::lock_guard lock(mutex);
    problems.push_back(who + ": " + show(status));
  };
  std::atomic<bool> over{false};
  std::thread innocent([&] {
    Session session(cluster.master().endpoint());
    for (std::uint64_t id = 1; id <= kWrites; ++id) {
      const Answer answer = session.run(keyed("innocent", id, "UPDATE hazard_stop.t SET v=v+1 WHERE id=1"));
      if (!answer.ok()) unexpected("innocent", answer.status);
    }
    over = true;
  });
  std::thread stopped([&] {
    Session session(cluster.master().endpoint());
    for (std::uint64_t id = 1; !over; ++id) {
      current = id;
      const Answer answer = session.run(keyed("stopped", id, "UPDATE hazard_stop.t SET v=v+1 WHERE id=2"));
      if (answer.ok())
        ++done;
      else if (answer.status.code == Code::cancelled)
        ++cancelled;
      else
        unexpected("stopped", answer.status);
    }
  });
  std::thread canceller([&] {
    Session session(cluster.master().endpoint());
    while (!over) {
      const Result<proto::Message> reply = session.exchange(proto::CancelRequest{{"stopped", current}}, 60s);
      if (!reply) unexpected("canceller", reply.status());
    }
  });
  std::thread hurried([&] {
    Session session(cluster.master().endpoint());
    while (!over) {
      proto::QueryRequest request = query_of("UPDATE hazard_stop.t SET v=v+1 WHERE id=3");
      request.timeout_ms = 2;
      const Answer answer = session.run(request);
      if (!answer.ok() && answer.status.code != Code::timeout) unexpected("hurried", answer.status);
    }
  });
  for (std::thread* thread : {&innocent, &stopped, &canceller, &hurried}) thread->join();
  std::string all;
  for (const std::string& problem : problems) all += problem + "\n";
  INFO(all);
  CHECK(problems.empty());
  CHECK(cancelled > 0);
  CHECK(cluster.must("SELECT v FROM hazard_stop.t WHERE id<=2 ORDER BY id").text() ==
        std::to_string(kWrites) + "\n" + std::to_string(done));
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE hazard_stop");
}

TEST_CASE("hazards: a definition whose session is gone before it began is carried out on another", "[hazards]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hazard_session");
  const auto administrator = cluster.master().open_database();
  for (const std::string name : {"a", "b", "c"}) {
    const auto sessions =
        administrator->rows("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'");
    REQUIRE(sessions.ok());
    REQUIRE_FALSE(sessions->empty());
    for (const storage::Row& session : *sessions)
      REQUIRE(administrator->execute("KILL CONNECTION " + *session[0]).ok());
    cluster.must("CREATE TABLE hazard_session." + name + " (id INT PRIMARY KEY)");
  }
  CHECK(cluster.must("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='hazard_session'").text() ==
        "3");
  cluster.check_same_everywhere();
  cluster.must("DROP DATABASE hazard_session");
}

TEST_CASE("hazards: a job that ends the transaction takes nothing that follows out of it", "[hazards]") {
  Cluster& cluster = shared_cluster();
  const std::unique_ptr<storage::Connection> connection = cluster.master().open_database();
  for (const char* sql : {"CREATE DATABASE hazard_rollback", "CREATE TABLE hazard_rollback.t (id INT PRIMARY KEY)"})
    REQUIRE(connection->execute(sql).ok());
  std::vector<storage::Job> jobs;
  // As some errors do (no room for more locks): everything is rolled back, and the statement fails.
  for (const char* sql : {"INSERT INTO hazard_rollback.t VALUES (1)", "ROLLBACK",
                          "UPDATE hazard_rollback.nowhere SET a=1", "INSERT INTO hazard_rollback.t VALUES (2)"}) {
    storage::Job job;
    job.statements.emplace_back();
    job.statements.back().sql = sql;
    jobs.push_back(std::move(job));
  }
  storage::Executor executor(*connection, {});
  storage::Executor::Frame frame;
  frame.prologue = "BEGIN;";
  frame.prologue_statements = 1;
  const storage::Executor::Execution made = executor.run(jobs, frame);
  CHECK_FALSE(made.status.ok());
  CHECK(made.ended_by == std::vector<std::size_t>{2});
  CHECK(made.outcomes.at(2).status.database_errno == 1146);
  CHECK(connection->scalar("SELECT COUNT(*) FROM hazard_rollback.t")->value_or("") == "0");
  REQUIRE(connection->execute("DROP DATABASE hazard_rollback").ok());
}

TEST_CASE("hazards: what a master with wider limits accepts, its slaves apply; a page has its time", "[hazards]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "limits:\n  max_nesting_depth: 300\n  request_timeout: 1s\n";
  Cluster cluster(options);
  const std::string deep = std::string(200, '(') + "7" + std::string(200, ')');
  cluster.must("CREATE DATABASE wide");
  cluster.must("CREATE TABLE wide.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL DEFAULT (" + deep + "))");
  cluster.must("INSERT INTO wide.t (v) VALUES (" + deep + "), (LAST_INSERT_ID() + " + deep + ")");
  cluster.must("ALTER TABLE wide.t ADD COLUMN w INT DEFAULT (" + deep + ")");
  cluster.must("INSERT INTO wide.t (v) VALUES (1), " + ("(" + deep + ")"));
  cluster.wait_until_equal();
  cluster.check_same_everywhere();

  // The first rows come at once; the sixth would take hours.
  const std::uint64_t cursor = open_cursor(
      cluster.master(), "patient",
      "SELECT a.seq, REPEAT('x', 100000) FROM wide.seq_1_to_6 AS a WHERE a.seq < 6 OR (SELECT COUNT(*) FROM "
      "wide.seq_1_to_1000000 AS b, wide.seq_1_to_1000000 AS c WHERE a.seq + b.seq + c.seq = 0) > 0");
  Status status;
  for (int page = 0; page < 6 && status.ok(); ++page) status = fetch(cluster.master(), "patient", cursor);
  INFO(show(status));
  CHECK(status.code == Code::timeout);
  CHECK(cluster.master().run("SELECT 1").text() == "1");
}

TEST_CASE("hazards: a slave ahead of a master whose data was put back acknowledges nothing, and says so", "[hazards]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE back");
  cluster.must("CREATE TABLE back.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO back.t VALUES (1)");
  cluster.wait_until_equal();
  REQUIRE(cluster.master().stop());
  const std::filesystem::path copy = cluster.folder() / "copy";
  std::filesystem::copy(cluster.master().data_folder(), copy, std::filesystem::copy_options::recursive);
  cluster.master().start();
  cluster.master().wait_until_answering();
  for (int id = 2; id <= 9; ++id) cluster.must("INSERT INTO back.t VALUES (" + std::to_string(id) + ")");
  cluster.wait_until_equal();
  // The database alone gets back from the log what it lacks.
  put_back_database(cluster.master(), copy);
  cluster.must("INSERT INTO back.t VALUES (99)");
  cluster.check_same_everywhere();
  REQUIRE(cluster.master().stop());
  cluster.master().forget_data();
  std::filesystem::rename(copy, cluster.master().data_folder());
  cluster.master().start();
  cluster.master().wait_until_answering();
  proto::QueryRequest request = query_of("INSERT INTO back.t VALUES (100)");
  request.ack = proto::Ack::all;
  request.timeout_ms = 3'000;
  // Refused, unless it came before the slave's word did.
  const Code early = cluster.master().run(request).status.code;
  CHECK((early == Code::committed_not_acked || early == Code::read_only));
  wait_for("the slave to fail", [&] {
    const std::optional<proto::NodeStatus> status = cluster.slave(0).status();
    return status && status->state == "Failed";
  });
  CHECK(cluster.slave(0).status()->message.find("histories differ") != std::string::npos);
  wait_for("the master to have heard of it", [&] { return cluster.master().status()->state == "ReadOnly"; });
  request.statements[0].sql = "INSERT INTO back.t VALUES (101)";
  CHECK(cluster.master().run(request).status.code == Code::read_only);
  const Answer stale = cluster.slave(0).run("SELECT COUNT(*) FROM back.t");
  CHECK(stale.text() == "10");
  CHECK(stale.result.stale);
}

TEST_CASE("hazards: a slave whose database comes back with older data leaves no hole in it", "[hazards]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE hole");
  cluster.must("CREATE TABLE hole.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  REQUIRE(cluster.slave(0).stop());
  const std::filesystem::path copy = cluster.folder() / "copy";
  std::filesystem::copy(cluster.slave(0).data_folder(), copy, std::filesystem::copy_options::recursive);
  cluster.slave(0).start();
  cluster.slave(0).wait_until_answering();
  for (int id = 1; id <= 5; ++id) cluster.must("INSERT INTO hole.t VALUES (" + std::to_string(id) + ")");
  cluster.wait_until_equal();
  put_back_database(cluster.slave(0), copy);
  cluster.must("INSERT INTO hole.t VALUES (6)");
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM hole.t").text() == "6");
}

TEST_CASE("hazards: a slave explains a statement as the master would judge it", "[hazards]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE hazard_explain");
  cluster.must("CREATE TABLE hazard_explain.t (id INT PRIMARY KEY, v INT)");
  cluster.wait_until_equal();
  Session session(cluster.slave(1).endpoint());
  const auto explain = [&](const std::string& sql) {
    const Result<proto::Message> reply = session.exchange(proto::ExplainRequest{"hazard_explain", {sql}}, 60s);
    if (!reply || !std::holds_alternative<proto::ExplainReply>(*reply)) return proto::Explanation{};
    return std::get<proto::ExplainReply>(*reply).explanations.at(0);
  };
  CHECK(explain("DELETE FROM t ORDER BY id LIMIT 1").statement_class == "write");
  CHECK(explain("DELETE FROM t ORDER BY id LIMIT 1").runs == "forwarded");
  CHECK(explain("DELETE FROM t ORDER BY v LIMIT 1").code == "LIMIT_WITHOUT_ORDER");
  CHECK(explain("DELETE FROM t ORDER BY v LIMIT 1").determinism == "materialised");
  CHECK(explain("DELETE FROM t ORDER BY v LIMIT 1").runs == "forwarded");
  cluster.must("DROP DATABASE hazard_explain");
}

TEST_CASE("hazards: a slave that is busy applying explains by the definitions that it has", "[hazards]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.hold (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO d.hold VALUES (1, 1)");
  cluster.wait_until_equal();
  Node& slave = cluster.slave(0);
  const std::unique_ptr<storage::Connection> holder = slave.open_database();
  REQUIRE(holder->execute("START TRANSACTION").ok());
  REQUIRE(holder->scalar("SELECT v FROM d.hold WHERE id = 1 FOR UPDATE").ok());
  // What comes together is applied without a pause, up to what has to wait for the row.
  slave.suspend();
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY, v INT)");
  cluster.must("UPDATE d.hold SET v = 2 WHERE id = 1");
  slave.resume();
  wait_for("the slave to have the table", [&] { return slave.ask_database("SHOW TABLES FROM d LIKE 't'") == "t"; });
  Session session(slave.endpoint());
  const Result<proto::Message> reply =
      session.exchange(proto::ExplainRequest{"d", {"DELETE FROM t ORDER BY id LIMIT 1"}}, 60s);
  REQUIRE(reply.ok());
  REQUIRE(std::holds_alternative<proto::ExplainReply>(*reply));
  CHECK(std::get<proto::ExplainReply>(*reply).explanations.at(0).statement_class == "write");
  REQUIRE(holder->execute("ROLLBACK").ok());
  cluster.wait_until_equal();
}
