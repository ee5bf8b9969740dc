// Goal: small reads that share a round trip to the database are still each client's own: its rows, its error, its
// cancel, and none waits for one that takes long. Method: more reads at once than the node has readers, statements of
// one shape that are quick with one number and endless with another, a server that ends no connection for the node; the
// order of answers counts, no clock.
#include <deque>
#include <future>

#include "client/client.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

constexpr int kRows = 1'000;

// kRows rows (id, v = 7 * id) in small.t.
std::unique_ptr<Cluster> cluster_with_rows(const Cluster::Options& options) {
  auto cluster = std::make_unique<Cluster>(options);
  cluster->must("CREATE DATABASE small");
  cluster->must("CREATE TABLE small.t (id INT PRIMARY KEY, v INT NOT NULL)");
  std::string rows = "INSERT INTO small.t VALUES ";
  for (int id = 1; id <= kRows; ++id)
    rows += (id == 1 ? "(" : ",(") + std::to_string(id) + "," + std::to_string(7 * id) + ")";
  cluster->must(rows);
  cluster->wait_until_equal();
  return cluster;
}

// With a slave of two readers.
std::unique_ptr<Cluster> small_cluster() {
  Cluster::Options options;
  options.slaves = 1;
  options.slave_settings = "limits:\n  readers: 2\n";
  return cluster_with_rows(options);
}

std::unique_ptr<client::Client> client_of(const Node& node) {
  client::Options options;
  options.endpoints = {node.endpoint()};
  options.timeout = 300s;
  auto client = client::Client::open(options);
  if (!client.ok()) throw std::runtime_error(show(client.status()));
  return std::move(*client);
}

client::Request read_of(const std::string& sql) {
  client::Request request = client::Request::of(sql);
  request.consistency = client::Consistency::any;
  return request;
}

// Counts the triples of the first `rows` rows: with 1 quick, with all of them it takes minutes.
std::string triples(int rows) {
  const std::string limit = std::to_string(rows);
  return "SELECT COUNT(*) FROM small.t a, small.t b, small.t c WHERE a.id<=" + limit + " AND b.id<=" + limit +
         " AND c.id<=" + limit + " AND a.v+b.v+c.v>0";
}

std::string cell_of(const client::Reply& reply) {
  if (!reply.status.ok()) return show(reply.status);
  if (reply.results.size() != 1 || reply.results[0].rows.row_count() != 1) return "not one row";
  return std::to_string(reply.results[0].rows.cell(0, 0).int64);
}

std::uint64_t together(const Node& node) { return node.status()->counters.at("reads_together"); }

// One submitted read that can be cancelled.
struct Asked {
  std::uint64_t id = 0;
  std::future<client::Reply> reply;
};

Asked ask(client::Client& client, const std::string& sql) {
  auto promise = std::make_shared<std::promise<client::Reply>>();
  Asked asked;
  asked.reply = promise->get_future();
  asked.id = client.submit(read_of(sql), [promise](client::Reply reply) { promise->set_value(std::move(reply)); });
  return asked;
}

bool is_there(const std::future<client::Reply>& reply) { return reply.wait_for(0s) == std::future_status::ready; }

std::string point(int id) { return "SELECT v FROM small.t WHERE id=" + std::to_string(id); }

// Until statements of that kind are known to be quick at both readers.
void make_known(const Node& node, client::Client& client, const std::string& sql) {
  const std::uint64_t before = together(node);
  wait_for("reads to share round trips", [&] {
    std::vector<Asked> burst;
    for (int i = 0; i < 64; ++i) burst.push_back(ask(client, sql));
    for (Asked& one : burst)
      if (!one.reply.get().status.ok()) throw std::runtime_error("a read failed: " + sql);
    return together(node) >= before + 64;
  });
}

}  // namespace

