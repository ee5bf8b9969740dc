// Goal: a read is answered in its time whatever the database does, gets its own warnings, is not started again because
// it was sent again, and holds no more sessions than it may; what nobody wants any more is not read to its end. Method:
// statements that do not look whether they were to stop, tables that are locked past the node, a server that ends no
// connection for the node, and the server's own lists of what runs and ran.
#include <future>

#include "tests/support/cluster.h"
#include "tests/support/external_server.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// Takes seconds, between which the server does not look whether it was to stop.
std::string deaf_select(int columns, const std::string& mark) {
  std::string sql = "SELECT '" + mark + "'";
  for (int i = 0; i < columns; ++i) sql += ",SHA2(REPEAT('" + std::to_string(i % 10) + "',60000000),512)";
  return sql;
}

// Statements with `mark` in them that the server has under way.
int running(const Node& node, const std::string& mark) {
  return std::stoi(
      node.ask_database("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND<>'Sleep' AND "
                        "ID<>CONNECTION_ID() AND INFO LIKE '%" +
                        mark + "%'"));
}

std::uint64_t counter(const Node& node, const std::string& name) {
  const std::optional<proto::NodeStatus> status = node.status();
  if (!status) throw std::runtime_error(node.name() + " does not answer");
  return status->counters.at(name);
}

proto::QueryRequest with_warnings(proto::QueryRequest request) {
  request.warnings = true;
  return request;
}

Answer fetch(const Node& node, const std::string& client_id, std::uint64_t cursor, std::uint32_t page_rows) {
  Session session(node.endpoint());
  Result<proto::Message> reply = session.exchange(proto::FetchRequest{client_id, cursor, page_rows}, 60s);
  Answer answer;
  if (!reply) {
    answer.status = reply.status();
  } else if (const auto* error = std::get_if<proto::ErrorReply>(&*reply)) {
    answer.status = error->status;
  } else {
    answer.result = std::move(std::get<proto::QueryResult>(*reply));
  }
  return answer;
}

Cluster::Options one_reader(int slaves) {
  Cluster::Options options;
  options.slaves = slaves;
  options.master_settings = "limits:\n  readers: 1\n  max_cursors: 2\n  max_cursors_per_client: 2\n";
  return options;
}

}  // namespace

TEST_CASE("reads: warnings are those of the statement itself, not of another client's before it", "[reads]") {
  Cluster cluster(one_reader(0));
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE warned");
  cluster.must("CREATE TABLE warned.t (id INT PRIMARY KEY, v INT)");
  const Answer theirs = master.run(with_warnings(query_of("SELECT CAST('secret' AS SIGNED)")));
  REQUIRE(theirs.at(0).warnings == std::vector<std::string>{"1292 Truncated incorrect INTEGER value: 'secret'"});
  CHECK(master.run(with_warnings(query_of("SELECT 1"))).at(0).warnings.empty());
  CHECK(master.run("SELECT CAST('secret' AS SIGNED)").at(0).warnings.empty());  // not asked for, and left there
  CHECK(master.run(with_warnings(query_of("SELECT 1"))).at(0).warnings.empty());
  CHECK(master.run(with_warnings(query_of("SELECT CAST('mine' AS SIGNED)"))).at(0).warnings ==
        std::vector<std::string>{"1292 Truncated incorrect INTEGER value: 'mine'"});
  // Of each statement of several, in a read and in a write.
  const Answer several = master.run(with_warnings(query_of_all({"SELECT CAST('a' AS SIGNED)", "SELECT 2"})));
  REQUIRE(several.ok());
  CHECK(several.at(0).warnings.size() == 1);
  CHECK(several.at(1).warnings.empty());
  const Answer write = master.run(with_warnings(
      query_of_all({"INSERT IGNORE INTO warned.t VALUES (1,'secret')", "SELECT 2", "SELECT CAST('b' AS SIGNED)"})));
  INFO(show(write.status));
  REQUIRE(write.ok());
  CHECK(write.at(0).warnings.size() == 1);
  CHECK(write.at(1).warnings.empty());
  CHECK(write.at(2).warnings == std::vector<std::string>{"1292 Truncated incorrect INTEGER value: 'b'"});
}

