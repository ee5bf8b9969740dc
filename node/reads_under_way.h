// ReadsUnderWay: who waits for the answer of which read, and which reads run in the database, so that each caller is
// answered once and in time, the same read sent again joins the first, and a statement is stopped with its connection
// standing still. Holds no result and answers nobody.
//
// Any thread. Each method says whether it may block: what tells the database something does, for the database.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "node/front.h"
#include "proto/message.h"
#include "storage/database.h"

namespace sqlcast::node {

struct ReadJob {
  using Clock = std::chrono::steady_clock;
  struct Ticket;
  Caller caller;
  RequestKey key;
  std::uint64_t digest = 0;  // of the request, when it has a key
  Sequence after = 0;        // what it has to see
  std::string database;
  std::vector<std::string> statements;
  std::uint64_t shape = 0;  // read_shape() of its only statement; 0 = it runs by itself
  std::uint32_t page_rows = 0;
  bool warnings = false;  // wanted
  Clock::time_point arrived;
  Clock::time_point deadline;
  std::uint64_t fetch_cursor = 0;  // nonzero: the next page of a cursor instead of statements
  std::shared_ptr<Ticket> ticket;  // from enter()
};

class ReadsUnderWay {
 public:
  using Clock = ReadJob::Clock;
  enum class Stopped { no, cancelled, timed_out, shutting_down, gave_way };

  explicit ReadsUnderWay(storage::Database& database) : database_(database) {}

  // The caller waits for an answer from here on. False: as one more of a read that is under way already. Does not
  // block.
  bool enter(ReadJob& job);
  // Those who are to be answered; nobody when they have been, or when it was stopped before it ran. Does not block.
  std::vector<Caller> leave(const ReadJob& job);
  // Those whose time is over: to be answered now. Their reads are left to be stopped. Does not block.
  std::vector<Caller> take_late(Clock::time_point now);

  // The connection has a statement of the job under way. False: nobody waits for it any more, it must not run.
  // `times_given_way`: the more often it has, the longer it runs before it does again. Does not block.
  bool begin_running(std::uint64_t connection, const RequestKey& key, const ReadJob& job, unsigned times_given_way = 0);
  // May block, while the database is being told to stop it.
  Stopped end_running(std::uint64_t connection);

  // Stops what waits or runs under the key, or is between two attempts. May block, for the database.
  struct Cancelled {
    std::vector<Caller> waiting;  // to be answered
    bool running = false;
  };
  Cancelled cancel(const RequestKey& key);

  // Those who came with one of these keys: to be answered now. What nobody else waits for does not run, or is ended in
  // stop_overdue(). Does not block.
  std::vector<Caller> end(const RevokedKeys& keys);

  // Something waits for tables that reads have in use: those that have run for some seconds are stopped, with the
  // others in stop_overdue(). Does not block.
  void make_way();

  // Stops what runs over its time, or everything when the node is stopping. May block, for the database.
  void stop_overdue(bool all);

 private:
  // A statement in the database.
  struct Running {
    RequestKey key;
    std::shared_ptr<ReadJob::Ticket> ticket;  // of the fetch of a page it is entered under another key
    Clock::time_point deadline;
    Clock::time_point gives_way_at;
    Stopped stopped = Stopped::no;
    bool being_stopped = false;  // somebody is telling the database: the connection must not go on to another statement
    Clock::time_point end_at;    // stopped, and still running then: its connection is ended
  };
  void interrupt(const std::vector<std::uint64_t>& connections);
  void end_connections(const std::vector<std::uint64_t>& connections);
  void told(const std::vector<std::uint64_t>& connections);

  storage::Database& database_;
  Mutex mutex_;
  ConditionVariable told_;
  std::uint64_t nameless_ SQLCAST_GUARDED_BY(mutex_) = std::uint64_t{1} << 63U;  // entered without a key
  std::map<std::uint64_t, Running> running_ SQLCAST_GUARDED_BY(mutex_);          // by connection id
  std::multimap<RequestKey, std::shared_ptr<ReadJob::Ticket>> entered_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
