// Goal: each node does what its role allows, and says clearly why not otherwise; a client reads what it wrote,
// wherever. Method: the same statements to master and slaves.
#include <future>
#include <map>

#include "client/client.h"
#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

TEST_CASE("roles: definitions are the master's; a slave names it", "[roles]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE roles");
  cluster.must("CREATE TABLE roles.t (id INT PRIMARY KEY)");
  cluster.wait_until_equal();
  for (const char* sql :
       {"CREATE DATABASE x", "DROP DATABASE roles", "CREATE TABLE roles.u (id INT)", "ALTER TABLE roles.t ADD v INT",
        "/* hidden */ drop table roles.t", "TRUNCATE TABLE roles.t", "RENAME TABLE roles.t TO roles.u"}) {
    INFO(sql);
    const Answer answer = cluster.slave(0).run(sql);
    CHECK(answer.status.code == Code::master_only);
    CHECK(answer.status.message.find(cluster.master().endpoint()) != std::string::npos);
  }
  CHECK(cluster.slave(0).run("SHOW TABLES FROM roles").text() == "t");
}

TEST_CASE("roles: what the policy refuses is refused at every node, and changes nothing", "[roles]") {
  Cluster& cluster = shared_cluster();
  const Sequence before = cluster.wait_until_equal();
  for (const char* sql : {"GRANT ALL ON *.* TO x",
                          "SET GLOBAL read_only=0",
                          "FLUSH TABLES",
                          "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
                          "SELECT * FROM mysql.user",
                          "DELETE FROM sqlcast.log",
                          "UPDATE sqlcast.log SET state=0",
                          "KILL 1",
                          "SHUTDOWN",
                          "BEGIN",
                          "COMMIT",
                          "LOCK TABLES t READ",
                          "SELECT 1 INTO OUTFILE '/tmp/x'",
                          "/*! DROP TABLE t */",
                          "SELECT 1; DROP DATABASE roles",
                          "",
                          "   ",
                          "nonsense",
                          "CALL p()",
                          "PREPARE s FROM 'x'"}) {
    for (Node* node : cluster.nodes()) {
      INFO(node->name() << ": " << sql);
      const Answer answer = node->run(sql);
      CHECK_FALSE(answer.ok());
      CHECK((answer.status.code == Code::refused || answer.status.code == Code::bad_request));
      CHECK(answer.status.message.size() > 10);
    }
  }
  CHECK(cluster.wait_until_equal() == before);
}

TEST_CASE("roles: a write at a slave is the master's, and is read where it was written", "[roles]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE own");
  cluster.must("CREATE TABLE own.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.wait_until_equal();
  for (int i = 1; i <= 100; ++i) {
    Node& slave = cluster.slave(static_cast<std::size_t>(i % 2));
    const Answer written = slave.run("INSERT INTO own.t(v) VALUES (" + std::to_string(i) + ")");
    INFO(show(written.status));
    REQUIRE(written.ok());
    CHECK(written.result.wrote);
    CHECK(written.at(0).insert_id == static_cast<std::uint64_t>(i));
    proto::QueryRequest read = query_of("SELECT COUNT(*) FROM own.t");
    read.after = written.result.sequence;
    const Answer counted = slave.run(read);
    CHECK(counted.text() == std::to_string(i));
    CHECK(counted.result.node_position >= written.result.sequence);
    CHECK(counted.result.node == slave.name());
  }
  // The statements that the database refuses come back through the slave as they are.
  const Answer failed = cluster.slave(0).run("INSERT INTO own.t VALUES (1,1)");
  CHECK(failed.status.code == Code::sql_error);
  CHECK(failed.status.database_errno == 1062);
  CHECK(failed.status.sqlstate == "23000");
}

TEST_CASE("roles: a read after an entry that does not come ends within its time", "[roles]") {
  Cluster& cluster = shared_cluster();
  proto::QueryRequest read = query_of("SELECT 1");
  read.after = cluster.wait_until_equal() + 1'000'000;
  read.timeout_ms = 300;
  for (Node* node : cluster.nodes()) {
    const Answer answer = node->run(read);
    INFO(node->name() << " " << show(answer.status));
    CHECK(answer.status.code == Code::not_caught_up);
  }
  read.consistency = proto::Consistency::any;
  CHECK(cluster.slave(0).run(read).ok());
}

