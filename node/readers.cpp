#include "node/readers.h"

#include <algorithm>

#include "base/logging.h"
#include "base/thread.h"
#include "net/limits.h"
#include "node/readers_worker.h"
#include "storage/dialect.h"
#include "storage/errors.h"

namespace sqlcast::node {
namespace {

using Clock = ReadJob::Clock;
using Stopped = ReadsUnderWay::Stopped;
using namespace std::chrono_literals;

// Results that wait until what they have seen is durable.
constexpr std::uint64_t kMaxUnsettledBytes = 64U << 20U;
constexpr std::uint64_t kUnsettledOverhead = 4096;

// Longer ones are not small.
constexpr std::size_t kMostText = 4096;

Cursor::Owner owner_of(const ReadJob& job) { return {job.key.client_id, name_of(job.caller.who)}; }

static_assert(storage::kMaxColumns + net::kMaxEnvelopeFrames + 2 <= net::kMaxReplyFrames);

// What it holds, about.
std::uint64_t size_of(const proto::StatementResult& result) {
  return result.page.byte_size() + result.columns.size() * (sizeof(proto::ColumnInfo) + sizeof(std::string));
}

Status timed_out(const std::string& what) {
  return Status::error(Code::timeout, what + "; ask for less, or send the request with a longer timeout_ms");
}

}  // namespace

Status why_stopped(Stopped stopped) {
  switch (stopped) {
    case Stopped::cancelled: return Status::error(Code::cancelled, "the statement was cancelled");
    case Stopped::shutting_down: return Status::error(Code::shutting_down, "the node is stopping; ask another one");
    case Stopped::gave_way:
      return Status::error(Code::cursor_not_found,
                           "the result was in the way of a change of its table, and is closed; send the SELECT again");
    case Stopped::timed_out:
    case Stopped::no: break;
  }
  return timed_out("the read did not end within its time");
}

Readers::Readers(const config::Limits& limits, std::string node_name, storage::Database& database, Front& front,
                 PositionBoard& board, Counters& counters, std::function<bool()> stale, NodeLog* log)
    : limits_(limits),
      node_name_(std::move(node_name)),
      database_(database),
      front_(front),
      board_(board),
      counters_(counters),
      stale_(std::move(stale)),
      log_(log),
      under_way_(database),
      queue_(limits.request_queue),
      key_columns_(database, counters),
      cursors_(limits, database) {}

Readers::~Readers() { stop(); }

void Readers::start() {
  for (std::uint32_t i = 0; i < limits_.readers; ++i) threads_.push_back(start_thread("reader", [this] { work(); }));
  watcher_ = start_thread("read-watcher", [this] { watch(); });
}

void Readers::stop() {
  stopping_ = true;
  queue_.close();
  for (const Caller& caller : under_way_.take_late(Clock::time_point::max()))
    front_.fail(caller, why_stopped(Stopped::shutting_down));
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  {
    const MutexLock lock(guest_mutex_);
    guest_.reset();
  }
  workers_gone_ = true;
  cursors_.stop();
  if (watcher_.joinable()) watcher_.join();
  cursors_.end_retired(0ms);
}

bool Readers::enter(ReadJob& job) { return under_way_.enter(job); }

void Readers::fail(const ReadJob& job, const Status& status, std::optional<std::uint32_t> statement) {
  for (const Caller& caller : under_way_.leave(job)) front_.fail(caller, status, statement);
}

void Readers::fail(const ReadJob& job, const proto::ErrorReply& error) {
  for (const Caller& caller : under_way_.leave(job)) front_.fail(caller, error);
}

void Readers::submit(ReadJob job) {
  if (job.shape == 0 && job.statements.size() == 1 && !job.warnings && job.statements.front().size() <= kMostText)
    job.shape = read_shape(job.statements.front());
  if (!hold(job)) queue(std::move(job));
}

void Readers::queue(ReadJob job) {
  if (queue_.try_push(std::move(job))) return;
  Status status = Status::error(stopping_ ? Code::shutting_down : Code::busy,
                                stopping_ ? "the node is stopping; ask another one"
                                          : "too many reads are waiting at this node; try again, or ask another one");
  status.retry_after_ms = 50;
  fail(job, status);  // NOLINT(bugprone-use-after-move): a full queue takes nothing
}

void Readers::tick(Clock::time_point now) {
  for (const Caller& caller : under_way_.take_late(now)) front_.fail(caller, why_stopped(Stopped::timed_out));
}

bool Readers::cancel(const RequestKey& key) {
  const ReadsUnderWay::Cancelled cancelled = under_way_.cancel(key);
  for (const Caller& caller : cancelled.waiting)
    front_.fail(caller, Status::error(Code::cancelled, "the request was cancelled"));
  return cancelled.running || !cancelled.waiting.empty();
}

void Readers::end(const RevokedKeys& keys) {
  // In this order: a read that ends meanwhile has left its cursor, or finds that nobody waits for it.
  for (const Caller& caller : under_way_.end(keys)) front_.fail(caller, ended_with_key(caller.who, node_name_));
  cursors_.retire_of(keys);
}

void Readers::watch() {
  while (!workers_gone_) {
    under_way_.stop_overdue(stopping_);
    take_away_what_waits();
    cursors_.retire_aged();
    cursors_.end_retired(100ms);
  }
}

void Readers::make_way() {
  under_way_.make_way();
  cursors_.retire_all();
}

void Readers::work() {
  Worker worker;
  while (true) {
    std::optional<ReadJob> job = queue_.pop(500ms);
    if (job) {
      ++at_work_;
      std::vector<ReadJob> together = take_more(*job);
      if (together.empty()) {
        answer(worker, *job);
      } else {
        together.insert(together.begin(), std::move(*job));
        answer_batch(worker, std::move(together));
      }
      --at_work_;
    } else if (queue_.closed()) {
      return;
    }
  }
}

std::uint64_t Readers::page_rows(const ReadJob& job) const {
  return std::min(job.page_rows == 0 ? limits_.page_rows : job.page_rows, limits_.max_page_rows);
}

void Readers::answer(Worker& worker, const ReadJob& job) {
  if (Clock::now() >= job.deadline) {
    fail(job, timed_out("the request waited for its turn until its time was over"));
    return;
  }
  if (job.fetch_cursor != 0) {
    answer_fetch(job);
  } else {
    answer_statements(worker, job);
  }
}

Status Readers::ensure_connection(Worker& worker, const ReadJob& job) {
  if (worker.connection && !worker.connection->lost()) return ok_status();
  worker.database.clear();
  while (true) {
    if (stopping_) return why_stopped(Stopped::shutting_down);
    worker.server = database_.restarts();
    Result<std::unique_ptr<storage::Connection>> connection = database_.open_reader();
    if (connection) {
      worker.connection = std::move(*connection);
      return ok_status();
    }
    if (Clock::now() + 100ms >= job.deadline) {
      if (storage::is_at_connection_limit(connection.status())) {
        Status status = Status::error(Code::busy,
                                      "this node's connections for reads are all taken, by results that are fetched in "
                                      "pages and by statements that were told to stop and have not yet; try again, or "
                                      "ask another node");
        status.retry_after_ms = 200;
        return status;
      }
      return Status::error(Code::database_unavailable,
                           "this node's database is down and being started again; try again, or ask another node (" +
                               connection.status().message + ")");
    }
    (void)queue_.wait_until_closed(50ms);
  }
}

void Readers::answer_statements(Worker& worker, const ReadJob& job) {
  const Sequence position = board_.position().sequence;
  const Clock::time_point begun = Clock::now();
  std::optional<std::uint32_t> failed;
  // When it is not even begun: nobody waits any more, or its connection has the id of one of the server before, whose
  // reader has not noticed yet.
  Result<std::vector<proto::StatementResult>> results(Status::error(
      Code::database_unavailable, "this node's database was just started again; try again, or ask another node"));
  // Once more when the connection was lost, or was told to stop a statement it had already ended, and whenever it gave
  // way to a change of a table: a read may be repeated.
  unsigned times_given_way = 0;
  for (int attempt = 0; attempt < 2;) {
    if (Status status = ensure_connection(worker, job); !status.ok()) {
      fail(job, status);
      return;
    }
    const std::uint64_t connection = worker.connection->id();
    if (!under_way_.begin_running(connection, job.key, job, times_given_way)) break;
    failed.reset();
    results = run(worker, job, failed);
    const Stopped stopped = under_way_.end_running(connection);
    const bool lost = worker.connection && worker.connection->lost();
    if (results.ok() || (!lost && !storage::is_interrupted(results.status()))) break;
    if (stopped == Stopped::gave_way) {
      ++times_given_way;
    } else if (stopped == Stopped::no) {
      ++attempt;
    } else {
      results = why_stopped(stopped);
      break;
    }
  }
  if (!results) {
    shapes_.forget(job.shape);
    fail(job, results.status(), failed);
    return;
  }
  learn(job, results->front(), Clock::now() - begun);
  send_when_settled(job, std::move(*results), position);
}

// Anew after a definition: the database may be another one under its name, or gone.
Status Readers::use_database(Worker& worker, const ReadJob& job) {
  const std::uint64_t definitions = counters_.definitions;
  const std::string database = job.database.empty() ? std::string(storage::kNoDatabase) : job.database;
  if (worker.database == database && worker.definitions == definitions) return ok_status();
  worker.database.clear();
  // By way of another one: of the one where it is, the server keeps to the collation that it knows.
  const std::string script =
      "USE " + storage::quote_name(storage::kNoDatabase) + ";USE " + storage::quote_name(database);
  if (Status status = worker.connection->run_script(script, 2, nullptr).status; !status.ok()) return status;
  worker.database = database;
  worker.definitions = definitions;
  return ok_status();
}

Result<std::vector<proto::StatementResult>> Readers::run(Worker& worker, const ReadJob& job,
                                                         std::optional<std::uint32_t>& failed) {
  // Copied out, because a cursor may take the worker's connection with it.
  storage::Connection& connection = *worker.connection;
  if (Status status = use_database(worker, job); !status.ok()) return status;
  const bool several = job.statements.size() > 1;
  if (several)
    if (Status status = connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); !status.ok())
      return status;

