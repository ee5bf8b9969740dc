// Goal: a large request is carried out once and keeps nobody waiting; what is too large is refused before it costs
// anything. Method: statements of the largest size that the defaults allow, through master and slave.
#include <future>

#include "tests/support/cluster.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;

namespace {

constexpr auto kLong = 300s;

// A legal INSERT of nearly 16 MiB, the default of limits.max_statement_bytes: little to execute, much to read.
std::string large_insert(const std::string& table) {
  std::string text = "INSERT INTO " + table + " VALUES (1,'x')";
  constexpr std::size_t kBytes = (16U << 20U) - 100;
  text.reserve(kBytes);
  while (text.size() < kBytes) text += " #\n";
  return text;
}

proto::QueryRequest patient(const std::string& client, const std::string& sql) {
  proto::QueryRequest request = keyed(client, 1, sql);
  request.timeout_ms = 290'000;
  return request;
}

std::uint64_t requests_taken(const Node& node) {
  std::optional<proto::NodeStatus> status;
  wait_for("a status", [&] { return (status = node.status()).has_value(); });
  return status->counters.at("requests");
}

}  // namespace

TEST_CASE("large: a write of 16 MiB through a slave is sent to the master once", "[large]") {
  Cluster::Options options;
  options.slaves = 1;
  options.master_settings = options.slave_settings = "limits:\n  max_request_timeout: 300s\n";
  Cluster cluster(options);
  cluster.must("CREATE DATABASE d");
  cluster.must("CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(10))");
  cluster.wait_until_equal();
  const std::uint64_t before = requests_taken(cluster.master());
  Session session(cluster.slave(0).endpoint());
  const Answer answer = session.run(patient("large", large_insert("d.t")), kLong);
  INFO(show(answer.status));
  REQUIRE(answer.ok());
  CHECK_FALSE(answer.result.replayed);
  CHECK(requests_taken(cluster.master()) == before + 1);
  CHECK(cluster.must("SELECT id, v FROM d.t").text() == "1|x");
}

TEST_CASE("large: what is over a limit is refused at once, and with the limit's name", "[large]") {
  Cluster& cluster = shared_cluster();
  for (Node* node : {&cluster.master(), &cluster.slave(0)}) {
    Session session(node->endpoint());
    const Answer refused = session.run(query_of("SELECT '" + std::string(17U << 20U, 'x')), kLong);
    CHECK(refused.status.reason == "STATEMENT_TOO_LARGE");
    // 2 GB, if it were put in.
    proto::QueryRequest bomb = query_of("SELECT 1");
    for (int i = 0; i < 3000; ++i) bomb.statements[0].sql += ",:v";
    bomb.statements[0].named_params = {{"v", std::string(700'000, 'x')}};
    CHECK(session.run(bomb, kLong).status.reason == "STATEMENT_TOO_LARGE");
    proto::QueryRequest many;
    many.statements.resize(3);
    for (proto::RequestStatement& statement : many.statements)
      statement.sql = "SELECT '" + std::string(12U << 20U, 'x') + "'";
    CHECK(session.run(many, kLong).status.code == Code::too_large);
    CHECK(session.run("SELECT 1").ok());
  }
}