TEST_CASE("reads: a statement that does not stop is answered at its time, and leaves the node usable", "[reads]") {
  Cluster cluster(one_reader(0));
  Node& master = cluster.master();
  proto::QueryRequest slow = query_of(deaf_select(25, "deaf"));
  slow.timeout_ms = 300;
  const Answer late = master.run(slow);
  INFO(show(late.status));
  CHECK(late.status.code == Code::timeout);
  CHECK(running(master, "deaf") == 1);
  // The only reader has let go of it.
  CHECK(master.run("SELECT 7").text() == "7");
  CHECK(running(master, "deaf") == 1);

  // The same of one that has given rows already.
  cluster.must("CREATE DATABASE deaf");
  cluster.must("CREATE TABLE deaf.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO deaf.t VALUES (1),(2)");
  proto::QueryRequest paged =
      query_of("SELECT id, IF(id=1,'',CONCAT(" + deaf_select(25, "page").substr(7) + ")) FROM deaf.t ORDER BY id");
  paged.page_rows = 1;
  paged.timeout_ms = 300;
  // A page ends with a look at whether there is another row, so it is the first page that is late.
  CHECK(master.run(paged).status.code == Code::timeout);
  CHECK(running(master, "page") == 1);
  CHECK(master.run("SELECT 8").text() == "8");
}

TEST_CASE("reads: statements that do not stop take no more sessions than the server allows them", "[reads]") {
  Cluster cluster(one_reader(0));
  Node& master = cluster.master();
  // Two of the reader's, two of the router's thread and two cursors': the account's limit is the server's to keep.
  const std::string account = master.ask_database("SHOW CREATE USER sqlcast_reader@localhost");
  INFO(account);
  CHECK(account.find("MAX_USER_CONNECTIONS 6") != std::string::npos);
  std::map<Code, int> outcomes;
  for (int i = 0; i < 8; ++i) {
    proto::QueryRequest slow = query_of(deaf_select(12, "deaf"));
    slow.timeout_ms = 200;
    ++outcomes[master.run(slow).status.code];
    CHECK(running(master, "deaf") <= 6);
  }
  for (const auto& [code, count] : outcomes) {
    INFO(code_name(code) << " " << count);
    CHECK((code == Code::timeout || code == Code::busy));
  }
  cluster.must("CREATE DATABASE still_writes");
  wait_for("the node to read again", [&] { return master.run("SELECT 7").ok(); });
}

TEST_CASE("reads: the same read sent again while it waits runs once, and both copies are answered", "[reads]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE twice");
  cluster.must("CREATE TABLE twice.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO twice.t VALUES (1),(2),(3)");
  cluster.wait_until_equal();
  const std::uint64_t reads = counter(master, "reads");
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES twice.t WRITE").ok());
  const proto::QueryRequest read = keyed("again", 1, "SELECT COUNT(*) FROM twice.t");
  auto first = std::async(std::launch::async, [&] { return master.run(read); });
  wait_for("the read to wait", [&] { return running(master, "twice.t") == 1; });
  const std::uint64_t requests = counter(master, "requests");
  auto second = std::async(std::launch::async, [&] { return master.run(read); });
  wait_for("the copy to have come", [&] { return counter(master, "requests") == requests + 1; });
  proto::QueryRequest other = read;
  other.page_rows = 2;  // another question, though under the same ids: it runs by itself
  auto third = std::async(std::launch::async, [&] { return master.run(other); });
  wait_for("the other to wait", [&] { return running(master, "twice.t") == 2; });
  REQUIRE(lock->execute("UNLOCK TABLES").ok());
  CHECK(first.get().text() == "3");
  CHECK(second.get().text() == "3");
  CHECK(third.get().text() == "3");
  CHECK(counter(master, "reads") == reads + 2);
}

