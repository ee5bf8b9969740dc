// Recovery: the two heads of a node, its log and its database, are brought to one place.
//
// A group is durable by the log and applied by the database. After a crash of either the longer one gives the other
// what it lacks: the log is run once more, with every effect compared; or the groups that the database has committed
// are added to the log. On a slave, whose database follows its log all the time, the applier does the first. At each
// start and whenever the database was lost. What is to be done is decided in node/heads. On the thread of the
// connection. Why so: docs/decisions/0033-two-heads.md.
#pragma once

#include <cstdint>
#include <optional>

#include "base/status.h"
#include "base/types.h"
#include "node/batch_reader.h"
#include "node/database_head.h"
#include "node/node_log.h"

namespace sqlcast::node {

// How much is done at once.
struct RecoveryPortions {
  BatchReader::Portion of_log;        // in one transaction
  std::uint64_t of_tail = 8U << 20U;  // bytes of the database's end of the log
};

// For a start. ok: all of the log is durable, and it has at least what the database has. A log that has no files yet
// begins with what the database has, or with `new_cluster`, if given; with neither there is none yet. diverged: the
// database is of another history than the log: a person has to decide. io, snapshot_required: the log cannot be read,
// or no longer has what the database lacks. Else what passes by itself. May block.
Status complete_log(NodeLog& log, DatabaseHead& database, const std::optional<Hash>& new_cluster,
                    const RecoveryPortions& portions = {});

// Where the database stands in the log, from where what it lacks is to be applied. diverged: nowhere.
// snapshot_required: in front of it, for it was trimmed. Else as complete_log(). May block.
Result<Position> find_database(NodeLog& log, DatabaseHead& database);

// Both, and then all that the database lacks is applied: for a node that writes only what is in neither, and that alone
// may have written a group ahead of its commit. That one is applied as well, or is void when it gives other rows. ok:
// log and
// database end at the same group, or both are empty. diverged also: the log run once more gives other rows. Else what
// passes by itself, and is to be tried again: what was done is kept. May block, as long as it takes to run what is
// missing.
Status reconcile(NodeLog& log, DatabaseHead& database, const std::optional<Hash>& new_cluster,
                 const RecoveryPortions& portions = {});

}  // namespace sqlcast::node
