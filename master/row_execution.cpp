#include "master/row_execution.h"

#include <algorithm>
#include <chrono>

#include "node/requests_under_way.h"
#include "proto/column.h"
#include "sql/literal.h"
#include "sql/policy.h"
#include "storage/dialect.h"
#include "storage/errors.h"

namespace sqlcast::master {
namespace {

constexpr std::size_t kMostWarnings = 16;  // as of any statement

storage::JobStatement statement_of(std::string text, const sql::Verdict& verdict, std::size_t place) {
  storage::JobStatement statement;
  statement.sql = std::move(text);
  statement.place = place;
  statement.insert = verdict.insert;
  statement.moves_ids = verdict.moves_ids;
  statement.uses_last_insert_id = verdict.uses_last_insert_id;
  statement.returns_rows = verdict.returns_rows;
  return statement;
}

void append(proto::ColumnWriter& writer, const proto::Cell& cell) {
  switch (cell.kind) {
    case proto::Cell::Kind::null: return writer.append_null();
    case proto::Cell::Kind::int64: return writer.append_int(cell.int64);
    case proto::Cell::Kind::uint64: return writer.append_uint(cell.uint64);
    case proto::Cell::Kind::float64: return writer.append_double(cell.float64);
    case proto::Cell::Kind::text: return writer.append_text(cell.view());
    case proto::Cell::Kind::bytes: return writer.append_bytes(cell.view());
  }
}

// The rows of RETURNING, of all texts of one statement.
class ReturnedRows {
 public:
  Status add(storage::StatementOutcome& from) {
    if (!from.has_rows) return ok_status();
    if (writers_.empty()) {
      columns_ = std::move(from.columns);
      writers_.resize(columns_.size());
    }
    page_.rows += from.page.rows;
    bytes_ += from.page.byte_size();
    const storage::ExecutorLimits limits;
    if (page_.rows > limits.max_rows || bytes_ > limits.max_row_bytes)
      return Status::error(Code::too_large, "RETURNING of a write gave more than " + std::to_string(limits.max_rows) +
                                                " rows or " + std::to_string(limits.max_row_bytes) +
                                                " bytes; do it in portions, as with LIMIT 10000");
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      const Result<std::vector<proto::Cell>> cells = proto::read_column(from.page.columns.at(i), from.page.rows);
      if (!cells) return cells.status();
      for (const proto::Cell& cell : *cells) append(writers_[i], cell);
    }
    return ok_status();
  }

  void give(storage::StatementOutcome& to) {
    if (writers_.empty()) return;
    to.has_rows = true;
    to.columns = std::move(columns_);
    for (proto::ColumnWriter& writer : writers_) page_.columns.push_back(writer.take());
    to.page = std::move(page_);
  }

 private:
  std::vector<proto::ColumnInfo> columns_;
  std::vector<proto::ColumnWriter> writers_;  // one a column
  proto::Page page_;                          // but its columns
  std::uint64_t bytes_ = 0;
};

}  // namespace

RowExecution::RowExecution(const On& on, const WriteRequest& request, const proto::Context& context)
    : on_(on), request_(request), context_(context) {}

Status RowExecution::run() {
  const std::string begin = "SET ROLE " + std::string(storage::kClientRole) + ";START TRANSACTION";
  if (Status status = on_.connection.run_script(begin, 2, nullptr).status; !status.ok()) return status;
  const std::vector<sql::Verdict>& verdicts = request_.plan.verdicts;
  outcome.statements.resize(verdicts.size());
  for (const std::string& text : request_.plan.texts) bytes_ += text.size();
  std::vector<std::size_t> waiting;
  for (std::size_t slot = 0; slot < verdicts.size() && outcome.status.ok(); ++slot) {
    if (verdicts[slot].rows == nullptr) {
      waiting.push_back(slot);
      continue;
    }
    if (Status status = run_as_they_are(waiting); !status.ok()) return status;
    waiting.clear();
    if (!outcome.status.ok()) break;
    if (Status status = run_by_rows(slot); !status.ok()) return status;
  }
  if (outcome.status.ok())
    if (Status status = run_as_they_are(waiting); !status.ok()) return status;
  if (outcome.status.ok()) check_expectations();
  return ok_status();
}

// As the executor does: when all has run, so that an error of a later statement comes first.
void RowExecution::check_expectations() {
  for (std::size_t slot = 0; slot < outcome.statements.size(); ++slot) {
    const std::uint64_t affected = outcome.statements[slot].effect.affected_rows;
    const std::optional<std::uint64_t> expect = request_.request.statements[slot].expect;
    if (!expect || *expect == affected) continue;
    outcome.failed_statement = static_cast<std::uint32_t>(slot);
    outcome.status = storage::expectation_failed(affected, *expect);
    return;
  }
}

