#include "node/readers.h"

#include <algorithm>
#include <random>

#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::node {
namespace {

using Clock = ReadJob::Clock;
using namespace std::chrono_literals;

Status timed_out(const std::string& what) {
  return Status::error(Code::timeout, what + "; ask for less, or send the request with a longer timeout_ms");
}

bool was_interrupted(const Status& status) {
  constexpr int kQueryInterrupted = 1317;
  return status.database_errno == kQueryInterrupted;
}

}  // namespace

// What cancel() needs of a job that may be anywhere between its arrival and its answer.
struct ReadJob::Ticket {
  Caller caller;
  bool running = false;  // guarded by the readers' mutex, and so is the next
  bool cancelled = false;
};

// A result with more pages. Owns the session its rows come from.
struct Readers::Cursor {
  std::uint64_t id = 0;
  RequestKey key;  // of the query
  std::unique_ptr<storage::Connection> connection;
  std::unique_ptr<storage::RowStream> stream;
  std::unique_ptr<storage::PageReader> reader;
  std::vector<proto::ColumnInfo> columns;
  Clock::time_point last_used;

  ~Cursor() {
    reader.reset();
    stream.reset();
  }
};

struct Readers::Worker {
  std::unique_ptr<storage::Connection> connection;
  std::string database;
};

Readers::Readers(const config::Limits& limits, std::string node_name, storage::Database& database, Front& front,
                 PositionBoard& board, Counters& counters, std::function<bool()> stale)
    : limits_(limits),
      node_name_(std::move(node_name)),
      database_(database),
      front_(front),
      board_(board),
      counters_(counters),
      stale_(std::move(stale)),
      queue_(limits.request_queue),
      key_columns_(database, counters),
      next_cursor_(std::random_device()() + (std::uint64_t{1} << 32U)) {}

Readers::~Readers() { stop(); }

void Readers::start() {
  for (std::uint32_t i = 0; i < limits_.readers; ++i) threads_.push_back(start_thread("reader", [this] { work(); }));
  watcher_ = start_thread("read-watcher", [this] { watch(); });
}

void Readers::stop() {
  stopping_ = true;
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (watcher_.joinable()) watcher_.join();
  for (auto& [id, cursor] : cursors_) retired_.push_back(std::move(cursor));
  cursors_.clear();
  end_retired();
}

void Readers::enter(ReadJob& job) {
  if (job.key.client_id.empty()) return;
  job.ticket = std::make_shared<ReadJob::Ticket>();
  job.ticket->caller = job.caller;
  const std::lock_guard lock(mutex_);
  entered_.emplace(job.key, job.ticket);
}

// False when the job has had its answer: it was cancelled.
bool Readers::leave(const ReadJob& job) {
  if (!job.ticket) return true;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = entered_.equal_range(job.key);
  const auto it = std::find_if(begin, end, [&job](const auto& entry) { return entry.second == job.ticket; });
  if (it != end) entered_.erase(it);
  return !job.ticket->cancelled;
}

void Readers::fail(const ReadJob& job, Status status, std::optional<std::uint32_t> statement) {
  if (leave(job)) front_.fail(job.caller, std::move(status), statement);
}

void Readers::submit(ReadJob job) {
  // Moved from only when it was taken.
  if (queue_.try_push(std::move(job))) return;
  Status status = Status::error(stopping_ ? Code::shutting_down : Code::busy,
                                stopping_ ? "the node is stopping; ask another one"
                                          : "too many reads are waiting at this node; try again, or ask another one");
  status.retry_after_ms = 50;
  fail(job, std::move(status));
}

// The mutex is held while the database is told to stop a statement, so that the session cannot have gone on to
// the next one meanwhile.
bool Readers::cancel(const RequestKey& key) {
  std::vector<Caller> waiting;
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [connection, running] : running_) {
      if (running.key != key || running.stopped != Stopped::no) continue;
      running.stopped = Stopped::cancelled;
      if (const Status status = database_.kill_query(connection); !status.ok())
        logging::warn("a cancelled read could not be interrupted: {}", status.message);
      stopped = true;
    }
    const auto [begin, end] = entered_.equal_range(key);
    for (auto it = begin; it != end; ++it) {
      if (it->second->running || it->second->cancelled) continue;
      it->second->cancelled = true;
      waiting.push_back(it->second->caller);
    }
  }
  for (const Caller& caller : waiting)
    front_.fail(caller, Status::error(Code::cancelled, "the request was cancelled before it ran"));
  return stopped || !waiting.empty();
}

