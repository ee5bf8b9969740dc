// Sequencer: the one thread that writes. Drains what has arrived into a group, runs it in one transaction with its
// log row, commits, answers, and hands the group to the publisher. A full queue is BUSY at once.
//
// Promises: a sequence is given once and leaves no hole; a reply is sent, and a group published, after it is committed
// and durable in the log, whichever comes last; a failure is told when the log can no longer have it; a commit whose
// outcome is unknown is looked up in the database's end of the log, never guessed; the same request key executes once.
// Why so: docs/decisions/0030-sequences-without-holes.md, 0034-begun-before-it-is-executed.md.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/in_turns.h"
#include "base/mutex.h"
#include "base/queue.h"
#include "config/config.h"
#include "master/created_table.h"
#include "master/failed_requests.h"
#include "master/imposed_time.h"
#include "master/recent_history.h"
#include "master/retry_memory.h"
#include "master/retry_window.h"
#include "master/write_request.h"
#include "node/counters.h"
#include "node/front.h"
#include "node/node_log.h"
#include "node/position_board.h"
#include "node/requests_under_way.h"
#include "node/schema_holder.h"
#include "node/security.h"
#include "node/write_connection.h"
#include "storage/database.h"
#include "storage/executor.h"

namespace sqlcast::master {

// A write that has committed and whose reply is ready to be sent, or to wait for acks.
struct Committed {
  // Takes the caller over. The request's texts are not needed any more, nor is their part of the memory.
  explicit Committed(WriteRequest& request)
      : caller(std::move(request.caller)),
        ack(request.request.ack),
        ack_for(request.request.ack_for),
        deadline(request.deadline) {
    caller.held.reset();
  }

  node::Caller caller;
  proto::QueryResult result;
  proto::Ack ack = proto::Ack::unset;
  proto::AckFor ack_for = proto::AckFor::unset;
  WriteRequest::Clock::time_point deadline;
};

class Sequencer {
 public:
  struct Hooks {
    // On the log's thread or this one, one at a time.
    std::function<void(const proto::Group&)> publish;
    std::function<void(std::vector<Committed>&&)> answer;
    std::function<void()> make_way;                   // for DDL that reads keep waiting
    std::function<std::string()> doubt;               // why nothing may be written now; empty when it may
    std::function<Status()> room;                     // on the disk; an error: what a write is refused with
    std::function<void(const std::string&)> no_room;  // the database has refused something for want of it
    // Whether the request is here in another copy, too, that may be executed.
    std::function<bool(const RequestKey& key, const node::Caller& caller)> has_other_copy;
  };

  Sequencer(const config::NodeConfig& config, storage::Database& database, node::NodeLog& log, node::Front& front,
            node::PositionBoard& board, node::Counters& counters, node::Rate& rate, node::SchemaHolder& schema,
            Hooks hooks);
  ~Sequencer();  // stop()

  // Ends interrupted DDL, reads the retry window and the log's end, then starts the thread. Main thread. May block, for
  // the database.
  Status start();
  // Finishes the group in hand; what is still queued is answered with shutting_down. Main thread. May block, for
  // the group.
  void stop();
  // Behind stop() and the log's: keeps what is to be known at the next start. Main thread. May block, for the disk.
  void keep_memory() { memory_.stop(); }
  // Several times a second. Any thread, one at a time. Does not block.
  void tick(WriteRequest::Clock::time_point now) { memory_.tick(now); }

  // Any thread. Does not block.
  void submit(WriteRequest request);
  // Whether a copy of the request is under way, or was carried out, or was told to have failed: of that submit()
  // answers with the outcome, also when the policy would refuse it now. Any thread. Does not block.
  bool knows(const RequestKey& key) const;
  // Whether it was carried out, as far as that is remembered. Any thread. Does not block.
  bool executed(const RequestKey& key) const { return window_.executed(key); }
  // What was refused must not be executed when a copy of it comes. Any thread. Does not block.
  void remember_failure(const RequestKey& key, Failure failure) { failed_.add(key, std::move(failure)); }
  // Nothing when no such write is under way; otherwise whether it was stopped (it will have no effect). Any thread.
  // May block, for the database.
  std::optional<bool> cancel(const RequestKey& key);

  // Any thread. Does not block, nor do the next.
  std::size_t queue_depth() const { return queue_.size(); }
  std::size_t queue_capacity() const { return queue_.capacity(); }
  // Of the log; has a group before anybody hears of it.
  const RecentHistory& history() const { return history_; }
  // Empty unless the node has had to stop writing.
  std::string failure() const;

