// Clients: what concurrent clients send and get, under keys of their own, and the log that came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/entry.h"
#include "tests/oracle/generator.h"
#include "tests/oracle/request.h"
#include "tests/support/cluster.h"

namespace sqlcast::oracle {

struct Load {
  std::string name;  // of this load among all of a run's: the clients' ids begin with it
  std::uint64_t seed = 0;
  int clients = 24;
  int requests = 30;  // of each client
};

// All of them, in no order. A request whose outcome is not known is sent again under its key until it is. Throws when a
// client could not go on.
std::vector<Deed> run_clients(support::Cluster& cluster, const Generator& generator, const Load& load);

// One client at the master, one request after the other.
std::vector<Deed> run_in_order(support::Cluster& cluster, const std::vector<Request>& requests,
                               const std::string& name);

// The entries after `end`, which is then the last one's.
std::vector<proto::Entry> read_log(const support::Node& node, Position& end);

}  // namespace sqlcast::oracle
