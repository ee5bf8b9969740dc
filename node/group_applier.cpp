#include "node/group_applier.h"

#include <algorithm>

#include "base/crash_point.h"
#include "sql/policy.h"
#include "storage/catalog.h"
#include "storage/dialect.h"
#include "storage/errors.h"
#include "storage/log.h"

namespace sqlcast::node {
namespace {

using Outcome = Applied::Outcome;

// What a replay needs of a verdict. The rules have been kept on the master, where the schema is known; here they would
// refuse what they cannot prove, so that what remains is the statement's form.
sql::Verdict form_of(const proto::Statement& statement, const std::string& database) {
  sql::Judgement judgement;
  judgement.default_database = database;
  judgement.limits = sql::kWidestLimits;  // the master kept its own
  sql::Verdict verdict = sql::judge(statement.sql, judgement);
  if (verdict.statement_class == sql::Class::refused) {
    verdict = sql::classify(statement.sql, database, sql::kWidestLimits);
    if (verdict.insert) verdict.insert->plain = false;  // its offsets are not known
  }
  if (!verdict.insert) return verdict;
  // An insert of one tuple that generated the id that the master imposed generates just that one. Of several tuples
  // some may have had values of their own, which the text alone does not tell.
  const bool generated =
      verdict.insert->tuples == 1 && statement.insert_id && statement.effect.insert_id == *statement.insert_id;
  verdict.insert->auto_increment = generated              ? sql::AutoIncrementUse::generated
                                   : !statement.insert_id ? sql::AutoIncrementUse::absent
                                                          : sql::AutoIncrementUse::unknown;
  return verdict;
}

storage::Job job_of(const proto::Entry& entry) {
  storage::Job job;
  job.replay = true;
  job.database = entry.database;
  job.context = entry.context;
  for (const proto::Statement& statement : entry.statements) {
    storage::JobStatement one;
    one.sql = statement.sql;
    one.place = job.statements.size();
    one.insert_id = statement.insert_id;
    sql::Verdict form = form_of(statement, entry.database);
    one.insert = std::move(form.insert);
    one.uses_last_insert_id = form.uses_last_insert_id;
    job.statements.push_back(std::move(one));
  }
  return job;
}

std::string shortened(const std::string& sql) {
  constexpr std::size_t kShown = 400;
  return sql.size() <= kShown ? sql : sql.substr(0, kShown) + " …";
}

std::string effect_text(const proto::Effect& effect) {
  return std::to_string(effect.affected_rows) + " rows affected, insert id " + std::to_string(effect.insert_id);
}

bool is_same(const proto::Effect& expected, const proto::Effect& found) {
  return expected.insert_id == found.insert_id &&
         (expected.affected_rows == found.affected_rows || expected.affected_rows == proto::kRowsNotKnown);
}

std::string difference(const proto::Entry& entry, const storage::JobOutcome& outcome) {
  const auto at = [&](std::size_t statement) {
    return "entry " + std::to_string(entry.sequence) + ", statement " + std::to_string(statement + 1) + " of " +
           std::to_string(entry.statements.size()) + " (" + shortened(entry.statements[statement].sql) + "): ";
  };
  if (!outcome.status.ok())
    return at(outcome.failed_statement.value_or(0)) + "expected " +
           effect_text(entry.statements[outcome.failed_statement.value_or(0)].effect) + ", found error " +
           std::to_string(outcome.status.database_errno) + ": " + outcome.status.message;
  for (std::size_t i = 0; i < entry.statements.size(); ++i)
    if (!is_same(entry.statements[i].effect, outcome.statements[i].effect))
      return at(i) + "expected " + effect_text(entry.statements[i].effect) + ", found " +
             effect_text(outcome.statements[i].effect);
  return {};
}

}  // namespace

Result<DecodedGroup> decode_group(proto::Group group) {
  Result<std::vector<proto::Entry>> entries = proto::decode_entries(group.body);
  if (!entries)
    return Status::error(entries.status().code, "the group that ends at entry " + std::to_string(group.last) +
                                                    " cannot be decoded: " + entries.status().message);
  return DecodedGroup{std::move(group), std::move(*entries)};
}

bool is_ddl(const proto::Group& group) { return group.state != proto::GroupState::committed; }

bool comes_after(const proto::Group& group, const Position& end) {
  return group.first == end.sequence + 1 && group.epoch >= end.epoch &&
         (end.sequence == 0 || group.previous_hash == end.hash);
}

namespace {

storage::Executor::Frame begin_transaction() {
  storage::Executor::Frame frame;
  frame.prologue = "SET ROLE " + std::string(storage::kClientRole) + ";START TRANSACTION;";
  frame.prologue_statements = 2;
  return frame;
}

Applied try_to_apply(WriteConnection& connection, std::span<const DecodedGroup> batch,
                     const std::vector<storage::Job>& jobs) {
  std::vector<const proto::Entry*> entries;
  std::vector<proto::Group> groups;
  for (const DecodedGroup& one : batch) {
    groups.push_back(one.group);
    for (const proto::Entry& entry : one.entries) entries.push_back(&entry);
  }
  const auto first_difference = [&](const std::vector<storage::JobOutcome>& found) {
    std::string text;
    for (std::size_t i = 0; i < jobs.size() && text.empty(); ++i) text = difference(*entries[i], found[i]);
    return text;
  };
  const auto undone = [&](Outcome outcome, Status why) {
    connection.roll_back();
    return Applied{outcome, std::move(why)};
  };
  const auto differs = [&](std::string text, const std::vector<storage::JobOutcome>& outcomes) {
    Status why = Status::error(Code::diverged, std::move(text));
    for (const storage::JobOutcome& outcome : outcomes)
      if (why.database_errno == 0) why.database_errno = outcome.status.database_errno;
    return undone(Outcome::differs, std::move(why));
  };
  storage::Executor::Frame frame = begin_transaction();
  frame.finish = [&](const std::vector<storage::JobOutcome>& expected) -> std::optional<std::string> {
    if (!first_difference(expected).empty()) return std::nullopt;
    return storage::commit_sql(groups);
  };
  frame.finish_statements = storage::kCommitStatements;
  storage::Executor::Execution made = connection.executor().run(jobs, frame);
  if (!made.status.ok()) {
    if (made.ended_by.empty() || !storage::means_other_data(made.status)) return undone(Outcome::again, made.status);
    const std::size_t job = made.ended_by.front();
    return differs(difference(*entries[job], made.outcomes[job]), {made.outcomes[job]});
  }
  if (!made.finish) {
    // What comes after a statement that has to be tried again says nothing.
    for (const storage::JobOutcome& outcome : made.outcomes)
      if (storage::passes_by_itself(outcome.status)) return undone(Outcome::again, outcome.status);
    if (std::string text = first_difference(made.outcomes); !text.empty())
      return differs(std::move(text), made.outcomes);
    crash_point("batch_executed");
    made.finish = connection.writer().run_script(storage::commit_sql(groups), storage::kCommitStatements, nullptr);
  }
  if (!made.finish->status.ok()) {
    connection.give_up_writer();
    return {Outcome::again, std::move(made.finish->status)};
  }
  crash_point("batch_committed");
  return {};
}

// A constant that CHECK or a stored column compares with a column of another kind is converted once each time that the
// server opens the table, with a warning (1292) that strict mode makes an error: here it may be opened anew, where the
// master had it open. So all is run without strict mode, and taken back. False: the connection is gone.
bool warm_tables(WriteConnection& connection, const std::vector<storage::Job>& jobs) {
  if (!connection.usable()) return false;
  if (!connection.writer().execute("SET @sqlcast_mode=@@sql_mode,sql_mode=''").ok()) return false;
  connection.executor().forget_imposed();
  (void)connection.executor().run(jobs, begin_transaction());  // what comes of it is taken back
  connection.roll_back();
  if (connection.usable() && connection.writer().execute("SET sql_mode=@sqlcast_mode").ok()) {
    connection.executor().forget_imposed();
    return true;
  }
  connection.give_up_writer();
  return false;
}

// So a server without descriptors, too, says of a table that is there and well.
bool may_lack_files(const Status& why) { return storage::is_absent(why) || storage::is_damaged_table(why); }
constexpr int kLooks = 3;  // for that: it may be over when it is looked for

}  // namespace

Applied apply_groups(WriteConnection& connection, std::span<const DecodedGroup> batch) {
  std::vector<storage::Job> jobs;
  for (const DecodedGroup& one : batch)
    for (const proto::Entry& entry : one.entries) jobs.push_back(job_of(entry));
  Applied applied = try_to_apply(connection, batch, jobs);
  // Of tables that are read meanwhile the server may open further ones. Whose data do differ fails each time.
  constexpr int kTries = 16;
  for (int i = 0; i < kTries && applied.outcome == Outcome::differs && storage::is_wrong_value(applied.why); ++i) {
    if (!warm_tables(connection, jobs)) return {Outcome::again, std::move(applied.why)};
    applied = try_to_apply(connection, batch, jobs);
  }
  for (int i = 0; i < kLooks && applied.outcome == Outcome::differs && may_lack_files(applied.why); ++i) {
    if (!connection.usable()) return {Outcome::again, std::move(applied.why)};
    if (Status opens = storage::opens_files(connection.administrator()); !opens.ok())
      return {Outcome::again, std::move(opens)};
    applied = try_to_apply(connection, batch, jobs);
  }
  return applied;
}

Applied apply_definition(WriteConnection& connection, const DecodedGroup& one) {
  Status status;
  for (int i = 0; i <= kLooks; ++i) {
    proto::Group group = one.group;
    group.state = proto::GroupState::ddl_pending;
    status = connection.run_ddl(group, one.entries.front());
    connection.executor().forget_imposed();
    if (status.ok()) return {};
    if (!storage::means_other_data(status) || !may_lack_files(status) || !connection.usable()) break;
    if (Status opens = storage::opens_files(connection.administrator()); !opens.ok()) {
      status = std::move(opens);
      break;
    }
  }
  if (storage::means_other_data(status)) {
    const proto::Entry& entry = one.entries.front();
    Status why = Status::error(Code::diverged, "entry " + std::to_string(entry.sequence) + " (" +
                                                   shortened(entry.statements.front().sql) +
                                                   "): expected success, found error " +
                                                   std::to_string(status.database_errno) + ": " + status.message);
    why.database_errno = status.database_errno;
    return {Outcome::differs, std::move(why)};
  }
  connection.give_up_writer();  // what was begun is ended by the next
  return {Outcome::again, std::move(status)};
}

}  // namespace sqlcast::node
