// Bench: a cluster beside a plain server, and the judge between them. One thread.
#pragma once

#include <vector>

#include "tests/oracle/clients.h"
#include "tests/oracle/judge.h"

namespace sqlcast::oracle {

struct Bench {
  support::Cluster cluster{2};
  PlainServer plain;
  Judge judge{plain};
  Position end;  // of the log, as far as it has been judged

  // Judges all that the cluster has done since: the outcomes of `deeds`, then what is there. Throws Difference, or
  // std::runtime_error when the nodes do not become equal.
  void settle(const std::vector<Deed>& deeds) {
    judge.replay(deeds, read_log(cluster.master(), end));
    cluster.wait_until_equal();
    judge.compare_contents(cluster.nodes());
  }
};

}  // namespace sqlcast::oracle
