// The sequencer's CREATE TABLE … SELECT: executed aside, then a definition and a write, an entry each.
#include <algorithm>

#include "base/crash_point.h"
#include "base/logging.h"
#include "master/created_table.h"
#include "master/sequencer.h"
#include "node/ddl.h"
#include "node/group_applier.h"
#include "storage/errors.h"

namespace sqlcast::master {

using Clock = WriteRequest::Clock;
using namespace std::chrono_literals;

// Whether all of its entries are in the log.
bool Sequencer::is_over(const WriteRequest& request, const RetryWindow::Outcome& outcome) {
  const bool has_rows = outcome.entries > outcome.definitions.size();
  if (request.made) return has_rows;
  if (request.plan.kind != node::RequestPlan::Kind::ddl) return outcome.entries >= 1;
  const sql::Verdict& verdict = request.plan.verdicts.front();
  if (verdict.created == nullptr) return outcome.entries >= std::max<std::size_t>(verdict.parts.size(), 1);
  const std::uint64_t was_there = RetryWindow::hash_of(verdict.created->where_it_is_there());
  return has_rows ||
         std::find(outcome.definitions.begin(), outcome.definitions.end(), was_there) != outcome.definitions.end();
}

// Whether a definition behind the entry was of the table, or of its database.
Result<bool> Sequencer::defined_since(const sql::ObjectName& table, Sequence entry) {
  const Position end = log_.end();
  log::LogReader reader = log_.reader();
  if (const Result<Position> from = reader.seek(entry, end); !from) return from.status();
  while (true) {
    Result<std::optional<proto::Group>> next = reader.next(end);
    if (!next) return next.status();
    if (!*next) return false;
    if (!node::is_ddl(**next)) continue;
    const Result<node::DecodedGroup> group = node::decode_group(std::move(**next));
    if (!group) return group.status();
    for (const sql::ObjectName& target : node::targets_of(group->entries.front()))
      if (target.database == table.database && (target.name.empty() || target.name == table.name)) return true;
  }
}

// What the SELECT gives, and the table. Nothing: the request has been answered.
std::optional<CreatedTable> Sequencer::make_aside(WriteRequest& request, const sql::CreateSelect& created) {
  constexpr int kAttempts = 5;  // lost connections, and interruptions that were meant for another statement
  Status why;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!ensure_connected(request.deadline)) {
      why = unavailable();
      break;
    }
    begin_time();
    const auto left = std::max<Clock::duration>(request.deadline - Clock::now(), 1ms);
    const auto left_us = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
    const std::string impose =
        "SET timestamp=" + storage::seconds_text(group_timestamp_us_) +
        ",insert_id=0,max_statement_time=" + storage::seconds_text(static_cast<std::uint64_t>(left_us));
    RowLimits limits;
    limits.rows = config_.limits.max_materialised_rows;
    limits.bytes = std::min<std::uint64_t>(config_.limits.max_materialised_bytes, config_.limits.max_message_bytes / 2);
    limits.text_bytes = std::min<std::uint64_t>(kRowTextBytes, config_.limits.max_statement_bytes);
    Result<CreatedTable> made = create_aside(connection_.writer(), request.request.database, impose, created, limits);
    connection_.executor().forget_imposed();
    if (made) return std::move(*made);
    why = made.status();
    if (under_way_.cancelled(request.stop_key)) {
      why = node::cancelled_status();
      break;
    }
    if (storage::is_out_of_time(why)) {
      why = Status::error(Code::timeout, "the SELECT did not end within the request's time; nothing was changed");
      break;
    }
    // The disk has room, so it is what the server's temporary tables may have that is full.
    if (storage::is_disk_full(why) && hooks_.room().ok()) {
      why =
          Status::error(Code::too_large,
                        "the rows that the SELECT gives have no room in the database's temporary tables, which is "
                        "what limits.max_materialised_bytes needs there; nothing was changed. Send CREATE TABLE, then "
                        "INSERT … SELECT in portions, or raise the limit");
      break;
    }
    if (storage::lacks_rights(why)) {
      restore_accounts();
    } else if (why.code != Code::database_unavailable && !storage::is_interrupted(why) &&
               !storage::ends_transaction(why)) {
      break;
    }
  }
  answer_with_error(request, std::move(why), 0);
  return std::nullopt;
}

void Sequencer::run_create_select(WriteRequest request) {
  const std::shared_ptr<const sql::CreateSelect> created = request.plan.verdicts.front().created;
  const RetryWindow::Outcome* const outcome = request.retryable() ? window_.find(request.key()) : nullptr;
  const bool there = schema_.get()->find(created->target) != nullptr;
  // A table that was defined since is another's, or made into something else.
  bool begun = false;  // the table that is there was made by this request, before a crash
  if (outcome != nullptr && there) {
    const Result<bool> defined = defined_since(created->target, outcome->sequence);
    if (!defined) logging::warn("it cannot be told who made a table: {}", defined.status().message);
    begun = defined.ok() && !*defined;
  }
  if (there && !begun && !created->replaces) {
    request.plan.texts.front() = created->where_it_is_there();
    return run_definition(std::move(request));
  }
  std::optional<CreatedTable> made = make_aside(request, *created);
  if (!made) return;
  if (!under_way_.make_unstoppable(request.stop_key)) return answer_with_error(request, node::cancelled_status());
  // For what is done when its rows cannot follow: whatever the outcome of the request, it is no part of it.
  WriteRequest undo;
  undo.request.database = request.request.database;
  undo.caller.who = request.caller.who;
  if (!begun) {
    std::vector<std::string> notes;
    Status status = there ? run_ddl_part(request, created->drop(), notes) : ok_status();
    if (status.ok()) status = run_ddl_part(request, made->definition, made->warnings);
    forget_session();
    if (!status.ok()) {
      (void)log_.sync();
      return answer_with_error(request, status, 0);
    }
    crash_point("table_created");
  }
  // Half of it is worse than all of it late.
  request.deadline = std::max(request.deadline, Clock::now() + 60s);
  undo.deadline = request.deadline + 60s;
  sql::Verdict verdict;
  verdict.statement_class = sql::Class::write;
  verdict.determinism = sql::Determinism::materialised;
  verdict.rows = made->plan;
  request.plan.kind = node::RequestPlan::Kind::write;
  request.plan.verdicts.front() = std::move(verdict);
  request.made = MadeRows{std::move(made->texts), std::move(made->warnings)};
  const Sequence before = head_.sequence;
  Batch batch;
  batch.push_back(std::move(request));
  commit_group(std::move(batch));
  if (begun || head_.sequence != before || cut_short_ || queue_.closed()) return;
  if (!ensure_connected(undo.deadline) || head_.sequence != before) return;
  std::vector<std::string> notes;
  if (const Status status = run_ddl_part(undo, created->drop(), notes); !status.ok())
    logging::warn("a table whose rows could not follow it stays, without rows: {}", status.message);
}

}  // namespace sqlcast::master
