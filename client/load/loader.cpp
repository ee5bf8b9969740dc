#include "client/load/loader.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <utility>

#include "base/logging.h"
#include "client/load/checkpoint.h"
#include "client/load/plan.h"
#include "client/load/reading.h"
#include "client/load/runner.h"
#include "client/load/sender.h"
#include "client/load/tuples.h"

namespace sqlcast::load {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

// Tells how far it is, no more often than anybody can see.
class Meter {
 public:
  Meter(const Watch& watch, std::uint64_t total) : watch_(watch) { now_.total = total; }

  bool stop() const { return watch_.stop && watch_.stop(); }
  void at(std::uint64_t bytes) {
    now_.bytes = bytes;
    tick();
  }
  void rows(std::uint64_t more) {
    now_.rows += more;
    now_.waiting = false;
  }
  void waiting(const Status& why, double seconds) {
    now_.waiting = true;
    now_.why = why.message;
    now_.waiting_seconds = seconds;
    tick();
    now_.waiting = false;
  }
  void tick() {
    constexpr std::chrono::milliseconds kEvery{200};
    const auto now = steady_clock::now();
    if (!watch_.progress || now - last_ < kEvery) return;
    last_ = now;
    watch_.progress(now_);
  }

 private:
  const Watch& watch_;
  Progress now_;
  steady_clock::time_point last_{};
};

std::uint64_t size_of(const std::vector<Source>& sources) {
  std::uint64_t bytes = 0;
  for (const Source& source : sources) {
    const std::uint64_t size = file_size(source.path);
    if (size == 0 && !is_regular_file(source.path)) return 0;
    bytes += size;
  }
  return bytes;
}

bool only_once(const std::vector<Source>& sources) {
  for (const Source& source : sources)
    if (!is_regular_file(source.path)) return true;
  return false;
}

// Which import it is: the files as they are now, how they are loaded, and where.
std::string subject_of(const LoadOptions& options, const std::vector<Source>& sources) {
  std::string text = "1\n" + options.cluster + "\n" + options.rules.database + "\n" +
                     (options.rules.views_invoker ? "v" : "") + (options.rules.engine_innodb ? "e" : "") + "\n";
  for (const Source& source : sources) {
    std::error_code problem;
    const auto changed = fs::last_write_time(source.path, problem).time_since_epoch().count();
    text += fs::absolute(source.path, problem).lexically_normal().string() +
            fmt::format(" {} {}\n", file_size(source.path), changed);
  }
  return text;
}

// Statement by statement, with what is to be done for it. `each` returns not ok to end.
template <typename Each>
Status for_each(const std::vector<Source>& sources, Interpreter& interpreter, Meter& meter, std::uint64_t bytes_before,
                Each each) {
  Reading reading(sources);
  Placed placed;
  Action action;
  while (true) {
    const auto got = reading.next(placed);
    if (!got) return got.status();
    if (!*got) return ok_status();
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

Result<Plan> plan_of(const LoadOptions& options, const std::vector<Source>& sources, Meter& meter) {
  Planner planner;
  if (only_once(sources)) {
    Plan plan = planner.plan(true);
    plan.foresight.none = true;
    return plan;
  }
  Interpreter interpreter(options.rules);
  Status status = for_each(sources, interpreter, meter, 0, [&](const Action& action, const Placed& placed) {
    planner.add(action, placed.position);
    return ok_status();
  });
  if (!status.ok()) return status;
  return planner.plan(false);
}

Sequence known_position(client::Client& client, const Meter& meter) {
  while (!meter.stop()) {
    const auto status = client.status();
    if (status.ok()) return status->self.position;
  }
  return 0;
}

std::string new_client_id() {
  std::random_device random;
  return fmt::format("import-{:08x}{:08x}", random(), random());
}

struct Begun {
  CheckpointFile file;
  Checkpoint checkpoint;
  bool from_before = false;
};

Result<Begun> begin(const LoadOptions& options, const std::vector<Source>& sources) {
  const std::string subject = subject_of(options, sources);
  Begun begun{CheckpointFile(options.checkpoints, subject), {}, false};
  if (only_once(sources)) {
    if (options.resume)
      return Status::error(Code::bad_request, "a pipe cannot be gone on with: only what is read from files has places");
    begun.checkpoint.client_id = new_client_id();
    begun.checkpoint.subject = subject;
    return begun;
  }
  const auto loaded = begun.file.load();
  if (!loaded) return loaded.status();
  if (*loaded && (*loaded)->subject == subject && !options.restart) {
    if (!options.resume)
      return Status::error(Code::bad_request,
                           "an import of this was interrupted behind " + std::to_string((*loaded)->rows) +
                               " rows: --resume goes on behind what it has loaded, --restart begins anew");
    begun.checkpoint = **loaded;
    begun.from_before = true;
    return begun;
  }
  if (options.resume)
    return Status::error(Code::bad_request,
                         "there is no interrupted import of these files, as they are now and with these options, to go "
                         "on with");
  begun.checkpoint.client_id = new_client_id();
  begun.checkpoint.subject = subject;
  return begun;
}

}  // namespace

Result<std::string> client_id_for(const LoadOptions& options) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  const auto begun = begin(options, *sources);
  if (!begun) return begun.status();
  return begun->checkpoint.client_id;
}

Status preview(const LoadOptions& options, const Watch& watch, Summary& summary) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  const std::uint64_t size = size_of(*sources);
  Meter meter(watch, 2 * size);
  const auto plan = plan_of(options, *sources, meter);
  if (!plan) return plan.status();
  Interpreter interpreter(options.rules, plan->foresight);
  return for_each(*sources, interpreter, meter, size, [&](const Action& action, const Placed& placed) {
    count(action, placed, interpreter, summary);
    return ok_status();
  });
}

Status load(client::Client& client, const LoadOptions& options, const Watch& watch, Summary& summary) {
  const auto sources = sources_of(options.files);
  if (!sources) return sources.status();
  auto begun = begin(options, *sources);
  if (!begun) return begun.status();
  begun->checkpoint.client_id = client.client_id();
  const std::uint64_t size = size_of(*sources);
  Meter looking(watch, 0);
  const auto plan = plan_of(options, *sources, looking);
  if (!plan) return plan.status();
  Meter meter(watch, size * plan->passes);

  Runner* running = nullptr;
  SenderHooks hooks;
  hooks.stop = [&] { return meter.stop(); };
  hooks.tick = [&] { meter.tick(); };
  hooks.waiting = [&](const Status& why, double seconds) { meter.waiting(why, seconds); };
  hooks.confirmed = [&](const Job& job, const client::Reply&) {
    meter.rows(job.rows);
    running->confirmed(job);
  };
  hooks.failed = [&](const Job& job, const Status& status) { return running->failed(job, status); };
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
    if (!status.ok()) return status;
  }
  if (Status status = runner.finish(); !status.ok()) return status;
  sender.finish();
  return ok_status();
}

}  // namespace sqlcast::load
