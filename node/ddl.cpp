#include "node/ddl.h"

#include <algorithm>
#include <cctype>

#include "base/crash_point.h"
#include "base/logging.h"
#include "sql/policy.h"
#include "storage/catalog.h"
#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

using storage::Connection;

std::string log_role() { return "SET ROLE " + std::string(storage::kLogRole); }

Status in_log(Connection& writer, const std::string& sql) {
  return writer.run_script(log_role() + ";" + sql, 2, nullptr).status;
}

sql::Verdict judge_entry(const proto::Entry& entry) {
  sql::Judgement judgement;
  judgement.default_database = entry.database;
  judgement.limits = sql::kWidestLimits;  // the master kept its own
  return sql::judge(entry.statements.front().sql, judgement);
}

Status use_database(Connection& writer, const proto::Entry& entry, const sql::Verdict& verdict) {
  const auto use = [&](std::string_view database) { return writer.execute("USE " + storage::quote_name(database)); };
  if (!entry.database.empty()) return use(entry.database);
  if (verdict.ddl_kind != sql::DdlKind::table) return use(storage::kNoDatabase);
  // What a foreign key refers to is by itself in the table's database; whether it may, the server asks of the
  // connection's.
  Status status = use(verdict.ddl_targets.front().database);
  // The statement may live with that: DROP TABLE IF EXISTS.
  return storage::is_unknown_database(status) ? use(storage::kNoDatabase) : status;
}

// Of the statement before. When they cannot be had, that does no harm: should the connection be lost, the next step
// sees it.
void take_warnings(Connection& writer, std::vector<std::string>& warnings) {
  const Result<std::vector<storage::Row>> rows = writer.rows("SHOW WARNINGS");
  if (!rows) return logging::warn("the warnings of a DDL statement are lost: {}", rows.status().message);
  for (const storage::Row& row : *rows) warnings.push_back(row.at(1).value_or("") + " " + row.at(2).value_or(""));
}

// While it lasts, what the database commits is on disk when it says so, also where it is not otherwise: a definition
// that has left its mark outside of InnoDB (CREATE DATABASE, CREATE VIEW) must never have a pending row that is lost.
class SyncedCommits {
 public:
  explicit SyncedCommits(Connection& administrator) : administrator_(administrator) {}
  ~SyncedCommits() {
    if (before_.empty()) return;
    if (const Status status = set(before_); !status.ok())
      logging::warn("the database goes on syncing each commit, which is slow: {}", status.message);
  }
  SyncedCommits(const SyncedCommits&) = delete;
  SyncedCommits& operator=(const SyncedCommits&) = delete;

  Status begin() {
    const Result<std::optional<std::string>> now =
        administrator_.scalar("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit");
    if (!now) return now.status();
    if (now->value_or("1") == "1") return ok_status();
    Status status = set("1");
    if (status.ok()) before_ = **now;
    return status;
  }

 private:
  Status set(const std::string& value) {
    return administrator_.execute("SET GLOBAL innodb_flush_log_at_trx_commit=" + value);
  }
  Connection& administrator_;
  std::string before_;
};

