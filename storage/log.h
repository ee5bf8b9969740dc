// Log: the table that holds every committed group, in the same transaction as its effects. Text to append with,
// and reads of it; the transactions, and the thread, belong to those who call. What makes text is pure and does not
// block; what has a connection may block, for the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "proto/entry.h"
#include "storage/connection.h"

namespace sqlcast::storage {

// INSERT statement for rows of the log, without ';'. `fingerprint` goes into a ddl_pending row.
std::string append_sql(const std::vector<proto::Group>& groups, const std::string& fingerprint = {});
// What ends a transaction whose statements have run: the log's role, the rows, COMMIT. kCommitStatements statements,
// without a last `;`.
std::string commit_sql(const std::vector<proto::Group>& groups);
inline constexpr std::size_t kCommitStatements = 3;

// Marks a pending row done.
std::string finish_ddl_sql(const proto::Group& group, const std::string& fingerprint);
// Takes back a pending row whose DDL the database refused: nobody has heard of it.
std::string withdraw_ddl_sql(const proto::Group& group);

// The end of the log. The row of a DDL that has not been done yet does not count: it may still be withdrawn.
Result<Position> read_position(Connection& connection);

struct PendingDdl {
  proto::Group group;
  std::string fingerprint;  // of its targets, before it ran
};
Result<std::optional<PendingDdl>> read_pending(Connection& connection);

// Groups after a sequence and not after `last`, in order, whole, up to max_bytes of bodies (at least one).
// Finished groups only. The caller gives a `last` that it knows to be durable: the database shows a commit to other
// connections a moment before it is on disk.
Result<std::vector<proto::Group>> read_groups(Connection& connection, Sequence after, Sequence last,
                                              std::uint64_t max_bytes);

// What the chain begins with, which no other cluster's log has; nothing while the log is empty.
Result<std::optional<Hash>> read_cluster(Connection& connection);

// The hash of the group that ends at `sequence`; nothing when no group ends there. Sequence 0 has the zero hash.
Result<std::optional<Hash>> read_hash(Connection& connection, Sequence sequence);

}  // namespace sqlcast::storage
