#include "node/recovery.h"

#include "base/logging.h"
#include "node/group_applier.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

constexpr std::size_t kBatchEntries = 512;
constexpr std::uint64_t kBatchBytes = 2U << 20U;
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
Status complete_log(NodeLog& log, WriteConnection& connection, const Position& database) {
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

// Groups for one transaction: a definition alone, otherwise some.
Result<std::vector<DecodedGroup>> next_batch(log::LogReader& reader, std::optional<DecodedGroup>& next,
                                             const Position& end) {
  std::vector<DecodedGroup> batch;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  while (entries < kBatchEntries && bytes < kBatchBytes) {
    if (!next) {
      Result<std::optional<proto::Group>> group = reader.next(end);
      if (!group) return group.status();
      if (!*group) break;
      Result<DecodedGroup> decoded = decode_group(std::move(**group));
      if (!decoded) return decoded.status();
      next = std::move(*decoded);
    }
    if (!batch.empty() && (is_ddl(next->group) || is_ddl(batch.back().group))) break;
    entries += next->entries.size();
    bytes += next->group.body.size();
    batch.push_back(std::move(*next));
    next.reset();
  }
  return batch;
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
Status replay(NodeLog& log, WriteConnection& connection, const Position& database, const Replayed& replayed) {
  const Position end = log.end();
  if (Status status = log.sync(); !status.ok()) return status;
  if (database.sequence > 0) {
    const Result<bool> ours = log.has(database);
    if (!ours) return ours.status();
    if (!*ours) return forked(log, database);
  }
  log::LogReader reader = log.reader();
  if (const Result<Position> from = reader.seek(database.sequence, end); !from) return from.status();
  logging::info("the database ends at entry {} and gets from the log what it has lost, up to entry {}",
                database.sequence, end.sequence);
  std::optional<DecodedGroup> next;
  while (true) {
    const Result<std::vector<DecodedGroup>> batch = next_batch(reader, next, end);
    if (!batch) return batch.status();
    if (batch->empty()) return ok_status();
    Applied applied =
        is_ddl(batch->front().group) ? apply_definition(connection, batch->front()) : apply_groups(connection, *batch);
    Status status = applied_status(applied);
    if (applied.outcome == Applied::Outcome::differs && batch->size() > 1)
      status = apply_one_by_one(connection, *batch);
    if (!status.ok()) return status;
    const proto::Group& last = batch->back().group;
    if (replayed) replayed({last.epoch, last.last, last.hash});
  }
}

}  // namespace

Status reconcile(NodeLog& log, WriteConnection& connection, const std::optional<Hash>& new_cluster,
                 const Replayed& replayed) {
  if (!log.begun())
    if (Status status = begin_log(log, connection, new_cluster); !status.ok()) return status;
  const Result<Position> database = storage::read_position(connection.administrator());
  if (!database) return database.status();
  Status status;
  if (log.begun())
    status = database->sequence < log.end().sequence ? replay(log, connection, *database, replayed)
                                                     : complete_log(log, connection, *database);
  if (status.ok()) connection.whole();
  return status;
}

}  // namespace sqlcast::node
