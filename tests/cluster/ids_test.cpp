// Goal: AUTO_INCREMENT values and what is said of them are on every node as MariaDB by itself would have them. Method:
// the same statements through the cluster and to a database of its own past it, on the same server; answers and rows
// compared, then the nodes.
#include <future>
#include <random>

#include "client/client.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;

namespace {

// Statements for the cluster, in `database`, and for MariaDB alone, in `database`_alone at the master.
class Beside {
 public:
  Beside(Cluster& cluster, std::string database) : cluster_(cluster), database_(std::move(database)) {
    alone_ = cluster_.master().open_database();
    cluster_.must("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4");
    REQUIRE(alone_->execute("CREATE DATABASE " + database_ + "_alone CHARACTER SET utf8mb4").ok());
    REQUIRE(alone_->execute("USE " + database_ + "_alone").ok());
    REQUIRE(alone_->execute("SET NAMES utf8mb4").ok());
  }
  ~Beside() { (void)alone_->execute("DROP DATABASE IF EXISTS " + database_ + "_alone"); }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // One request of the cluster's, one transaction of MariaDB's. What MariaDB says of ids stays what it was where a
  // statement generates none, so that only ours can tell.
  Answer run_all(const std::vector<std::string>& statements) {
    INFO(statements.front());
    const Answer answer = ask(statements);
    REQUIRE(alone_->execute("SET last_insert_id=0").ok());  // what other requests did is not this one's to see
    REQUIRE(alone_->execute("START TRANSACTION").ok());
    Status status;
    std::vector<std::string> affected;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < statements.size() && status.ok(); ++i) {
      const auto result = alone_->run_script(statements[i] + ";SELECT ROW_COUNT(),LAST_INSERT_ID()", 2,
                                             [&](std::size_t, storage::RowStream& rows) {
                                               REQUIRE(*rows.next());
                                               affected.push_back(rows.value(0).value_or(""));
                                               ids.push_back(rows.value(1).value_or(""));
                                             });
      status = result.status;
    }
    REQUIRE(alone_->execute(status.ok() ? "COMMIT" : "ROLLBACK").ok());
    INFO("cluster: " << show(answer.status) << ", MariaDB: " << show(status));
    CHECK(answer.status.database_errno == status.database_errno);
    CHECK(answer.ok() == status.ok());
    for (std::size_t i = 0; i < affected.size() && answer.ok() && status.ok(); ++i) {
      INFO("statement " << i);
      const bool definition = statements[i].starts_with("ALTER");
      if (!definition) CHECK(std::to_string(answer.at(i).affected_rows) == affected[i]);
      const std::string before = i == 0 ? "0" : ids[i - 1];
      CHECK((answer.at(i).insert_id == 0 ? before : std::to_string(answer.at(i).insert_id)) == ids[i]);
    }
    return answer;
  }
  void run(const std::string& statement) { run_all({statement}); }

  Answer ask(const std::vector<std::string>& statements) {
    proto::QueryRequest request = query_of_all(statements);
    request.database = database_;
    return cluster_.master().run(request);
  }

  // Both have the same rows.
  void check(const std::string& select) {
    const Answer answer = ask({select});
    std::string alone;
    const auto rows = alone_->rows(select);
    REQUIRE(rows.ok());
    for (const storage::Row& row : *rows) {
      if (!alone.empty()) alone += '\n';
      for (std::size_t i = 0; i < row.size(); ++i) alone += (i == 0 ? "" : "|") + row[i].value_or("NULL");
    }
    INFO(select << ": " << show(answer.status));
    CHECK(answer.text() == alone);
  }

  void check_everywhere() {
    REQUIRE(alone_->execute("DROP DATABASE " + database_ + "_alone").ok());
    cluster_.wait_until_equal();
    cluster_.check_same_everywhere();
  }

 private:
  Cluster& cluster_;
  const std::string database_;
  std::unique_ptr<storage::Connection> alone_;
};

}  // namespace

