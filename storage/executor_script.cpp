#include "storage/executor_script.h"

#include <map>

#include "storage/dialect.h"

namespace sqlcast::storage {
namespace {

bool needs_savepoint(const Job& job) {
  if (job.statements.size() > 1) return true;
  // A slave stops at the first failure, whatever it is: nothing to go back to.
  if (job.replay) return false;
  const JobStatement& only = job.statements.front();
  return only.expect.has_value() || only.returns_rows;
}

// A job whose outcome must be looked at before the next one may run.
bool ends_script(const Job& job) {
  return std::any_of(job.statements.begin(), job.statements.end(),
                     [](const JobStatement& s) { return s.expect.has_value() || s.returns_rows; });
}

bool generates(const Job& job, const JobStatement& statement) {
  return job.replay ? statement.insert_id.has_value()
                    : statement.insert->auto_increment == sql::AutoIncrementUse::generated;
}

// It may generate AUTO_INCREMENT values, for which it needs the first.
bool may_generate(const Job& job, const JobStatement& statement) {
  if (job.replay) return statement.insert_id.has_value();
  return statement.insert && (statement.insert->auto_increment == sql::AutoIncrementUse::generated ||
                              statement.insert->auto_increment == sql::AutoIncrementUse::unknown);
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

// After several inserts in one, LAST_INSERT_ID() is the first one's: not where somebody looks at it.
bool mergeable(const Job& job) {
  return !job.warnings && !uses_last_insert_id(job) && !job.context.rand_seed1 &&
         std::all_of(job.statements.begin(), job.statements.end(), [&](const JobStatement& statement) {
           return effect_is_known(job, statement) && statement.insert->literals_only && !statement.expect &&
                  !statement.returns_rows;
         });
}

std::string_view insert_prefix(const JobStatement& statement) {
  return std::string_view(statement.sql).substr(0, statement.insert->values_offset);
}

std::string_view insert_tuples(const JobStatement& statement) {
  return std::string_view(statement.sql)
      .substr(statement.insert->values_offset, statement.insert->values_end - statement.insert->values_offset);
}

}  // namespace

std::string seconds_text(std::uint64_t microseconds) {
  std::string fraction = std::to_string(microseconds % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(microseconds / 1'000'000) + "." + fraction;
}

void Executor::add_job_prelude(Script& script, const Job& job, std::size_t index) {
  Step prelude;
  prelude.kind = Step::Kind::prelude;
  prelude.job = index;
  const std::string_view database = job.database.empty() ? kNoDatabase : std::string_view(job.database);
  if (imposed_.database != database) {
    script.add(prelude, "USE " + quote_name(database));
    script.may_be_one = false;
    imposed_.database = database;
  }
  std::string assignments;
  const auto assign = [&assignments](std::string_view name, const std::string& value) {
    assignments += assignments.empty() ? "SET " : ",";
    assignments.append(name).append("=").append(value);
  };
  if (imposed_.timestamp_us != job.context.timestamp_us) {
    assign("timestamp", seconds_text(job.context.timestamp_us));
    imposed_.timestamp_us = job.context.timestamp_us;
  }
  if (imposed_.timeout_ms != job.timeout_ms) {
    assign("max_statement_time", seconds_text(std::uint64_t{job.timeout_ms} * 1000));
    script.may_be_one = false;
    imposed_.timeout_ms = job.timeout_ms;
  }
  script.shows_last_id = uses_last_insert_id(job);
  if (script.shows_last_id) assign("last_insert_id", "0");  // what other jobs left there is not this one's to see
  if (!assignments.empty()) script.add(prelude, assignments);
}

// Jobs of nothing but mergeable inserts, from one on, and the runs that they make.
struct Executor::MergeableJobs {
  std::size_t end_job = 0;  // first job that is not in it
  std::size_t statements = 0;
  std::vector<Run> runs;
  std::vector<std::size_t> run_bytes;
  std::map<sql::ObjectName, std::size_t> open;  // the run that a later insert into the table may still join
};

void Executor::add_job(MergeableJobs& together, const std::vector<Job>& jobs, std::size_t index) const {
  const Job& job = jobs[index];
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    const JobStatement& statement = job.statements[i];
    const sql::ObjectName& table = statement.insert->table;
    const auto joins = [&](std::size_t run) {
      const Reference& back = together.runs[run].back();
      const JobStatement& last = jobs[back.job].statements[back.statement];
      return insert_prefix(statement) == insert_prefix(last) && generates(job, statement) == generates(job, last) &&
             (!job.replay || !statement.insert_id || *statement.insert_id == *last.insert_id + last.insert->tuples) &&
             together.run_bytes[run] + statement.sql.size() <= limits_.max_merged_bytes;
    };
    // What a slave replays has succeeded in the log's order: in another the rows are the same, or it fails.
    const bool free = job.replay ? !kept_in_order_.contains(table) : statement.insert->order_free;
    std::size_t run = together.runs.size();
    if (const auto open = together.open.find(table); open != together.open.end() && joins(open->second)) {
      run = open->second;
    } else if (run > 0 && joins(run - 1)) {
      --run;
    } else {
      together.runs.emplace_back();
      together.run_bytes.push_back(0);
      // Nothing goes ahead of an insert whose success may depend on what came before it.
      if (free)
        together.open[table] = run;
      else
        together.open.clear();
    }
    together.runs[run].push_back({index, i});
    together.run_bytes[run] += statement.sql.size();
    ++together.statements;
  }
  together.end_job = index + 1;
}

Executor::MergeableJobs Executor::find_mergeable(const std::vector<Job>& jobs, std::size_t first_job) const {
  const Job& first = jobs[first_job];
  MergeableJobs together;
  for (std::size_t i = first_job; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    const bool fits = job.database == first.database && job.context == first.context &&
                      job.timeout_ms == first.timeout_ms && mergeable(job);
    if (!fits) break;
    add_job(together, jobs, i);
  }
  return together;
}

// What an insert generates begins at a value of ours; and what LAST_INSERT_ID() says behind it is its own.
// The values are counted up from the imposed one, which the server does not compare with the statement's own values in
// front of the first that it generates: as it would by itself, they begin above those.
void Executor::impose_ids(Script& script, const Job& job, const JobStatement& statement, Reference at, Step& step) {
  if (!may_generate(job, statement)) return;
  std::string assignments;
  const auto assign = [&assignments](std::string_view what) {
    assignments.append(assignments.empty() ? "SET " : ",").append(what);
  };
  if (!effect_is_known(job, statement)) {
    if (script.shows_last_id) assign("@last=LAST_INSERT_ID()");
    if (!statement.uses_last_insert_id) assign("last_insert_id=0");
  }
  Step prelude;
  prelude.kind = Step::Kind::prelude;
  prelude.job = at.job;
  prelude.run = {at};
  step.insert_id = job.replay ? statement.insert_id : auto_increment_.next(statement.insert->table);
  if (step.insert_id && !job.replay)
    step.insert_id = std::max(*step.insert_id, statement.insert->own_before_generated + 1);
  if (step.insert_id) {
    assign("insert_id=" + std::to_string(*step.insert_id));
    script.add(prelude, assignments);
    return;
  }
  const sql::ObjectName& table = statement.insert->table;
  script.looks_up = true;
  step.looked_up_value = script.new_value(script.steps.size());
  const std::string variable = Script::variable(*step.looked_up_value);
  // While another connection changes the table, information_schema gives NULL for whoever holds locks already: so the
  // table is opened first, which waits as the insert would. Then NULL is a table without AUTO_INCREMENT, where any
  // value will do, because nothing is generated.
  assign("@opened=(SELECT 1 FROM " + (table.database.empty() ? std::string() : quote_name(table.database) + ".") +
         quote_name(table.name) + " LIMIT 0)");
  assign(variable + "=CAST(IFNULL((SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA=" +
         quote_text(table.database) + " AND TABLE_NAME=" + quote_text(table.name) + "),1) AS UNSIGNED)");
  script.add(prelude, assignments);
  if (const std::uint64_t own = statement.insert->own_before_generated; own > 0)
    script.add(prelude,
               "SET " + variable + "=CAST(GREATEST(" + variable + "," + std::to_string(own + 1) + ") AS UNSIGNED)");
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

// What a statement makes of the tables' next AUTO_INCREMENT values, for those that come after it. Told twice, in the
// order of the statements, it comes to the same.
void Executor::learn_next_id(const std::vector<Job>& jobs, const Step& step, std::optional<std::uint64_t> insert_id) {
  const Job& job = jobs[step.run.front().job];
  const JobStatement& statement = job.statements[step.run.front().statement];
  if (job.replay) return;
  if (statement.moves_ids) auto_increment_.clear();
  if (!statement.insert) return;
  const sql::InsertShape& insert = *statement.insert;
  std::uint64_t tuples = 0;
  std::uint64_t explicit_max = 0;
  for (const Reference& at : step.run) {
    tuples += jobs[at.job].statements[at.statement].insert->tuples;
    explicit_max = std::max(explicit_max, jobs[at.job].statements[at.statement].insert->explicit_max);
  }
  const std::optional<std::uint64_t> next = auto_increment_.next(insert.table);
  if (insert.plain && insert_id && insert.auto_increment == sql::AutoIncrementUse::generated)
    auto_increment_.set(insert.table, *insert_id + tuples);
  else if (insert.plain && insert.auto_increment == sql::AutoIncrementUse::explicit_values && next)
    auto_increment_.set(insert.table, std::max(*next, explicit_max + 1));
  else
    auto_increment_.forget(insert.table);
}

// What LAST_INSERT_ID() says behind an insert, when that is what the insert has generated; otherwise 0. One that looks
// at LAST_INSERT_ID() itself must find there what was before.
std::string Executor::generated_id_sql(const JobStatement& statement) {
  if (!statement.uses_last_insert_id) return "LAST_INSERT_ID()";
  // The imposed value is still there when nothing was generated. What was generated may have been ignored.
  const std::string generated = statement.insert->keeps_every_row ? "@@insert_id=0" : "LAST_INSERT_ID()<>@last";
  return "IF(" + generated + ",LAST_INSERT_ID(),0)";
}

void Executor::add_statements(Script& script, const std::vector<Job>& jobs, Run run) {
  const Reference first = run.front();
  const Job& job = jobs[first.job];
  const JobStatement& statement = job.statements[first.statement];
  Step step;
  step.kind = Step::Kind::statements;
  step.job = first.job;
  impose_ids(script, job, statement, first, step);
  impose_seeds(script, job, statement, step.job);
  // In a group of several, what is cheap comes first.
  const bool with_warnings = !job.replay && (jobs.size() == 1 || job.warnings);
  if (with_warnings && statement.returns_rows) {
    // A SELECT without tables leaves the connection's warnings as another statement made them.
    Step prelude;
    prelude.kind = Step::Kind::prelude;
    prelude.job = first.job;
    script.add(prelude, kForgetWarnings);
  }

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
  learn_next_id(jobs, step, step.insert_id);

  Step warnings;
  warnings.kind = Step::Kind::warnings;
  warnings.job = first.job;
  warnings.run = {first};
  if (effect_is_known(job, statement)) {
    script.steps.push_back(std::move(step));
    if (job.warnings && with_warnings) {
      script.add(std::move(warnings), "SHOW WARNINGS LIMIT 16");
      script.may_be_one = false;
    }
    return;
  }
  const std::size_t effect_step = script.steps.size() + 1;
  step.affected_value = script.new_value(effect_step);
  std::string fetch = "SET " + Script::variable(*step.affected_value) + "=ROW_COUNT()";
  if (statement.insert && may_generate(job, statement)) {
    step.insert_id_value = script.new_value(effect_step);
    fetch += "," + Script::variable(*step.insert_id_value) + "=" + generated_id_sql(statement);
    if (script.shows_last_id && !statement.uses_last_insert_id)
      fetch += ",last_insert_id=IF(LAST_INSERT_ID()=0,@last,LAST_INSERT_ID())";
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
    MergeableJobs together;
    if (job >= unmerged_until) together = find_mergeable(jobs, job);
    if (together.runs.size() == together.statements) {  // nothing to gain: not looked at again
      unmerged_until = std::max(unmerged_until, together.end_job);
      together = {};
    }
    Unit unit;
    unit.first_job = job;
    unit.first_step = script.steps.size();
    unit.merged = !together.runs.empty();
    unit.end_job = unit.merged ? together.end_job : job + 1;
    // One statement leaves nothing behind when it fails.
    unit.has_savepoint = unit.merged ? together.runs.size() > 1 : needs_savepoint(jobs[job]);
    script.units.push_back(unit);
    add_job_prelude(script, jobs[job], job);
    if (unit.has_savepoint) {
      Step savepoint;
      savepoint.job = job;
      script.add(savepoint, "SAVEPOINT " + savepoint_name(job));
    }
    for (Run& run : together.runs) add_statements(script, jobs, std::move(run));
    if (!unit.merged)
      for (std::size_t i = 0; i < jobs[job].statements.size(); ++i) add_statements(script, jobs, {{job, i}});
    job = unit.end_job;
    script.is_looked_at = ends_script(jobs[unit.first_job]);
    if (script.is_looked_at) break;
  }
  script.end_job = job;
  return script;
}

}  // namespace sqlcast::storage