  std::vector<proto::StatementResult> results;
  std::uint64_t room = limits_.max_page_bytes;  // of all pages together
  std::size_t columns = storage::kMaxColumns;   // that there is room for
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    Result<proto::StatementResult> result = run_statement(worker, job, i, room, columns);
    if (!result) {
      failed = static_cast<std::uint32_t>(i);
      // The error that is reported is the statement's; a connection that cannot even roll back is lost.
      if (several && worker.connection && !connection.execute("ROLLBACK").ok()) worker.connection.reset();
      return result.status();
    }
    room -= std::min(room, result->page.byte_size());
    columns -= result->columns.size();
    results.push_back(std::move(*result));
  }
  if (several)
    if (Status status = connection.execute("COMMIT"); !status.ok()) return status;
  return results;
}

Result<proto::StatementResult> Readers::run_statement(Worker& worker, const ReadJob& job, std::size_t index,
                                                      std::uint64_t max_bytes, std::size_t max_columns) {
  Result<std::unique_ptr<storage::RowStream>> stream = worker.connection->stream(job.statements[index], job.warnings);
  if (!stream) return stream.status();
  auto reader = std::make_unique<storage::PageReader>(**stream, limits_.max_message_bytes / 2);
  Result<proto::Page> page = storage::too_many_columns();
  if ((*stream)->columns().size() <= max_columns) page = reader->next(page_rows(job), max_bytes);
  if (!page && page.status().code != Code::too_large) return page.status();
  proto::StatementResult result;
  result.has_rows = true;
  result.columns = (*stream)->columns();
  key_columns_.mark((*stream)->origins(), result.columns);
  const Status within = page ? within_limit(*reader) : page.status();
  if (page) result.page = std::move(*page);
  if (!reader->more()) {
    if (!within.ok()) return within;
    result.warnings = (*stream)->warnings();
    return result;
  }

  auto cursor = std::make_unique<Cursor>();
  cursor->key = job.key;
  cursor->listed = job.caller.listed;
  cursor->who = job.caller.who;
  cursor->key_name = name_of(job.caller.who);
  cursor->stream = std::move(*stream);
  cursor->reader = std::move(reader);
  cursor->columns = result.columns;
  cursor->connection = std::move(worker.connection);
  cursor->server = worker.server;
  cursor->opened = Clock::now();
  worker.database.clear();
  Status refused = within;
  if (refused.ok() && job.statements.size() > 1)
    refused = Status::error(Code::too_large,
                            "one of several SELECTs gives more than a page (" + std::to_string(page_rows(job)) +
                                " rows; " + std::to_string(limits_.max_page_bytes) +
                                " bytes of all together); send it as a request of its own, where it comes in pages");
  if (!refused.ok()) {
    cursors_.retire(std::move(cursor));
    return refused;
  }
  Result<std::uint64_t> id = cursors_.keep(cursor);
  if (!id) {
    cursors_.retire(std::move(cursor));
    return id.status();
  }
  result.cursor = *id;
  return result;
}

