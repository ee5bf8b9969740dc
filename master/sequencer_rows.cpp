// The sequencer's requests that are executed by rows: each alone in its group.
#include <algorithm>

#include "master/row_execution.h"
#include "master/sequencer.h"
#include "storage/page.h"

namespace sqlcast::master {
namespace {

// Of all that has run: each job in it has its own.
void check_columns(storage::JobOutcome& outcome) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < outcome.statements.size(); ++i) {
    columns += outcome.statements[i].columns.size();
    if (columns <= storage::kMaxColumns) continue;
    outcome.status = storage::too_many_columns();
    outcome.failed_statement = static_cast<std::uint32_t>(i);
    return;
  }
}

}  // namespace

Status Sequencer::execute_rows(Batch& batch, Trip& trip) {
  begin_time();
  ++rand_state_;
  WriteRequest& request = batch.front();
  const std::shared_ptr<const sql::Schema> schema = schema_.get();
  const RowExecution::On on{connection_.writer(), connection_.executor(), *schema, config_.limits,
                            [this, &request] { return under_way_.cancelled(request.stop_key); }};
  RowExecution execution(on, request, context_for(request));
  Status status = execution.run();
  connection_.executor().forget_imposed();
  if (status.ok() && execution.outcome.status.ok()) check_columns(execution.outcome);
  // What does not stay has taken its AUTO_INCREMENT values with it.
  if (!status.ok() || !execution.outcome.status.ok()) connection_.executor().auto_increment().clear();
  trip.outcomes.push_back(std::move(execution.outcome));
  trip.rows = std::move(execution.statements);
  if (execution.ended_by_it) trip.ended_by.push_back(0);
  return status;
}

}  // namespace sqlcast::master
