// The sequencer's other half: DDL, one statement at a time, between groups.
#include <algorithm>

#include "base/crash_point.h"
#include "base/logging.h"
#include "master/ddl_parts.h"
#include "master/freeze.h"
#include "master/sequencer.h"
#include "storage/catalog.h"
#include "storage/dialect.h"

namespace sqlcast::master {

using Clock = WriteRequest::Clock;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds kMinPatience{5};  // longer than reads take to make way

// Reads make way in a few seconds; who else has the tables in use is waited for within the request's time.
std::chrono::seconds patience_of(const WriteRequest& request) {
  return std::max<std::chrono::seconds>(std::chrono::ceil<std::chrono::seconds>(request.deadline - Clock::now()),
                                        kMinPatience);
}

Status not_begun() {
  return Status::error(Code::database_unavailable,
                       "the master's database went down before the statement was carried out; try again");
}

}  // namespace

void Sequencer::run_ddl(WriteRequest request) {
  if (request.plan.verdicts.front().created != nullptr) {
    run_create_select(std::move(request));
  } else {
    run_definition(std::move(request));
  }
}

void Sequencer::run_definition(WriteRequest request) {
  if (!under_way_.make_unstoppable(request.stop_key)) {
    answer_with_error(request, node::cancelled_status());
    return;
  }
  const sql::Verdict& verdict = request.plan.verdicts.front();
  std::vector<std::string> parts = verdict.parts.empty() ? request.plan.texts : verdict.parts;
  // The default database may be the one that goes; it means nothing to a definition of a database.
  if (verdict.replaces && verdict.ddl_kind == sql::DdlKind::database) request.request.database.clear();
  // Sent again after a crash between two parts, it goes on with those that are not in the log.
  const RetryWindow::Outcome* begun = request.retryable() ? window_.find(request.key()) : nullptr;
  const std::vector<std::uint64_t> done = begun == nullptr ? std::vector<std::uint64_t>() : begun->definitions;
  DdlParts outcome;
  bool goes_on = true;
  if (verdict.replaces) {
    const Status status = ensure_connected(request.deadline) ? try_to_read(request, parts.back()) : not_begun();
    (void)outcome.add(status, {});
    goes_on = status.ok();
  }
  for (std::size_t i = 0; i < parts.size() && goes_on; ++i) {
    if (std::find(done.begin(), done.end(), RetryWindow::hash_of(parts[i])) != done.end()) continue;
    std::vector<std::string> warnings;
    const Status status = run_ddl_part(request, parts[i], warnings);
    const bool makes_room = verdict.replaces && i + 1 < parts.size();
    if (makes_room) warnings.clear();  // that there is nothing to replace
    goes_on = outcome.add(status, warnings) && (status.ok() || !makes_room);
  }
  Status status = outcome.status();
  forget_session();
  if (!status.ok()) {
    (void)log_.sync();  // he is told of a failure, and looks at what parts were done
    answer_with_error(request, std::move(status), 0);
    return;
  }
  Committed committed(request);
  committed.result.results.emplace_back().warnings = outcome.warnings();
  committed.result.wrote = true;
  committed.result.epoch = head_.epoch;
  committed.result.sequence = head_.sequence;
  committed.result.node = config_.name;
  committed.result.node_position = head_.sequence;
  committed.result.elapsed_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - request.arrived).count());
  under_way_.leave(request.stop_key);
  answer_when_durable(std::move(committed));
}

