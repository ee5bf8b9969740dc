#include "client/load/loader.h"

#include <utility>

#include "client/load/import_session.h"
#include "client/load/plan.h"
#include "client/load/reading.h"
#include "client/load/runner.h"
#include "client/load/sender.h"
#include "client/load/table_loader.h"
#include "client/load/tuples.h"

namespace sqlcast::load {
namespace {

// Statement by statement, with what is to be done for it. `each` returns not ok to end.
template <typename Each>
Status for_each(const std::vector<Source>& sources, Interpreter& interpreter, Meter& meter, std::uint64_t bytes_before,
                Each each, std::string* taken_in = nullptr) {
  Reading reading(sources);
  Placed placed;
  Action action;
  while (true) {
    const auto got = reading.next(placed);
    if (!got) return got.status();
    if (!*got) {
      if (taken_in != nullptr) *taken_in = reading.taken_in();
      return ok_status();
    }
    meter.at(bytes_before + reading.taken());
    Status status = interpreter.read(placed, sources[placed.source], action);
    if (status.ok() && action.kind == Action::Kind::source) status = reading.take_in(action.form.what);
    if (!status.ok()) {
      status.message = placed.file + ", line " + std::to_string(placed.statement.line) + ": " + status.message;
      return status;
    }
    if (meter.stop()) return Status::error(Code::cancelled, "stopped");
    if (status = each(action, placed); !status.ok()) return status;
  }
}

void count(const Action& action, const Placed& placed, Interpreter& interpreter, Summary& summary) {
  for (const Note& note : action.notes) summary.note(note, placed.file, placed.statement.line);
  if (action.kind == Action::Kind::create_table) summary.add_table();
  if (action.kind == Action::Kind::create_view) summary.add_view();
  if (action.kind == Action::Kind::write) summary.add_statement();
  if (action.kind == Action::Kind::create_table && action.keys_taken_out) summary.add_key(action.keys.size());
  if (action.kind != Action::Kind::insert) return;
  const std::string table = action.table.database + (action.table.database.empty() ? "" : ".") + action.table.name;
  std::uint64_t rows = 0;
  std::size_t at = action.form.body;
  Tuple tuple;
  while (next_tuple(placed.statement.text, at, tuple)) ++rows;
  if (interpreter.is_left_out(action.table))
    summary.note({Note::Sort::left_out, "rows of " + table, "their table was left out", true, rows}, placed.file,
                 placed.statement.line);
  else
    summary.add_rows(table, rows);
}

void note_uncommitted(const Interpreter& interpreter, const Source& last, Summary& summary) {
  if (!interpreter.is_uncommitted()) return;
  summary.note({Note::Sort::rewritten, "SET autocommit=0 without COMMIT at its end",
                "what it wrote is there; a client that ends so would have taken it back", false, 0},
               last.path, 0);
}

// `taken_in`: what Reading::taken_in() says of the files.
Result<Plan> plan_of(const LoadOptions& options, const std::vector<Source>& sources, Meter& meter,
                     std::string& taken_in) {
  Planner planner;
  if (only_once(sources)) {
    Plan plan = planner.plan(true);
    plan.foresight.none = true;
    return plan;
  }
  Interpreter interpreter(options.rules);
  const auto plan = [&](const Action& action, const Placed& placed) {
    planner.add(action, placed.position);
    return ok_status();
  };
  Status status = for_each(sources, interpreter, meter, 0, plan, &taken_in);
  if (!status.ok()) return status;
  return planner.plan(false);
}

}  // namespace

Result<std::string> client_id_for(const LoadOptions& options) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  const auto begun = begin_import(options, *sources);
  if (!begun) return begun.status();
  return begun->checkpoint.client_id;
}

Status preview(const LoadOptions& options, const Watch& watch, Summary& summary) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  if (options.table) return preview_table(options, *sources, watch, summary);
  const std::uint64_t size = size_of(*sources);
  Meter meter(watch, 2 * size);
  std::string taken_in;
  const auto plan = plan_of(options, *sources, meter, taken_in);
  if (!plan) return plan.status();
  Interpreter interpreter(options.rules, plan->foresight);
  Status status = for_each(*sources, interpreter, meter, size, [&](const Action& action, const Placed& placed) {
    count(action, placed, interpreter, summary);
    return ok_status();
  });
  note_uncommitted(interpreter, sources->back(), summary);
  return status;
}

Status load(client::Client& client, const LoadOptions& options, const Watch& watch, Summary& summary) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  auto begun = begin_import(options, *sources);
  if (!begun) return begun.status();
  begun->checkpoint.client_id = client.client_id();
  summary.left_out_before(begun->checkpoint.left_out);
  if (options.table) return load_table(client, options, *sources, std::move(*begun), watch, summary);
  const std::uint64_t size = size_of(*sources);
  Meter looking(watch, 0);
  std::string taken_in;
  const auto plan = plan_of(options, *sources, looking, taken_in);
  if (!plan) return plan.status();
  if (begun->from_before && begun->checkpoint.taken_in != taken_in)
    return Status::error(Code::bad_request,
                         "a file that the script takes in by SOURCE is not what it was when the import was "
                         "interrupted, so that there is no place to go on at: --restart begins anew");
  begun->checkpoint.taken_in = taken_in;
  Meter meter(watch, size * plan->passes);

  Runner* running = nullptr;
  SenderHooks hooks = hooks_of(meter);
  hooks.confirmed = [&](const Job& job, const client::Reply&) {
    meter.rows(job.rows);
    running->confirmed(job);
  };
  hooks.failed = [&](const Job& job, const Status& status) { return running->failed(job, status); };
  hooks.goes_on = [&](const Status& status) { return running->goes_on(status); };
  Sender sender(client, begun->file, begun->checkpoint, begun->from_before, known_position(client, meter), hooks);
  Runner runner(client, sender, summary, *plan, options.force, begun->from_before ? begun->checkpoint : Checkpoint{});
  running = &runner;

  for (std::size_t pass = 0; pass < plan->passes; ++pass) {
    Interpreter interpreter(options.rules, plan->foresight);
    runner.begin_pass(interpreter);
    Status status = for_each(*sources, interpreter, meter, pass * size, [&](Action& action, Placed& placed) {
      return plan->pass(action) == pass ? runner.carry_out(action, placed, pass) : ok_status();
    });
    if (status.ok()) status = runner.end_pass();
    if (status.ok() && pass + 1 == plan->passes) note_uncommitted(interpreter, sources->back(), summary);
    if (!status.ok()) return status;
  }
  if (Status status = runner.finish(); !status.ok()) return status;
  sender.finish();
  return ok_status();
}

}  // namespace sqlcast::load
