// Goal: what a cluster does is what a plain MariaDB does, and is the same on all of its nodes, whatever their plans.
// Method: rounds, each with a schema and a load of its own out of its seed: concurrent clients, also ones that fail;
// then the log's requests run at a plain server, and every outcome and all rows are compared; half-way the nodes are
// made physically different. ORACLE_SEED begins with that round's seed, ORACLE_SECONDS says how long,
// ORACLE_CLIENTS how many clients (1: the same run each time), ORACLE_ROUNDS how many rounds at most.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "tests/oracle/bench.h"
#include "tests/oracle/clients.h"
#include "tests/oracle/unrest.h"

using namespace sqlcast;
using namespace sqlcast::oracle;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

void run_round(Bench& bench, std::uint64_t seed, int clients) {
  const Generator generator(seed);
  Random random(seed + 1);
  const std::string name = "r" + std::to_string(seed);
  const std::vector<Deed> made = run_in_order(bench.cluster, generator.first(), name + "-first");
  for (const Deed& deed : made)
    if (deed.request.kind != Request::Kind::data && !deed.answer.ok())
      throw std::runtime_error("the schema cannot be made: " + support::show(deed.answer.status) + "\n  " +
                               describe(deed.request));
  bench.settle(made);
  for (int half = 0; half < 2; ++half) {
    for (support::Node* node : bench.cluster.nodes()) make_different(*node, generator.tables(), random);
    Load load;
    load.name = name + (half == 0 ? "a" : "b");
    load.seed = seed * 2 + static_cast<std::uint64_t>(half);
    load.clients = clients;
    load.requests = clients == 1 ? 400 : 30;
    bench.settle(run_clients(bench.cluster, generator, load));
  }
  bench.settle(run_in_order(bench.cluster, generator.last(), name + "-last"));
}

}  // namespace

TEST_CASE("oracle: a cluster does what a plain server does", "[generated]") {
  const std::uint64_t first = setting("ORACLE_SEED", 20'261'126);
  const std::uint64_t most = setting("ORACLE_ROUNDS", UINT64_MAX);
  const int clients = static_cast<int>(setting("ORACLE_CLIENTS", 24));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(setting("ORACLE_SECONDS", 300));
  std::cout << "oracle: from seed " << first << " on (ORACLE_SEED)" << std::endl;
  Bench bench;
  std::uint64_t rounds = 0;
  while (rounds < most && std::chrono::steady_clock::now() < until) {
    const std::uint64_t seed = first + rounds;
    try {
      run_round(bench, seed, clients);
    } catch (const std::exception& problem) {
      const Generator generator(seed);
      for (const Request& request : generator.first())
        if (request.kind != Request::Kind::data) std::cout << "  " << describe(request) << std::endl;
      FAIL("round of seed " << seed << " (ORACLE_SEED=" << seed << " ORACLE_ROUNDS=1): " << problem.what());
    }
    ++rounds;
  }
  std::cout << "oracle: " << rounds << " rounds; " << bench.judge.summary() << std::endl;
  CHECK(bench.judge.committed > 100 * rounds);
}
