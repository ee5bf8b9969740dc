// Recovery: the two heads of a node, its log and its database, are brought to one place.
//
// A group is durable by the log and applied by the database, and neither waits for the other. After a crash of either
// the longer one gives the other what it lacks: the log is run once more, with every effect compared; or the groups
// that the database has committed are added to the log. The same on master and slave, at each start and whenever the
// database was lost. On the thread of the connection. Why so: docs/decisions/0033-two-heads.md.
#pragma once

#include <functional>
#include <optional>

#include "base/status.h"
#include "base/types.h"
#include "node/node_log.h"
#include "node/write_connection.h"

namespace sqlcast::node {

// What a run of the log has come to; for who tells of it.
using Replayed = std::function<void(const Position& position)>;

// ok: log and database end at the same group, or both are empty; all of the log is durable. A log that has no files yet
// begins with what the database has, or with `new_cluster`, if given. diverged: neither continues the other, or the log
// run once more gives other rows: a person has to decide. io, snapshot_required: the log cannot be read, or no longer
// has what the database lacks. Else what passes by itself, and is to be tried again: what was done is kept. May block,
// as long as it takes to run what is missing.
Status reconcile(NodeLog& log, WriteConnection& connection, const std::optional<Hash>& new_cluster,
                 const Replayed& replayed = {});

}  // namespace sqlcast::node