void Readers::watch() {
  while (!stopping_) {
    {
      const std::lock_guard lock(mutex_);
      for (auto& [connection, running] : running_) {
        if (running.stopped != Stopped::no || Clock::now() < running.deadline) continue;
        running.stopped = Stopped::timed_out;
        if (const Status status = database_.kill_query(connection); !status.ok())
          logging::warn("a read over its time could not be stopped: {}", status.message);
      }
    }
    drop_idle_cursors();
    end_retired();
    std::unique_lock lock(mutex_);
    retirement_.wait_for(lock, 100ms, [this] { return !retired_.empty(); });
  }
}

// A cursor that is given up before its end still has its statement running: to forget it is to read the rest of its
// rows. That is the watcher's, who stops the statement first.
void Readers::retire(std::unique_ptr<Cursor> cursor) {
  {
    const std::lock_guard lock(mutex_);
    retired_.push_back(std::move(cursor));
  }
  retirement_.notify_one();
}

void Readers::end_retired() {
  std::vector<std::unique_ptr<Cursor>> ending;
  {
    const std::lock_guard lock(mutex_);
    ending.swap(retired_);
  }
  for (const std::unique_ptr<Cursor>& cursor : ending)
    if (const Status status = database_.kill_query(cursor->connection->id()); !status.ok())
      logging::warn("the statement of a cursor could not be stopped: {}", status.message);
}

bool Readers::begin_running(std::uint64_t connection, const RequestKey& key, const ReadJob& job) {
  const std::lock_guard lock(mutex_);
  if (job.ticket && job.ticket->cancelled) return false;
  if (job.ticket) job.ticket->running = true;
  running_[connection] = Running{key, job.deadline, Stopped::no};
  return true;
}

Readers::Stopped Readers::end_running(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  const auto it = running_.find(connection);
  const Stopped stopped = it->second.stopped;
  running_.erase(it);
  return stopped;
}

void Readers::close(const std::string& client_id, std::uint64_t id) {
  std::unique_ptr<Cursor> cursor;
  {
    const std::lock_guard lock(mutex_);
    const auto it = cursors_.find(id);
    if (it == cursors_.end() || it->second->key.client_id != client_id) return;
    cursor = std::move(it->second);
    cursors_.erase(it);
    give_up_place(client_id);
  }
  retire(std::move(cursor));
}

void Readers::give_up_place(const std::string& client_id) {
  const auto held = cursors_of_client_.find(client_id);
  if (--held->second == 0) cursors_of_client_.erase(held);
}

void Readers::drop_cursors() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, cursor] : cursors_) {
      give_up_place(cursor->key.client_id);
      retired_.push_back(std::move(cursor));
    }
    cursors_.clear();
  }
  retirement_.notify_one();
}

void Readers::work() {
  Worker worker;
  while (true) {
    std::optional<ReadJob> job = queue_.pop(500ms);
    if (job) {
      answer(worker, std::move(*job));
    } else if (queue_.closed()) {
      return;
    }
  }
}

void Readers::drop_idle_cursors() {
  const std::lock_guard lock(mutex_);
  for (auto it = cursors_.begin(); it != cursors_.end();) {
    if (Clock::now() - it->second->last_used < limits_.cursor_timeout) {
      ++it;
      continue;
    }
    give_up_place(it->second->key.client_id);
    retired_.push_back(std::move(it->second));
    it = cursors_.erase(it);
  }
}

std::uint64_t Readers::page_rows(const ReadJob& job) const {
  return std::min(job.page_rows == 0 ? limits_.page_rows : job.page_rows, limits_.max_page_rows);
}

