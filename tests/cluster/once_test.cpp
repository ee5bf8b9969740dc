// Goal: what was asked for once is done once, however late a copy of it comes and wherever the answer was lost; and a
// new request is never taken for an old one. Method: a slave stopped (SIGSTOP) with a copy in its socket; sessions
// killed between a definition's last step and its answer; crash points between the parts of a definition; a log that
// ends in the future.
#include <ctime>
#include <future>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

constexpr int kWindow = 1'000;
const std::string kSmallWindow = "limits:\n  request_queue: 60\n  retry_window: " + std::to_string(kWindow) + "\n";

std::unique_ptr<client::Client> client_of(const Node& node, const std::string& id = {}) {
  client::Options options;
  options.endpoints = {node.endpoint()};
  options.client_id = id;
  options.timeout = kPatience;
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  return std::move(*client);
}

// Entries of many clients, who together make the master forget whoever wrote before.
constexpr int kOthers = 3'200;  // more than three windows, and a whole number of rounds of all clients
void write_others(Node& master, const std::string& table) {
  constexpr int kRounds = 2;  // of the first round's clients nothing is remembered in the end
  constexpr int kClients = 40;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<client::Client>> clients;
    for (int i = 0; i < kClients; ++i) clients.push_back(client_of(master));
    // One of each client at a time: what waits for its turn must not be forgotten meanwhile.
    for (int sent = 0; sent < kOthers / kRounds; sent += kClients) {
      std::vector<std::future<client::Reply>> replies;
      for (const auto& client : clients)
        replies.push_back(client->submit(client::Request::of("INSERT INTO " + table + " VALUES ()")));
      for (auto& reply : replies) {
        const client::Reply one = reply.get();
        INFO(show(one.status));
        REQUIRE(one.status.ok());
      }
    }
  }
}

}  // namespace

