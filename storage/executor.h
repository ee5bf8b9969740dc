// Executor: runs jobs (requests on the master, entries on a slave) inside the open transaction, in order, in as
// few round trips as it can, and collects every effect. Master and slaves run the same code on the same input,
// so that the same statements have the same effects.
//
// A job that fails leaves nothing behind and does not disturb the others. Plain inserts of one shape go to the database
// as one multi-row insert, also across inserts of other shapes where the order cannot matter; when that fails they
// are run one by one.
// Belongs to the thread that owns the connection.
// Why so: docs/decisions/0021-one-round-trip.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "proto/entry.h"
#include "proto/message.h"
#include "sql/verdict.h"
#include "storage/auto_increment.h"
#include "storage/connection.h"

namespace sqlcast::storage {

struct JobStatement {
  std::string sql;
  std::size_t place = 0;                   // among the statements of the entry, which leaves out a request's reads
  std::optional<std::uint64_t> insert_id;  // slave: the value the entry carries
  std::optional<sql::InsertShape> insert;  // INSERT and REPLACE only
  bool moves_ids = false;                  // master: may set an AUTO_INCREMENT column, and is no INSERT or REPLACE
  bool uses_last_insert_id = false;
  bool returns_rows = false;
  std::optional<std::uint64_t> expect;  // affected rows, or the job fails with expectation_failed
};

struct Job {
  std::string database;  // default database; empty = none
  proto::Context context;
  std::vector<JobStatement> statements;
  std::uint32_t timeout_ms = 0;                                       // of each statement, in the database; 0 = none
  bool warnings = false;                                              // wanted also when that costs more
  std::size_t max_columns = std::numeric_limits<std::size_t>::max();  // that all its statements may return
  // A slave replays what the master decided: insert_id comes with each statement, nothing is looked up.
  bool replay = false;
};

struct StatementOutcome {
  std::vector<std::string> warnings;  // "1265 Data truncated …"; only of a job that runs alone, or that wants them
  proto::Effect effect;
  std::optional<std::uint64_t> insert_id;  // what was imposed
  bool has_rows = false;
  std::vector<proto::ColumnInfo> columns;
  proto::Page page;
};

struct JobOutcome {
  Status status;
  std::optional<std::uint32_t> failed_statement;
  std::vector<StatementOutcome> statements;  // one each when status is ok
};

struct ExecutorLimits {
  std::uint64_t max_rows = 10'000;             // rows that one statement in a write request may return
  std::uint64_t max_row_bytes = 4U << 20U;     // that all statements of one may
  std::uint64_t max_merged_bytes = 1U << 20U;  // of one multi-row insert
  std::uint64_t max_script_bytes = 8U << 20U;  // of one round trip
  // Of a script that goes as one statement: that saves a wake-up on either side for every statement in it, but the
  // server reads its text twice.
  std::uint64_t max_one_statement_bytes = 12U << 10U;
};

// As a session variable wants it: "1.500000". Pure, as is the next.
std::string seconds_text(std::uint64_t microseconds);

// Of a statement that has affected other than the expected rows; its request is rolled back.
Status expectation_failed(std::uint64_t affected, std::uint64_t expected);

class Executor {
 public:
  Executor(Connection& connection, ExecutorLimits limits) : connection_(connection), limits_(limits) {}

  // SQL to put around the jobs, so that it costs no round trip of its own: complete statements.
  struct Frame {
    std::string prologue;  // in front of the first, each ended by `;`: "SET ROLE …;START TRANSACTION;"
    std::size_t prologue_statements = 0;
    // What follows when every effect is known before anything has run (plain inserts): asked with the outcomes as
    // they will be, it gives the text, without a last `;`, or nothing to leave it out.
    std::function<std::optional<std::string>(const std::vector<JobOutcome>& outcomes)> finish;
    std::size_t finish_statements = 0;
  };