// The request's own failure, which is for `outcome` to tell; what ends the transaction is for who began it.
Status RowExecution::failed(std::size_t slot, Status why) {
  outcome.status = std::move(why);
  outcome.failed_statement = static_cast<std::uint32_t>(slot);
  if (!storage::ends_transaction(outcome.status) && outcome.status.code != Code::database_unavailable)
    return ok_status();
  return outcome.status;
}

std::uint32_t RowExecution::time_left_ms() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(request_.deadline - WriteRequest::Clock::now());
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left.count(), 1, 1L << 30U));
}

bool RowExecution::out_of_time(std::size_t slot) {
  if (on_.cancelled()) {
    outcome.status = node::cancelled_status();
  } else if (WriteRequest::Clock::now() >= request_.deadline) {
    outcome.status = Status::error(
        Code::timeout, "the statement did not end within the request's time and was stopped; nothing was changed");
  } else {
    return false;
  }
  outcome.failed_statement = static_cast<std::uint32_t>(slot);
  return true;
}

storage::Job RowExecution::empty_job() const {
  storage::Job job;
  job.database = request_.request.database;
  job.context = context_;
  job.timeout_ms = time_left_ms();
  job.warnings = request_.request.warnings;
  return job;
}

// `slots`: which statement of the request each of the job's is.
Status RowExecution::run_job(const storage::Job& job, std::vector<storage::StatementOutcome>& outcomes,
                             const std::vector<std::size_t>& slots) {
  storage::Executor::Execution made = on_.executor.run({job}, {});
  storage::JobOutcome& result = made.outcomes.front();
  if (!made.status.ok()) {
    ended_by_it = !made.ended_by.empty();
    outcome.status = ended_by_it ? std::move(result.status) : made.status;
    outcome.failed_statement = static_cast<std::uint32_t>(slots.at(result.failed_statement.value_or(0)));
    return made.status;
  }
  if (!result.status.ok()) {
    outcome.status = std::move(result.status);
    outcome.failed_statement = static_cast<std::uint32_t>(slots.at(result.failed_statement.value_or(0)));
    return ok_status();
  }
  outcomes = std::move(result.statements);
  return ok_status();
}

Status RowExecution::run_as_they_are(const std::vector<std::size_t>& slots) {
  if (slots.empty()) return ok_status();
  storage::Job job = empty_job();
  std::size_t place = statements.size();
  for (const std::size_t slot : slots) {
    const sql::Verdict& verdict = request_.plan.verdicts[slot];
    job.statements.push_back(statement_of(request_.plan.texts[slot], verdict, place));
    if (verdict.statement_class == sql::Class::write) ++place;
  }
  std::vector<storage::StatementOutcome> outcomes;
  if (Status status = run_job(job, outcomes, slots); !status.ok() || !outcome.status.ok()) return status;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const sql::Verdict& verdict = request_.plan.verdicts[slots[i]];
    if (verdict.statement_class == sql::Class::write)
      statements.push_back({request_.plan.texts[slots[i]], outcomes[i].insert_id, outcomes[i].effect});
    if (verdict.logged_end > 0) {
      statements.back().sql.resize(verdict.logged_end);
      if (!verdict.returns_each_affected) statements.back().effect.affected_rows = proto::kRowsNotKnown;
    }
    outcome.statements[slots[i]] = std::move(outcomes[i]);
  }
  return ok_status();
}

Status RowExecution::run_by_rows(std::size_t slot) {
  if (out_of_time(slot)) return ok_status();
  if (request_.made) {
    if (request_.request.warnings) outcome.statements[slot].warnings = request_.made->warnings;
    return run_texts(slot, request_.made->texts);
  }
  const sql::RowPlan& plan = *request_.plan.verdicts[slot].rows;
  const std::string_view database =
      request_.request.database.empty() ? storage::kNoDatabase : std::string_view(request_.request.database);
  // Past the executor, which must not count on what it imposed itself.
  on_.executor.forget_imposed();
  const Status used = on_.connection.execute("USE " + sql::quote_name(database));
  if (!used.ok()) return failed(slot, used);
  const std::string impose =
      "SET timestamp=" + storage::seconds_text(context_.timestamp_us) +
      ",insert_id=0,max_statement_time=" + storage::seconds_text(std::uint64_t{time_left_ms()} * 1000);
  RowLimits limits;
  const std::uint64_t most = on_.limits.max_message_bytes / 2;
  limits.rows = on_.limits.max_materialised_rows;
  limits.bytes = std::min(on_.limits.max_materialised_bytes, most - std::min(most, bytes_));
  limits.text_bytes = std::min<std::uint64_t>(kRowTextBytes, on_.limits.max_statement_bytes);
  Result<MaterialisedRows> rows = read_rows(on_.connection, impose, plan, on_.schema, limits);
  if (!rows) return failed(slot, rows.status());
  if (!rows->warnings.empty() && plan.strict) {
    if (Status status = fail_as_itself(slot); !status.ok() || !outcome.status.ok()) return status;
  }
  if (request_.request.warnings) {
    rows->warnings.resize(std::min(rows->warnings.size(), kMostWarnings));
    outcome.statements[slot].warnings = std::move(rows->warnings);
  }
  return run_texts(slot, std::move(rows->texts));
}

