// Goal: on servers that are not the nodes' own, whatever their configuration, statements do what they do elsewhere, or
// the server is refused with what to change; nothing of a server is touched that is another node's or has data of its
// own. Method: servers of the test's own, started with settings that differ in every way.
#include <fstream>

#include "tests/support/cluster.h"
#include "tests/support/external_server.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

// A master alone, on that server, configured and not started.
std::unique_ptr<Cluster> on(const ExternalServer& server) {
  Cluster::Options options;
  options.slaves = 0;
  options.start = false;
  options.master_settings = server.yaml();
  return std::make_unique<Cluster>(options);
}

// What a node says that does not start.
std::string refusal(const ExternalServer& server) {
  const std::unique_ptr<Cluster> cluster = on(server);
  cluster->master().start();
  cluster->master().wait_until_ended();
  return cluster->master().log_end();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("external: settings that change results are pinned in every session", "[external]") {
  const ExternalServer odd(
      {"--character-set-server=latin1", "--collation-server=latin1_german1_ci", "--explicit-defaults-for-timestamp=0",
       "--autocommit=0", "--transaction-isolation=READ-COMMITTED",
       "--old-mode=", "--sql-mode=ANSI,NO_BACKSLASH_ESCAPES", "--div-precision-increment=9", "--group-concat-max-len=8",
       "--innodb-strict-mode=0", "--max-recursive-iterations=3", "--max-sort-length=8", "--sql-safe-updates=1",
       "--default-week-format=3", "--completion-type=CHAIN", "--default-storage-engine=MyISAM",
       "--default-regex-flags=EXTENDED"});
  // Those that a configuration file cannot have.
  REQUIRE(odd.open()->execute("SET GLOBAL sql_select_limit=2,check_constraint_checks=0,foreign_key_checks=0").ok());
  const ExternalServer plain;
  std::vector<std::string> answers;
  for (const ExternalServer* server : {&odd, &plain}) {
    const std::unique_ptr<Cluster> cluster = on(*server);
    Node& master = cluster->master();
    master.start();
    master.wait_until_answering();
    cluster->must("CREATE DATABASE d");
    cluster->must("CREATE TABLE d.t (id INT PRIMARY KEY, ts TIMESTAMP, v VARCHAR(20), n INT CHECK (n < 100))");
    cluster->must("CREATE TABLE d.child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES d.t (id))");
    cluster->must("INSERT INTO d.t(id,v,n) VALUES (1,'a\\\\b',1),(2,'abcdefghijkl',2),(3,'abcdefghijkk',3)");
    cluster->must("UPDATE d.t SET n=n+1 WHERE n>0");
    std::string answer = show(master.run("INSERT INTO d.t(id,n) VALUES (4,100)").status) + "\n" +
                         show(master.run("INSERT INTO d.child VALUES (1,9)").status) + "\n";
    for (const char* sql :
         {"SHOW CREATE DATABASE d", "SHOW CREATE TABLE d.t", "SELECT * FROM d.t ORDER BY id",
          "SELECT id FROM d.t ORDER BY v", "SELECT GROUP_CONCAT(v ORDER BY id) FROM d.t",
          "SELECT 1/3, WEEK('2008-02-20'), 'a' || 'b'", "SELECT COUNT(*) FROM d.t a, d.t b",
          "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n+1 FROM r WHERE n<20) SELECT COUNT(*) "
          "FROM r",
          "SELECT 'a b' REGEXP 'a b', COLLATION('x')"}) {
      const Answer rows = master.run(sql);
      answer += std::string(sql) + ": " + show(rows.status) + " " + rows.text() + "\n";
    }
    answers.push_back(answer);
    CHECK(server->ask("SELECT COUNT(*) FROM d.t") == "3");  // committed
    CHECK(master.stop());
  }
  CHECK(answers[0] == answers[1]);
  CHECK(has(answers[1], "utf8mb4"));
  CHECK(has(answers[1], "errno 4025"));
  CHECK(has(answers[1], "errno 1452"));
}

TEST_CASE("external: a server whose settings cannot be pinned is refused, with all that is to be changed",
          "[external]") {
  const ExternalServer server({"--max-allowed-packet=16M", "--log-bin=b", "--sync-binlog=0", "--max-connections=50",
                               "--innodb-default-row-format=compact", "--innodb-rollback-on-timeout=1",
                               "--init-connect=SET @x=1", "--event-scheduler=ON", "--innodb-flush-log-at-trx-commit=2",
                               "--secure-timestamp=YES"});
  const std::string said = refusal(server);
  INFO(said);
  for (const char* name :
       {"max_allowed_packet is 16777216", "sync_binlog is 0", "max_connections is 50",
        "innodb_default_row_format is compact", "innodb_rollback_on_timeout is ON", "init_connect is SET @x=1",
        "event_scheduler is ON", "innodb_flush_log_at_trx_commit is 2", "secure_timestamp is YES"})
    CHECK(has(said, name));
  CHECK(server.ask("SHOW DATABASES LIKE 'sqlcast'").empty());  // untouched
}

TEST_CASE("external: a server with data of its own is refused, and left as it was", "[external]") {
  const ExternalServer server;
  REQUIRE(server.open()->execute("CREATE DATABASE shop").ok());
  const std::string said = refusal(server);
  INFO(said);
  CHECK(has(said, "has data that no sqlcast node has written: shop"));
  CHECK(server.ask("SHOW DATABASES LIKE 'sqlcast'").empty());
  CHECK(server.ask("SELECT COUNT(*) FROM mysql.global_priv WHERE User LIKE 'sqlcast%'") == "0");
  // Without it, it can be used; and what comes through the node is no data of its own.
  REQUIRE(server.open()->execute("DROP DATABASE shop").ok());
  const std::unique_ptr<Cluster> cluster = on(server);
  cluster->master().start();
  cluster->master().wait_until_answering();
  cluster->must("CREATE DATABASE shop");
  CHECK(cluster->master().stop());
  cluster->master().start();
  cluster->master().wait_until_answering();
  cluster->must("CREATE TABLE shop.t (id INT PRIMARY KEY)");
}

TEST_CASE("external: a second node on a server changes nothing there", "[external]") {
  const ExternalServer server;
  const std::unique_ptr<Cluster> cluster = on(server);
  cluster->master().start();
  cluster->master().wait_until_answering();
  cluster->must("CREATE DATABASE d");
  cluster->must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  const std::string accounts = "SELECT User,Priv FROM mysql.global_priv WHERE User LIKE 'sqlcast%' ORDER BY User";
  const std::string before = server.ask(accounts);
  // A slave by mistake on its master's server: it would make it read-only, and lock the master out.
  Cluster::Options options;
  options.slaves = 1;
  options.start = false;
  options.slave_settings = server.yaml();
  Cluster other(options);
  other.slave(0).start();
  other.slave(0).wait_until_ended();
  INFO(other.slave(0).log_end());
  CHECK(has(other.slave(0).log_end(), "another sqlcast node uses the database"));
  CHECK(server.ask(accounts) == before);
  CHECK(server.ask("SELECT @@read_only") == "0");
  cluster->must("INSERT INTO d.t VALUES ()");
}

TEST_CASE("external: a server that was started again is prepared again before it is used", "[external]") {
  ExternalServer server;
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = server.yaml();
  Cluster cluster(options);
  Node& slave = cluster.slave(0);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)");
  cluster.wait_until_equal();
  CHECK(server.ask("SELECT @@read_only") == "1");
  server.kill();
  cluster.must("INSERT INTO d.t VALUES ()");
  server.start();
  CHECK(server.ask("SELECT @@read_only") == "0");
  cluster.wait_until_equal();
  CHECK(server.ask("SELECT @@read_only") == "1");
  CHECK(slave.run("SELECT COUNT(*) FROM d.t").text() == "1");
  // With settings that cannot be pinned it is not used again, and the node says why.
  REQUIRE(server.open()->execute("SET GLOBAL innodb_flush_log_at_trx_commit=2").ok());
  const std::string owner = server.ask("SELECT IS_USED_LOCK('sqlcast.node')");
  const std::string writer = server.ask("SELECT IS_USED_LOCK('sqlcast.writer')");
  REQUIRE(server.open()->execute("KILL " + owner).ok());
  REQUIRE(server.open()->execute("KILL " + writer).ok());
  cluster.must("INSERT INTO d.t VALUES ()");
  wait_for("the node to see it", [&] { return has(slave.log_end(), "innodb_flush_log_at_trx_commit is 2"); });
  REQUIRE(server.open()->execute("SET GLOBAL innodb_flush_log_at_trx_commit=1").ok());
  cluster.wait_until_equal();
}

TEST_CASE("external: nodes compare their databases when they meet, and say what differs", "[external]") {
  const ExternalServer server({"--innodb-ft-min-token-size=2", "--innodb-page-size=8K"});
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = server.yaml();
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.wait_until_equal();
  std::string message;
  wait_for("the slave to say it", [&] {
    message = cluster.slave(0).status()->message;
    return !message.empty();
  });
  INFO(message);
  CHECK(has(message, "innodb_ft_min_token_size is 2 here and 3 there"));
  CHECK(has(message, "innodb_page_size is 8192 here and 16384 there"));
  CHECK(cluster.slave(0).status()->state == "Live");
  const std::vector<std::string> settings = cluster.slave(0).status()->database_settings;
  CHECK(std::find(settings.begin(), settings.end(), "innodb_page_size=8192") != settings.end());
}