TEST_CASE("roles: a read over its time is stopped in the database, a cancelled one too", "[roles]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE slow");
  cluster.must("CREATE TABLE slow.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO slow.t(v) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)");
  cluster.wait_until_equal();
  const std::string forever =
      "SELECT COUNT(*) FROM slow.t a, slow.t b, slow.t c, slow.t d, slow.t e, slow.t f, slow.t g, slow.t h, slow.t i, "
      "slow.t j, slow.t k WHERE a.v+b.v+c.v+d.v+e.v+f.v+g.v+h.v+i.v+j.v+k.v=3";
  for (Node* node : cluster.nodes()) {
    INFO(node->name());
    proto::QueryRequest read = query_of(forever);
    read.timeout_ms = 300;
    CHECK(node->run(read).status.code == Code::timeout);

    read.timeout_ms = 100'000;
    read.key = {"slow-reader", 1};
    auto answer = std::async(std::launch::async, [&] { return node->run(read); });
    Session session(node->endpoint());
    wait_for("the read to be cancelled", [&] {
      Result<proto::Message> reply = session.exchange(proto::CancelRequest{read.key}, 5s);
      return reply.ok() && std::holds_alternative<proto::CancelReply>(*reply) &&
             std::get<proto::CancelReply>(*reply).stopped;
    });
    CHECK(answer.get().status.code == Code::cancelled);
    CHECK(node->run("SELECT 1").ok());
  }
  // A write over its time leaves nothing, and those beside it are not hurt.
  const Sequence before = cluster.wait_until_equal();
  proto::QueryRequest write = query_of("INSERT INTO slow.t(v) " + forever);
  write.timeout_ms = 300;
  const Answer late = cluster.master().run(write);
  INFO(show(late.status));
  CHECK((late.status.code == Code::timeout || late.status.code == Code::refused));
  for (std::uint32_t timeout : {1U, 2U, 3U, 5U, 8U, 13U, 20U}) {
    proto::QueryRequest hasty = query_of("UPDATE slow.t SET v=v+1 WHERE id=1");
    hasty.timeout_ms = timeout;
    const Answer answer = cluster.master().run(hasty);
    INFO(timeout << " ms: " << show(answer.status));
    CHECK((answer.ok() || answer.status.code == Code::timeout));
    CHECK(cluster.master().run("UPDATE slow.t SET v=v+1 WHERE id=2").ok());
  }
  CHECK(cluster.wait_until_equal() >= before + 7);
  cluster.check_same_everywhere();
}

TEST_CASE("roles: pages of a large result come whole, in order, from every node", "[roles]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE paged");
  cluster.must("CREATE TABLE paged.t (id INT PRIMARY KEY, v VARCHAR(20))");
  std::string sql = "INSERT INTO paged.t VALUES ";
  constexpr int kRows = 5'000;
  for (int i = 0; i < kRows; ++i)
    sql += (i == 0 ? "" : ",") + ("(" + std::to_string(i) + ",'v" + std::to_string(i) + "')");
  cluster.must(sql);
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    client::Options options;
    options.endpoints = {node->endpoint()};
    auto client = client::Client::open(options);
    REQUIRE(client.ok());
    client::Request request = client::Request::of("SELECT id,v FROM paged.t ORDER BY id");
    request.page_rows = 700;
    client::Reply reply = (*client)->run(std::move(request));
    std::int64_t next = 0;
    for (int pages = 0; pages < 20; ++pages) {
      INFO(node->name() << " page " << pages << " " << show(reply.status));
      REQUIRE(reply.status.ok());
      const client::StatementReply& result = reply.results.at(0);
      for (std::uint64_t row = 0; row < result.rows.row_count(); ++row)
        if (result.rows.cell(row, 0).int64 != next++) FAIL("row " << next << " is not where it should be");
      if (!result.cursor) break;
      reply = (*client)->fetch(result.cursor, 700);
    }
    CHECK(next == kRows);
  }
}

TEST_CASE("roles: a full queue says BUSY at once, and loses and doubles nothing", "[roles]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = "limits:\n  request_queue: 8\n  group_entries: 2\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE flood");
  cluster.must("CREATE TABLE flood.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  // One DEALER of the client library and several pinned ones make a crowd at a door for eight.
  std::vector<std::unique_ptr<client::Client>> clients;
  for (int i = 0; i < 8; ++i) {
    client::Options one;
    one.endpoints = {cluster.master().endpoint()};
    one.timeout = 600s;  // as long as a slow machine needs: one that runs out would end as unknown, not as busy
    auto client = client::Client::open(one);
    REQUIRE(client.ok());
    clients.push_back(std::move(*client));
  }
  std::vector<std::future<client::Reply>> replies;
  for (int i = 0; i < 800; ++i)
    replies.push_back(clients[static_cast<std::size_t>(i) % clients.size()]->submit(
        client::Request::of("INSERT INTO flood.t(v) VALUES (" + std::to_string(i) + ")")));
  std::map<int, int> outcomes;
  int acknowledged = 0;
  for (auto& reply : replies) {
    const client::Reply answer = reply.get();
    ++outcomes[static_cast<int>(answer.status.code)];
    if (answer.status.ok()) ++acknowledged;
  }
  INFO("busy counted by the node: " << cluster.master().status()->counters.at("busy"));
  CHECK(cluster.master().status()->counters.at("busy") > 0);
  for (const auto& [code, count] : outcomes) {
    INFO(code_name(static_cast<Code>(code)) << " " << count);
    CHECK((code == 0 || static_cast<Code>(code) == Code::busy));
  }
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT COUNT(*), COUNT(DISTINCT v) FROM flood.t").text() ==
        std::to_string(acknowledged) + "|" + std::to_string(acknowledged));
}