void Readers::answer(Worker& worker, ReadJob job) {
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
    Result<std::unique_ptr<storage::Connection>> connection = database_.open_reader();
    if (connection) {
      worker.connection = std::move(*connection);
      return ok_status();
    }
    if (Clock::now() + 100ms >= job.deadline || stopping_)
      return Status::error(Code::database_unavailable,
                           "this node's database is down and being started again; try again, or ask another node (" +
                               connection.status().message + ")");
    std::this_thread::sleep_for(50ms);
  }
}

void Readers::answer_statements(Worker& worker, const ReadJob& job) {
  const Sequence position = board_.position().sequence;
  std::optional<std::uint32_t> failed;
  Result<std::vector<proto::StatementResult>> results(Status::error(Code::internal, "not run"));
  // Once more when the session was lost, or was told to stop a statement it had already ended: a read may be repeated.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (Status status = ensure_connection(worker, job); !status.ok()) {
      fail(job, std::move(status));
      return;
    }
    const std::uint64_t connection = worker.connection->id();
    if (!begin_running(connection, job.key, job)) {
      (void)leave(job);
      return;
    }
    failed.reset();
    results = run(worker, job, failed);
    const Stopped stopped = end_running(connection);
    const bool lost = worker.connection && worker.connection->lost();
    if (results.ok() || (!lost && !was_interrupted(results.status()))) break;
    if (stopped == Stopped::cancelled) results = Status::error(Code::cancelled, "the statement was cancelled");
    if (stopped == Stopped::timed_out) results = timed_out("the statement did not end within its time");
    if (stopped != Stopped::no) break;
  }
  if (!results) {
    fail(job, results.status(), failed);
    return;
  }
  send(job, std::move(*results), position);
}

Result<std::vector<proto::StatementResult>> Readers::run(Worker& worker, const ReadJob& job,
                                                         std::optional<std::uint32_t>& failed) {
  // Copied out, because a cursor may take the worker's session with it.
  storage::Connection& connection = *worker.connection;
  if (!job.database.empty() && worker.database != job.database) {
    if (Status status = connection.execute("USE " + storage::quote_name(job.database)); !status.ok()) return status;
    worker.database = job.database;
  }
  const bool several = job.statements.size() > 1;
  if (several)
    if (Status status = connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); !status.ok())
      return status;

  std::vector<proto::StatementResult> results;
  for (std::size_t i = 0; i < job.statements.size(); ++i) {
    Result<proto::StatementResult> result = run_statement(worker, job, i);
    if (!result) {
      failed = static_cast<std::uint32_t>(i);
      // The error that is reported is the statement's; a session that cannot even roll back is lost.
      if (several && worker.connection && !connection.execute("ROLLBACK").ok()) worker.connection.reset();
      return result.status();
    }
    results.push_back(std::move(*result));
  }
  if (several)
    if (Status status = connection.execute("COMMIT"); !status.ok()) return status;
  return results;
}