 private:
  using Batch = std::vector<WriteRequest>;
  void run();
  static std::uint64_t largest_entry(const WriteRequest& request);
  Batch take_batch();
  void delay_group();
  void process(Batch batch);
  bool answer_without_running(WriteRequest& request);
  bool answer_from_memory(WriteRequest& request);
  bool answer_with_failure(WriteRequest& request);
  void replay(WriteRequest& request, const RetryWindow::Outcome& outcome);
  bool replan(WriteRequest& request);
  void commit_group(Batch batch);
  void commit_one_by_one(Batch batch);
  Status given_up(const Status& why) const;
  enum class Attempt { committed, failed, again };
  Attempt try_group(Batch& batch, Status& why);
  // A group on its way: what ran, what it becomes, and how its commit went, when that was part of the same trip.
  struct Trip {
    std::vector<storage::JobOutcome> outcomes;
    std::vector<proto::Entry> entries;
    proto::Group group;
    std::optional<storage::Connection::ScriptResult> commit;
    bool commit_sent = false;            // with the statements
    bool ahead = false;                  // the group is in the log, and not known to be committed
    std::vector<std::size_t> ended_by;   // requests that made the database roll everything back
    std::vector<proto::Statement> rows;  // of the one request that is executed by rows: what its entry has
  };
  Status execute(Batch& batch, Trip& trip);
  Status execute_rows(Batch& batch, Trip& trip);  // sequencer_rows.cpp
  void drop_hopeless(Batch& batch, Trip& trip);
  bool begin_commit(const Batch& batch);
  bool fits_into_a_message(const proto::Group& group) const;
  Status too_large_for_slaves(const proto::Group& group) const;
  void write_ahead(Trip& trip);
  Status take_back(Trip& trip);
  bool drop_cancelled(Batch& batch, const std::vector<storage::JobOutcome>& outcomes);
  std::vector<proto::Entry> make_entries(const Batch& batch, const std::vector<storage::JobOutcome>& outcomes);
  Result<bool> commit_outcome(const proto::Group& group, const storage::Connection::ScriptResult& result);
  Result<bool> look_up_commit(const proto::Group& group);
  Result<std::optional<Hash>> hash_in_log(Sequence last);
  Attempt end_attempt(Batch& batch, Trip& trip, Result<bool> committed);
  std::vector<Committed> answer_batch(Batch& batch, std::vector<storage::JobOutcome>& outcomes,
                                      const proto::Group& group, const std::vector<proto::Entry>& entries);
  void answer_all_with_error(Batch& batch, const Status& status);
  void answer_with_error(WriteRequest& request, Status status, std::optional<std::uint32_t> statement = std::nullopt);
  void run_ddl(WriteRequest request);
  void run_definition(WriteRequest request);
  void run_create_select(WriteRequest request);  // sequencer_create.cpp, as the next three
  std::optional<CreatedTable> make_aside(WriteRequest& request, const sql::CreateSelect& created);
  Result<bool> defined_since(const sql::ObjectName& table, Sequence entry);
  static bool is_over(const WriteRequest& request, const RetryWindow::Outcome& outcome);
  Status run_ddl_part(WriteRequest& request, const std::string& text, std::vector<std::string>& warnings,
                      int attempts = 3);
  Status try_to_read(const WriteRequest& request, const std::string& text);
  void forget_session();
  Status reload_schema();
  proto::Group make_group(const std::vector<proto::Entry>& entries, proto::GroupState state);
  void move_head_to(const proto::Group& group, const std::vector<proto::Entry>& entries);
  Status promise(const proto::Group& group, std::vector<Committed> answers);
  Status cut_short(const proto::Group& group, const char* what, const Status& why);
  void announce(const proto::Group& group, std::vector<Committed> answers);
  void answer_when_durable(Committed answer);
  void note(const proto::Group& group, const std::vector<proto::Entry>& entries);
  void remember(const proto::Group& group, const std::vector<proto::Entry>& entries);
  Status take_in();
  bool connect_for(Batch& batch);
  bool ensure_connected(WriteRequest::Clock::time_point deadline);
  Status connect();
  void restore_accounts();
  void stop_writing(const Status& why);
  Status unavailable() const;
  static Status stopping();
  proto::Context context_for(const WriteRequest& request);
  void begin_time();

  const config::NodeConfig config_;
  storage::Database& database_;
  node::NodeLog& log_;
  node::Front& front_;
  node::PositionBoard& board_;
  node::Counters& counters_;
  node::Rate& rate_;
  node::SchemaHolder& schema_;
  const Hooks hooks_;

  BoundedQueue<WriteRequest, InTurns<WriteRequest, node::ByName>> queue_;
  node::RequestsUnderWay under_way_;
  FailedRequests failed_;
  RecentHistory history_;
  mutable Mutex failure_mutex_;
  std::string failure_ SQLCAST_GUARDED_BY(failure_mutex_);

  // The thread's own.
  std::thread thread_;
  std::deque<WriteRequest> waiting_;  // taken from the queue, not in a group yet
  node::WriteConnection connection_;
  RetryWindow window_;
  RetryMemory memory_;
  Position head_;
  bool cut_short_ = false;  // a group that was committed is not in the log: the node stops
  bool hopeless_ = false;   // the database is not this log's
  bool log_read_ = false;   // its newest part is in window_
  ImposedTime time_;
  std::uint64_t group_timestamp_us_ = 0;
  std::uint64_t rand_state_;

  // The group-commit delay: see delay_group().
  std::size_t expected_requests_ = 0;  // requests, when all who have just been answered ask again
  WriteRequest::Clock::time_point answered_at_;
  WriteRequest::Clock::duration last_group_took_{};
  unsigned groups_without_delay_ = 0;  // that are still to come
  unsigned groups_not_ahead_ = 0;      // the same: that are not written to the log before they are committed
};

}  // namespace sqlcast::master