Status Readers::within_limit(const storage::PageReader& reader) const {
  if (limits_.max_result_rows == 0 || reader.rows_read() <= limits_.max_result_rows) return ok_status();
  return Status::error(Code::too_large, "the SELECT gives more than " + std::to_string(limits_.max_result_rows) +
                                            " rows, this node's limits.max_result_rows; ask for fewer");
}

void Readers::answer_fetch(const ReadJob& job) {
  const Sequence position = board_.position().sequence;
  Result<std::unique_ptr<Cursor>> taken = cursors_.take(owner_of(job), job.fetch_cursor);
  if (!taken) {
    fail(job, taken.status());
    return;
  }
  std::unique_ptr<Cursor> cursor = std::move(*taken);
  Result<proto::Page> page = next_page(*cursor, job);
  const Status status = page ? within_limit(*cursor->reader) : page.status();
  if (!status.ok()) {
    cursors_.retire(std::move(cursor));
    fail(job, status);
    return;
  }
  proto::StatementResult result;
  result.has_rows = true;
  result.columns = cursor->columns;
  result.page = std::move(*page);
  if (cursor->reader->more()) {
    result.cursor = cursor->id;
    cursors_.give_back(std::move(cursor));
  } else {
    result.warnings = cursor->stream->warnings();
    cursors_.finished(*cursor);
  }
  std::vector<proto::StatementResult> results;
  results.push_back(std::move(result));
  send_when_settled(job, std::move(results), position);
}

