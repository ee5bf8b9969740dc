// Goal: what a request may say is carried out to the letter: parameters, expectations, pages, cancels; and what makes
// no sense is refused whole. Method: the client library and plain JSON at masters and slaves.
#include <unistd.h>

#include <future>
#include <limits>
#include <thread>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/process_memory.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<client::Client> open_client(const Node& node, std::uint32_t page_rows = 0) {
  client::Options options;
  options.endpoints = {node.endpoint()};
  options.timeout = 100s;
  options.page_rows = page_rows;
  options.warnings = true;
  auto client = client::Client::open(options);
  if (!client.ok()) throw std::runtime_error(client.status().message);
  return std::move(*client);
}

std::string as_text(const client::StatementReply& result) {
  std::string text;
  for (std::uint64_t row = 0; row < result.rows.row_count(); ++row) {
    for (std::size_t column = 0; column < result.rows.column_count(); ++column) {
      const proto::Cell& cell = result.rows.cell(row, column);
      text += column == 0 ? (row == 0 ? "" : "\n") : "|";
      switch (cell.kind) {
        case proto::Cell::Kind::null: text += "NULL"; break;
        case proto::Cell::Kind::int64: text += to_text(cell.int64); break;
        case proto::Cell::Kind::uint64: text += to_text(cell.uint64); break;
        case proto::Cell::Kind::float64: text += to_text(cell.float64); break;
        case proto::Cell::Kind::text: text += cell.view(); break;
        case proto::Cell::Kind::bytes: text += to_text(Bytes{std::string(cell.view())}); break;
      }
    }
  }
  return text;
}

}  // namespace

TEST_CASE("api: parameters of every type come back as they were, positional and named, at every node", "[api]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE params CHARACTER SET utf8mb4");
  cluster.must(
      "CREATE TABLE params.t (id INT AUTO_INCREMENT PRIMARY KEY, n INT, lo BIGINT, hi BIGINT UNSIGNED, d DOUBLE, "
      "tiny DOUBLE, txt TEXT, raw BLOB, de DECIMAL(65,30), day DATE, at DATETIME(6), tm TIME(6))");
  const std::string text = "it's \"quoted\" \\ \\' `x` -- # /* ? :id */ 😀\n\t\r\x1a %_";
  const std::string raw("\0\0'\\\"\xff\xfe\x1a\0", 9);
  const std::string decimal = "-" + std::string(35, '9') + "." + std::string(30, '9');
  const std::map<std::string, Value> values = {{"n", std::monostate{}},
                                               {"lo", std::numeric_limits<std::int64_t>::min()},
                                               {"hi", std::numeric_limits<std::uint64_t>::max()},
                                               {"d", std::numeric_limits<double>::max()},
                                               {"tiny", 2.2250738585072014e-308},
                                               {"txt", text},
                                               {"raw", Bytes{raw}},
                                               {"de", decimal},
                                               {"day", std::string("9999-12-31")},
                                               {"at", std::string("1000-01-01 00:00:00.000001")},
                                               {"tm", std::string("-838:59:59.999999")}};
  const std::string columns = "n,lo,hi,d,tiny,txt,raw,de,day,at,tm";
  std::vector<Value> in_order;
  for (const char* name : {"n", "lo", "hi", "d", "tiny", "txt", "raw", "de", "day", "at", "tm"})
    in_order.push_back(values.at(name));
  std::string expected;
  for (const Value& value : in_order) expected += (expected.empty() ? "" : "|") + to_text(value);

  std::size_t rows = 0;
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    auto client = open_client(*node);
    // Marks in strings, names and comments are no placeholders.
    const auto by_place =
        client->run("INSERT INTO params.t(" + columns + ") /* ? */ VALUES (?,?,?,?,?,?,?,?,?,?,?)", in_order);
    INFO(show(by_place.status));
    REQUIRE(by_place.status.ok());
    client::Request named;
    named.statements.push_back(
        {"INSERT INTO params.t(" + columns + ") VALUES (:n,:lo,:hi,:d,:tiny,:txt,:raw,:de,:day,:at,:tm) -- :n ?",
         {},
         values,
         1});
    const auto by_name = client->run(std::move(named));
    INFO(show(by_name.status));
    REQUIRE(by_name.status.ok());
    rows += 2;
  }
  cluster.wait_until_equal();
  for (Node* node : cluster.nodes()) {
    auto client = open_client(*node);
    const auto stored = client->run("SELECT DISTINCT " + columns + " FROM params.t");
    REQUIRE(stored.status.ok());
    CHECK(as_text(stored.results[0]) == expected);
    // A parameter finds its own value again, and nothing else does.
    const auto found = client->run(
        "SELECT COUNT(*) FROM params.t WHERE lo=? AND hi=? AND d=? AND tiny=? AND txt=? AND raw=? AND de=? AND n <=> ?",
        {values.at("lo"), values.at("hi"), values.at("d"), values.at("tiny"), text, Bytes{raw}, decimal,
         std::monostate{}});
    REQUIRE(found.status.ok());
    CHECK(as_text(found.results[0]) == std::to_string(rows));
    const auto echo =
        client->run("SELECT '?', \"? :a\", `?`.x, ? FROM (SELECT 1 AS x) AS `?`", {std::string("' OR 1=1 -- ")});
    INFO(show(echo.status));
    REQUIRE(echo.status.ok());
    CHECK(as_text(echo.results[0]) == "?|? :a|1|' OR 1=1 -- ");
  }
  cluster.check_same_everywhere();
}

