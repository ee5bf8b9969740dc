#include "node/recovery.h"

#include "base/logging.h"
#include "node/heads.h"
#include "storage/errors.h"

namespace sqlcast::node {
namespace {

// The log is asked how far it is durable last: it may grow meanwhile.
Result<Heads> look(NodeLog& log, DatabaseHead& database) {
  Heads heads;
  const Result<Position> position = database.position();
  if (!position) return position.status();
  heads.database = *position;
  if (log.begun()) heads.log = Heads::Log{log.cluster(), log.durable()};
  const Position end = heads.log ? heads.log->end : Position{};
  if (end.sequence == 0) {
    Result<std::optional<storage::TailStart>> tail = database.tail_start();
    if (!tail) return tail.status();
    heads.tail = *tail;
  } else if (heads.database.sequence > end.sequence) {
    const Result<std::optional<Hash>> hash = database.hash_of(end.sequence);
    if (!hash) return hash.status();
    heads.common = *hash == end.hash;
  } else if (heads.database.sequence > 0) {
    const Result<bool> has = log.has(heads.database);
    if (!has) return has.status();
    heads.common = *has;
  }
  return heads;
}

// It has committed what the log has not on disk.
Status append_what_is_missing(NodeLog& log, DatabaseHead& database, const Position& until, std::uint64_t bytes) {
  logging::info("the log ends at entry {} and gets what the database has committed, up to entry {}", log.end().sequence,
                until.sequence);
  while (log.end().sequence < until.sequence) {
    const Position end = log.end();
    const Result<std::vector<proto::Group>> groups = database.groups(end.sequence, until.sequence, bytes);
    if (!groups) return groups.status();
    if (groups->empty()) return forked(end, until);
    for (const proto::Group& group : *groups)
      if (Status status = log.append(group); !status.ok()) return status;
    SQLCAST_CHECK(log.end().sequence > end.sequence);
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
Status apply_one_by_one(DatabaseHead& database, const std::vector<DecodedGroup>& batch) {
  for (const DecodedGroup& one : batch) {
    if (!database.usable()) return Status::error(Code::database_unavailable, "the connection was lost");
    if (const Applied applied = database.apply({&one, 1}); !applied.why.ok()) return applied_status(applied);
  }
  return ok_status();
}

// A definition was begun and the database has no row of it: it did not run, for the row is on disk before it does.
// Where its target says otherwise, a person wants to know.
Status look_at_target(DatabaseHead& database, const proto::Entry& definition, const std::string& before) {
  const Result<std::string> now = database.fingerprint(definition);
  if (!now) return now.status();
  if (*now != before)
    logging::warn(
        "entry {} was begun, and what it defines is not as it was then: unless this database was put back from a copy, "
        "it has lost what it had said to be on disk; compare this node with another one ({})",
        definition.sequence, definition.statements.front().sql);
  return ok_status();
}

// The last group of the log was written ahead of its commit, or is a definition that was begun, and the database, which
// has all before it, has not committed it, or has lost that. Should anybody have been told of it, then it was carried
// out once, on just this data, and is again. What cannot be carried out on it never was: it did nothing, and nobody was
// told of it.
Status settle_ahead(NodeLog& log, DatabaseHead& database, NodeLog::Unsure ahead) {
  const Result<DecodedGroup> group = decode_group(std::move(ahead.group));
  if (!group) return group.status();
  if (!ahead.fingerprint.empty()) {
    // Of a definition whose end is not in the log nobody was ever told; of a group somebody may have been.
    if (database.gives_up()) {
      logging::error(
          "entry {} was begun, and the database's server ended each time that it was carried out: it is void ({})",
          group->group.last, group->entries.front().statements.front().sql);
      return log.take_back();
    }
    if (Status status = look_at_target(database, group->entries.front(), ahead.fingerprint); !status.ok())
      return status;
  }
  const Applied applied = database.apply({&*group, 1});
  switch (applied.outcome) {
    case Applied::Outcome::applied: {
      logging::info("entry {} was begun and nobody was told of it: it is carried out now", group->group.last);
      if (Status status = log.append(group->group); !status.ok()) return status;
      return log.sync();
    }
    case Applied::Outcome::differs: {
      // That says nothing of the data on which it was, perhaps, carried out before.
      if (storage::is_damaged_table(applied.why))
        return Status::error(Code::diverged,
                             "whether entry " + std::to_string(group->group.last) +
                                 " was carried out before cannot be told while a table of its is damaged: " +
                                 applied.why.message + ". Repair the table, or its file, and start this node again");
      // The database has not refused it: it is done in part.
      if (is_ddl(group->group) && applied.why.database_errno == 0) return applied.why;
      logging::warn("what was begun behind entry {} cannot be carried out, and nobody was told of it: it is void ({})",
                    log.end().sequence, applied.why.message);
      return log.take_back();
    }
    case Applied::Outcome::again: break;
  }
  return applied.why;
}

// The database has lost what it had not synced.
Status replay(NodeLog& log, DatabaseHead& database, const Position& after, const BatchReader::Portion& portion) {
  const Position end = log.end();
  if (after.sequence == end.sequence) return ok_status();
  BatchReader reader(log, portion);
  if (Status status = reader.seek(after); !status.ok()) return status;
  logging::info("the database ends at entry {} and gets from the log what it has lost, up to entry {}", after.sequence,
                end.sequence);
  while (true) {
    const Result<std::vector<DecodedGroup>> batch = reader.next(end);
    if (!batch) return batch.status();
    if (batch->empty()) return ok_status();
    const Applied applied = database.apply(*batch);
    Status status = applied_status(applied);
    if (applied.outcome == Applied::Outcome::differs && batch->size() > 1) status = apply_one_by_one(database, *batch);
    if (!status.ok()) return status;
  }
}

}  // namespace

Status complete_log(NodeLog& log, DatabaseHead& database, const std::optional<Hash>& new_cluster,
                    const RecoveryPortions& portions) {
  if (log.begun())
    if (Status status = log.sync(); !status.ok()) return status;
  const Result<Heads> heads = look(log, database);
  if (!heads) return heads.status();
  Decision decision = decide_log(*heads, new_cluster);
  switch (decision.step) {
    case Decision::Step::nothing: break;
    case Decision::Step::begin_log: {
      const Hash& hash = decision.begin_with;
      Status status = log.begin(hash, {0, 0, hash});
      return status.ok() ? complete_log(log, database, new_cluster, portions) : status;
    }
    case Decision::Step::complete_log: return append_what_is_missing(log, database, heads->database, portions.of_tail);
    case Decision::Step::refuse: return std::move(decision.why);
  }
  return ok_status();
}

Result<Position> find_database(NodeLog& log, DatabaseHead& database) {
  const Result<Heads> heads = look(log, database);
  if (!heads) return heads.status();
  if (Status status = decide_database(*heads); !status.ok()) return status;
  return heads->database;
}

Status reconcile(NodeLog& log, DatabaseHead& database, const std::optional<Hash>& new_cluster,
                 const RecoveryPortions& portions) {
  if (Status status = complete_log(log, database, new_cluster, portions); !status.ok()) return status;
  const Result<Position> found = find_database(log, database);
  if (!found) return found.status();
  if (log.begun())
    if (Status status = replay(log, database, *found, portions.of_log); !status.ok()) return status;
  if (std::optional<NodeLog::Unsure> ahead = log.ahead())
    if (Status status = settle_ahead(log, database, std::move(*ahead)); !status.ok()) return status;
  database.whole();
  return ok_status();
}

}  // namespace sqlcast::node
