// Runner: carries out the actions of a dump at a cluster: rows in batches, several requests under way; everything else
// alone and in its order. Keys and views come last. One thread. May block, for the cluster.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/load/batch.h"
#include "client/load/columns.h"
#include "client/load/interpreter.h"
#include "client/load/plan.h"
#include "client/load/sender.h"
#include "client/load/summary.h"
#include "client/load/tuples.h"

namespace sqlcast::load {

class Runner {
 public:
  // `confirmed`: what an earlier run has confirmed, and is not sent again.
  Runner(client::Client& client, Sender& sender, Summary& summary, const Plan& plan, bool force, Checkpoint confirmed);

  // The one that reads the pass which begins; it is told which tables could not be made.
  void begin_pass(Interpreter& interpreter) { interpreter_ = &interpreter; }
  Status carry_out(Action& action, Placed& placed, std::uint64_t pass);
  // The end of a pass: what was begun is sent, and confirmed.
  Status end_pass();
  // Behind the last pass: foreign keys, then views.
  Status finish();

  // For the Sender: of rows and transactions, which are not waited for one by one.
  Status failed(const Job& job, const Status& status);
  bool goes_on(const Status& status) const;
  void confirmed(const Job& job);

 private:
  struct Later {
    Job job;
    std::string name;
    std::uint64_t keys = 0;
  };
  bool is_confirmed(std::uint64_t pass, std::uint64_t end) const;
  bool passed_by(std::uint64_t pass, std::uint64_t end);
  Job job_for(const Action& action, const Placed& placed, std::uint64_t pass) const;
  Status insert(Action& action, Placed& placed, std::uint64_t pass);
  Status insert_tuples(Action& action, const Placed& placed, std::uint64_t pass, const InsertColumns& columns);
  bool keeps_id(const Action& action, const Placed& placed, std::uint64_t pass, const Tuple& tuple, std::size_t place);
  void add_tuple(const Action& action, const Placed& placed, std::uint64_t pass, std::string_view row,
                 const Tuple& tuple);
  Result<InsertColumns> columns(const Action& action);
  Status write(Action& action, Placed& placed, std::uint64_t pass);
  Status define(Action& action, Placed& placed, std::uint64_t pass);
  Status drop_again(const Action& action, const Job& job, const Status& status);
  Status flush();
  Status rollback(const Action& action, const Placed& placed, std::uint64_t pass);
  Status emit(Job job);
  Status commit(std::uint64_t end);
  Status run_now(const Job& job, bool data);
  Status left_out(const Job& job, const std::string& what, const Status& status, bool data);
  // `job`: where it stands.
  void leave_out(const Job& job, const Note& note);

  client::Client& client_;
  Sender& sender_;
  Interpreter* interpreter_ = nullptr;
  Summary& summary_;
  const Plan& plan_;
  const bool force_;
  const Checkpoint confirmed_;
  std::map<TableName, std::vector<TableColumn>> columns_;
  Batch batch_;
  bool alone_ = false;  // the batch: nothing else is to be under way with it
  std::string tail_;    // behind the tuples
  std::string last_;    // the table of what was sent last
  bool in_transaction_ = false;
  bool split_ = false;  // the transaction: parts of it are committed already
  Job transaction_;
  std::vector<Later> keys_;
  std::map<TableName, Later> views_;
};

// "line 12 of dump.sql: Duplicate entry …", with the statement's beginning.
Status with_place(const Status& status, const Job& job);

}  // namespace sqlcast::load