TEST_CASE("api: a result says what its columns are and what the database warns of", "[api]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE meta");
  cluster.must(
      "CREATE TABLE meta.t (id INT UNSIGNED NOT NULL, part INT NOT NULL, small TINYINT, name VARCHAR(5), raw BLOB, "
      "PRIMARY KEY (id, part))");
  cluster.must("INSERT INTO meta.t VALUES (1,2,3,'four',x'05')");
  cluster.wait_until_equal();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    INFO(node->name());
    auto client = open_client(*node);
    const auto reply = client->run("SELECT a.id AS number, a.part, small, name, raw, 1.5 AS plain FROM meta.t AS a");
    REQUIRE(reply.status.ok());
    const auto& columns = reply.results[0].columns;
    REQUIRE(columns.size() == 6);
    CHECK(columns[0].name == "number");
    CHECK(columns[0].table == "t");
    CHECK(columns[0].kind == proto::ValueKind::uint64);
    CHECK(columns[0].type == "INT UNSIGNED");
    CHECK_FALSE(columns[0].nullable);
    CHECK(columns[0].primary_key);
    CHECK(columns[1].primary_key);
    CHECK(columns[2].kind == proto::ValueKind::int64);
    CHECK(columns[2].nullable);
    for (std::size_t i = 2; i < 6; ++i) CHECK_FALSE(columns[i].primary_key);
    CHECK(columns[3].kind == proto::ValueKind::text);
    CHECK(columns[4].kind == proto::ValueKind::bytes);
    CHECK(columns[5].table.empty());
    CHECK(reply.node == node->name());

    const auto warned = client->run("SELECT CAST('12x' AS SIGNED), 1/0");
    REQUIRE(warned.status.ok());
    REQUIRE_FALSE(warned.results[0].warnings.empty());
    CHECK(warned.results[0].warnings[0].starts_with("1292 Truncated incorrect INTEGER value"));
    const auto ignored = client->run("INSERT IGNORE INTO meta.t VALUES (1,2,0,'',NULL)");
    REQUIRE(ignored.status.ok());
    REQUIRE(ignored.results[0].warnings.size() == 1);
    CHECK(ignored.results[0].warnings[0].starts_with("1062 "));
    CHECK(client->run("SELECT 1").results[0].warnings.empty());
  }
  // A key that comes later is seen, one that goes too.
  cluster.must("ALTER TABLE meta.t DROP PRIMARY KEY, ADD PRIMARY KEY (small)");
  cluster.wait_until_equal();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    const auto reply = open_client(*node)->run("SELECT id, small FROM meta.t");
    CHECK_FALSE(reply.results.at(0).columns.at(0).primary_key);
    CHECK(reply.results.at(0).columns.at(1).primary_key);
  }
}