TEST_CASE("small reads: many at once get their own answers, and an error is its own request's alone", "[small_reads]") {
  const auto cluster = small_cluster();
  const Node& slave = cluster->slave(0);
  const auto client = client_of(slave);
  make_known(slave, *client, point(1));
  // Of two rows the inner one gives too many.
  const auto one_of = [](int rows) { return "SELECT (SELECT v FROM small.t WHERE id<=" + std::to_string(rows) + ")"; };
  make_known(slave, *client, one_of(1));
  std::vector<Asked> asked;
  for (int i = 0; i < 2'000; ++i)
    asked.push_back(ask(*client, i % 10 == 5 ? one_of(i % 20 == 5 ? 2 : 1) : point(1 + i % kRows)));
  for (int i = 0; i < 2'000; ++i) {
    const client::Reply reply = asked[static_cast<std::size_t>(i)].reply.get();
    INFO(i);
    if (i % 20 == 5) {
      CHECK(reply.status.code == Code::sql_error);
      CHECK(reply.status.database_errno == 1242);
    } else {
      CHECK(cell_of(reply) == (i % 10 == 5 ? "7" : std::to_string(7 * (1 + i % kRows))));
    }
  }
  // More rows than a page, of a shape that has given one row so far: the pages come all the same.
  const auto up_to = [](int id) { return "SELECT v FROM small.t WHERE id<=" + std::to_string(id) + " ORDER BY id"; };
  make_known(slave, *client, up_to(1));
  std::vector<Asked> pages;
  for (int i = 0; i < 64; ++i) {
    auto promise = std::make_shared<std::promise<client::Reply>>();
    client::Request request = read_of(up_to(i == 40 ? 30 : 1));
    request.page_rows = 10;
    Asked& one = pages.emplace_back();
    one.reply = promise->get_future();
    one.id = client->submit(std::move(request), [promise](client::Reply r) { promise->set_value(std::move(r)); });
  }
  for (std::size_t i = 0; i < pages.size(); ++i) {
    client::Reply reply = pages[i].reply.get();
    INFO(i << " " << show(reply.status));
    REQUIRE(reply.status.ok());
    std::uint64_t rows = reply.results[0].rows.row_count();
    while (reply.results[0].cursor) {
      reply = client->fetch(reply.results[0].cursor, 10);
      REQUIRE(reply.status.ok());
      rows += reply.results[0].rows.row_count();
    }
    CHECK(rows == (i == 40 ? 30 : 1));
  }
}

TEST_CASE("small reads: one with too many rows for a page is not read to its end first, whatever the database says",
          "[small_reads]") {
  const ExternalServer server;
  Cluster::Options options;
  options.slaves = 0;
  options.master_settings = server.yaml() + "limits:\n  readers: 2\n";
  const auto cluster = cluster_with_rows(options);
  const Node& master = cluster->master();
  const auto client = client_of(master);
  // With 1 it is one row, with all of them a thousand millions.
  const auto triples_up_to = [](int id) {
    const std::string limit = std::to_string(id);
    return "SELECT a.v FROM small.t a, small.t b, small.t c WHERE a.id<=" + limit + " AND b.id<=" + limit +
           " AND c.id<=" + limit;
  };
  make_known(master, *client, triples_up_to(1));
  // The node cannot tell the server to end a connection now.
  const auto administrator = server.open();
  REQUIRE(administrator->execute("ALTER USER root@localhost ACCOUNT LOCK").ok());
  constexpr std::size_t kReads = 64;
  constexpr std::size_t kLarge = 40;
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < kReads; ++i) asked.push_back(ask(*client, triples_up_to(i == kLarge ? kRows : 1)));
  for (std::size_t i = 0; i < kReads; ++i) {
    const client::Reply reply = asked[i].reply.get();
    INFO(i << " " << show(reply.status));
    REQUIRE(reply.status.ok());
    CHECK(static_cast<bool>(reply.results[0].cursor) == (i == kLarge));
    if (reply.results[0].cursor) client->close(reply.results[0].cursor);
  }
  const std::string left =
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT a.v FROM small.t%'";
  wait_for("all of it to end", [&] { return administrator->scalar(left)->value_or("") == "0"; });
}

TEST_CASE("small reads: one that takes long after all does not hold up those that were taken with it",
          "[small_reads]") {
  const auto cluster = small_cluster();
  const Node& slave = cluster->slave(0);
  const auto client = client_of(slave);
  make_known(slave, *client, triples(1));
  std::vector<Asked> quick;
  Asked endless;
  for (int i = 0; i < 200; ++i) {
    quick.push_back(ask(*client, triples(1)));
    if (i == 20) endless = ask(*client, triples(kRows));
  }
  for (Asked& one : quick) CHECK(cell_of(one.reply.get()) == "1");
  CHECK(!is_there(endless.reply));
  const Result<bool> stopped = client->cancel(endless.id);
  INFO(show(stopped.status()));
  CHECK((stopped.ok() && *stopped));
  CHECK(endless.reply.get().status.code == Code::cancelled);
  CHECK(cell_of(client->run(read_of(point(3)))) == "21");
}

