// Judge: whether what the cluster did is what a plain MariaDB does. One thread.
//
// Accepted requests run at the plain server in the order of the log, and every outcome must be the client's: affected
// rows, insert ids, rows, warnings. What failed has no place in the log: it was executed after everything that was
// answered before it was sent, and before everything that was sent after it was answered. In one of the states between,
// the plain server must give the same error at the same statement. What the policy refused has never reached a
// database, and is counted only.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/oracle/plain_server.h"
#include "tests/oracle/request.h"
#include "tests/support/cluster.h"

namespace sqlcast::oracle {

// What the two do not have in common, as text.
class Difference : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Judge {
 public:
  explicit Judge(PlainServer& plain) : plain_(plain) {}

  // `deeds` are all that led to `entries`. Throws Difference.
  void replay(const std::vector<Deed>& deeds, const std::vector<proto::Entry>& entries);

  // The definition and the rows of each table and view, at the plain server and at each node. Throws Difference.
  void compare_contents(const std::vector<support::Node*>& nodes);

  std::uint64_t committed = 0;
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> refused;  // by the policy's code
  std::string summary() const;

 private:
  struct Failure {
    const Deed* deed;
    Sequence from;  // the states in which it may have been executed: behind these entries
    Sequence until;
    std::string last;  // what the plain server gave instead
  };
  std::vector<Failure> failures_of(const std::vector<Deed>& deeds, Sequence before);
  bool fails_likewise(Failure& failure, const proto::Context& context);
  void carry_out(const Deed& deed, const proto::Entry& entry);

  PlainServer& plain_;
  std::vector<std::string> recent_;  // what has run, for the report of a difference
};

}  // namespace sqlcast::oracle