TEST_CASE("once: a first copy that a stopped slave still has is not executed when it comes late", "[once]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = kSmallWindow;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE once");
  cluster.must("CREATE TABLE once.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("CREATE TABLE once.other (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.wait_until_equal();

  // Two writes of the library's: one is remembered when its first copy comes at last, the other is forgotten by then.
  for (const bool forgotten : {false, true}) {
    INFO((forgotten ? "forgotten" : "remembered"));
    const auto client = client_of(cluster.slave(0), forgotten ? "patient-2" : "patient-1");
    REQUIRE(client->run(client::Request::of("INSERT INTO once.t(v) VALUES (0)")).status.ok());
    client::Request request = client::Request::of("INSERT INTO once.t(v) VALUES (1)");
    const Sequence since = client->session_position();
    request.sent_since = since;
    cluster.slave(0).suspend();
    std::promise<client::Reply> promise;
    const std::uint64_t id = client->submit(request, [&](client::Reply reply) { promise.set_value(std::move(reply)); });
    // What the client does by itself when it knows another node: again, under the same ids, by way of the master.
    client::Request again = request;
    again.request_id = id;
    again.target = {client::Target::Kind::node, cluster.master().endpoint()};
    const client::Reply done = client->run(again);
    INFO(show(done.status));
    REQUIRE(done.status.ok());
    CHECK_FALSE(done.replayed);
    if (forgotten) write_others(cluster.master(), "once.other");
    cluster.slave(0).resume();
    const client::Reply late = promise.get_future().get();
    INFO(show(late.status));
    if (forgotten) {
      CHECK(late.status.code == Code::outcome_unknown);
      CHECK(late.sequence == since);
    } else {
      CHECK(late.status.ok());
      CHECK(late.replayed);
      CHECK(late.sequence == done.sequence);
    }
    cluster.wait_until_equal();
    CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM once.t WHERE v=1").text() == (forgotten ? "2" : "1"));
  }
  cluster.check_same_everywhere();
}

TEST_CASE("once: what a client that writes little has had executed is known after kill -9, however much others wrote",
          "[once]") {
  Cluster cluster(0);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE once");
  cluster.must("CREATE TABLE once.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  proto::QueryRequest request = keyed("quiet", 1, "INSERT INTO once.t VALUES ()");
  request.sent_since = master.status()->position;
  const Answer first = master.run(request);
  REQUIRE(first.ok());

  constexpr Sequence kOthersWrite = 150'000;  // a window and a half
  const auto busy = client_of(master, "busy");
  const Sequence enough = first.result.sequence + kOthersWrite;
  while (master.status()->position < enough) {
    std::vector<std::future<client::Reply>> replies;
    for (int i = 0; i < 2'000; ++i)
      replies.push_back(busy->submit(client::Request::of("INSERT INTO once.t VALUES ()")));
    for (auto& reply : replies) REQUIRE(reply.get().status.ok());
  }
  const std::string rows = master.run("SELECT COUNT(*) FROM once.t").text();
  const auto again = [&] {
    const Answer answer = master.run(request);
    INFO(show(answer.status));
    REQUIRE(answer.ok());
    CHECK(answer.result.replayed);
    CHECK(answer.result.sequence == first.result.sequence);
    REQUIRE(answer.result.results.size() == 1);
    CHECK(answer.result.results[0].insert_id == first.result.results.at(0).insert_id);
    CHECK(master.run("SELECT COUNT(*) FROM once.t").text() == rows);
  };
  again();
  master.kill();
  master.start();
  master.wait_until_answering();
  again();
  REQUIRE(master.stop());
  const std::string data = master.data_folder().string();
  CHECK(std::filesystem::exists(master.data_folder() / "log" / "retry.snapshot"));
  const Run verified = run_program({program("sqlcast"), "log", "verify", "--data", data});
  INFO(verified.output);
  CHECK(verified.exit_code == 0);
  master.start();
  master.wait_until_answering();
  again();
  const Answer other = master.run(keyed("quiet", 1, "INSERT INTO once.t VALUES (DEFAULT)"));
  CHECK(other.status.code == Code::request_id_reused);
}

TEST_CASE("once: the first write of a new client is executed, however much the master has forgotten", "[once]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = kSmallWindow;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE fresh");
  cluster.must("CREATE TABLE fresh.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  write_others(cluster.master(), "fresh.t");
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    const client::Reply first = client_of(*node)->run(client::Request::of("INSERT INTO fresh.t VALUES ()"));
    INFO(show(first.status));
    CHECK(first.status.ok());
    CHECK_FALSE(first.replayed);
    // Without a key the slave sees to it.
    CHECK(node->run("INSERT INTO fresh.t VALUES ()").ok());
    // Who has a key and does not say since when is told what to do, and nothing is executed.
    const Answer silent = node->run(keyed("silent", 1, "INSERT INTO fresh.t VALUES ()"));
    INFO(show(silent.status));
    CHECK(silent.status.code == Code::outcome_unknown);
    CHECK(silent.status.message.find("sent_since") != std::string::npos);
  }
  CHECK(cluster.must("SELECT COUNT(*) FROM fresh.t").text() == std::to_string(kOthers + 4));
  // A write that is sent again by a client whose first answers were lost: also that is no new request's fault.
  const auto client = client_of(cluster.slave(0));
  cluster.master().kill();
  std::future<client::Reply> reply = client->submit(client::Request::of("INSERT INTO fresh.t VALUES ()"));
  cluster.master().start();
  const client::Reply settled = reply.get();
  INFO(show(settled.status));
  CHECK(settled.status.ok());
  cluster.check_same_everywhere();
}

TEST_CASE("once: a definition whose last answer was lost is known, and not carried out again", "[once]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE lost");
  cluster.must("CREATE TABLE lost.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.must("INSERT INTO lost.t VALUES (1)");
  const proto::QueryRequest request = keyed("lost-answer", 1, "TRUNCATE TABLE lost.t");

  // The table is held so that the log's pending row can be, before the definition runs.
  const auto holder = cluster.master().open_database();
  const auto log = cluster.master().open_database();
  const auto killer = cluster.master().open_database();
  for (const char* sql : {"START TRANSACTION", "SELECT * FROM lost.t"}) REQUIRE(holder->rows(sql).ok());
  std::future<Answer> answer = std::async(std::launch::async, [&] { return cluster.master().run(request); });
  wait_for("the definition to wait for the table",
           [&] { return killer->scalar("SELECT 1 FROM sqlcast.log WHERE state=1")->has_value(); });
  REQUIRE(log->execute("START TRANSACTION").ok());
  REQUIRE(log->execute("UPDATE sqlcast.log SET state=2 WHERE state=1").ok());
  REQUIRE(holder->execute("COMMIT").ok());
  const std::string finishing =
      "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer' AND INFO LIKE '%UPDATE sqlcast.log%'";
  wait_for("its last step", [&] { return killer->scalar(finishing)->has_value(); });
  REQUIRE(killer->execute("KILL CONNECTION " + **killer->scalar(finishing)).ok());
  REQUIRE(log->execute("COMMIT").ok());

  const Answer first = answer.get();
  INFO(show(first.status));
  REQUIRE(first.ok());
  for (int round = 0; round < 2; ++round) {
    INFO("round " << round);
    cluster.must("INSERT INTO lost.t VALUES (" + std::to_string(10 + round) + ")");
    const Answer again = cluster.master().run(request);
    INFO(show(again.status));
    CHECK(again.ok());
    CHECK(again.result.replayed);
    CHECK(again.result.sequence == first.result.sequence);
    // The same of a master that has started anew.
    cluster.master().kill();
    cluster.master().start();
    cluster.master().wait_until_answering();
  }
  cluster.wait_until_equal();
  CHECK(cluster.slave(0).run("SELECT COUNT(*) FROM lost.t").text() == "2");
  cluster.check_same_everywhere();
}

TEST_CASE("once: a definition whose last step in the log is interrupted gets its true outcome, and blocks nothing",
          "[once]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE cut");
  cluster.must("CREATE TABLE cut.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO cut.t VALUES (1,1),(2,1)");
  const auto holder = cluster.master().open_database();
  const auto log = cluster.master().open_database();
  const auto killer = cluster.master().open_database();
  struct Case {
    const char* sql;
    const char* last_step;
    int number;  // of the error
  };
  for (const Case& one : {Case{"ALTER TABLE cut.t ADD w INT", "UPDATE sqlcast.log", 0},
                          Case{"ALTER TABLE cut.t ADD UNIQUE (v)", "DELETE FROM sqlcast.log", 1062}}) {
    INFO(one.sql);
    // The table is held so that the log's pending row can be, before the definition runs.
    for (const char* sql : {"START TRANSACTION", "SELECT * FROM cut.t"}) REQUIRE(holder->rows(sql).ok());
    std::future<Answer> answer = std::async(std::launch::async, [&] { return cluster.master().run(one.sql); });
    wait_for("the definition to wait for the table",
             [&] { return killer->scalar("SELECT 1 FROM sqlcast.log WHERE state=1")->has_value(); });
    REQUIRE(log->execute("START TRANSACTION").ok());
    REQUIRE(log->execute("UPDATE sqlcast.log SET state=2 WHERE state=1").ok());
    REQUIRE(holder->execute("COMMIT").ok());
    const std::string ending =
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer' AND INFO LIKE '%" +
        std::string(one.last_step) + "%'";
    wait_for("its last step", [&] { return killer->scalar(ending)->has_value(); });
    REQUIRE(killer->execute("KILL QUERY " + **killer->scalar(ending)).ok());
    REQUIRE(log->execute("ROLLBACK").ok());
    const Answer done = answer.get();
    INFO(show(done.status));
    CHECK(done.status.database_errno == one.number);
    CHECK(done.ok() == (one.number == 0));
    cluster.must("INSERT INTO cut.t(v) VALUES (1)");
  }
  CHECK(cluster.must("SELECT COUNT(*), SUM(w IS NULL) FROM cut.t").text() == "4|4");
  cluster.check_same_everywhere();
}

TEST_CASE("once: a definition that could not be ended in its time is not carried out again for its copy that waited",
          "[once]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE overtime");
  cluster.must("CREATE TABLE overtime.t (id INT PRIMARY KEY)");
  proto::QueryRequest request = keyed("overtime", 1, "ALTER TABLE overtime.t ADD v INT");
  request.sent_since = cluster.must("INSERT INTO overtime.t VALUES (1)").result.sequence;
  const auto holder = master.open_database();
  const auto log = master.open_database();
  const auto killer = master.open_database();
  for (const char* sql : {"START TRANSACTION", "SELECT * FROM overtime.t"}) REQUIRE(holder->rows(sql).ok());
  request.timeout_ms = 1'000;
  std::future<Result<proto::Message>> first =
      std::async(std::launch::async, [&, request] { return Session(master.endpoint()).exchange(request, kPatience); });
  wait_for("the definition to wait for the table",
           [&] { return killer->scalar("SELECT 1 FROM sqlcast.log WHERE state=1")->has_value(); });
  request.timeout_ms = 600'000;
  std::future<Answer> second = std::async(std::launch::async, [&, request] { return master.run(request); });
  wait_for("its copy to wait", [&] { return master.status()->queue_depth == 1; });
  REQUIRE(log->execute("START TRANSACTION").ok());
  REQUIRE(log->execute("UPDATE sqlcast.log SET state=2 WHERE state=1").ok());
  REQUIRE(holder->execute("COMMIT").ok());
  // Whoever tries to end it is interrupted, until its time is over.
  const std::string ending =
      "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer' AND INFO LIKE '%UPDATE sqlcast.log%'";
  wait_for("the first copy's answer", [&] {
    if (const auto id = killer->scalar(ending); id->has_value()) (void)killer->execute("KILL QUERY " + **id);
    return first.wait_for(0s) == std::future_status::ready;
  });
  REQUIRE(log->execute("ROLLBACK").ok());
  const Result<proto::Message> reply = first.get();
  REQUIRE(reply.ok());
  const auto* error = std::get_if<proto::ErrorReply>(&*reply);
  REQUIRE(error != nullptr);
  INFO(show(error->status));
  CHECK(error->status.code == Code::outcome_unknown);
  CHECK(error->sequence == *request.sent_since);
  const Answer copy = second.get();
  INFO(show(copy.status));
  CHECK(copy.ok());
  CHECK(copy.result.replayed);
  cluster.check_same_everywhere();
}

