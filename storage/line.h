// Line: the socket under a connection, for other threads than the one that the connection belongs to: whether that one
// waits for the server, and a way to end its wait. Opening: how a connection's socket is found, since the connector
// does not tell. Thread-safe but for enter() and leave(), which are the connection's own. Does not block, but for
// Opening, which waits for its turn.
#pragma once

#include <sys/types.h>
#include <mutex>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/mutex.h"

namespace sqlcast::storage {

struct Address;

class Line {
 public:
  // What a connection waits for in the database, in the server's words; empty: it no longer waits.
  using WaitHook = std::function<void(const std::string& what)>;

  explicit Line(int socket) : socket_(socket) {}  // taken over; -1 = not known, and then cut() only marks it
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Around each wait for the server.
  void enter() { step(); }
  void leave() { step(); }
  // Another number with every wait; odd during one.
  std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

  // Ends the connection for good: the wait that is under way, or the next, ends with an error at once.
  void cut();
  bool was_cut() const { return cut_.load(std::memory_order_acquire); }

  // Nothing that this side has sent is still to be taken, nothing is there to be read.
  bool quiet() const;

  std::uint64_t id() const { return id_.load(std::memory_order_relaxed); }
  void set_id(std::uint64_t id) { id_.store(id, std::memory_order_relaxed); }

  // Called by whoever looks after connections; must not block. Not called any more once it has been replaced.
  void when_waiting(WaitHook hook);
  void tell_waiting(const std::string& what);

 private:
  // One thread writes.
  void step() { steps_.store(steps_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  const int socket_;
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<std::uint64_t> id_{0};
  std::atomic<bool> cut_{false};
  Mutex hook_mutex_;
  WaitHook hook_ SQLCAST_GUARDED_BY(hook_mutex_);
};

// While the object lives, nobody else in this process opens a connection: a socket to the server that is new afterwards
// is this one's.
class Opening {
 public:
  explicit Opening(const Address& address);  // waits for its turn; see ok()
  ~Opening();
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  bool ok() const { return turn_.owns_lock(); }  // false: another one does not come to its end
  int socket() const;                            // a duplicate of the new one, the caller's; -1 = none, or several

  // Breaks off an opening that has lasted longer than any server takes that answers.
  static void end_stuck();
  // Breaks off the one that is under way.
  static void end();

 private:
  using Clock = std::chrono::steady_clock;
  using Sockets = std::map<ino_t, int>;
  static void end_after(Clock::duration time);
  Sockets new_sockets() const;

  const Address& address_;
  std::unique_lock<std::timed_mutex> turn_;
  Clock::time_point since_;
  Sockets before_;
};

}  // namespace sqlcast::storage