TEST_CASE("reads: one with consistency `master` through a slave runs once, however long, and comes in pages",
          "[reads]") {
  Cluster& cluster = shared_cluster();
  Node& master = cluster.master();
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE by_way");
  cluster.must("CREATE TABLE by_way.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO by_way.t VALUES (1),(2),(3),(4),(5)");
  cluster.wait_until_equal();
  const std::uint64_t reads = counter(master, "reads");
  const auto lock = master.open_database();
  REQUIRE(lock->execute("LOCK TABLES by_way.t WRITE").ok());
  for (const char* client : {"", "by-way"}) {
    proto::QueryRequest read = query_of("SELECT id FROM by_way.t ORDER BY id");
    if (*client != 0) read.key = {client, 1};
    read.consistency = proto::Consistency::master;
    read.page_rows = 2;
    const std::uint64_t before = counter(master, "reads");
    auto reply = std::async(std::launch::async, [&] { return slave.run(read); });
    if (*client == 0) {
      wait_for("the read to wait", [&] { return running(master, "by_way.t") >= 1; });
      const std::uint64_t requests = counter(master, "requests");
      wait_for("the read to be sent again", [&] { return counter(master, "requests") > requests; });
      CHECK(running(master, "by_way.t") == 1);
      REQUIRE(lock->execute("UNLOCK TABLES").ok());
    }
    const Answer first = reply.get();
    INFO(show(first.status));
    REQUIRE(first.ok());
    CHECK(first.text() == "1\n2");
    CHECK(counter(master, "reads") == before + 1);
    const std::uint64_t cursor = first.at(0).cursor;
    REQUIRE(cursor != 0);
    CHECK(cursor < (std::uint64_t{1} << 53U));  // for JavaScript
    const Answer second = fetch(slave, client, cursor, 2);
    INFO(show(second.status));
    REQUIRE(second.ok());
    CHECK(second.at(0).page.rows == 2);
    CHECK(second.at(0).cursor == cursor);
    CHECK(fetch(slave, "another", cursor, 2).status.code == Code::cursor_not_found);
    CHECK(fetch(slave, client, cursor, 2).at(0).cursor == 0);
    CHECK(fetch(slave, client, cursor, 2).status.code == Code::cursor_not_found);
  }
  CHECK(counter(master, "reads") == reads + 6);
  // Closed by way of the slave, it is gone at the master.
  proto::QueryRequest read = keyed("by-way", 2, "SELECT id FROM by_way.t");
  read.consistency = proto::Consistency::master;
  read.page_rows = 1;
  const std::uint64_t cursor = slave.run(read).at(0).cursor;
  Result<proto::Message> closed = Session(slave.endpoint()).exchange(proto::CloseRequest{"by-way", cursor}, 60s);
  REQUIRE(closed.ok());
  CHECK(std::holds_alternative<proto::ClosedReply>(*closed));
  CHECK(fetch(slave, "by-way", cursor, 1).status.code == Code::cursor_not_found);
}

TEST_CASE("reads: a cursor that is always busy ends all the same", "[reads]") {
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = "limits:\n  cursor_lifetime: 1s\n";
  Cluster cluster(options);
  proto::QueryRequest read =
      keyed("busy", 1, "SELECT 1 FROM information_schema.COLUMNS a, information_schema.COLUMNS b");
  read.page_rows = 1;
  const Answer first = cluster.master().run(read);
  INFO(show(first.status));
  REQUIRE(first.ok());
  wait_for("the cursor to be closed", [&] {
    const Answer page = fetch(cluster.master(), "busy", first.at(0).cursor, 1);
    if (!page.ok() && page.status.code != Code::cursor_not_found) throw std::runtime_error(show(page.status));
    return !page.ok();
  });
}