TEST_CASE("small reads: beside an endless SELECT, a million rows and cancels, each is answered, the endless one last",
          "[small_reads]") {
  const auto cluster = small_cluster();
  const Node& slave = cluster->slave(0);
  const auto client = client_of(slave);
  make_known(slave, *client, point(1));
  Asked endless = ask(*client, triples(kRows));
  auto million = std::async(std::launch::async, [&slave] {
    const auto reader = client_of(slave);
    client::Request request = read_of("SELECT a.id, b.v FROM small.t a, small.t b");
    request.page_rows = 5'000;
    std::uint64_t rows = 0;
    client::Reply reply = reader->run(std::move(request));
    while (true) {
      if (!reply.status.ok()) throw std::runtime_error(show(reply.status));
      rows += reply.results[0].rows.row_count();
      if (!reply.results[0].cursor) return rows;
      reply = reader->fetch(reply.results[0].cursor, 5'000);
    }
  });
  std::deque<std::pair<int, Asked>> open;
  std::uint64_t cancelled = 0;
  int asked = 0;
  // Small ones and cancels as long as the million rows take, and some thousand at least.
  while (asked < 5'000 || million.wait_for(0s) != std::future_status::ready) {
    while (open.size() < 64) {
      const int id = 1 + asked++ % kRows;
      open.emplace_back(id, ask(*client, point(id)));
      if (asked % 50 == 0) client->cancel(open.back().second.id, [](const Result<bool>&) {});
    }
    auto [id, one] = std::move(open.front());
    open.pop_front();
    const client::Reply reply = one.reply.get();
    if (reply.status.code == Code::cancelled) {
      ++cancelled;
    } else if (cell_of(reply) != std::to_string(7 * id)) {
      FAIL("row " << id << ": " << cell_of(reply));
    }
  }
  for (auto& [id, one] : open)
    if (const client::Reply reply = one.reply.get(); reply.status.code != Code::cancelled)
      CHECK(cell_of(reply) == std::to_string(7 * id));
  CHECK(million.get() == std::uint64_t{kRows} * kRows);
  CHECK(cancelled <= static_cast<std::uint64_t>(asked / 50));
  CHECK(!is_there(endless.reply));
  const Result<bool> stopped = client->cancel(endless.id);
  CHECK((stopped.ok() && *stopped));
  CHECK(endless.reply.get().status.code == Code::cancelled);
}

TEST_CASE("small reads: one alone is read by the router's own thread, and should it take long, others go on",
          "[small_reads]") {
  const auto cluster = small_cluster();
  const Node& slave = cluster->slave(0);
  const auto client = client_of(slave);
  const auto at_door = [&] { return slave.status()->counters.at("reads_at_door"); };
  // One after the other, until they are.
  const auto make_swift = [&](const std::string& sql, const std::string& cell) {
    const std::uint64_t before = at_door();
    wait_for("reads by the router's thread", [&] {
      for (int i = 0; i < 20; ++i) CHECK(cell_of(client->run(read_of(sql))) == cell);
      return at_door() > before;
    });
  };
  make_swift(triples(1), "1");
  make_swift(point(2), "14");
  // Nothing else is under way: this one is the router's thread's, and takes minutes.
  Asked endless;
  wait_for("an endless read by the router's thread", [&] {
    make_swift(triples(1), "1");
    const std::uint64_t before = at_door();
    endless = ask(*client, triples(kRows));
    // Behind it, and a reader's for its comment.
    CHECK(cell_of(client->run(read_of("SELECT /* behind */ 5"))) == "5");
    if (at_door() == before + 1) return true;
    CHECK(client->cancel(endless.id).ok());
    (void)endless.reply.get();
    return false;
  });
  for (int id = 1; id <= 200; ++id) CHECK(cell_of(client->run(read_of(point(id)))) == std::to_string(7 * id));
  std::vector<Asked> many;
  for (int id = 1; id <= 500; ++id) many.push_back(ask(*client, point(id)));
  for (int id = 1; id <= 500; ++id)
    CHECK(cell_of(many[static_cast<std::size_t>(id - 1)].reply.get()) == std::to_string(7 * id));
  CHECK(!is_there(endless.reply));
  const Result<bool> stopped = client->cancel(endless.id);
  INFO(show(stopped.status()));
  CHECK((stopped.ok() && *stopped));
  CHECK(endless.reply.get().status.code == Code::cancelled);
  make_swift(point(3), "21");
}
