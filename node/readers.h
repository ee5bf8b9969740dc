// Readers: a pool of threads that answer SELECTs from this node's own copy, on the read account, page by page.
//
// A full queue is BUSY. Who asks gets exactly one answer, at the request's deadline at the latest, whatever the
// database does; until then it can be cancelled. The same request once more, while the first is under way, gets the
// first one's answer.
//
// While more wait than there are readers, a reader takes several at once that are known to be quick and small
// (read_shapes.h), and has them run one after the other in one round trip to the database (read_batch.h). Each is still
// stopped, answered and retried by itself; whatever goes otherwise than expected, what is left of a batch runs one by
// one.
//
// What is known to be quicker still is read by the router's own thread, where that is no detour for others: no thread
// is woken for it. Should it take its time after all, another thread goes on with the socket (net/router.h).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/in_turns.h"
#include "base/queue.h"
#include "config/config.h"
#include "node/counters.h"
#include "node/cursors.h"
#include "node/front.h"
#include "node/key_columns.h"
#include "node/node_log.h"
#include "node/position_board.h"
#include "node/read_batch.h"
#include "node/read_shapes.h"
#include "node/reads_under_way.h"
#include "proto/message.h"
#include "storage/database.h"
#include "storage/page.h"

namespace sqlcast::node {

class Readers {
 public:
  // `log`: which has to have on disk what a read has seen, before that is told; none on a slave, whose database has
  // nothing that its master's log has not.
  Readers(const config::Limits& limits, std::string node_name, storage::Database& database, Front& front,
          PositionBoard& board, Counters& counters, std::function<bool()> stale, NodeLog* log);
  ~Readers();

  // Main thread. Does not block.
  void start();
  // Main thread. May block, for the statements in hand.
  void stop();

  // The caller waits for an answer from here on. True: submit() or fail() must follow. False: the same request is under
  // way already, and its answer is this caller's too. Any thread. Does not block, nor do the next.
  bool enter(ReadJob& job);
  void submit(ReadJob job);
  void fail(const ReadJob& job, const Status& status, std::optional<std::uint32_t> statement = std::nullopt);
  void fail(const ReadJob& job, const proto::ErrorReply& error);
  void close(const Cursor::Owner& owner, std::uint64_t cursor) { cursors_.close(owner, cursor); }

  // A change of a table waits for reads, which hold their tables: closes every cursor that is not being read from, and
  // ends what has run for some seconds, to be run once more. To be called again while it waits. Any thread. Does
  // not block.
  void make_way();

  // Answers those whose time is over. The ticker's. Does not block.
  void tick(ReadJob::Clock::time_point now);

  // True when a read of that key was stopped, waiting or running; it is answered CANCELLED. False when there is none.
  // Any thread. May block, for the database.
  bool cancel(const RequestKey& key);

  // Reads of these keys are answered now, and ended, waiting or running; their cursors are closed. Any thread. Does not
  // block.
  void end(const RevokedKeys& keys);

  // The router's thread, when it has handed on what had come: reads what was kept for it, or hands that on, too. May
  // block, for the database, when it may take long.
  void after_burst(const net::Router::MayTakeLong& may_take_long);

  // Any thread. Does not block.
  std::size_t queue_depth() const { return queue_.size(); }

 private:
  using Clock = ReadJob::Clock;
  struct Worker;
  static constexpr std::size_t kMostTogether = 16;
  void work();
  bool hold(ReadJob& job);
  void queue(ReadJob job);
  bool reads_here(std::size_t jobs) const;
  void read_held(std::vector<ReadJob> jobs);
  void learn(const ReadJob& job, const proto::StatementResult& result, std::chrono::nanoseconds took);
  void watch();
  void answer(Worker& worker, const ReadJob& job);
  std::vector<ReadJob> take_more(const ReadJob& job);
  struct BatchRun;
  void answer_batch(Worker& worker, std::vector<ReadJob> jobs);
  bool begin_batch(Worker& worker, const ReadJob& first);
  void answer_first(Worker& worker, std::vector<ReadJob>& jobs);
  bool answer_part(BatchRun& run, std::size_t index, storage::RowStream& rows);
  void abandon(const Worker& worker);
  void end_batch(Worker& worker, BatchRun& run);
  void take_away_what_waits();
  void answer_statements(Worker& worker, const ReadJob& job);
  void answer_fetch(const ReadJob& job);
  Status ensure_connection(Worker& worker, const ReadJob& job);
  Status use_database(Worker& worker, const ReadJob& job);
  Result<std::vector<proto::StatementResult>> run(Worker& worker, const ReadJob& job,
                                                  std::optional<std::uint32_t>& failed);
  Result<proto::StatementResult> run_statement(Worker& worker, const ReadJob& job, std::size_t index,
                                               std::uint64_t max_bytes, std::size_t max_columns);
  Status within_limit(const storage::PageReader& reader) const;
  Result<proto::Page> next_page(Cursor& cursor, const ReadJob& job);
  void send_when_settled(const ReadJob& job, std::vector<proto::StatementResult> results, Sequence position);
  void send(const ReadJob& job, std::vector<proto::StatementResult> results, Sequence position);
  std::uint64_t page_rows(const ReadJob& job) const;

  const config::Limits limits_;
  const std::string node_name_;
  storage::Database& database_;
  Front& front_;
  PositionBoard& board_;
  Counters& counters_;
  const std::function<bool()> stale_;
  NodeLog* const log_;
  std::atomic<std::uint64_t> unsettled_bytes_{0};
  ReadsUnderWay under_way_;
  BoundedQueue<ReadJob, InTurns<ReadJob, ByName>> queue_;
  std::vector<std::thread> threads_;
  ReadShapes shapes_;
  const unsigned processors_ = std::max(1U, std::thread::hardware_concurrency());
  std::atomic<std::uint32_t> at_work_{0};                           // of the threads
  std::atomic<std::thread::id> router_thread_;                      // after_burst() follows what it submits
  std::vector<ReadJob> held_;                                       // the router's thread's, until then
  std::atomic<std::size_t> most_here_{16};                          // together: as many as do not take long
  Mutex guest_mutex_;                                               // held while it reads
  std::unique_ptr<Worker> guest_ SQLCAST_GUARDED_BY(guest_mutex_);  // what it reads with
  std::thread watcher_;                                             // ends statements whose time is over, and cursors
  Mutex batches_mutex_;
  std::set<ReadBatch*> batches_ SQLCAST_GUARDED_BY(batches_mutex_);  // in the database now
  KeyColumns key_columns_;
  Cursors cursors_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> workers_gone_{false};
};

}  // namespace sqlcast::node
