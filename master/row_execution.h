// RowExecution: a request with statements that are executed here alone: each is read as rows first, and what is
// executed, and goes into the log, is the plain text of these. The others of the request run between them as they are.
// All of it in one transaction, which it begins and leaves open. One object a try; belongs to the sequencer's thread.
// Why so: docs/decisions/0037-materialised.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "master/row_reader.h"
#include "master/write_request.h"
#include "proto/entry.h"
#include "sql/schema.h"
#include "storage/connection.h"
#include "storage/executor.h"

namespace sqlcast::master {

class RowExecution {
 public:
  struct On {
    storage::Connection& connection;
    storage::Executor& executor;
    const sql::Schema& schema;  // that the plan was made under
    const config::Limits& limits;
    std::function<bool()> cancelled;
  };
  RowExecution(const On& on, const WriteRequest& request, const proto::Context& context);

  // Not ok: the whole transaction is gone or must be rolled back. Otherwise `outcome` says how it went, which is also
  // for a failure that is the request's own: then nothing of the transaction may stay. May block.
  Status run();

  storage::JobOutcome outcome;               // a statement each of the request's
  std::vector<proto::Statement> statements;  // of the entry
  bool ended_by_it = false;                  // run() failed by what `outcome` says

 private:
  Status run_as_they_are(const std::vector<std::size_t>& slots);
  Status run_by_rows(std::size_t slot);
  Status run_texts(std::size_t slot, std::vector<std::string> texts);
  Status run_job(const storage::Job& job, std::vector<storage::StatementOutcome>& outcomes,
                 const std::vector<std::size_t>& slots);
  Status fail_as_itself(std::size_t slot);
  void check_expectations();
  Status failed(std::size_t slot, Status why);
  bool out_of_time(std::size_t slot);
  std::uint32_t time_left_ms() const;
  storage::Job empty_job() const;

  const On on_;
  const WriteRequest& request_;
  const proto::Context context_;
  std::uint64_t bytes_ = 0;  // of the statements
};

}  // namespace sqlcast::master
