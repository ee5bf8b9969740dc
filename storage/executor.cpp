#include "storage/executor.h"

#include <algorithm>
#include <charconv>

#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/executor_script.h"
#include "storage/page.h"

namespace sqlcast::storage {
namespace {

std::uint64_t count_rows(RowStream& rows) {
  std::uint64_t count = 0;
  for (Result<bool> more = rows.next(); more.ok() && *more; more = rows.next()) ++count;
  return count;
}

std::optional<std::uint64_t> to_number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

// The values of the steps that have run. `values` is filled already when the whole script has.
Status Executor::collect(Script& script, std::size_t completed, std::vector<std::optional<std::uint64_t>>& values) {
  if (!values.empty() || script.value_steps.empty()) return ok_status();
  std::string select;
  std::size_t count = 0;
  for (; count < script.value_steps.size() && script.value_steps[count] < completed; ++count)
    select += (count == 0 ? "SELECT " : ",") + Script::variable(count);
  if (count == 0) return ok_status();
  const Result<std::vector<Row>> rows = connection_.rows(select);
  if (!rows) return rows.status();
  for (const std::optional<std::string>& text : rows->front()) values.push_back(to_number(text));
  return ok_status();
}

std::optional<std::uint64_t> Executor::imposed_id(const Step& step,
                                                  const std::vector<std::optional<std::uint64_t>>& values) {
  return step.looked_up_value ? values.at(*step.looked_up_value) : step.insert_id;
}

void Executor::record(const std::vector<Job>& jobs, const Step& step,
                      const std::vector<std::optional<std::uint64_t>>& values, std::vector<JobOutcome>& outcomes) {
  std::optional<std::uint64_t> next_id = imposed_id(step, values);
  for (const Reference& at : step.run) {
    const Job& job = jobs[at.job];
    const JobStatement& statement = job.statements[at.statement];
    StatementOutcome& outcome = outcomes[at.job].statements[at.statement];
    outcome.insert_id = next_id;
    if (step.affected_value) {
      // ROW_COUNT() is -1 (out of range: nothing) after a statement that gives rows: RETURNING gives one each.
      outcome.effect.affected_rows = values.at(*step.affected_value).value_or(outcome.page.rows);
      outcome.effect.insert_id = step.insert_id_value ? values.at(*step.insert_id_value).value_or(0) : 0;
      continue;
    }
    outcome.effect.affected_rows = statement.insert->tuples;
    outcome.effect.insert_id = next_id.value_or(0);
    if (next_id) *next_id += statement.insert->tuples;
  }
}

Status expectation_failed(std::uint64_t affected, std::uint64_t expected) {
  return Status::error(Code::expectation_failed,
                       "the statement affected " + std::to_string(affected) + " rows where " +
                           std::to_string(expected) +
                           " were expected; the request was rolled back, nothing of it is kept. Read the rows "
                           "again and decide anew.");
}

// Whether the effects are those expected; otherwise `outcome` tells which statement's is not.
Status Executor::check_job(const Job& job, JobOutcome& outcome) const {
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    const StatementOutcome& statement = outcome.statements[i];
    const std::optional<std::uint64_t> expect = job.statements[i].expect;
    if (!expect || *expect == statement.effect.affected_rows) continue;
    outcome.failed_statement = static_cast<std::uint32_t>(i);
    return expectation_failed(statement.effect.affected_rows, *expect);
  }
  return ok_status();
}

Status Executor::undo(std::size_t job, bool has_savepoint) {
  auto_increment_.clear();
  if (!has_savepoint) return ok_status();
  Status status = connection_.execute("ROLLBACK TO SAVEPOINT " + savepoint_name(job));
  // None: the job failed before it had one, and there is nothing to undo.
  return is_unknown_savepoint(status) ? ok_status() : status;
}

Result<bool> Executor::in_transaction() {
  const Result<std::optional<std::string>> value = connection_.scalar(in_transaction_sql());
  if (!value) return value.status();
  return value->value_or("0") == "1";
}

// Whether the effects of everything in the script follow from its text; if so, outcomes are as they will be.
bool Executor::predict(const std::vector<Job>& jobs, const Script& script, std::vector<JobOutcome>& outcomes) {
  if (!script.value_steps.empty() || script.is_looked_at || script.end_job != jobs.size()) return false;
  for (const Step& step : script.steps)
    if (step.kind == Step::Kind::statements) record(jobs, step, {}, outcomes);
  return true;
}

void Executor::take_rows(const std::vector<Job>& jobs, const Step& step, RowStream& rows,
                         std::vector<JobOutcome>& outcomes, Room& room, Status& problem) {
  if (step.kind != Step::Kind::statements && step.kind != Step::Kind::warnings) return;
  StatementOutcome& outcome = outcomes[step.run.front().job].statements[step.run.front().statement];
  if (step.kind == Step::Kind::warnings) {
    outcome.warnings.clear();
    for (Result<bool> more = rows.next(); more.ok() && *more; more = rows.next())
      outcome.warnings.push_back(rows.value(1).value_or("") + " " + rows.value(2).value_or(""));
    return;
  }
  if (jobs[step.job].replay) {
    outcome.page.rows = count_rows(rows);
    return;
  }
  const std::size_t columns = rows.columns().size();
  if (columns > room.columns) {
    if (!problem.ok()) return;
    outcomes[step.run.front().job].failed_statement = static_cast<std::uint32_t>(step.run.front().statement);
    problem = too_many_columns();
    return;
  }
  room.columns -= columns;
  PageReader reader(rows, limits_.max_row_bytes);
  Result<proto::Page> page = reader.next(limits_.max_rows, room.bytes);
  if (!page && page.status().code == Code::too_large) {
    outcomes[step.run.front().job].failed_statement = static_cast<std::uint32_t>(step.run.front().statement);
    problem = page.status();
  }
  if (!page) return;  // the script's status says why
  outcome.has_rows = true;
  outcome.columns = rows.columns();
  outcome.page = std::move(*page);
  room.bytes -= std::min(room.bytes, outcome.page.byte_size());
  if (reader.more()) {
    outcomes[step.run.front().job].failed_statement = static_cast<std::uint32_t>(step.run.front().statement);
    problem = Status::error(Code::too_large,
                            "a statement of a write request gave more than " + std::to_string(limits_.max_rows) +
                                " rows, or all of them more than " + std::to_string(limits_.max_row_bytes) +
                                " bytes; send the SELECT as a request of its own, where results come in pages");
  }
}

// False: nothing of it has happened. True: made.finish says how the commit went.
Result<bool> Executor::run_as_one(const std::string& text, const Frame& frame, Execution& made) {
  const Status status = connection_.execute(as_one_statement(text));
  made.finish = Connection::ScriptResult{frame.finish_statements, status};
  if (status.ok()) return true;
  // Unless the transaction is seen to be open still, it may have been the commit that was interrupted.
  made.finish->completed = frame.finish_statements - 1;
  if (connection_.lost()) return true;
  if (ends_transaction(status)) return status;
  if (!is_parse_error(status) && !is_lock_table_full(status)) {
    const Result<bool> open = in_transaction();
    if (!open || !*open) return true;
    if (Status undone = connection_.execute("ROLLBACK"); !undone.ok()) return undone;
  }
  made.finish.reset();
  imposed_ = {};
  auto_increment_.clear();
  return false;
}

Executor::Execution Executor::run(const std::vector<Job>& jobs, const Frame& frame) {
  Execution made;
  made.status = run_scripts(jobs, frame, made);
  // How far it has come is not known, so that what was to be imposed on the connection may not have been.
  if (!made.status.ok() || (made.finish && !made.finish->status.ok())) {
    forget_imposed();
    auto_increment_.clear();
  }
  return made;
}

Status Executor::run_scripts(const std::vector<Job>& jobs, const Frame& frame, Execution& made) {
  std::vector<JobOutcome>& outcomes = made.outcomes;
  outcomes.assign(jobs.size(), JobOutcome{});
  for (std::size_t i = 0; i < jobs.size(); ++i) outcomes[i].statements.resize(jobs[i].statements.size());

  Progress progress;
  bool may_be_one = true;
  while (progress.first_job < jobs.size()) {
    Script script = build(jobs, progress.first_job, progress.unmerged_until);
    const bool is_first = progress.first_job == 0 && progress.unmerged_until == 0;
    const std::size_t lead = is_first ? frame.prologue_statements : 0;
    std::optional<std::string> finish;
    if (is_first && frame.finish && predict(jobs, script, outcomes)) finish = frame.finish(outcomes);
    std::string text = (is_first ? frame.prologue : std::string()) + script.text;
    std::size_t total = lead + script.steps.size();
    if (finish) {
      text += *finish;
      total += frame.finish_statements;
      if (may_be_one && script.may_be_one && text.size() <= limits_.max_one_statement_bytes) {
        const Result<bool> settled = run_as_one(text, frame, made);
        if (!settled) return settled.status();
        if (*settled) return ok_status();
        may_be_one = false;  // one by one, it shows which of them fails
        continue;
      }
    } else if (!script.value_steps.empty()) {
      for (std::size_t i = 0; i < script.value_steps.size(); ++i)
        text += (i == 0 ? "SELECT " : ",") + Script::variable(i);
      ++total;
    } else {
      text.pop_back();  // an empty statement behind the last ';' would be one more
    }

    std::vector<std::optional<std::uint64_t>> values;
    Status rows_problem;
    Room room{limits_.max_row_bytes, jobs[script.end_job - 1].max_columns};  // a job with rows ends its script
    Connection::ScriptResult result = connection_.run_script(text, total, [&](std::size_t index, RowStream& rows) {
      if (index < lead) return;
      if (index - lead < script.steps.size()) {
        take_rows(jobs, script.steps[index - lead], rows, outcomes, room, rows_problem);
        return;
      }
      if (const Result<bool> row = rows.next(); !row || !*row) return;
      for (std::size_t i = 0; i < script.value_steps.size(); ++i) values.push_back(to_number(rows.value(i)));
    });
    if (is_parse_error(result.status)) result.status = without_appended(std::move(result.status));
    const bool jobs_done = result.completed >= lead + script.steps.size();
    if (finish && jobs_done) {
      result.completed -= lead + script.steps.size();
      made.finish = std::move(result);
      return ok_status();
    }
    if (ends_transaction(result.status)) return result.status;
    if (result.completed < lead) return result.status;  // the prologue itself was refused
    const std::size_t completed = std::min(result.completed - lead, script.steps.size());
    if (result.status.ok() && !script.value_steps.empty() && values.empty())
      return Status::error(Code::internal, "the database answered a script with fewer results than it has statements");
    if (Status status = collect(script, completed, values); !status.ok()) return status;
    for (std::size_t i = 0; i < completed; ++i) {
      const Step& step = script.steps[i];
      const bool has_effect = !step.affected_value || script.value_steps[*step.affected_value] < completed;
      if (step.kind == Step::Kind::statements && has_effect) record(jobs, step, values, outcomes);
    }

    // When only fetching the values was interrupted, collect() has done it again.
    if (completed < script.steps.size()) {
      if (Status status = after_failure(jobs, script, completed, result.status, made, progress); !status.ok())
        return status;
      continue;
    }
    if (Status status = after_success(jobs, script, values, rows_problem, made, progress); !status.ok()) return status;
  }
  return ok_status();
}

// Every step has run: what the last job's outcome says of it is seen to, and the next script begins behind it. Not ok:
// the whole transaction has to go.
Status Executor::after_success(const std::vector<Job>& jobs, const Script& script,
                               const std::vector<std::optional<std::uint64_t>>& values, const Status& rows_problem,
                               Execution& made, Progress& progress) {
  // What was looked up is known from here on: the script's inserts tell it again, in their order.
  if (script.looks_up)
    for (const Step& step : script.steps)
      if (step.kind == Step::Kind::statements) learn_next_id(jobs, step, imposed_id(step, values));
  const std::size_t last_job = script.end_job - 1;
  Status check = rows_problem.ok() ? check_job(jobs[last_job], made.outcomes[last_job]) : rows_problem;
  if (!check.ok()) {
    if (Status status = undo(last_job, script.units.back().has_savepoint); !status.ok()) return status;
    made.outcomes[last_job].status = std::move(check);
  }
  progress.first_job = script.end_job;
  return ok_status();
}

// A step failed: its job alone pays, or what was put together is taken apart and tried again. Not ok: the whole
// transaction has to go.
Status Executor::after_failure(const std::vector<Job>& jobs, const Script& script, std::size_t completed,
                               const Status& why, Execution& made, Progress& progress) {
  forget_imposed();
  auto_increment_.clear();
  const Step& failed = script.steps[completed];
  const Result<bool> alive = in_transaction();
  if (!alive) return alive.status();
  const Unit& unit = script.unit_of(completed);
  // Gone: what follows would commit by itself, and what went before is lost. And a statement that has run, whose
  // effect is not known, cannot be taken back alone without a savepoint.
  const bool has_run = failed.kind == Step::Kind::effect || failed.kind == Step::Kind::warnings;
  if (!*alive || (has_run && !unit.has_savepoint)) {
    if (failed.run.empty()) made.ended_by.push_back(failed.job);
    for (const Reference& at : failed.run) {
      made.outcomes[at.job].failed_statement = static_cast<std::uint32_t>(at.statement);
      if (made.ended_by.empty() || made.ended_by.back() != at.job) made.ended_by.push_back(at.job);
    }
    for (const std::size_t job : made.ended_by) made.outcomes[job].status = why;
    return why;
  }
  if (Status status = undo(unit.first_job, unit.has_savepoint); !status.ok()) return status;
  // Whichever of its statements it was, what put it together has gone with it: every job of it runs again.
  if (unit.merged) {
    if (failed.kind == Step::Kind::statements) {
      const Reference& at = failed.run.front();
      if (jobs[at.job].replay) kept_in_order_.insert(jobs[at.job].statements[at.statement].insert->table);
    }
    progress = {unit.first_job, unit.end_job};
    return ok_status();
  }
  made.outcomes[failed.job].status = why;
  if (!failed.run.empty())
    made.outcomes[failed.job].failed_statement = static_cast<std::uint32_t>(failed.run.front().statement);
  progress.first_job = failed.job + 1;
  return ok_status();
}

}  // namespace sqlcast::storage