TEST_CASE("once: what somebody else has put into the log is not taken for the cluster's", "[once]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE chain");
  cluster.must("CREATE TABLE chain.t (id INT PRIMARY KEY)");
  const Sequence head = cluster.wait_until_equal();
  const auto database = cluster.master().open_database();
  REQUIRE(
      database
          ->execute("INSERT INTO sqlcast.log (first,last,epoch,state,previous_hash,hash,commit_time_us,bytes,"
                    "fingerprint,body) SELECT first+1,last+1,epoch,state,previous_hash,REPEAT('x',32),commit_time_us,"
                    "bytes,fingerprint,body FROM sqlcast.log ORDER BY last DESC LIMIT 1")
          .ok());
  const auto writer = database->scalar("SELECT ID FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'");
  REQUIRE(database->execute("KILL CONNECTION " + **writer).ok());
  const Answer refused = cluster.master().run("INSERT INTO chain.t VALUES (1)");
  INFO(show(refused.status));
  CHECK(refused.status.code == Code::diverged);
  CHECK(refused.status.message.find("group " + std::to_string(head + 1) + " does not follow") != std::string::npos);
  CHECK(cluster.slave(0).status()->position == head);
  CHECK(cluster.slave(0).status()->state == "Live");
}

TEST_CASE("once: DROP TABLE of several tables that was interrupted between them is ended when it is sent again",
          "[once]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE parts");
  for (const char* name : {"a", "b", "c", "d"}) cluster.must("CREATE TABLE parts." + std::string(name) + " (id INT)");
  proto::QueryRequest request = keyed("in-parts", 1, "DROP TABLE a, b, c");
  request.database = "parts";
  const Sequence before = cluster.wait_until_equal();
  // Each life of the master ends behind one part.
  cluster.crash_master("ddl_done", request, 3);
  // Tables of these names that came later are not the request's.
  cluster.must("CREATE TABLE parts.a (id INT)");
  const Answer done = cluster.master().run(request);
  INFO(show(done.status));
  CHECK(done.ok());
  CHECK(done.result.replayed);
  CHECK(done.result.sequence == before + 3);
  CHECK(cluster
            .must("SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES WHERE "
                  "TABLE_SCHEMA='parts'")
            .text() == "a,d");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("once: a DROP DATABASE that failed half-way is not forgotten by a restart, and ended when it can be",
          "[once]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE stuck");
  for (const char* name : {"a", "b"}) cluster.must("CREATE TABLE stuck." + std::string(name) + " (id INT)");
  cluster.wait_until_equal();
  // The server cannot remove a folder with a file in it that is not its own.
  const std::string folder = cluster.master().ask_database("SELECT @@datadir") + "stuck";
  REQUIRE(std::filesystem::is_directory(folder));
  const std::filesystem::path stranger = std::filesystem::path(folder) / "stranger.txt";
  REQUIRE(run_program({"touch", stranger.string()}).exit_code == 0);
  const Answer refused = cluster.master().run("DROP DATABASE stuck");
  INFO(show(refused.status));
  CHECK(refused.status.code == Code::diverged);
  CHECK(cluster.master().run("CREATE DATABASE next").status.code == Code::diverged);
  // It does not serve without the tables.
  cluster.master().kill();
  cluster.master().start();
  cluster.master().wait_until_ended();
  CHECK(cluster.master().log_end().find("DROP DATABASE failed half-way") != std::string::npos);
  // Once it can, it ends it, and so does the slave.
  std::filesystem::remove(stranger);
  cluster.master().start();
  cluster.master().wait_until_answering();
  CHECK(cluster.must("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='stuck'").text() == "0");
  cluster.must("CREATE DATABASE next");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("once: a log that ends in the future does not stop NOW() there", "[once]") {
  Cluster::Options options;
  options.slaves = 0;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE late");
  cluster.must("CREATE TABLE late.t (id INT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6))");
  cluster.must("INSERT INTO late.t(at) VALUES (NOW(6))");
  // As a clock would have made it that was nine years ahead for a moment.
  constexpr std::uint64_t kNineYearsUs = 9ULL * 365 * 24 * 3600 * 1'000'000;
  const auto database = cluster.master().open_database();
  auto rows =
      database->rows("SELECT first, last, epoch, previous_hash, body FROM sqlcast.log ORDER BY last DESC LIMIT 1");
  REQUIRE(rows.ok());
  const storage::Row& row = rows->front();
  auto entries = proto::decode_entries(*row[4]);
  REQUIRE(entries.ok());
  entries->back().context.timestamp_us += kNineYearsUs;
  const std::string body = proto::encode_entries(*entries);
  REQUIRE(database->execute("SET GLOBAL innodb_flush_log_at_trx_commit=1").ok());  // it is to survive the kill
  Hash previous{};
  REQUIRE(row[3]->size() == previous.size());
  std::copy(row[3]->begin(), row[3]->end(), reinterpret_cast<char*>(previous.data()));
  const Hash hash = proto::chain_hash(previous, std::stoull(*row[2]), std::stoull(*row[0]), std::stoull(*row[1]), body);
  REQUIRE(database
              ->execute("UPDATE sqlcast.log SET body=x'" + to_hex(std::string_view(body)) + "', bytes=" +
                        std::to_string(body.size()) + ", hash=x'" + to_hex(hash) + "' WHERE last=" + *row[1])
              .ok());
  cluster.master().kill();
  // Its files are made anew from the table, as of a node of an earlier version.
  std::filesystem::remove_all(cluster.master().data_folder() / "log");
  cluster.master().start();
  cluster.master().wait_until_answering();
  cluster.must("INSERT INTO late.t(at) VALUES (NOW(6))");
  CHECK(cluster.must("SELECT ABS(TIMESTAMPDIFF(DAY, MAX(at), UTC_TIMESTAMP())) < 3 FROM late.t").text() == "1");
  CHECK(cluster.master().log_end().find("goes back") != std::string::npos);
}