TEST_CASE("api: `expect` is optimistic locking: of rivals one wins, and a loser leaves nothing", "[api]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE expected");
  cluster.must("CREATE TABLE expected.t (id INT PRIMARY KEY, version INT, v INT)");
  cluster.must("CREATE TABLE expected.history (id INT AUTO_INCREMENT PRIMARY KEY, version INT)");
  cluster.must("INSERT INTO expected.t VALUES (1,0,0)");
  cluster.wait_until_equal();
  constexpr int kRivals = 6;
  constexpr int kWins = 15;
  std::vector<std::future<std::pair<int, std::string>>> rivals;  // attempts that lost, problem
  for (int i = 0; i < kRivals; ++i)
    rivals.push_back(std::async(std::launch::async, [&cluster, i]() -> std::pair<int, std::string> {
      auto client = open_client(*cluster.nodes()[static_cast<std::size_t>(i) % 3]);
      int lost = 0;
      for (int wins = 0; wins < kWins;) {
        const auto seen = client->run("SELECT version FROM expected.t WHERE id=1");
        if (!seen.status.ok()) return {lost, show(seen.status)};
        const std::int64_t version = seen.results[0].rows.cell(0, 0).int64;
        client::Request request;
        request.database = "expected";
        request.statements.push_back({"INSERT INTO history(version) VALUES (?)", {version + 1}, {}, 1});
        request.statements.push_back(
            {"UPDATE t SET v=v+1, version=version+1 WHERE id=1 AND version=:seen", {}, {{"seen", version}}, 1});
        const auto reply = client->run(std::move(request));
        if (reply.status.ok()) {
          ++wins;
        } else if (reply.status.code != Code::expectation_failed || reply.failed_statement != 1U) {
          return {lost, show(reply.status)};
        } else {
          ++lost;
        }
      }
      return {lost, ""};
    }));
  int lost = 0;
  for (auto& rival : rivals) {
    const auto [losses, problem] = rival.get();
    CHECK(problem == "");
    lost += losses;
  }
  INFO(lost << " attempts lost");
  CHECK(lost > 0);
  cluster.check_same_everywhere();
  const std::string all = std::to_string(kRivals * kWins);
  CHECK(cluster.slave(1).run("SELECT version, v FROM expected.t").text() == all + "|" + all);
  CHECK(cluster.slave(1).run("SELECT COUNT(*), COUNT(DISTINCT version) FROM expected.history").text() ==
        all + "|" + all);
}

