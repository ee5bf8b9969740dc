// Load: closed-loop logical clients on a few connections. Each has one request open and sends the next when the reply
// is there; with a rate, requests arrive at random times (Poisson) and wait for a client that is free, and that wait
// counts as latency, as sysbench has it.
//
// start() and finish() by one thread; requests are made and counted on the connections' own threads, or, of clients
// that block, on a thread each, as sysbench does it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "bench/histogram.h"
#include "bench/workload.h"
#include "client/client.h"

namespace sqlcast::bench {

struct LoadOptions {
  Shape shape;
  unsigned threads = 1;        // logical clients
  unsigned connections = 1;    // each a client::Client with an I/O thread
  bool blocking = false;       // each logical client is a thread that waits for its reply, on a connection of its own
  double rate = 0;             // requests a second, of all clients together; 0 = as fast as they can
  std::uint64_t requests = 0;  // stop after so many; 0 = by time alone
  std::chrono::milliseconds warmup{0};
  std::chrono::milliseconds time{10'000};
  std::uint64_t seed = 0;
  client::Ack ack = client::Ack::unset;  // unset = the master's default
  std::vector<std::string> endpoints;    // of the nodes that requests go to
  std::vector<std::string> pinned;       // each logical client sends to one of these, in turn; empty = routed
};

// What was measured. `all` counts every request of the run; the rest only those that ended in the measured time.
struct LoadCounts {
  std::uint64_t requests = 0;  // answered without an error
  std::uint64_t statements = 0;
  std::uint64_t errors = 0;
  std::uint64_t busy = 0;  // of the errors: BUSY
  Histogram latency;
  struct All {
    std::uint64_t requests = 0;
    std::uint64_t statements = 0;
    std::uint64_t writes = 0;  // acknowledged with a sequence: one each
    std::uint64_t replayed = 0;
    std::uint64_t unknown = 0;  // outcome_unknown
  } all;
  std::map<std::string, std::uint64_t> error_texts;  // the first of each code
  Sequence last_sequence = 0;

  void add(const LoadCounts& other);
};

class Load {
 public:
  using Clock = std::chrono::steady_clock;
  // Called with the sequence of an acknowledged write at the moment its reply came, when one was asked for.
  using OnMark = std::function<void(Sequence, Clock::time_point)>;

  Load(LoadOptions options, OnMark on_mark);
  ~Load();  // finish()

  Status start();

  // True when the time is over, the requests are done, or an error made going on pointless.
  bool over() const { return stopping_ || Clock::now() >= end_; }

  // The next acknowledged write calls on_mark.
  void want_mark() { mark_wanted_ = true; }

  // Lets what is open end. Twice is once.
  void finish();

  LoadCounts counts() const;

  Clock::time_point started_at() const { return start_; }
  Clock::time_point finished_at() const { return finished_; }  // last reply
  // Of the measured time: shorter than asked for when the load stopped early.
  std::chrono::duration<double> measured() const;
  std::optional<std::string> given_up() const;

 private:
  struct Connection {
    std::unique_ptr<client::Client> client;
    mutable Mutex mutex;
    LoadCounts counts SQLCAST_GUARDED_BY(mutex);
  };
  struct Logical {
    Generator generator;
    Connection* connection = nullptr;
    client::Target target;
  };
  struct Arrival {
    bool ended = false;
    Clock::time_point since;
  };
  void run_blocking(std::size_t index);
  Arrival next_arrival();
  void send(std::size_t index, Clock::time_point since);
  void count(Logical& logical, Clock::time_point since, const client::Reply& reply);
  void next(std::size_t index);
  void pace();
  void give_up(const std::string& why);

  const LoadOptions options_;
  const OnMark on_mark_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Logical> logicals_;
  Clock::time_point start_{};
  Clock::time_point measure_from_{};
  Clock::time_point end_{};
  Clock::time_point finished_{};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> mark_wanted_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::thread pacer_;
  std::vector<std::thread> threads_;  // blocking only

  mutable Mutex mutex_;
  ConditionVariable all_ended_;
  ConditionVariable arrived_;  // blocking, with a rate
  std::size_t open_ SQLCAST_GUARDED_BY(mutex_) = 0;
  std::deque<Clock::time_point> arrivals_ SQLCAST_GUARDED_BY(mutex_);  // rate only: no client was free
  std::vector<std::size_t> free_ SQLCAST_GUARDED_BY(mutex_);           // rate only
  std::optional<std::string> given_up_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::bench