  // What became of a run: one of three things.
  //   status not ok                the whole transaction is gone or must be rolled back (connection lost, deadlock).
  //                                Only the outcomes of the jobs in `ended_by` mean anything: they say why.
  //   status ok, finish            every job succeeded, `outcomes` are theirs, and the frame's finish was sent: it says
  //                                how that went, and with it whether the transaction is still there.
  //   status ok, nothing finished  `outcomes` has one element a job, each with a status of its own; the transaction is
  //                                open.
  struct Execution {
    Status status;
    std::vector<JobOutcome> outcomes;
    std::optional<Connection::ScriptResult> finish;  // completed counts within the frame's finish
    // The jobs for which the whole transaction has to go: their statement made the database roll it back by itself (no
    // room for more locks, for one), or was interrupted when it had run.
    std::vector<std::size_t> ended_by;
  };

  // Runs all jobs inside the transaction that the prologue begins. May block, as long as their statements do.
  Execution run(const std::vector<Job>& jobs, const Frame& frame);

  // The connection no longer has what was last imposed on it (a new transaction keeps it). Does not block, nor does the
  // next.
  void forget_imposed() { imposed_ = {}; }
  AutoIncrementTracker& auto_increment() { return auto_increment_; }

 private:
  struct Reference {  // one statement of one job
    std::size_t job = 0;
    std::size_t statement = 0;
  };
  struct Step;
  struct Unit;
  struct Script;
  struct Imposed {  // on the connection, last; nothing = unknown
    std::optional<std::string> database;
    std::optional<std::uint64_t> timestamp_us;
    std::optional<std::uint32_t> timeout_ms;
  };

  using Run = std::vector<Reference>;  // statements that go as one
  struct MergeableJobs;
  Script build(const std::vector<Job>& jobs, std::size_t first_job, std::size_t unmerged_until);
  void add_job_prelude(Script& script, const Job& job, std::size_t index);
  MergeableJobs find_mergeable(const std::vector<Job>& jobs, std::size_t first_job) const;
  void add_job(MergeableJobs& together, const std::vector<Job>& jobs, std::size_t index) const;
  void add_statements(Script& script, const std::vector<Job>& jobs, Run run);
  void learn_next_id(const std::vector<Job>& jobs, const Step& step, std::optional<std::uint64_t> insert_id);
  static std::string generated_id_sql(const JobStatement& statement);
  void impose_ids(Script& script, const Job& job, const JobStatement& statement, Reference at, Step& step);
  void impose_seeds(Script& script, const Job& job, const JobStatement& statement, std::size_t index);
  bool predict(const std::vector<Job>& jobs, const Script& script, std::vector<JobOutcome>& outcomes);
  Result<bool> run_as_one(const std::string& text, const Frame& frame, Execution& made);
  struct Room {  // for the rows of a script, which are of one job alone
    std::uint64_t bytes = 0;
    std::size_t columns = 0;
  };
  void take_rows(const std::vector<Job>& jobs, const Step& step, RowStream& rows, std::vector<JobOutcome>& outcomes,
                 Room& room, Status& problem);
  Status collect(Script& script, std::size_t completed, std::vector<std::optional<std::uint64_t>>& values);
  static std::optional<std::uint64_t> imposed_id(const Step& step,
                                                 const std::vector<std::optional<std::uint64_t>>& values);
  void record(const std::vector<Job>& jobs, const Step& step, const std::vector<std::optional<std::uint64_t>>& values,
              std::vector<JobOutcome>& outcomes);
  Status run_scripts(const std::vector<Job>& jobs, const Frame& frame, Execution& made);
  Status check_job(const Job& job, JobOutcome& outcome) const;
  struct Progress {
    std::size_t first_job = 0;       // that has no outcome yet
    std::size_t unmerged_until = 0;  // jobs before this one go one by one
  };
  Status after_failure(const std::vector<Job>& jobs, const Script& script, std::size_t completed, const Status& why,
                       Execution& made, Progress& progress);
  Status after_success(const std::vector<Job>& jobs, const Script& script,
                       const std::vector<std::optional<std::uint64_t>>& values, const Status& rows_problem,
                       Execution& made, Progress& progress);
  Status undo(std::size_t job, bool has_savepoint);
  Result<bool> in_transaction();

  Connection& connection_;
  const ExecutorLimits limits_;
  Imposed imposed_;
  AutoIncrementTracker auto_increment_;
  // Slave: inserts into these failed when put together out of order (a foreign key): it is not tried again.
  std::set<sql::ObjectName> kept_in_order_;
};

}  // namespace sqlcast::storage