TEST_CASE("api: what makes no sense is refused with its place, and nothing of it is executed", "[api]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE senseless");
  cluster.must("CREATE TABLE senseless.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  const Sequence before = cluster.wait_until_equal();
  const client::Statement good{"INSERT INTO senseless.t(v) VALUES (1)", {}, {}, {}};
  struct Case {
    const char* what;
    client::Statement bad;
    Code code;
  };
  const std::vector<Case> cases = {
      {"a parameter too few", {"INSERT INTO senseless.t VALUES (?,?)", {std::int64_t{1}}, {}, {}}, Code::bad_request},
      {"no parameters", {"INSERT INTO senseless.t(v) VALUES (?)", {}, {}, {}}, Code::refused},
      {"a parameter too many", {"INSERT INTO senseless.t(v) VALUES (1)", {std::int64_t{1}}, {}, {}}, Code::bad_request},
      {"a name that is not given",
       {"INSERT INTO senseless.t(v) VALUES (:v)", {}, {{"w", std::int64_t{1}}}, {}},
       Code::bad_request},
      {"expect on a read", {"SELECT 1", {}, {}, 1}, Code::bad_request},
      {"text that is not UTF-8",
       {"INSERT INTO senseless.t(v) VALUES (?)", {std::string("\xff")}, {}, {}},
       Code::bad_request},
      {"too many parameters",
       {"INSERT INTO senseless.t(v) VALUES (1)", std::vector<Value>(70'000, std::int64_t{1}), {}, {}},
       Code::too_large},
      {"an unknown column", {"INSERT INTO senseless.t(w) VALUES (1)", {}, {}, {}}, Code::sql_error},
      {"DDL among others", {"CREATE TABLE senseless.u (id INT)", {}, {}, {}}, Code::refused},
      {"no statement", {"", {}, {}, {}}, Code::refused},
      {"two in one", {"DELETE FROM senseless.t; DELETE FROM senseless.t", {}, {}, {}}, Code::refused},
  };
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    auto client = open_client(*node);
    for (const Case& each : cases) {
      INFO(node->name() << ": " << each.what);
      client::Request request;
      request.statements = {good, each.bad};
      const auto reply = client->run(std::move(request));
      INFO(show(reply.status));
      CHECK(reply.status.code == each.code);
      CHECK((reply.failed_statement == 1U || reply.status.message.find("statements[1]") != std::string::npos));
      CHECK_FALSE(reply.wrote);
    }
  }
  CHECK(cluster.wait_until_equal() == before);
}

TEST_CASE("api: a queued write is cancelled without a trace, a running one is stopped in the database", "[api]") {
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = "limits:\n  forwarders: 1\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE stopped");
  cluster.must("CREATE TABLE stopped.t (id INT PRIMARY KEY, v INT)");
  cluster.must("INSERT INTO stopped.t VALUES (1,0),(2,0),(3,0),(4,0),(5,0)");
  cluster.wait_until_equal();
  auto at_master = open_client(cluster.master());
  auto at_slave = open_client(cluster.slave(0));
  const auto update = [](int id) {
    return client::Request::of("UPDATE stopped.t SET v=v+1 WHERE id=?", {std::int64_t{id}});
  };
  using Future = std::future<client::Reply>;
  const auto start = [&](client::Client& client, int id, Future& reply) {
    auto promise = std::make_shared<std::promise<client::Reply>>();
    reply = promise->get_future();
    return client.submit(update(id), [promise](client::Reply answer) { promise->set_value(std::move(answer)); });
  };

  // The write at the head waits for a row that somebody else holds: what comes after it is queued.
  const auto holder = cluster.master().open_database();
  REQUIRE(holder->execute("BEGIN").ok());
  REQUIRE(holder->rows("SELECT * FROM stopped.t WHERE id=1 FOR UPDATE").ok());
  Future running, queued, queued_at_slave, forwarded, survivor;
  const std::uint64_t running_id = start(*at_master, 1, running);
  wait_for("the write to wait in the database", [&] {
    return cluster.master().ask_database(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'UPDATE stopped.t%'") == "1";
  });
  const std::uint64_t queued_id = start(*at_master, 2, queued);
  const std::uint64_t forwarded_id = start(*at_slave, 3, forwarded);       // takes the slave's one way to the master
  const std::uint64_t at_slave_id = start(*at_slave, 4, queued_at_slave);  // and this waits for it
  start(*at_master, 5, survivor);
  wait_for("the writes to be queued", [&] { return cluster.master().status()->queue_depth >= 3; });

  // Last come, first cancelled: nothing of it depends on the one that runs.
  const auto cancel = [](client::Client& client, std::uint64_t id) {
    const Result<bool> stopped = client.cancel(id);
    INFO(show(stopped.status()));
    return stopped.ok() && *stopped;
  };
  CHECK(cancel(*at_slave, at_slave_id));
  CHECK(queued_at_slave.get().status.code == Code::cancelled);
  CHECK(cancel(*at_slave, forwarded_id));
  CHECK(cancel(*at_master, queued_id));
  CHECK(cancel(*at_master, running_id));
  const client::Reply stopped = running.get();
  INFO(show(stopped.status));
  CHECK(stopped.status.code == Code::cancelled);
  CHECK_FALSE(stopped.wrote);
  CHECK(queued.get().status.code == Code::cancelled);
  CHECK(forwarded.get().status.code == Code::cancelled);
  CHECK(survivor.get().status.ok());
  REQUIRE(holder->execute("ROLLBACK").ok());

  // What has ended cannot be stopped; what never was is not found.
  const client::Reply done = at_master->run(update(5));
  REQUIRE(done.status.ok());
  CHECK_FALSE(cancel(*at_master, done.request_id));
  for (Node* node : cluster.nodes()) {
    Result<proto::Message> reply = Session(node->endpoint()).exchange(proto::CancelRequest{{"nobody", 1}}, 30s);
    REQUIRE(reply.ok());
    const auto* error = std::get_if<proto::ErrorReply>(&*reply);
    REQUIRE(error != nullptr);
    CHECK(error->status.code == Code::request_not_found);
  }
  cluster.check_same_everywhere();
  CHECK(cluster.slave(0).run("SELECT v FROM stopped.t ORDER BY id").text() == "0\n0\n0\n0\n2");
}

TEST_CASE("api: cursors have a limit for each client and a time-out, and belong to who opened them", "[api]") {
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = "limits:\n  cursor_timeout: 1500ms\n  max_cursors_per_client: 2\n  max_cursors: 3\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE cursors");
  cluster.must("CREATE TABLE cursors.t (id INT PRIMARY KEY)");
  cluster.must("INSERT INTO cursors.t VALUES (1),(2),(3),(4),(5)");
  const std::string sql = "SELECT id FROM cursors.t ORDER BY id";
  auto one = open_client(cluster.master(), 2);
  auto two = open_client(cluster.master(), 2);
  const auto open = [&sql](client::Client& client) {
    client::Reply reply = client.run(sql);
    INFO(show(reply.status));
    REQUIRE(reply.status.ok());
    REQUIRE(reply.results.at(0).cursor);
    return reply.results[0].cursor;
  };
  const client::Cursor first = open(*one);
  CHECK(two->fetch(first).status.code == Code::cursor_not_found);
  two->close(first);  // not its own: nothing happens
  const client::Cursor second = open(*one);
  CHECK(one->run(sql).status.code == Code::too_many_cursors);
  CHECK(one->run("SELECT 1").status.ok());  // one page needs none
  const client::Cursor others = open(*two);
  CHECK(two->run(sql).status.code == Code::too_many_cursors);  // the node's own limit
  client::Reply page = one->fetch(first);
  REQUIRE(page.status.ok());
  CHECK(as_text(page.results.at(0)) == "3\n4");
  page = one->fetch(first);
  CHECK(as_text(page.results.at(0)) == "5");
  CHECK_FALSE(page.results.at(0).cursor);
  CHECK(one->fetch(first).status.code == Code::cursor_not_found);
  one->close(second);
  CHECK(one->fetch(second).status.code == Code::cursor_not_found);
  open(*one);
  open(*one);
  // Left alone, they go, and make room.
  wait_for("the idle cursors to go", [&] {
    client::Reply reply = two->run(sql);
    if (reply.status.ok()) two->close(reply.results.at(0).cursor);
    return reply.status.ok();
  });
  wait_for("the other client's to go", [&] { return one->run(sql).status.ok(); });
  CHECK(two->fetch(others).status.code == Code::cursor_not_found);
}