// The rows of a slow statement come slowly: a fetch has its time like any request, and ends with its query's cancel.
Result<proto::Page> Readers::next_page(Cursor& cursor, const ReadJob& job) {
  if (cursor.server != database_.restarts())
    return Status::error(Code::cursor_not_found,
                         "the database was started again, and the result went with it; send the SELECT again");
  const std::uint64_t connection = cursor.connection->id();
  const bool nameless = cursor.key.client_id.empty() && cursor.listed;
  if (!under_way_.begin_running(connection, nameless ? cursor.listed->stop_key() : cursor.key, job))
    return why_stopped(Stopped::timed_out);
  Result<proto::Page> page = cursor.reader->next(page_rows(job), limits_.max_page_bytes);
  const Stopped stopped = under_way_.end_running(connection);
  const bool cannot_go_on = (stopped == Stopped::gave_way || stopped == Stopped::cancelled) && cursor.reader->more();
  if (stopped == Stopped::no || (page.ok() && !cannot_go_on)) return page;
  if (cannot_go_on) return why_stopped(stopped);
  return storage::is_interrupted(page.status()) || cursor.connection->lost() ? why_stopped(stopped) : page;
}

// What the database shows can be taken back by a power loss until the log has it on disk.
void Readers::send_when_settled(const ReadJob& job, std::vector<proto::StatementResult> results, Sequence position) {
  if (log_ == nullptr) return send(job, std::move(results), position);
  std::uint64_t bytes = 0;
  for (const proto::StatementResult& result : results) bytes += size_of(result);
  const std::uint64_t before = unsettled_bytes_.fetch_add(bytes + kUnsettledOverhead);
  if (before > kMaxUnsettledBytes) {
    unsettled_bytes_ -= bytes + kUnsettledOverhead;
    for (const proto::StatementResult& result : results)
      if (result.cursor != 0) cursors_.close(owner_of(job), result.cursor);
    Status status = Status::error(Code::busy, "too many reads wait for the master's log to be on disk; ask a slave");
    status.retry_after_ms = 200;
    return fail(job, status);
  }
  const auto shared = std::make_shared<std::vector<proto::StatementResult>>(std::move(results));
  log_->when_settled([this, job, shared, position, bytes] {
    unsettled_bytes_ -= bytes + kUnsettledOverhead;
    send(job, std::move(*shared), position);
  });
}

void Readers::send(const ReadJob& job, std::vector<proto::StatementResult> results, Sequence position) {
  const std::vector<Caller> callers = under_way_.leave(job);
  if (callers.empty()) {
    // Answered at its deadline: nobody will ask for the rest.
    for (const proto::StatementResult& result : results)
      if (result.cursor != 0) cursors_.close(owner_of(job), result.cursor);
    return;
  }
  ++counters_.reads;
  proto::QueryResult reply;
  reply.results = std::move(results);
  reply.node = node_name_;
  reply.node_position = position;
  reply.stale = stale_();
  reply.elapsed_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - job.arrived).count());
  for (std::size_t i = 0; i + 1 < callers.size(); ++i) front_.reply(callers[i], proto::QueryResult(reply));
  front_.reply(callers.back(), std::move(reply));
}

}  // namespace sqlcast::node
