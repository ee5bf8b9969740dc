// Goal: whatever dies, and whenever, no acknowledged write is lost and none happens twice. Method: clients that resend
// under the same key, kill -9 in turn of every node and every database, then every row and every log compared.
#include <iostream>

#include "tests/support/load.h"

using namespace sqlcast;
using namespace sqlcast::support;

TEST_CASE("chaos: 24 kills under load lose nothing and double nothing", "[chaos]") {
  Cluster cluster(2);
  Load load(cluster, 6);
  load.wait_for_more(100);
  int kills = 0;
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    for (Node* node : cluster.nodes()) {
      node->kill_database();
      ++kills;
      load.wait_for_more(40);
    }
    for (Node* node : cluster.nodes()) {
      node->kill();
      ++kills;
      // A slave stays away for a while; without a master nothing goes on.
      if (node != &cluster.master()) load.wait_for_more(60);
      node->start();
      load.wait_for_more(40);
    }
    // As when the power fails: a node and its database at one blow.
    Node& victim = round % 2 == 0 ? cluster.master() : cluster.slave(0);
    victim.kill_with_database();
    ++kills;
    victim.start();
    load.wait_for_more(40);
    // All at once.
    if (round == kRounds - 1) {
      for (Node* node : cluster.nodes()) {
        node->kill_with_database();
        ++kills;
      }
      for (Node* node : cluster.nodes()) node->start();
      load.wait_for_more(100);
    }
  }
  load.stop();
  for (Node* node : cluster.nodes()) node->wait_until_answering();
  cluster.check_same_everywhere();
  for (Node* node : cluster.nodes()) load.check(*node);
  std::cout << "chaos: " << kills << " kills, " << load.summary() << "\n";
  CHECK(kills >= 20);
}