TEST_CASE("api: a million rows come in pages, from one moment, with bounded memory at both ends", "[api]") {
  Cluster& cluster = shared_cluster();
  cluster.must("CREATE DATABASE million");
  cluster.must("CREATE TABLE million.t (id INT PRIMARY KEY, v VARCHAR(100))");
  std::string sql = "INSERT INTO million.t VALUES ";
  constexpr std::int64_t kSide = 1'000;
  for (std::int64_t i = 0; i < kSide; ++i)
    sql += (i == 0 ? "(" : ",(") + std::to_string(i) + ",'" + std::string(100, static_cast<char>('a' + i % 26)) + "')";
  cluster.must(sql);
  cluster.wait_until_equal();
  Node& node = cluster.slave(0);
  auto client = open_client(node);
  const auto read = [&](std::int64_t sides) {
    client::Reply reply =
        client->run("SELECT a.id*1000+b.id AS n, a.v, b.v AS w FROM million.t a, million.t b WHERE a.id<?", {sides});
    std::vector<bool> seen(static_cast<std::size_t>(sides * kSide));
    std::uint64_t rows = 0;
    bool disturbed = false;
    while (true) {
      INFO(show(reply.status));
      REQUIRE(reply.status.ok());
      const client::StatementReply& page = reply.results.at(0);
      for (std::uint64_t row = 0; row < page.rows.row_count(); ++row) {
        const std::size_t n = static_cast<std::size_t>(page.rows.cell(row, 0).int64);
        if (n >= seen.size() || seen[n] || page.rows.cell(row, 1).view().size() != 100)
          FAIL("row " << n << " is wrong");
        seen[n] = true;
      }
      rows += page.rows.row_count();
      if (!page.cursor) break;
      // What changes meanwhile is not seen.
      if (!std::exchange(disturbed, true)) cluster.must("UPDATE million.t SET v='changed' WHERE id>900");
      reply = client->fetch(page.cursor);
    }
    CHECK(rows == seen.size());
    cluster.must("UPDATE million.t SET v='" + std::string(100, 'x') + "' WHERE id>900");
    cluster.wait_until_equal();
  };
  // A cursor that is closed early stops its statement: a thousand million rows would take the node for minutes.
  const client::Reply endless = client->run("SELECT a.id FROM million.t a, million.t b, million.t c");
  REQUIRE(endless.status.ok());
  client->close(endless.results.at(0).cursor);
  CHECK(client->fetch(endless.results.at(0).cursor).status.code == Code::cursor_not_found);
  wait_for("the statement to be stopped", [&] {
    return node.ask_database(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT a.id FROM%'") == "0";
  });
  read(50);
  const std::uint64_t node_before = peak_mib(node.process());
  const std::uint64_t client_before = peak_mib(::getpid());
  read(kSide);  // some 210 MB of text
  const std::uint64_t node_grown = peak_mib(node.process()) - node_before;
  const std::uint64_t client_grown = peak_mib(::getpid()) - client_before;
  INFO("20 times the rows cost " << node_grown << " MiB more at the node, " << client_grown << " MiB at the client");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
  CHECK(node_grown <= 24);
  CHECK(client_grown <= 24);
#endif
}
