// Log: the table that holds the newest committed groups, each in the same transaction as its effects: the database's
// end of the log, whose files have all of it (node/node_log). Text to append with, and reads of it; the transactions,
// and the thread, belong to those who call.
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

// Removes some of the rows of groups that end at `last` or before; several calls remove all.
std::string trim_sql(Sequence last);

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

// What stands in front of the first row: where its sequences begin, and the hash that it follows. Nothing while there
// is none.
struct TailStart {
  Sequence first = 0;
  Hash previous_hash{};
};
Result<std::optional<TailStart>> read_start(Connection& connection);

// The hash of the group that ends at `sequence`; nothing when no group ends there. Sequence 0 has the zero hash.
Result<std::optional<Hash>> read_hash(Connection& connection, Sequence sequence);

}  // namespace sqlcast::storage
