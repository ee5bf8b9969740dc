#include "node/recovery.h"

#include "base/logging.h"
#include "node/batch_reader.h"
#include "node/group_applier.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

constexpr std::uint64_t kBytesAtOnce = 8U << 20U;  // of the database's end of the log

Status begin_log(NodeLog& log, WriteConnection& connection, const std::optional<Hash>& new_cluster) {
  const Result<std::optional<storage::TailStart>> tail = storage::read_start(connection.administrator());
  if (!tail) return tail.status();
  if (*tail) {
    if ((*tail)->first != 1)
      return Status::error(Code::io, "this node's log is gone: its database begins with entry " +
                                         std::to_string((*tail)->first) +
                                         " of it, and the folder `log` of its data has no file. Put the folder back, "
                                         "or move this data folder aside and let the node be made anew");
    return log.begin((*tail)->previous_hash, {0, 0, (*tail)->previous_hash});
  }
  return new_cluster ? log.begin(*new_cluster, {0, 0, *new_cluster}) : ok_status();
}

Status forked(const NodeLog& log, const Position& database) {
  return Status::error(Code::diverged, "this node's log ends at entry " + std::to_string(log.end().sequence) +
                                           " and its database at entry " + std::to_string(database.sequence) +
                                           ", of another history: one of the two was exchanged or put back. Put back "
                                           "the other one as well, or move this data folder aside and let the node "
                                           "be made anew");
}

// The database is ahead: it has committed what the log has not on disk.
Status append_what_is_missing(NodeLog& log, WriteConnection& connection, const Position& database) {
  const Position end = log.end();
  if (end.sequence == 0) {
    const Result<std::optional<storage::TailStart>> tail = storage::read_start(connection.administrator());
    if (!tail) return tail.status();
    if (*tail && ((*tail)->first != 1 || (*tail)->previous_hash != log.cluster())) return forked(log, database);
  } else {
    const Result<std::optional<Hash>> hash = storage::read_hash(connection.administrator(), end.sequence);
    if (!hash) return hash.status();
    if (*hash != end.hash) return forked(log, database);
  }
  if (database.sequence > end.sequence)
    logging::info("the log ends at entry {} and gets what the database has committed, up to entry {}", end.sequence,
                  database.sequence);
  while (log.end().sequence < database.sequence) {
    Result<std::vector<proto::Group>> groups =
        storage::read_groups(connection.administrator(), log.end().sequence, database.sequence, kBytesAtOnce);
    if (!groups) return groups.status();
    if (groups->empty()) return forked(log, database);
    const Sequence before = log.end().sequence;
    for (const proto::Group& group : *groups)
      if (Status status = log.append(group); !status.ok()) return status;
    SQLCAST_CHECK(log.end().sequence > before);
  }
  return log.sync();
}

Status applied_status(const Applied& applied) {
  if (applied.outcome != Applied::Outcome::differs) return applied.why;
  return Status::error(
      Code::diverged,
      "this node's log, run once more on its database, has another effect than it had: " + applied.why.message);
}

// One after the other, up to the one that fails.
Status apply_one_by_one(WriteConnection& connection, const std::vector<DecodedGroup>& batch) {
  for (const DecodedGroup& one : batch) {
    if (!connection.usable()) return Status::error(Code::database_unavailable, "the connection was lost");
    if (const Applied applied = apply_groups(connection, {&one, 1}); !applied.why.ok()) return applied_status(applied);
  }
  return ok_status();
}

// The log is ahead: the database has lost what it had not synced.
Status replay(NodeLog& log, WriteConnection& connection, const Position& database) {
  const Position end = log.end();
  if (database.sequence == end.sequence) return ok_status();
  BatchReader reader(log);
  if (Status status = reader.seek(database); !status.ok()) return status;
  logging::info("the database ends at entry {} and gets from the log what it has lost, up to entry {}",
                database.sequence, end.sequence);
  while (true) {
    const Result<std::vector<DecodedGroup>> batch = reader.next(end);
    if (!batch) return batch.status();
    if (batch->empty()) return ok_status();
    Applied applied =
        is_ddl(batch->front().group) ? apply_definition(connection, batch->front()) : apply_groups(connection, *batch);
    Status status = applied_status(applied);
    if (applied.outcome == Applied::Outcome::differs && batch->size() > 1)
      status = apply_one_by_one(connection, *batch);
    if (!status.ok()) return status;
  }
}

}  // namespace

Status complete_log(NodeLog& log, WriteConnection& connection, const std::optional<Hash>& new_cluster) {
  if (!log.begun())
    if (Status status = begin_log(log, connection, new_cluster); !status.ok()) return status;
  if (!log.begun()) return ok_status();
  const Result<Position> database = storage::read_position(connection.administrator());
  if (!database) return database.status();
  if (database->sequence >= log.end().sequence) return append_what_is_missing(log, connection, *database);
  return log.sync();
}

Result<Position> find_database(NodeLog& log, WriteConnection& connection) {
  Result<Position> database = storage::read_position(connection.administrator());
  if (!database || database->sequence == 0) return database;
  if (!log.begun() || database->sequence > log.durable().sequence)
    return Status::error(Code::diverged, "this node's database ends at entry " + std::to_string(database->sequence) +
                                             ", and its log has no more than " +
                                             std::to_string(log.begun() ? log.durable().sequence : 0) +
                                             ": its data was exchanged; restart the node");
  const Result<bool> ours = log.has(*database);
  if (!ours) return ours.status();
  if (!*ours) return forked(log, *database);
  return database;
}

Status reconcile(NodeLog& log, WriteConnection& connection, const std::optional<Hash>& new_cluster) {
  if (Status status = complete_log(log, connection, new_cluster); !status.ok()) return status;
  const Result<Position> database = find_database(log, connection);
  if (!database) return database.status();
  if (log.begun())
    if (Status status = replay(log, connection, *database); !status.ok()) return status;
  connection.whole();
  return ok_status();
}

}  // namespace sqlcast::node
