// Heads: where the two heads of a node end, its log and its database, and what is to be done about it. Pure; any
// thread. Why so: docs/decisions/0033-two-heads.md.
#pragma once

#include <optional>

#include "base/status.h"
#include "base/types.h"
#include "storage/log.h"

namespace sqlcast::node {

struct Heads {
  struct Log {
    Hash cluster{};  // what its chain begins with
    Position end;    // durable
  };
  std::optional<Log> log;                  // nothing: it has no file
  Position database;                       // of the last group that it has committed
  std::optional<storage::TailStart> tail;  // what its end of the log begins with; asked for while the log has no group
  bool common = false;                     // the longer one has the group that the shorter one, not empty, ends with
};

struct Decision {
  enum class Step {
    nothing,       // the log has all that the database has, or both are empty
    begin_log,     // with a file, behind `begin_with`; then to be decided anew
    complete_log,  // the database is ahead: the log gets what it has committed
    refuse,        // `why` has it: a person has to decide
  };
  Step step = Step::nothing;
  Hash begin_with{};
  Status why;
};

// What makes the log have all that the database has. `new_cluster`: what the chain of a node without any data begins
// with, if it may begin one. Refuses with diverged when neither continues the other, with io when the log is gone.
Decision decide_log(const Heads& heads, const std::optional<Hash>& new_cluster);

// Whether the database, of a node whose log has had all of it, is the beginning of the log, or the log itself: what it
// lacks can be run on it. diverged: it is not.
Status decide_database(const Heads& heads);

// What is said of two histories, also when that shows later.
Status forked(const Position& log, const Position& database);

}  // namespace sqlcast::node