// What the server cannot read must fail before what it is to replace is gone. Of LIKE it looks at the other table.
Status Sequencer::try_to_read(const WriteRequest& request, const std::string& text) {
  const std::string& database = request.request.database;
  const std::string script =
      "SET ROLE " + std::string(storage::kClientRole) + ";USE " +
      storage::quote_name(database.empty() ? storage::kNoDatabase : database) +
      ";SET max_statement_time=0,lock_wait_timeout=" + std::to_string(patience_of(request).count()) +
      ";PREPARE sqlcast_definition FROM " + storage::quote_text(text) + ";DEALLOCATE PREPARE sqlcast_definition";
  storage::Connection& writer = connection_.writer();
  Status status = writer.run_script(script, 5, nullptr).status;
  // Not meant for the writes that come after it: a connection that keeps it is of no use.
  if (!writer.execute("SET lock_wait_timeout=DEFAULT").ok()) writer.line()->cut();
  return status;
}

// A definition has run on the connection, if that is still there.
void Sequencer::forget_session() {
  if (!connection_.usable()) return;
  connection_.executor().auto_increment().clear();
  connection_.executor().forget_imposed();
}

Status Sequencer::run_ddl_part(WriteRequest& request, const std::string& text, std::vector<std::string>& warnings,
                               int attempts) {
  // Reading the schema behind the part before may have cost a connection.
  if (!ensure_connected(request.deadline)) return not_begun();
  begin_time();
  std::vector<proto::Entry> entries(1);
  proto::Entry& entry = entries.front();
  entry.sequence = head_.sequence + 1;
  entry.key = request.key();
  entry.digest = request.digest;
  entry.database = request.request.database;
  entry.by = node::name_of(request.caller.who);
  entry.context.timestamp_us = group_timestamp_us_;
  entry.statements.push_back({text, std::nullopt, {}});
  proto::Group group = make_group(entries, proto::GroupState::ddl_pending);
  const auto begins = [&](const std::string& fingerprint) { (void)log_.begin_definition(group, fingerprint); };
  Status status = connection_.run_ddl(group, entry, {patience_of(request), &warnings, begins});
  if (status.code == Code::database_unavailable) {
    // Pending or not, the log knows: connect() ends what was begun, and the head tells how it ended.
    while (!ensure_connected(Clock::now() + 1s)) {
      if (queue_.closed())
        return Status::error(Code::outcome_unknown, "the master stopped while the statement ran; look again");
      if (!failure().empty()) return unavailable();
      if (Clock::now() >= request.deadline)
        return Status::error(
            Code::outcome_unknown,
            "the statement was begun and cannot be ended now; it is as soon as the master's database "
            "lets it. A copy under the same request id is answered with the outcome; or look in the log "
            "after entry " +
                std::to_string(entry.sequence - 1));
    }
    if (head_.sequence < entry.sequence && connection_.gives_up())
      return Status::error(Code::sql_error,
                           "the master's database server ended each of the times that it carried the statement out, "
                           "which is not tried any more; nothing was changed. Its log, mariadb/server.log in the data "
                           "folder, may say why");
    // Not begun: the connection had been lost before, as to a cancel of the write before this that came late.
    if (head_.sequence < entry.sequence && attempts > 1) return run_ddl_part(request, text, warnings, attempts - 1);
    if (head_.sequence < entry.sequence) return not_begun();
    return ok_status();
  }
  if (status.code == Code::diverged) {
    stop_writing(status);
    return status;
  }
  if (!status.ok()) {
    crash_point("ddl_refused");
    const Status taken = log_.take_back();
    return taken.ok() ? status : cut_short(group, "was begun and refused, which is not in the log", taken);
  }
  if (Status reloaded = reload_schema(); !reloaded.ok())
    logging::warn("the schema could not be read after DDL: {}; the session is opened anew", reloaded.message);
  move_head_to(group, entries);
  return promise(group, {});
}

Status Sequencer::reload_schema() {
  ++counters_.definitions;
  Result<sql::Schema> schema = storage::load_schema(connection_.administrator(), schema_.get()->version + 1);
  if (!schema) {
    connection_.close();  // so that the next request connects and reads it again
    return schema.status();
  }
  schema_.set(std::make_shared<const sql::Schema>(std::move(*schema)));
  return ok_status();
}

}  // namespace sqlcast::master