Result<proto::StatementResult> Readers::run_statement(Worker& worker, const ReadJob& job, std::size_t index) {
  Result<std::unique_ptr<storage::RowStream>> stream = worker.connection->stream(job.statements[index], job.warnings);
  if (!stream) return stream.status();
  auto reader = std::make_unique<storage::PageReader>(**stream);
  Result<proto::Page> page = reader->next(page_rows(job), limits_.max_page_bytes);
  if (!page) return page.status();
  proto::StatementResult result;
  result.has_rows = true;
  result.columns = (*stream)->columns();
  key_columns_.mark((*stream)->origins(), result.columns);
  result.page = std::move(*page);
  const Status within = within_limit(*reader);
  if (!reader->more()) {
    if (!within.ok()) return within;
    result.warnings = (*stream)->warnings();
    return result;
  }

  auto cursor = std::make_unique<Cursor>();
  cursor->key = job.key;
  cursor->stream = std::move(*stream);
  cursor->reader = std::move(reader);
  cursor->columns = result.columns;
  cursor->connection = std::move(worker.connection);
  worker.database.clear();
  Status refused = within;
  if (refused.ok() && job.statements.size() > 1)
    refused = Status::error(Code::too_large, "one of several SELECTs gives more than a page (" +
                                                 std::to_string(page_rows(job)) +
                                                 " rows); send it as a request of its own, where it comes in pages");
  if (!refused.ok()) {
    retire(std::move(cursor));
    return refused;
  }
  Result<std::uint64_t> id = keep(cursor);
  if (!id) {
    retire(std::move(cursor));
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

// Takes the cursor unless it is refused.
Result<std::uint64_t> Readers::keep(std::unique_ptr<Cursor>& cursor) {
  cursor->last_used = Clock::now();
  const std::lock_guard lock(mutex_);
  if (cursor->id == 0) {
    const auto held = cursors_of_client_.find(cursor->key.client_id);
    const std::uint32_t open = held == cursors_of_client_.end() ? 0 : held->second;
    if (open >= limits_.max_cursors_per_client || cursors_.size() >= limits_.max_cursors)
      return Status::error(Code::too_many_cursors, "too many results with more pages are open (" +
                                                       std::to_string(limits_.max_cursors_per_client) + " a client, " +
                                                       std::to_string(limits_.max_cursors) +
                                                       " a node); fetch or close some, or ask for fewer rows");
    ++cursors_of_client_[cursor->key.client_id];
    cursor->id = next_cursor_++;
  }
  const std::uint64_t id = cursor->id;
  cursors_[id] = std::move(cursor);
  return id;
}

void Readers::answer_fetch(const ReadJob& job) {
  const Sequence position = board_.position().sequence;
  std::unique_ptr<Cursor> cursor;
  {
    const std::lock_guard lock(mutex_);
    const auto it = cursors_.find(job.fetch_cursor);
    if (it != cursors_.end() && it->second->key.client_id == job.key.client_id) {
      cursor = std::move(it->second);
      cursors_.erase(it);
    }
  }
  if (!cursor) {
    front_.fail(job.caller, Status::error(Code::cursor_not_found,
                                          "this node has no such cursor of yours: it was closed, read to "
                                          "its end, left alone for too long, or in the way of a change of its "
                                          "table; send the SELECT again"));
    return;
  }
  const auto forget = [&] {
    const std::lock_guard lock(mutex_);
    give_up_place(cursor->key.client_id);
  };
  Result<proto::Page> page = next_page(*cursor, job);
  const Status status = page ? within_limit(*cursor->reader) : page.status();
  if (!status.ok()) {
    forget();
    retire(std::move(cursor));
    front_.fail(job.caller, status);
    return;
  }
  proto::StatementResult result;
  result.has_rows = true;
  result.columns = cursor->columns;
  result.page = std::move(*page);
  if (cursor->reader->more()) {
    result.cursor = cursor->id;
    // Cannot be refused: the cursor has its place already.
    SQLCAST_CHECK(keep(cursor).ok());
  } else {
    result.warnings = cursor->stream->warnings();
    forget();
  }
  std::vector<proto::StatementResult> results;
  results.push_back(std::move(result));
  send(job, std::move(results), position);
}

// The rows of a slow statement come slowly: a fetch has its time like any request, and ends with its query's cancel.
Result<proto::Page> Readers::next_page(Cursor& cursor, const ReadJob& job) {
  const std::uint64_t connection = cursor.connection->id();
  (void)begin_running(connection, cursor.key, job);
  Result<proto::Page> page = cursor.reader->next(page_rows(job), limits_.max_page_bytes);
  const Stopped stopped = end_running(connection);
  if (page.ok() || !was_interrupted(page.status())) return page;
  if (stopped == Stopped::cancelled) return Status::error(Code::cancelled, "the statement was cancelled");
  if (stopped == Stopped::timed_out) return timed_out("the next page was not there in time; the cursor is closed");
  return page;
}

void Readers::send(const ReadJob& job, std::vector<proto::StatementResult> results, Sequence position) {
  if (!leave(job)) return;
  ++counters_.reads;
  proto::QueryResult reply;
  reply.results = std::move(results);
  reply.node = node_name_;
  reply.node_position = position;
  reply.stale = stale_();
  reply.elapsed_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - job.arrived).count());
  front_.reply(job.caller, std::move(reply));
}

}  // namespace sqlcast::node