TEST_CASE("ids: slaves give rows the ids of the master when some tuples bring theirs", "[ids]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE mixed_ids");
  cluster.must("CREATE TABLE mixed_ids.p (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20))");
  cluster.must("INSERT INTO mixed_ids.p VALUES (1000, 'first')");
  client::Options options;
  options.endpoints = {cluster.master().endpoint()};
  options.database = "mixed_ids";
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  // Pairs that generate one id of two, and pairs that fail and burn one: what follows looks like two ids each.
  constexpr int kPairs = 150;
  std::vector<std::future<client::Reply>> replies;
  for (int i = 1; i <= kPairs; ++i) {
    const std::string number = std::to_string(i);
    replies.push_back((*client)->submit(
        client::Request::of("INSERT INTO p VALUES (NULL,'a" + number + "'),(" + number + ",'b" + number + "')")));
    replies.push_back((*client)->submit(client::Request::of("INSERT INTO p VALUES (NULL,'f'),(1000,'f')")));
  }
  std::string expected;
  for (int i = 1; i <= kPairs; ++i) {
    const client::Reply reply = replies[static_cast<std::size_t>(2 * (i - 1))].get();
    REQUIRE(reply.status.ok());
    expected += (i == 1 ? "" : "\n") + std::to_string(reply.results[0].insert_id) + "|a" + std::to_string(i);
    CHECK(replies[static_cast<std::size_t>(2 * i - 1)].get().status.database_errno == 1062);
  }
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    CHECK(node->run("SELECT id, v FROM mixed_ids.p WHERE v LIKE 'a%' ORDER BY id").text() == expected);
  }
  cluster.check_same_everywhere();
}