// Strict mode makes errors of most warnings, and the SELECT does not: whether the statement fails, and how, it shows
// itself.
Status RowExecution::fail_as_itself(std::size_t slot) {
  on_.executor.auto_increment().clear();
  if (Status status = on_.connection.execute("SAVEPOINT sqlcast_rows"); !status.ok()) return failed(slot, status);
  Status status = on_.connection.execute(request_.plan.texts[slot] + "\n");
  if (!status.ok()) return failed(slot, std::move(status));
  status = on_.connection.execute("ROLLBACK TO SAVEPOINT sqlcast_rows");
  return status.ok() ? status : failed(slot, std::move(status));
}

Status RowExecution::run_texts(std::size_t slot, std::vector<std::string> texts) {
  const sql::RowPlan& plan = *request_.plan.verdicts[slot].rows;
  sql::Judgement judgement;
  judgement.default_database = request_.request.database;
  judgement.schema = &on_.schema;
  judgement.limits.max_statement_bytes = on_.limits.max_statement_bytes;
  judgement.limits.max_nesting_depth = on_.limits.max_nesting_depth;
  storage::StatementOutcome& sum = outcome.statements[slot];
  ReturnedRows returned;
  constexpr std::size_t kMostTogether = 512;
  for (std::size_t first = 0; first < texts.size();) {
    if (out_of_time(slot)) return ok_status();
    storage::Job job = empty_job();
    std::vector<sql::Verdict> verdicts;
    const std::size_t place = statements.size();
    std::uint64_t bytes = 0;
    constexpr std::uint64_t kBytesTogether = 4U << 20U;
    for (; first < texts.size() && job.statements.size() < kMostTogether && bytes < kBytesTogether; ++first) {
      if (texts[first].size() > judgement.limits.max_statement_bytes)
        return failed(slot,
                      Status::error(Code::too_large,
                                    "a row of the statement makes a text that is over limits.max_statement_bytes; "
                                    "nothing was changed; raise the limit"));
      sql::Verdict verdict = sql::judge(texts[first], judgement);
      if (verdict.statement_class != sql::Class::write || verdict.determinism != sql::Determinism::safe)
        return failed(slot, refused_after_all(plan, verdict.rows ? verdict.rows->reason : verdict.reason));
      bytes += texts[first].size();
      job.statements.push_back(statement_of(std::move(texts[first]), verdict, place + job.statements.size()));
      verdicts.push_back(std::move(verdict));
    }
    bytes_ += bytes;
    std::vector<storage::StatementOutcome> outcomes;
    const std::vector<std::size_t> slots(job.statements.size(), slot);
    if (Status status = run_job(job, outcomes, slots); !status.ok() || !outcome.status.ok()) return status;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      statements.push_back({std::move(job.statements[i].sql), outcomes[i].insert_id, outcomes[i].effect});
      if (verdicts[i].logged_end > 0) {
        statements.back().sql.resize(verdicts[i].logged_end);
        if (!verdicts[i].returns_each_affected) statements.back().effect.affected_rows = proto::kRowsNotKnown;
      }
      if (Status status = returned.add(outcomes[i]); !status.ok()) return failed(slot, std::move(status));
      sum.effect.affected_rows += outcomes[i].effect.affected_rows;
      if (sum.effect.insert_id == 0) sum.effect.insert_id = outcomes[i].effect.insert_id;
      for (std::string& warning : outcomes[i].warnings)
        if (sum.warnings.size() < kMostWarnings) sum.warnings.push_back(std::move(warning));
    }
  }
  returned.give(sum);
  return ok_status();
}

}  // namespace sqlcast::master