TEST_CASE("reads: a result that is given up is not read to its end, whatever the database says to that", "[reads]") {
  const ExternalServer server;
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = server.yaml();
  Cluster cluster(options);
  Node& master = cluster.master();
  cluster.must("CREATE DATABASE d");
  proto::QueryRequest read = keyed("pager", 1, "SELECT 'given up',REPEAT('x',1000) FROM d.seq_1_to_1000000000");
  read.page_rows = 1;
  const std::uint64_t cursor = cluster.must(read).at(0).cursor;
  REQUIRE(cursor != 0);
  const auto administrator = server.open();
  const auto count = [&](const std::string& mark) {
    return administrator
        ->scalar("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT ''" + mark + "''%'")
        ->value_or("");
  };
  REQUIRE(count("given up") == "1");
  // The node cannot tell the server to end a connection now.
  REQUIRE(administrator->execute("ALTER USER root@localhost ACCOUNT LOCK").ok());
  REQUIRE(Session(master.endpoint()).exchange(proto::CloseRequest{"pager", cursor}, 60s).ok());
  wait_for("the statement to end", [&] { return count("given up") == "0"; });
  // Whoever looks after reads goes on doing so.
  REQUIRE(administrator->execute("ALTER USER root@localhost ACCOUNT UNLOCK").ok());
  proto::QueryRequest late =
      query_of("SELECT 'late',COUNT(*) FROM d.seq_1_to_1000000 AS a, d.seq_1_to_1000000 AS b WHERE a.seq+b.seq=0");
  late.timeout_ms = 300;
  CHECK(master.run(late).status.code == Code::timeout);
  wait_for("the late one to be ended", [&] { return count("late") == "0"; });
}

TEST_CASE(
    "reads: a cursor from before a restart of the database ends, and is not taken for who has its session's number",
    "[reads]") {
  constexpr int kReaders = 14;
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = "limits:\n  readers: " + std::to_string(kReaders) + "\n";
  Cluster cluster(options);
  Node& node = cluster.master();
  cluster.must("CREATE DATABASE d");
  // Far beyond the numbers that a server has given when it has been prepared.
  for (int i = 0; i < 100; ++i) node.ask_database("SELECT 1");
  proto::QueryRequest held = keyed("holder", 1, "SELECT 'held',REPEAT('x',1000) FROM d.seq_1_to_10000000");
  held.page_rows = 1;
  const std::uint64_t cursor = cluster.must(held).at(0).cursor;
  REQUIRE(cursor != 0);
  const std::uint64_t number = std::stoull(
      node.ask_database("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT ''held''%'"));

  node.kill_database();
  wait_for("the database to be back", [&] {
    const auto status = node.status();
    return status && status->state == "Serving" && status->counters.at("database_restarts") == 1;
  });
  // Whose connections are opened anew by themselves has them, and takes no more numbers.
  wait_for("the writer to be back", [&] {
    return node.ask_database("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='sqlcast_writer'") == "1";
  });
  while (std::stoull(node.ask_database("SELECT CONNECTION_ID()")) + 5 < number) {
  }
  const auto administrator = node.open_database();
  std::vector<std::future<Answer>> reads;
  for (int i = 1; i < kReaders; ++i)
    reads.push_back(std::async(std::launch::async, [&node, i] {
      proto::QueryRequest read =
          keyed("reader", static_cast<std::uint64_t>(i),
                "SELECT 'long',COUNT(*) FROM d.seq_1_to_1000000 AS a, d.seq_1_to_1000000 AS b WHERE a.seq+b.seq=0");
      read.timeout_ms = 500'000;
      return Session(node.endpoint()).run(read, 500s);
    }));
  const auto count = [&](const std::string& which) {
    return administrator
        ->scalar("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT ''long''%'" + which)
        ->value_or("");
  };
  wait_for("the reads to run", [&] { return count("") == std::to_string(kReaders - 1); });
  REQUIRE(count(" AND ID=" + std::to_string(number)) == "1");

  const Answer page = fetch(node, "holder", cursor, 1);
  INFO(show(page.status));
  CHECK(page.status.code == Code::cursor_not_found);
  CHECK(page.status.message.find("started again") != std::string::npos);
  for (int i = 1; i < kReaders; ++i) {
    const RequestKey key{"reader", static_cast<std::uint64_t>(i)};
    CHECK(Session(node.endpoint()).exchange(proto::CancelRequest{key}, 60s).ok());
  }
  for (auto& read : reads) CHECK(read.get().status.code == Code::cancelled);
  CHECK(node.run("SELECT 1").text() == "1");
  CHECK(node.running());
}