TEST_CASE("ids: a value that is generated does not meet the statement's own", "[ids]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE ids_met");
  cluster.must("CREATE TABLE ids_met.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  // Its own value is the one that would be generated next: looked up, and known from an insert before.
  const auto next = [&] { return cluster.must("SELECT IFNULL(MAX(id),0)+1 FROM ids_met.t").text(); };
  for (int i = 0; i < 4; ++i) {
    cluster.must("INSERT INTO ids_met.t VALUES (" + next() + ",0),(NULL,1)");
    cluster.must("INSERT INTO ids_met.t (v) VALUES (2)");
    cluster.must("INSERT INTO ids_met.t VALUES (" + next() + ",3),(NULL,4),(NULL,5)");
  }
  cluster.must("INSERT INTO ids_met.t VALUES (NULL,6),(1000,7)");
  CHECK(cluster.must("SELECT COUNT(*) FROM ids_met.t").text() == "26");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("ids: what follows an UPDATE of them is as if MariaDB had counted", "[ids]") {
  Beside beside(shared_cluster(), "moved_ids");
  beside.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v INT DEFAULT 0)");
  beside.run("CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  int k = 0;
  const auto fresh = [&k] { return std::to_string(++k); };
  beside.run("INSERT INTO t (k) VALUES (" + fresh() + ")");
  const std::vector<std::string> after = {"REPLACE INTO t (k) VALUES (", "INSERT IGNORE INTO t (k) VALUES (",
                                          "INSERT INTO t (k) VALUES ("};
  int last = 1;
  for (const std::string& insert : after) {
    // One id higher than the one that comes next, and far ahead.
    for (const int ahead : {1, 50}) {
      const std::string to = std::to_string(last + ahead);
      beside.run("UPDATE t SET id=" + to + " WHERE id=" + std::to_string(last));
      beside.run(insert + fresh() + ")");
      beside.check("SELECT * FROM t ORDER BY id");
      last = std::stoi(beside.ask({"SELECT MAX(id) FROM t"}).text());
      // In one request, and from a join.
      beside.run_all({insert + fresh() + ")", "UPDATE t JOIN other AS o ON o.id=t.id SET t.id=5 WHERE t.id=0",
                      "UPDATE t SET id=" + std::to_string(last + 2) + " WHERE id=" + std::to_string(last + 1),
                      insert + fresh() + ")", insert + fresh() + ")"});
      beside.check("SELECT * FROM t ORDER BY id");
      last = std::stoi(beside.ask({"SELECT MAX(id) FROM t"}).text());
    }
  }
  // ON DUPLICATE KEY UPDATE moves them too; there is one key, so that the policy lets it pass.
  beside.run("CREATE TABLE one (id INT AUTO_INCREMENT PRIMARY KEY, v INT DEFAULT 0)");
  beside.run("INSERT INTO one (v) VALUES (1),(2)");
  beside.run("INSERT INTO one (id, v) VALUES (2, 0) ON DUPLICATE KEY UPDATE id=3");
  beside.run("INSERT INTO one (v) VALUES (3)");
  beside.run("INSERT INTO one (v) VALUES (4)");
  beside.check("SELECT * FROM one ORDER BY id");
  beside.check_everywhere();
}

TEST_CASE("ids: a column named in other letters is the same column", "[ids]") {
  Beside beside(shared_cluster(), "letters");
  beside.run("CREATE TABLE t (`É` INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  beside.run("INSERT INTO t (v) VALUES (1)");
  beside.run("INSERT INTO t (é, v) VALUES (2, 2)");
  beside.run("INSERT INTO t (v) VALUES (3)");
  beside.run("UPDATE t SET é=4 WHERE É=3");
  beside.run("INSERT INTO t (v) VALUES (5)");
  beside.run("INSERT INTO t (é, v) VALUES (NULL, 6)");
  beside.check("SELECT * FROM t ORDER BY É");
  beside.check_everywhere();
}

TEST_CASE("ids: an id that no insert has used numbers nothing else", "[ids]") {
  Cluster& cluster = shared_cluster();
  Beside beside(cluster, "leftover");
  beside.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  beside.run("CREATE TABLE u (v INT PRIMARY KEY)");
  beside.run("INSERT INTO t VALUES (500, 1)");
  beside.run("INSERT INTO u VALUES (1),(2),(3)");
  // A text is not known to be an id: one is imposed, and not used.
  beside.run("INSERT INTO t VALUES ('7', 1)");
  beside.run("ALTER TABLE u ADD COLUMN id INT AUTO_INCREMENT, ADD UNIQUE KEY (id), ALGORITHM=COPY");
  beside.check("SELECT * FROM u ORDER BY v");
  beside.check_everywhere();
}

TEST_CASE("ids: while another session changes a table, its next id is waited for", "[ids]") {
  Cluster::Options options;
  options.slaves = 0;
  Cluster cluster(options);
  cluster.must("CREATE DATABASE busy");
  cluster.must("CREATE TABLE busy.first (id INT PRIMARY KEY)");
  cluster.must("CREATE TABLE busy.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  REQUIRE(cluster.master().stop());  // so that it knows of no next id
  cluster.master().start();
  cluster.master().wait_until_answering();
  wait_for("the master to serve", [&] {
    const std::optional<proto::NodeStatus> status = cluster.master().status();
    return status && status->state == "Serving";
  });
  const auto administrator = cluster.master().open_database();
  auto change = std::async(std::launch::async, [&] {
    return administrator->execute(
        "CREATE OR REPLACE TABLE busy.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) SELECT 41 AS id, SLEEP(3) AS v");
  });
  const auto watcher = cluster.master().open_database();
  wait_for("the change to be under way", [&] {
    return watcher->scalar("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE='User sleep'")
               ->value_or("") == "1";
  });
  const Answer answer =
      cluster.must(query_of_all({"INSERT INTO busy.first VALUES (1)", "INSERT INTO busy.t (v) VALUES (1)"}));
  REQUIRE(change.get().ok());
  CHECK(answer.at(1).insert_id == 42);
}

TEST_CASE("ids: expect holds for plain inserts", "[ids]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE expected_rows");
  cluster.must("CREATE TABLE expected_rows.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  proto::QueryRequest request = query_of("INSERT INTO expected_rows.t (v) VALUES (1),(2)");
  request.statements[0].expect = 1;
  const Answer refused = cluster.master().run(request);
  CHECK(refused.status.code == Code::expectation_failed);
  CHECK(refused.failed_statement == 0U);
  request.statements[0].expect = 2;
  CHECK(cluster.must(request).at(0).affected_rows == 2);
  // The same in a request that has others beside it.
  client::Options options;
  options.endpoints = {cluster.master().endpoint()};
  options.database = "expected_rows";
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  std::vector<std::future<client::Reply>> replies;
  for (int i = 0; i < 60; ++i) {
    client::Request insert = client::Request::of("INSERT INTO t (v) VALUES (" + std::to_string(100 + i) + ")");
    if (i % 3 == 0) insert.statements[0].expect = i % 2 == 0 ? 1 : 3;
    replies.push_back((*client)->submit(std::move(insert)));
  }
  int refusals = 0;
  for (std::future<client::Reply>& reply : replies)
    if (reply.get().status.code == Code::expectation_failed) ++refusals;
  CHECK(refusals == 10);
  CHECK(cluster.must("SELECT COUNT(*) FROM expected_rows.t").text() == "52");
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("ids: a statement that generates nothing does not show an earlier one's id", "[ids]") {
  Beside beside(shared_cluster(), "shown_ids");
  beside.run("CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  beside.run("CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, v BIGINT)");
  for (const char* table : {"c", "d", "e"})
    beside.run(std::string("CREATE TABLE ") + table + " (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  // What is ignored burns a value of MariaDB's own, and none here: nothing else is inserted there.
  beside.run("CREATE TABLE f (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE)");
  beside.run("INSERT INTO f VALUES (1, 1)");
  beside.run("CREATE TABLE bare (v INT PRIMARY KEY)");
  beside.run("INSERT INTO e VALUES (1, 0)");
  beside.run("INSERT INTO a VALUES (99, 0)");
  beside.run("INSERT INTO b VALUES (199, 1, 0)");
  const auto ids = [&](const std::vector<std::string>& statements) {
    const Answer answer = beside.run_all(statements);
    std::string text;
    for (const proto::StatementResult& result : answer.result.results) text += std::to_string(result.insert_id) + " ";
    return text;
  };
  // Ignored; by a SELECT that gives no rows; with an id of its own; updated.
  CHECK(ids({"INSERT INTO a (v) VALUES (1)", "INSERT IGNORE INTO f (k) VALUES (1)",
             "INSERT INTO b (k, v) SELECT 5, 5 FROM a WHERE v=-1 ORDER BY id", "INSERT INTO b (id, k) VALUES ('5', 5)",
             "INSERT INTO e VALUES (1, 1) ON DUPLICATE KEY UPDATE v=2"}) == "100 0 0 0 0 ");
  CHECK(ids({"INSERT INTO a (v) VALUES (1)", "INSERT INTO e (v) VALUES (7) ON DUPLICATE KEY UPDATE v=8",
             "INSERT INTO e (id, v) VALUES ('2', 7) ON DUPLICATE KEY UPDATE v=8"}) == "101 2 0 ");
  // The others still see it, and what they generate is theirs, though it be the same number.
  const std::string generated =
      ids({"INSERT INTO a (v) VALUES (2)", "INSERT IGNORE INTO f (k) VALUES (1)",
           "INSERT INTO b (k, v) VALUES (NULL, LAST_INSERT_ID())", "UPDATE b SET v=v+LAST_INSERT_ID() WHERE k=1"});
  CHECK(generated.starts_with("102 0 20"));
  beside.check("SELECT v FROM b ORDER BY id");
  CHECK(ids({"INSERT INTO c (v) VALUES (1)", "INSERT INTO d (v) VALUES (LAST_INSERT_ID())",
             "INSERT IGNORE INTO d (id, v) VALUES (1, LAST_INSERT_ID())",
             "INSERT INTO bare (v) VALUES (LAST_INSERT_ID())", "UPDATE d SET v=LAST_INSERT_ID()"}) == "1 1 0 0 0 ");
  beside.check("SELECT d.*, bare.v FROM d, bare ORDER BY id");
  beside.check_everywhere();
}

TEST_CASE("ids: what many clients insert and move at once is the same everywhere, and no generated id is taken",
          "[ids]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE crowd");
  for (const char* table : {"t", "u"})
    cluster.must(std::string("CREATE TABLE crowd.") + table +
                 " (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL UNIQUE, v INT NOT NULL DEFAULT 0)");
  client::Options options;
  options.endpoints = {cluster.master().endpoint()};
  options.database = "crowd";
  auto client = client::Client::open(options);
  REQUIRE(client.ok());
  std::mt19937 random(20261127);
  const auto pick = [&random](int from, int to) {
    return std::to_string(std::uniform_int_distribution(from, to)(random));
  };
  int fresh = 1000;
  int far = 100'000;
  const auto statement = [&](const std::string& table) -> std::string {
    const std::string k = std::to_string(++fresh);
    const std::string old = pick(1, 900);
    const std::string id = std::to_string(far += 3);
    switch (std::uniform_int_distribution(0, 11)(random)) {
      case 0: return "INSERT INTO " + table + " VALUES (NULL," + k + ",0),(" + id + ",-" + k + ",0)";
      case 1: return "INSERT INTO " + table + " VALUES ('" + id + "'," + k + ",0)";
      case 2: return "INSERT INTO " + table + " VALUES (" + id + "," + k + ",0)";
      case 3: return "INSERT IGNORE INTO " + table + " (k) VALUES (" + old + "),(" + k + ")";
      case 4: return "REPLACE INTO " + table + " (k) VALUES (" + old + ")";
      case 5: return "INSERT INTO " + table + " (k) VALUES (" + old + ") ON DUPLICATE KEY UPDATE id=" + id;
      case 6:
        return "UPDATE " + table + " SET id=id+1 WHERE k=" + std::to_string(fresh - static_cast<int>(random() % 4));
      case 7: return "INSERT INTO " + table + " (k) SELECT " + k;
      default: return "INSERT INTO " + table + " (k) VALUES (" + (random() % 4 == 0 ? old : k) + ")";
    }
  };
  constexpr int kRequests = 1'500;
  struct Sent {
    std::future<client::Reply> reply;
    bool moves = false;  // a row on to the next id, which may be taken
    std::string text;
  };
  const auto taken_id = [](const std::string& message) {
    const std::size_t begin = message.find('\'') + 1;
    return message.substr(begin, message.find('\'', begin) - begin);
  };
  std::vector<Sent> all;
  for (int i = 0; i < kRequests; ++i) {
    client::Request request = client::Request::of(statement(random() % 2 == 0 ? "t" : "u"));
    while (random() % 4 == 0) request.statements.push_back({statement("t"), {}, {}, {}});
    const bool moves = std::any_of(request.statements.begin(), request.statements.end(),
                                   [](const client::Statement& each) { return each.sql.starts_with("UPDATE"); });
    std::string text;
    for (const client::Statement& each : request.statements) text += each.sql + "; ";
    all.push_back({(*client)->submit(std::move(request)), moves, std::move(text)});
  }
  int succeeded = 0;
  for (Sent& sent : all) {
    const client::Reply reply = sent.reply.get();
    if (reply.status.ok()) {
      ++succeeded;
      continue;
    }
    INFO(show(reply.status));
    CHECK(reply.status.database_errno == 1062);
    // An id of a statement's own may have been generated for another's row, or have come to one that was moved, before:
    // then it is that id which is told. Any other one that is taken was generated.
    if (sent.moves || reply.status.message.find("PRIMARY") == std::string::npos) continue;
    CHECK(sent.text.find(taken_id(reply.status.message)) != std::string::npos);
  }
  CHECK(succeeded > kRequests / 2);
  cluster.wait_until_equal();
  cluster.check_same_everywhere();
}

TEST_CASE("ids: random requests have the outcomes of MariaDB", "[ids]") {
  Beside beside(shared_cluster(), "random_ids");
  for (const char* table : {"t", "u"})
    beside.run(std::string("CREATE TABLE ") + table +
               " (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL UNIQUE, v INT NOT NULL DEFAULT 0)");
  std::mt19937 random(8);
  const auto number = [&random](int from, int to) { return std::uniform_int_distribution(from, to)(random); };
  int fresh = 0;
  bool burns = false;  // MariaDB by itself loses values that here are used again
  const auto statement = [&]() -> std::string {
    const std::string table = number(0, 1) == 0 ? "t" : "u";
    const std::string k = std::to_string(++fresh);
    const std::string more = std::to_string(++fresh);
    const std::string old = std::to_string(number(1, fresh));
    const std::string id = std::to_string(fresh + number(0, 3));
    const int form = number(0, 15);
    burns = burns || form < 5;
    switch (form) {
      case 0: return "INSERT IGNORE INTO " + table + " (k) VALUES (" + old + "),(" + k + ")";
      case 1: return "INSERT INTO " + table + " (k) VALUES (" + old + ") ON DUPLICATE KEY UPDATE v=v+1";
      case 2:
        return "INSERT INTO " + table + " (k, v) VALUES (" + k + ",LAST_INSERT_ID()) ON DUPLICATE KEY UPDATE id=" + id;
      case 3: return "REPLACE INTO " + table + " (k) VALUES (" + old + "),(" + k + ")";
      case 4: return "INSERT INTO " + table + " VALUES (NULL," + k + ",1),(" + id + "," + more + ",2),(0,-" + k + ",3)";
      case 5: return "INSERT INTO " + table + " VALUES ('" + id + "'," + k + ",4)";
      case 6: return "INSERT INTO " + table + " VALUES (" + id + "," + k + ",5)";
      case 7: return "UPDATE " + table + " SET id=" + id + " WHERE k=" + old;
      case 8: return "UPDATE " + table + " SET v=LAST_INSERT_ID() WHERE k=" + old;
      case 9: return "DELETE FROM " + table + " WHERE k=" + old;
      case 10: return "INSERT INTO " + table + " (k, v) VALUES (" + k + ",LAST_INSERT_ID()),(" + more + ",7)";
      case 11: return "INSERT INTO " + table + " SET k=" + k + ",v=LAST_INSERT_ID()";
      default: return "INSERT INTO " + table + " (k) VALUES (" + k + "),(" + more + ")";
    }
  };
  for (int i = 0; i < 150; ++i) {
    burns = false;
    std::vector<std::string> statements{statement()};
    while (!burns && number(0, 3) > 0) statements.push_back(statement());
    const Answer answer = beside.run_all(statements);
    if (burns || !answer.ok())
      for (const char* table : {"t", "u"}) beside.run(std::string("ALTER TABLE ") + table + " AUTO_INCREMENT=1");
    if (i % 10 == 9) {
      beside.check("SELECT * FROM t ORDER BY id");
      beside.check("SELECT * FROM u ORDER BY id");
    }
  }
  beside.check_everywhere();
}