TEST_CASE("once: a request that is sent again has a result for each statement, at its place", "[once]") {
  Cluster cluster(1);
  cluster.must("CREATE DATABASE placed");
  cluster.must("CREATE TABLE placed.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)");
  proto::QueryRequest request =
      query_of_all({"SELECT COUNT(*) FROM placed.t", "INSERT INTO placed.t(v) VALUES (1),(1),(1)",
                    "SELECT v FROM placed.t", "UPDATE placed.t SET v=2 WHERE id<=2", "SELECT 1"});
  request.key = keyed("placed", 1, "SELECT 1").key;
  request.sent_since = cluster.wait_until_equal();
  const Answer first = cluster.must(request);
  REQUIRE(first.result.results.size() == 5);
  cluster.wait_until_equal();
  const auto check = [&](Node& node) {
    const Answer again = node.run(request);
    INFO(node.name() << " " << show(again.status));
    REQUIRE(again.ok());
    CHECK(again.result.replayed);
    REQUIRE(again.result.results.size() == 5);
    for (const std::size_t written : {1U, 3U}) {
      CHECK(again.at(written).affected_rows == first.at(written).affected_rows);
      CHECK(again.at(written).insert_id == first.at(written).insert_id);
    }
    for (const std::size_t read : {0U, 2U, 4U}) CHECK(again.at(read).affected_rows == 0);
  };
  for (Node* node : cluster.nodes()) check(*node);
  cluster.master().kill();
  cluster.master().start();
  cluster.master().wait_until_answering();
  check(cluster.master());
  CHECK(cluster.must("SELECT COUNT(*) FROM placed.t").text() == "3");
}
