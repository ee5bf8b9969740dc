// Applying: groups of the log, run once more by a node that has them in its log and not in its database: by a slave all
// the time, by any node when its database has lost what it had not synced. Every effect is compared with the entry's.
//
// On the thread of the connection. May block, as long as the statements do.
// Why so: docs/decisions/0028-judged-again-on-slaves.md.
#pragma once

#include <span>
#include <vector>

#include "base/status.h"
#include "node/write_connection.h"
#include "proto/entry.h"

namespace sqlcast::node {

struct DecodedGroup {
  proto::Group group;
  std::vector<proto::Entry> entries;
};

// bad_message: the group's body is none.
Result<DecodedGroup> decode_group(proto::Group group);

bool is_ddl(const proto::Group& group);
// Whether it is what comes behind `end`.
bool comes_after(const proto::Group& group, const Position& end);

struct Applied {
  enum class Outcome {
    applied,  // and committed; `why` is ok
    again,    // nothing was done, or it is not known what: the connection, opened anew, tells. It may go next time
    differs,  // nothing was done: an effect or an error that only other data can have
  };
  Outcome outcome = Outcome::applied;
  // Diverged, where it differs: entry, statement, expected and found, and the database's number, if it was an error.
  Status why;
};

// In one transaction with their rows of the log. They follow each other, and none is a definition.
Applied apply_groups(WriteConnection& connection, std::span<const DecodedGroup> groups);

// A definition.
Applied apply_definition(WriteConnection& connection, const DecodedGroup& one);

}  // namespace sqlcast::node