Status run_statement(DdlConnections& connections, const proto::Entry& entry, const sql::Verdict& verdict) {
  Connection& writer = connections.writer;
  if (Status status = writer.execute("SET ROLE " + std::string(storage::kClientRole)); !status.ok()) return status;
  const std::uint64_t us = entry.context.timestamp_us;
  std::string fraction = std::to_string(us % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  if (Status status = use_database(writer, entry, verdict); !status.ok()) return status;
  // A definition is not bound by a request's time: half a change is worse than a late one.
  // insert_id: what an insert has not used would number the rows of a table that gets an AUTO_INCREMENT column.
  const std::string context =
      "SET timestamp=" + std::to_string(us / 1'000'000) + "." + fraction +
      ",max_statement_time=0,insert_id=0,lock_wait_timeout=" + std::to_string(connections.patience.count());
  if (Status status = writer.execute(context); !status.ok()) return status;
  Status status = writer.execute(entry.statements.front().sql);
  if (status.ok() && connections.warnings != nullptr) take_warnings(writer, *connections.warnings);
  // Not meant for the writes that come after it: a connection that keeps it is of no use.
  if (!writer.execute("SET lock_wait_timeout=DEFAULT").ok()) writer.line()->cut();
  return status;
}

bool drops_database(const proto::Entry& entry, const sql::Verdict& verdict) {
  if (verdict.ddl_kind != sql::DdlKind::database || verdict.ddl_targets.empty()) return false;
  std::string word = entry.statements.front().sql.substr(verdict.body_offset, 4);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return word == "DROP";
}

// Of all definitions only these can stop half-way: they take tables, or partitions, one after the other.
bool may_be_half_done(const proto::Entry& entry, const sql::Verdict& verdict) {
  return verdict.empties || drops_database(entry, verdict);
}

Result<bool> exists(Connection& administrator, const std::string& database) {
  const Result<std::optional<std::string>> name = administrator.scalar(
      "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=" + storage::quote_text(database));
  if (!name) return name.status();
  return name->has_value();
}

Status refuse_if_referenced(Connection& administrator, const proto::Entry& entry, const sql::Verdict& verdict) {
  if (!drops_database(entry, verdict)) return ok_status();
  const std::string& database = verdict.ddl_targets.front().database;
  const Result<std::vector<std::string>> references = storage::outside_references(administrator, database);
  if (!references) return references.status();
  if (references->empty()) return ok_status();
  return storage::row_is_referenced("foreign keys in other databases refer to '" + database +
                                    "': " + references->front() + "; drop them first");
}

// Whatever else has hindered a step behind the pending row (somebody's KILL QUERY, the disk) does as much harm as a
// lost connection: the row is there, and nothing may be written before it is settled. So the connection is lost.
Status lose_connection(Connection& writer, Status why) {
  if (why.code == Code::database_unavailable) return why;
  logging::warn("a DDL statement could not be ended, which is done on a new connection: {}", why.message);
  writer.line()->cut();
  why.code = Code::database_unavailable;
  return why;
}

Status finish(DdlConnections connections, proto::Group& group, const sql::Verdict& verdict) {
  if (verdict.ddl_kind == sql::DdlKind::database && connections.sync_files)
    if (Status status = connections.sync_files(); !status.ok())
      return lose_connection(connections.writer, std::move(status));
  const Result<std::string> after = storage::fingerprint(connections.administrator, verdict.ddl_targets);
  if (!after) return lose_connection(connections.writer, after.status());
  if (Status status = in_log(connections.writer, storage::finish_ddl_sql(group, *after)); !status.ok())
    return lose_connection(connections.writer, std::move(status));
  group.state = proto::GroupState::ddl_done;
  crash_point("ddl_done");
  return ok_status();
}

// Runs a statement whose pending row is in the log, with the fingerprint that its targets had before.
Status run_pending(DdlConnections& connections, proto::Group& group, const proto::Entry& entry,
                   const sql::Verdict& verdict, const std::string& before) {
  Status ran = run_statement(connections, entry, verdict);
  crash_point("ddl_ran");
  if (ran.ok()) return finish(connections, group, verdict);
  if (ran.code == Code::database_unavailable) return ran;
  if (may_be_half_done(entry, verdict)) {
    const Result<std::string> after = storage::fingerprint(connections.administrator, verdict.ddl_targets);
    if (!after) return lose_connection(connections.writer, after.status());
    // Somebody stopped it half-way: the rest of it is left to be done.
    if (before != *after && storage::is_interrupted(ran))
      return run_pending(connections, group, entry, verdict, before);
    // The row stays pending: each start tries to end it, and nothing else is done before.
    if (before != *after)
      return Status::error(Code::diverged,
                           std::string(verdict.empties ? "a TRUNCATE" : "a DROP DATABASE") + " failed half-way (" +
                               ran.message + "): some of its " + (verdict.empties ? "partitions" : "tables") +
                               " are gone here and not elsewhere. Remove what hinders it and start this node again, "
                               "which ends it, or make the node anew from another one.");
  }
  if (Status status = in_log(connections.writer, storage::withdraw_ddl_sql(group)); !status.ok())
    return lose_connection(connections.writer, std::move(status));
  return ran;
}

}  // namespace

std::vector<sql::ObjectName> targets_of(const proto::Entry& entry) { return judge_entry(entry).ddl_targets; }

Result<std::string> fingerprint_of(Connection& administrator, const proto::Entry& entry) {
  return storage::fingerprint(administrator, targets_of(entry));
}

Status run_ddl(DdlConnections connections, proto::Group& group, const proto::Entry& entry) {
  const sql::Verdict verdict = judge_entry(entry);
  if (Status status = refuse_if_referenced(connections.administrator, entry, verdict); !status.ok()) return status;
  const Result<std::string> before = storage::fingerprint(connections.administrator, verdict.ddl_targets);
  if (!before) return before.status();
  SyncedCommits synced(connections.administrator);
  if (Status status = synced.begin(); !status.ok()) return status;
  if (connections.begins) {
    connections.begins(*before);
    crash_point("ddl_begun");
  }
  if (Status status = in_log(connections.writer, storage::append_sql({group}, *before)); !status.ok()) return status;
  crash_point("ddl_pending");
  return run_pending(connections, group, entry, verdict, *before);
}

Result<std::optional<proto::Group>> resume_ddl(DdlConnections connections, bool gives_up) {
  Result<std::optional<storage::PendingDdl>> pending = storage::read_pending(connections.administrator);
  if (!pending) return pending.status();
  if (!pending->has_value()) return std::optional<proto::Group>();
  proto::Group group = std::move((*pending)->group);
  const Result<std::vector<proto::Entry>> entries = proto::decode_entries(group.body);
  if (!entries) return entries.status();
  const proto::Entry& entry = entries->front();
  const sql::Verdict verdict = judge_entry(entry);
  const Result<std::string> now = storage::fingerprint(connections.administrator, verdict.ddl_targets);
  if (!now) return now.status();
  // A TRUNCATE may have come to some of the partitions alone; of empty ones it is the same once more.
  bool has_run = *now != (*pending)->fingerprint && !verdict.empties;
  if (has_run && drops_database(entry, verdict)) {
    const Result<bool> half = exists(connections.administrator, verdict.ddl_targets.front().database);
    if (!half) return half.status();
    has_run = !*half;
  }
  SyncedCommits synced(connections.administrator);
  if (Status status = synced.begin(); !status.ok()) return status;
  if (gives_up && *now == (*pending)->fingerprint) {
    if (Status status = in_log(connections.writer, storage::withdraw_ddl_sql(group)); !status.ok())
      return lose_connection(connections.writer, std::move(status));
    return std::optional<proto::Group>();
  }
  logging::info("a DDL statement was interrupted (entry {}): {}", group.first,
                has_run ? "it had been carried out" : "running it");
  const Status status = has_run ? finish(connections, group, verdict)
                                : run_pending(connections, group, entry, verdict, (*pending)->fingerprint);
  if (status.code == Code::sql_error) {
    logging::warn("the database refuses it: {}", status.message);
    return std::optional<proto::Group>();
  }
  if (!status.ok()) return status;
  return std::optional(std::move(group));
}

}  // namespace sqlcast::node
