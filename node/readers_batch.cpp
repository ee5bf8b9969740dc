// Readers: several small reads in one round trip to the database.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "node/readers_worker.h"

namespace sqlcast::node {

using Stopped = ReadsUnderWay::Stopped;

// A batch while it is in the database.
struct Readers::BatchRun {
  Worker& worker;
  ReadBatch batch;
  const std::size_t statements;  // in the text
  const std::uint64_t connection;
  const Sequence position;
  Clock::time_point since = Clock::now();  // the job in hand
  std::size_t answered = 0;
  bool running = true;    // the job in hand is known to run
  bool given_up = false;  // what comes is of no use
};

// Those that wait behind `job` and may go with it: its fair share of them, while all readers are busy.
std::vector<ReadJob> Readers::take_more(const ReadJob& job) {
  std::vector<ReadJob> more;
  const std::size_t most = std::min(kMostTogether - 1, queue_.size() / limits_.readers);
  if (most == 0 || !shapes_.known_small(job.shape)) return more;
  const Clock::time_point now = Clock::now();
  if (job.deadline <= now) return more;
  while (more.size() < most) {
    std::optional<ReadJob> next = queue_.try_pop_if([&](const ReadJob& waiting) {
      return shapes_.known_small(waiting.shape) && waiting.database == job.database && waiting.deadline > now;
    });
    if (!next) break;
    more.push_back(std::move(*next));
  }
  return more;
}

// Where the first of them runs, and is known to.
bool Readers::begin_batch(Worker& worker, const ReadJob& first) {
  return ensure_connection(worker, first).ok() && use_database(worker, first).ok() &&
         under_way_.begin_running(worker.connection->id(), first.key, first);
}

void Readers::answer_batch(Worker& worker, std::vector<ReadJob> jobs) {
  const Sequence position = board_.position().sequence;
  if (!begin_batch(worker, jobs.front())) return answer_first(worker, jobs);
  std::string text;
  for (const ReadJob& job : jobs) {
    if (!text.empty()) text += ';';
    text += job.statements.front();
  }
  const std::size_t statements = jobs.size();
  BatchRun run{.worker = worker,
               .batch = ReadBatch(std::move(jobs)),
               .statements = statements,
               .connection = worker.connection->id(),
               .position = position};
  {
    const MutexLock lock(batches_mutex_);
    batches_.insert(&run.batch);
  }
  (void)worker.connection->run_script(text, statements, [&](std::size_t index, storage::RowStream& rows) {
    if (run.given_up || answer_part(run, index, rows)) return;
    run.given_up = true;
    abandon(worker);
  });
  {
    const MutexLock lock(batches_mutex_);
    batches_.erase(&run.batch);
  }
  end_batch(worker, run);
}

// Its rows, and the statements behind it, are not waited for, whatever the database says to that. Connection ids begin
// anew with the server: it could be somebody else's.
void Readers::abandon(const Worker& worker) {
  if (!worker.connection->lost() && worker.server == database_.restarts())
    if (const Status status = database_.end_connection(worker.connection->id()); !status.ok())
      logging::warn("the connection of some reads could not be ended: {}", status.message);
  worker.connection->line()->cut();
}

// False when the rest of the text is of no use.
bool Readers::answer_part(BatchRun& run, std::size_t index, storage::RowStream& rows) {
  const ReadJob& job = run.batch.job(index);
  storage::PageReader reader(rows, limits_.max_message_bytes / 2);
  Result<proto::Page> page = storage::too_many_columns();
  if (rows.columns().size() <= storage::kMaxColumns) page = reader.next(page_rows(job), limits_.max_page_bytes);
  const bool whole = page.ok() && !reader.more() && within_limit(reader).ok();
  if (!whole) {
    shapes_.forget(job.shape);
    return false;
  }
  const Stopped stopped = under_way_.end_running(run.connection);
  run.running = false;
  std::vector<proto::StatementResult> results(1);
  proto::StatementResult& result = results.front();
  result.has_rows = true;
  result.columns = rows.columns();
  key_columns_.mark(rows.origins(), result.columns);
  result.page = std::move(*page);
  const Clock::time_point now = Clock::now();
  learn(job, result, now - run.since);
  run.since = now;
  send_when_settled(job, std::move(results), run.position);
  ++counters_.reads_together;
  run.answered = index + 1;
  if (!run.batch.advance()) return run.answered == run.statements;
  // Somebody who stopped this one may have met the next.
  if (stopped != Stopped::no) return false;
  const ReadJob& next = run.batch.job(index + 1);
  run.running = under_way_.begin_running(run.connection, next.key, next);
  return run.running;
}

// What has no answer yet runs by itself, or was stopped.
void Readers::end_batch(Worker& worker, BatchRun& run) {
  if (run.running) {
    const Stopped stopped = under_way_.end_running(run.connection);
    if (stopped != Stopped::no && stopped != Stopped::gave_way)
      fail(run.batch.job(run.answered++), why_stopped(stopped));
  }
  if (run.given_up) worker.connection.reset();
  std::vector<ReadJob> left;
  for (std::size_t i = run.answered; i < run.batch.size(); ++i) {
    shapes_.forget(run.batch.job(i).shape);
    left.push_back(run.batch.job(i));
  }
  answer_first(worker, left);
}

// It may take long: the others are not to wait for it while somebody else has time.
void Readers::answer_first(Worker& worker, std::vector<ReadJob>& jobs) {
  for (std::size_t i = 1; i < jobs.size(); ++i) queue(std::move(jobs[i]));
  if (!jobs.empty()) answer(worker, jobs.front());
}

// For another reader, from those who stand behind a read that takes its time after all.
void Readers::take_away_what_waits() {
  std::vector<ReadJob> waiting;
  {
    const MutexLock lock(batches_mutex_);
    for (ReadBatch* const batch : batches_)
      for (ReadJob& job : batch->take_away(Clock::now())) waiting.push_back(std::move(job));
  }
  for (ReadJob& job : waiting) submit(std::move(job));
}

}  // namespace sqlcast::node
