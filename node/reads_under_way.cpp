#include "node/reads_under_way.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/logging.h"
#include "base/mutex.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

// A statement that was told to stop has so long to look at it; then its connection is ended.
constexpr auto kTimeToStop = 500ms;
// A read that has run for so long gives way to a definition, the next time after twice as long: not even one whose
// tables are others begins anew for ever. A short one has ended by then.
constexpr auto kGivesWayAfter = 2s;
constexpr unsigned kMostDoublings = 10;
constexpr std::size_t kMaxCallers = 16;  // of one read; one more runs by itself

}  // namespace

// What others need of a job that may be anywhere between its arrival and its answer. Guarded by the mutex.
struct ReadJob::Ticket {
  RequestKey key;            // it is entered under
  std::uint64_t digest = 0;  // of the request, and the three that may differ when it is sent again
  Sequence after = 0;
  std::uint32_t page_rows = 0;
  bool warnings = false;
  Clock::time_point deadline;
  std::vector<Caller> callers;  // none: answered
  bool running = false;         // its job is in running_

  bool is_of(const ReadJob& job) const {
    return digest == job.digest && after >= job.after && page_rows == job.page_rows && warnings == job.warnings;
  }
};

bool ReadsUnderWay::enter(ReadJob& job) {
  const bool has_key = !job.key.client_id.empty() && job.fetch_cursor == 0;
  const MutexLock lock(mutex_);
  if (has_key) {
    const auto [begin, end] = entered_.equal_range(job.key);
    for (auto it = begin; it != end; ++it) {
      std::vector<Caller>& callers = it->second->callers;
      if (!it->second->is_of(job) || callers.empty() || callers.size() >= kMaxCallers) continue;
      if (it->second->running) job.caller.set(proto::RequestState::running);
      callers.push_back(job.caller);
      return false;
    }
  }
  job.ticket = std::make_shared<ReadJob::Ticket>();
  ReadJob::Ticket& ticket = *job.ticket;
  ticket.key = has_key ? job.key : job.caller.listed ? job.caller.listed->stop_key() : RequestKey{"", ++nameless_};
  ticket.digest = job.digest;
  ticket.after = job.after;
  ticket.page_rows = job.page_rows;
  ticket.warnings = job.warnings;
  ticket.deadline = job.deadline;
  ticket.callers.push_back(job.caller);
  entered_.emplace(ticket.key, job.ticket);
  return true;
}

std::vector<Caller> ReadsUnderWay::leave(const ReadJob& job) {
  const MutexLock lock(mutex_);
  const auto [begin, end] = entered_.equal_range(job.ticket->key);
  const auto it = std::find_if(begin, end, [&job](const auto& entry) { return entry.second == job.ticket; });
  if (it != end) entered_.erase(it);
  return std::exchange(job.ticket->callers, {});
}

std::vector<Caller> ReadsUnderWay::take_late(Clock::time_point now) {
  std::vector<Caller> late;
  const MutexLock lock(mutex_);
  for (auto& [key, ticket] : entered_) {
    if (ticket->deadline > now) continue;
    late.insert(late.end(), ticket->callers.begin(), ticket->callers.end());
    ticket->callers.clear();
  }
  return late;
}

ReadsUnderWay::Cancelled ReadsUnderWay::cancel(const RequestKey& key) {
  Cancelled cancelled;
  std::vector<std::uint64_t> connections;
  {
    const MutexLock lock(mutex_);
    for (auto& [connection, running] : running_) {
      if (running.key != key && running.ticket->key != key) continue;
      if (running.stopped == Stopped::gave_way) {
        // It ends, and is not to run once more.
        running.stopped = Stopped::cancelled;
        cancelled.running = true;
      }
      if (running.stopped != Stopped::no) continue;
      running.stopped = Stopped::cancelled;
      running.being_stopped = true;
      running.end_at = Clock::now() + kTimeToStop;
      connections.push_back(connection);
    }
    const auto [begin, end] = entered_.equal_range(key);
    for (auto it = begin; it != end; ++it) {
      if (it->second->running) continue;
      for (Caller& caller : std::exchange(it->second->callers, {})) cancelled.waiting.push_back(std::move(caller));
    }
  }
  interrupt(connections);
  cancelled.running |= !connections.empty();
  return cancelled;
}

