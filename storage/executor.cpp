#include "storage/executor.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "storage/dialect.h"
#include "storage/page.h"

namespace sqlcast::storage {
namespace {

// Errors after which nothing of the transaction is left.
bool ends_transaction(const Status& status) {
  constexpr int kDeadlock = 1213;
  return status.code == Code::database_unavailable || status.database_errno == kDeadlock;
}

bool needs_savepoint(const Job& job) {
  if (job.statements.size() > 1) return true;
  // A slave stops at the first failure, whatever it is: nothing to go back to.
  if (job.replay) return false;
  const JobStatement& only = job.statements.front();
  return only.expect.has_value() || only.returns_rows;
}

// One name a job: going back must never reach into the job before.
std::string savepoint_name(std::size_t job) { return "sqlcast_" + std::to_string(job); }

// A job whose outcome must be looked at before the next one may run.
bool ends_script(const Job& job) {
  return std::any_of(job.statements.begin(), job.statements.end(),
                     [](const JobStatement& s) { return s.expect.has_value() || s.returns_rows; });
}

bool generates(const Job& job, const JobStatement& statement) {
  return job.replay ? statement.insert_id.has_value()
                    : statement.insert->auto_increment == sql::AutoIncrementUse::generated;
}

// An insert whose effect follows from its text once it has succeeded.
bool effect_is_known(const Job& job, const JobStatement& statement) {
  if (!statement.insert || !statement.insert->plain) return false;
  if (job.replay && !statement.insert_id) return true;
  switch (statement.insert->auto_increment) {
    case sql::AutoIncrementUse::absent:
    case sql::AutoIncrementUse::generated:
    case sql::AutoIncrementUse::explicit_values: return true;
    case sql::AutoIncrementUse::unknown: return false;
  }
  return false;
}

bool uses_last_insert_id(const Job& job) {
  return std::any_of(job.statements.begin(), job.statements.end(),
                     [](const JobStatement& s) { return s.uses_last_insert_id; });
}

// Somebody looks at LAST_INSERT_ID(): a statement, or we, for an effect. What other jobs left there is not theirs to
// see.
bool reads_last_insert_id(const Job& job) {
  return uses_last_insert_id(job) ||
         std::any_of(job.statements.begin(), job.statements.end(),
                     [&](const JobStatement& s) { return s.insert.has_value() && !effect_is_known(job, s); });
}

// After several inserts in one, LAST_INSERT_ID() is the first one's: not where somebody looks at it.
bool mergeable(const Job& job, const JobStatement& statement) {
  return !job.warnings && effect_is_known(job, statement) && statement.insert->literals_only && !statement.expect &&
         !statement.returns_rows && !uses_last_insert_id(job) && !job.context.rand_seed1;
}

std::string_view insert_prefix(const JobStatement& statement) {
  return std::string_view(statement.sql).substr(0, statement.insert->values_offset);
}

std::string_view insert_tuples(const JobStatement& statement) {
  return std::string_view(statement.sql)
      .substr(statement.insert->values_offset, statement.insert->values_end - statement.insert->values_offset);
}

std::string timestamp_text(std::uint64_t microseconds) {
  std::string fraction = std::to_string(microseconds % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(microseconds / 1'000'000) + "." + fraction;
}

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

// One statement of the script: what it is for, so that an error's index says who failed.
struct Executor::Step {
  enum class Kind { prelude, statements, effect, warnings };
  Kind kind = Kind::prelude;
  std::size_t job = 0;
  std::vector<Reference> run;                  // statements: one, or several merged
  std::optional<std::uint64_t> insert_id;      // imposed, when known beforehand
  std::optional<std::size_t> looked_up_value;  // index of the value that holds the imposed insert id
  std::optional<std::size_t> affected_value;   // indexes of values that the effect step fetches
  std::optional<std::size_t> insert_id_value;
  bool next_id_unknown = false;  // the table's, behind it: what was looked up will tell
};

// Jobs that succeed, or are taken back, together: one, or a window of inserts that go merged.
struct Executor::Unit {
  std::size_t first_job = 0;
  std::size_t end_job = 0;  // first job that is not in it
  std::size_t first_step = 0;
  bool has_savepoint = false;
  bool merged = false;
};

struct Executor::Script {
  std::string text;
  std::vector<Step> steps;
  std::vector<Unit> units;
  std::vector<std::size_t> value_steps;  // a value's step: it exists once that step has run
  std::size_t end_job = 0;               // first job that is not in it
  bool keeps_session = true;             // neither the default database nor the time limit changes

  void add(Step step, std::string_view sql) {
    text += sql;
    text += ';';
    steps.push_back(std::move(step));
  }
  // A user variable that `SET` gives a value in the step about to be added.
  std::size_t new_value(std::size_t step) {
    value_steps.push_back(step);
    return value_steps.size() - 1;
  }
  const Unit& unit_of(std::size_t step) const {
    const auto after = std::upper_bound(units.begin(), units.end(), step,
                                        [](std::size_t at, const Unit& unit) { return at < unit.first_step; });
    return *std::prev(after);
  }
  static std::string variable(std::size_t value) { return "@v" + std::to_string(value); }
};

void Executor::add_job_prelude(Script& script, const Job& job, std::size_t index) {
  Step prelude;
  prelude.kind = Step::Kind::prelude;
  prelude.job = index;
  if (!job.database.empty() && session_.database != job.database) {
    script.add(prelude, "USE " + quote_name(job.database));
    script.keeps_session = false;
    session_.database = job.database;
  }
  std::string assignments;
  const auto assign = [&assignments](std::string_view name, const std::string& value) {
    assignments += assignments.empty() ? "SET " : ",";
    assignments.append(name).append("=").append(value);
  };
  if (session_.timestamp_us != job.context.timestamp_us) {
    assign("timestamp", timestamp_text(job.context.timestamp_us));
    session_.timestamp_us = job.context.timestamp_us;
  }
  if (session_.timeout_ms != job.timeout_ms) {
    assign("max_statement_time", timestamp_text(std::uint64_t{job.timeout_ms} * 1000));
    script.keeps_session = false;
    session_.timeout_ms = job.timeout_ms;
  }
  if (reads_last_insert_id(job)) assign("last_insert_id", "0");
  if (!assignments.empty()) script.add(prelude, assignments);
}

// Jobs of nothing but mergeable inserts, from one on, and the runs that they make.
struct Executor::Window {
  std::size_t end_job = 0;  // first job that is not in it
  std::size_t statements = 0;
  std::vector<Run> runs;
  std::vector<std::size_t> run_bytes;
  std::map<sql::ObjectName, std::size_t> open;  // the run that a later insert into the table may still join
};

void Executor::add_job(Window& window, const std::vector<Job>& jobs, std::size_t index) const {
  const Job& job = jobs[index];
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    const JobStatement& statement = job.statements[i];
    const sql::ObjectName& table = statement.insert->table;
    const auto joins = [&](std::size_t run) {
      const Reference& back = window.runs[run].back();
      const JobStatement& last = jobs[back.job].statements[back.statement];
      return insert_prefix(statement) == insert_prefix(last) && generates(job, statement) == generates(job, last) &&
             (!job.replay || !statement.insert_id || *statement.insert_id == *last.insert_id + last.insert->tuples) &&
             window.run_bytes[run] + statement.sql.size() <= limits_.max_merged_bytes;
    };
    // What a slave replays has succeeded in the log's order: in another the rows are the same, or it fails.
    const bool free = job.replay ? !kept_in_order_.contains(table) : statement.insert->order_free;
    std::size_t run = window.runs.size();
    if (const auto open = window.open.find(table); open != window.open.end() && joins(open->second)) {
      run = open->second;
    } else if (run > 0 && joins(run - 1)) {
      --run;
    } else {
      window.runs.emplace_back();
      window.run_bytes.push_back(0);
      // Nothing goes ahead of an insert whose success may depend on what came before it.
      if (free)
        window.open[table] = run;
      else
        window.open.clear();
    }
    window.runs[run].push_back({index, i});
    window.run_bytes[run] += statement.sql.size();
    ++window.statements;
  }
  window.end_job = index + 1;
}

Executor::Window Executor::find_window(const std::vector<Job>& jobs, std::size_t first_job) const {
  const Job& first = jobs[first_job];
  Window window;
  for (std::size_t i = first_job; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    const bool fits = job.database == first.database && job.context == first.context &&
                      job.timeout_ms == first.timeout_ms &&
                      std::all_of(job.statements.begin(), job.statements.end(),
                                  [&](const JobStatement& statement) { return mergeable(job, statement); });
    if (!fits) break;
    add_job(window, jobs, i);
  }
  return window;
}

void Executor::impose_insert_id(Script& script, const Job& job, const JobStatement& statement, Step& step) {
  if (job.replay) {
    step.insert_id = statement.insert_id;
  } else {
    const sql::AutoIncrementUse use = statement.insert->auto_increment;
    if (use == sql::AutoIncrementUse::absent || use == sql::AutoIncrementUse::explicit_values) return;
    step.insert_id = auto_increment_.next(statement.insert->table);
  }
  Step prelude;
  prelude.kind = Step::Kind::prelude;
  prelude.job = step.job;
  if (step.insert_id) {
    script.add(prelude, "SET insert_id=" + std::to_string(*step.insert_id));
    return;
  }
  if (job.replay) return;
  const sql::ObjectName& table = statement.insert->table;
  step.looked_up_value = script.new_value(script.steps.size());
  const std::string variable = Script::variable(*step.looked_up_value);
  // A table without AUTO_INCREMENT gives NULL: then any value will do, because nothing is generated.
  script.add(prelude, "SET " + variable +
                          "=CAST(IFNULL((SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
                          quote_text(table.database) + " AND TABLE_NAME=" + quote_text(table.name) +
                          "),1) AS UNSIGNED)");
  script.add(prelude, "SET insert_id=" + variable);
}

// Anew for each statement: a SELECT of the same request runs on the master alone, and must not move them.
void Executor::impose_seeds(Script& script, const Job& job, const JobStatement& statement, std::size_t index) {
  if (!job.context.rand_seed1 || !job.context.rand_seed2) return;
  constexpr std::uint64_t kModulus = 0x3FFFFFFF;
  const auto seed = [&](std::uint64_t first) {
    constexpr std::uint64_t kStep = 0x9E3779B1;
    return std::to_string((first + statement.place * kStep) % kModulus);
  };
  Step prelude;
  prelude.kind = Step::Kind::prelude;
  prelude.job = index;
  script.add(prelude,
             "SET rand_seed1=" + seed(*job.context.rand_seed1) + ",rand_seed2=" + seed(*job.context.rand_seed2));
}

// What a statement's inserts make of the table's next AUTO_INCREMENT value, for those that come after it.
void Executor::learn_next_id(const std::vector<Job>& jobs, const Step& step, std::optional<std::uint64_t> insert_id) {
  const sql::InsertShape& insert = *jobs[step.run.front().job].statements[step.run.front().statement].insert;
  std::uint64_t tuples = 0;
  std::uint64_t explicit_max = 0;
  for (const Reference& at : step.run) {
    tuples += jobs[at.job].statements[at.statement].insert->tuples;
    explicit_max = std::max(explicit_max, jobs[at.job].statements[at.statement].insert->explicit_max);
  }
  const std::optional<std::uint64_t> next = auto_increment_.next(insert.table);
  if (insert.plain && insert_id && insert.auto_increment == sql::AutoIncrementUse::generated)
    auto_increment_.set(insert.table, *insert_id + tuples);
  else if (insert.auto_increment == sql::AutoIncrementUse::explicit_values && next.value_or(0) > 0)
    auto_increment_.set(insert.table, std::max(*next, explicit_max + 1));
  else
    auto_increment_.forget(insert.table);
}

void Executor::add_statements(Script& script, const std::vector<Job>& jobs, Run run) {
  const Reference first = run.front();
  const Job& job = jobs[first.job];
  const JobStatement& statement = job.statements[first.statement];
  Step step;
  step.kind = Step::Kind::statements;
  step.job = first.job;
  if (statement.insert) impose_insert_id(script, job, statement, step);
  impose_seeds(script, job, statement, step.job);

  if (run.size() == 1) {
    script.text += statement.sql;
    script.text += "\n;";  // the statement may end in a line comment
  } else {
    script.text += insert_prefix(statement);
    for (const Reference& at : run) {
      if (&jobs[at.job].statements[at.statement] != &statement) script.text += ',';
      script.text += insert_tuples(jobs[at.job].statements[at.statement]);
    }
    script.text += ';';
  }
  step.run = std::move(run);
  if (statement.insert && !job.replay) {
    learn_next_id(jobs, step, step.insert_id);
    step.next_id_unknown = !auto_increment_.next(statement.insert->table).has_value();
  }

  Step warnings;
  warnings.kind = Step::Kind::warnings;
  warnings.job = first.job;
  warnings.run = {first};
  // In a group of several, what is cheap comes first.
  const bool with_warnings = !job.replay && (jobs.size() == 1 || job.warnings);
  if (effect_is_known(job, statement)) {
    script.steps.push_back(std::move(step));
    if (job.warnings && with_warnings) script.add(std::move(warnings), "SHOW WARNINGS LIMIT 16");
    return;
  }
  const std::size_t effect_step = script.steps.size() + 1;
  step.affected_value = script.new_value(effect_step);
  std::string fetch = "SET " + Script::variable(*step.affected_value) + "=ROW_COUNT()";
  if (statement.insert) {
    step.insert_id_value = script.new_value(effect_step);
    fetch += "," + Script::variable(*step.insert_id_value) + "=LAST_INSERT_ID()";
  }
  Step effect;
  effect.kind = Step::Kind::effect;
  effect.job = first.job;
  script.steps.push_back(std::move(step));
  script.add(effect, fetch);
  if (with_warnings) script.add(std::move(warnings), "SHOW WARNINGS LIMIT 16");
}

Executor::Script Executor::build(const std::vector<Job>& jobs, std::size_t first_job, std::size_t unmerged_until) {
  Script script;
  std::size_t job = first_job;
  while (job < jobs.size() && script.text.size() < limits_.max_script_bytes) {
    Window window;
    if (job >= unmerged_until) window = find_window(jobs, job);
    if (window.runs.size() == window.statements) {  // nothing to gain: not looked at again
      unmerged_until = std::max(unmerged_until, window.end_job);
      window = {};
    }
    Unit unit;
    unit.first_job = job;
    unit.first_step = script.steps.size();
    unit.merged = !window.runs.empty();
    unit.end_job = unit.merged ? window.end_job : job + 1;
    // One statement leaves nothing behind when it fails.
    unit.has_savepoint = unit.merged ? window.runs.size() > 1 : needs_savepoint(jobs[job]);
    script.units.push_back(unit);
    add_job_prelude(script, jobs[job], job);
    if (unit.has_savepoint) {
      Step savepoint;
      savepoint.job = job;
      script.add(savepoint, "SAVEPOINT " + savepoint_name(job));
    }
    for (Run& run : window.runs) add_statements(script, jobs, std::move(run));
    if (!unit.merged)
      for (std::size_t i = 0; i < jobs[job].statements.size(); ++i) add_statements(script, jobs, {{job, i}});
    job = unit.end_job;
    if (ends_script(jobs[unit.first_job])) break;
  }
  script.end_job = job;
  return script;
}

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

void Executor::record(const std::vector<Job>& jobs, const Step& step,
                      const std::vector<std::optional<std::uint64_t>>& values, std::vector<JobOutcome>& outcomes) {
  std::optional<std::uint64_t> next_id = step.looked_up_value ? values.at(*step.looked_up_value) : step.insert_id;
  // Looked up once; from here on it is known.
  if (step.next_id_unknown) learn_next_id(jobs, step, next_id);
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

// Whether the effects are those expected; otherwise `outcome` tells which statement's is not.
Status Executor::check_job(const Job& job, JobOutcome& outcome) const {
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    const StatementOutcome& statement = outcome.statements[i];
    const std::optional<std::uint64_t> expect = job.statements[i].expect;
    if (!expect || *expect == statement.effect.affected_rows) continue;
    outcome.failed_statement = static_cast<std::uint32_t>(i);
    return Status::error(Code::expectation_failed,
                         "the statement affected " + std::to_string(statement.effect.affected_rows) + " rows where " +
                             std::to_string(*expect) +
                             " were expected; the request was rolled back, nothing of it is kept. Read the rows "
                             "again and decide anew.");
  }
  return ok_status();
}

Status Executor::undo(std::size_t job, bool has_savepoint) {
  constexpr int kNoSuchSavepoint = 1305;  // the job failed before it had one: nothing to undo
  auto_increment_.clear();
  if (!has_savepoint) return ok_status();
  Status status = connection_.execute("ROLLBACK TO SAVEPOINT " + savepoint_name(job));
  return status.database_errno == kNoSuchSavepoint ? ok_status() : status;
}

Result<bool> Executor::in_transaction() {
  const Result<std::optional<std::string>> value = connection_.scalar(in_transaction_sql());
  if (!value) return value.status();
  return value->value_or("0") == "1";
}

// Whether the effects of everything in the script follow from its text; if so, outcomes are as they will be.
bool Executor::predict(const std::vector<Job>& jobs, const Script& script, std::vector<JobOutcome>& outcomes) {
  if (!script.value_steps.empty() || script.end_job != jobs.size()) return false;
  for (const Step& step : script.steps)
    if (step.kind == Step::Kind::statements) record(jobs, step, {}, outcomes);
  return true;
}

void Executor::take_rows(const std::vector<Job>& jobs, const Step& step, RowStream& rows,
                         std::vector<JobOutcome>& outcomes, Status& problem) {
  if (step.kind != Step::Kind::statements && step.kind != Step::Kind::warnings) return;
  StatementOutcome& outcome = outcomes[step.run.front().job].statements[step.run.front().statement];
  if (step.kind == Step::Kind::warnings) {
    outcome.warnings.clear();
    for (Result<bool> more = rows.next(); more.ok() && *more; more = rows.next())
      outcome.warnings.push_back(rows.text(1) + " " + rows.text(2));
    return;
  }
  if (jobs[step.job].replay) {
    outcome.page.rows = count_rows(rows);
    return;
  }
  PageReader reader(rows);
  Result<proto::Page> page = reader.next(limits_.max_rows, limits_.max_row_bytes);
  if (!page) return;  // the script's status says why
  outcome.has_rows = true;
  outcome.columns = rows.columns();
  outcome.page = std::move(*page);
  if (reader.more()) {
    outcomes[step.run.front().job].failed_statement = static_cast<std::uint32_t>(step.run.front().statement);
    problem = Status::error(Code::too_large,
                            "a statement of a write request gave more than " + std::to_string(limits_.max_rows) +
                                " rows or " + std::to_string(limits_.max_row_bytes) +
                                " bytes; send the SELECT as a request of its own, where results come in pages");
  }
}

// False: nothing of it has happened. True: frame.finish_result says how the commit went.
Result<bool> Executor::run_as_one(const std::string& text, Frame& frame) {
  constexpr int kParseError = 1064;     // nothing ran
  constexpr int kLockTableFull = 1206;  // the database has rolled back
  const Status status = connection_.execute(as_one_statement(text));
  frame.finish_result = Connection::ScriptResult{frame.finish_statements, status};
  if (status.ok()) return true;
  // Unless the transaction is seen to be open still, it may have been the commit that was interrupted.
  frame.finish_result->completed = frame.finish_statements - 1;
  if (connection_.lost()) return true;
  if (ends_transaction(status)) return status;
  if (status.database_errno != kParseError && status.database_errno != kLockTableFull) {
    const Result<bool> open = in_transaction();
    if (!open || !*open) return true;
    if (Status undone = connection_.execute("ROLLBACK"); !undone.ok()) return undone;
  }
  frame.finish_result.reset();
  session_ = {};
  auto_increment_.clear();
  return false;
}

Status Executor::run(const std::vector<Job>& jobs, std::vector<JobOutcome>& outcomes, Frame& frame) {
  outcomes.assign(jobs.size(), JobOutcome{});
  for (std::size_t i = 0; i < jobs.size(); ++i) outcomes[i].statements.resize(jobs[i].statements.size());

  std::size_t unmerged_until = 0;
  bool may_be_one = true;
  for (std::size_t first_job = 0; first_job < jobs.size();) {
    Script script = build(jobs, first_job, unmerged_until);
    const bool is_first = first_job == 0 && unmerged_until == 0;
    const std::size_t lead = is_first ? frame.prologue_statements : 0;
    std::optional<std::string> finish;
    if (is_first && frame.finish && predict(jobs, script, outcomes)) finish = frame.finish(outcomes);
    std::string text = (is_first ? frame.prologue : std::string()) + script.text;
    std::size_t total = lead + script.steps.size();
    if (finish) {
      text += *finish;
      total += frame.finish_statements;
      if (may_be_one && script.keeps_session && text.size() <= limits_.max_one_statement_bytes) {
        const Result<bool> settled = run_as_one(text, frame);
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
    Connection::ScriptResult result = connection_.run_script(text, total, [&](std::size_t index, RowStream& rows) {
      if (index < lead) return;
      if (index - lead < script.steps.size()) {
        take_rows(jobs, script.steps[index - lead], rows, outcomes, rows_problem);
        return;
      }
      if (const Result<bool> row = rows.next(); !row || !*row) return;
      for (std::size_t i = 0; i < script.value_steps.size(); ++i)
        values.push_back(rows.is_null(i) ? std::nullopt : to_number(rows.text(i)));
    });
    const bool jobs_done = result.completed >= lead + script.steps.size();
    if (finish && jobs_done) {
      result.completed -= lead + script.steps.size();
      frame.finish_result = std::move(result);
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

    // Only fetching the values was interrupted, and collect() has done it again.
    if (completed == script.steps.size()) result.status = ok_status();
    if (result.status.ok()) {
      const std::size_t last_job = script.end_job - 1;
      Status check = rows_problem.ok() ? check_job(jobs[last_job], outcomes[last_job]) : rows_problem;
      if (!check.ok()) {
        if (Status status = undo(last_job, script.units.back().has_savepoint); !status.ok()) return status;
        outcomes[last_job].status = std::move(check);
      }
      first_job = script.end_job;
      continue;
    }

    // A statement failed: its job alone pays, or what was put together is taken apart and tried again.
    session_ = {};
    auto_increment_.clear();
    const Step& failed = script.steps[completed];
    const Result<bool> alive = in_transaction();
    if (!alive) return alive.status();
    const Unit& unit = script.unit_of(completed);
    // Gone: what follows would commit by itself, and what went before is lost. And a statement that has run, whose
    // effect is not known, cannot be taken back alone without a savepoint.
    const bool has_run = failed.kind == Step::Kind::effect || failed.kind == Step::Kind::warnings;
    if (!*alive || (has_run && !unit.has_savepoint)) {
      if (failed.run.empty()) frame.ended_by.push_back(failed.job);
      for (const Reference& at : failed.run) {
        outcomes[at.job].failed_statement = static_cast<std::uint32_t>(at.statement);
        if (frame.ended_by.empty() || frame.ended_by.back() != at.job) frame.ended_by.push_back(at.job);
      }
      for (const std::size_t job : frame.ended_by) outcomes[job].status = result.status;
      return result.status;
    }
    if (Status status = undo(unit.first_job, unit.has_savepoint); !status.ok()) return status;
    if (unit.merged && failed.kind == Step::Kind::statements) {
      const Reference& at = failed.run.front();
      if (jobs[at.job].replay) kept_in_order_.insert(jobs[at.job].statements[at.statement].insert->table);
      first_job = unit.first_job;
      unmerged_until = unit.end_job;
      continue;
    }
    outcomes[failed.job].status = std::move(result.status);
    if (failed.kind == Step::Kind::statements)
      outcomes[failed.job].failed_statement = static_cast<std::uint32_t>(failed.run.front().statement);
    first_job = failed.job + 1;
  }
  return ok_status();
}

}  // namespace sqlcast::storage