// The connections are marked, so that they have not gone on to another statement meanwhile: see end_running().
void ReadsUnderWay::interrupt(const std::vector<std::uint64_t>& connections) {
  for (const std::uint64_t connection : connections)
    if (const Status status = database_.kill_query(connection); !status.ok())
      logging::warn("a read could not be stopped: {}", status.message);
  told(connections);
}

// The server tells the client at once, also where the statement does not look whether it was to stop.
void ReadsUnderWay::end_connections(const std::vector<std::uint64_t>& connections) {
  for (const std::uint64_t connection : connections)
    if (const Status status = database_.end_connection(connection); !status.ok())
      logging::warn("the connection of a read could not be ended: {}", status.message);
  told(connections);
}

void ReadsUnderWay::told(const std::vector<std::uint64_t>& connections) {
  {
    const MutexLock lock(mutex_);
    for (const std::uint64_t connection : connections) running_.at(connection).being_stopped = false;
  }
  told_.notify_all();
}

std::vector<Caller> ReadsUnderWay::end(const RevokedKeys& keys) {
  std::vector<Caller> theirs;
  std::set<const ReadJob::Ticket*> deserted;
  const MutexLock lock(mutex_);
  for (auto& [key, ticket] : entered_) {
    std::vector<Caller>& callers = ticket->callers;
    const auto first =
        std::partition(callers.begin(), callers.end(), [&](const Caller& caller) { return !is_of(caller.who, keys); });
    if (first == callers.end()) continue;
    theirs.insert(theirs.end(), std::make_move_iterator(first), std::make_move_iterator(callers.end()));
    callers.erase(first, callers.end());
    if (callers.empty()) deserted.insert(ticket.get());
  }
  for (auto& [connection, running] : running_) {
    if (running.stopped != Stopped::no || !deserted.contains(running.ticket.get())) continue;
    running.stopped = Stopped::cancelled;
    running.end_at = Clock::now();
  }
  return theirs;
}

void ReadsUnderWay::make_way() {
  const MutexLock lock(mutex_);
  const Clock::time_point now = Clock::now();
  for (auto& [connection, running] : running_) {
    if (running.stopped != Stopped::no || now < running.gives_way_at) continue;
    running.stopped = Stopped::gave_way;
    running.end_at = now;
  }
}

void ReadsUnderWay::stop_overdue(bool all) {
  std::vector<std::uint64_t> to_interrupt;
  std::vector<std::uint64_t> to_end;
  {
    const MutexLock lock(mutex_);
    const Clock::time_point now = Clock::now();
    for (auto& [connection, running] : running_) {
      if (running.being_stopped) continue;
      if (all && running.stopped == Stopped::no) {
        running.stopped = Stopped::shutting_down;
        running.end_at = now;
      }
      if (running.stopped == Stopped::no && now >= running.deadline) {
        running.stopped = Stopped::timed_out;
        running.end_at = now + kTimeToStop;
        to_interrupt.push_back(connection);
      } else if (running.stopped != Stopped::no && now >= running.end_at) {
        running.end_at = now + kTimeToStop;
        to_end.push_back(connection);
      } else {
        continue;
      }
      running.being_stopped = true;
    }
  }
  interrupt(to_interrupt);
  end_connections(to_end);
}

bool ReadsUnderWay::begin_running(std::uint64_t connection, const RequestKey& key, const ReadJob& job,
                                  unsigned times_given_way) {
  const MutexLock lock(mutex_);
  // A connection that is known under this id already is one of a server that has ended since.
  if (job.ticket->callers.empty() || running_.contains(connection)) return false;
  job.ticket->running = true;
  const Clock::time_point gives_way_at =
      Clock::now() + kGivesWayAfter * (1U << std::min(times_given_way, kMostDoublings));
  for (const Caller& caller : job.ticket->callers) caller.set(proto::RequestState::running);
  running_[connection] = Running{key, job.ticket, job.deadline, gives_way_at, Stopped::no, false, {}};
  return true;
}

ReadsUnderWay::Stopped ReadsUnderWay::end_running(std::uint64_t connection) {
  MutexLock lock(mutex_);
  const auto it = running_.find(connection);
  told_.wait(lock, [&] { return !it->second.being_stopped; });
  const Stopped stopped = it->second.stopped;
  it->second.ticket->running = false;  // it may run once more
  running_.erase(it);
  return stopped;
}

}  // namespace sqlcast::node
