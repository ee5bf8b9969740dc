// LagProbe: how long after its commit a write is visible on each slave.
//
// A mark is a write's sequence and the moment its acknowledgement arrived here. For each slave, marks are asked for in
// order, one at a time: a SELECT with `after: sequence`, which the slave answers once it has applied that far. The lag
// is the time from the acknowledgement to that answer; it includes one read's round trip (see floor()) and leaves out
// the acknowledgement's way from the master. Marks are taken by the clock, whether earlier ones are answered
// or not, so that a slave that stands still is not measured less often.
//
// mark() from any thread; answers are counted on the probe's own connection.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "client/client.h"

namespace sqlcast::bench {

struct LagSamples {
  std::string name;
  std::string endpoint;
  std::vector<double> ms;   // of each mark that was seen, in order
  std::size_t waiting = 0;  // marks not seen yet
  std::size_t failed = 0;   // answers other than a row
  double floor_ms = 0;      // median round trip of the same SELECT without a wait, idle
  double drained_ms = -1;   // see drain(); -1 = not in time
};

// The value that `percent` of all do not exceed; 0 when there are none.
double percentile_of(std::vector<double> values, double percent);

class LagProbe {
 public:
  using Clock = std::chrono::steady_clock;
  struct Slave {
    std::string name;
    std::string endpoint;
  };

  static Result<std::unique_ptr<LagProbe>> open(const std::vector<Slave>& slaves);
  ~LagProbe();

  // Measures floor_ms, a few milliseconds a slave. Before the load.
  Status measure_floor();

  void mark(Sequence sequence, Clock::time_point acknowledged);

  // Waits until every slave has answered its marks and has `sequence`; drained_ms is counted from `since`. False when
  // one had not by `give_up`.
  bool drain(Sequence sequence, Clock::time_point since, Clock::time_point give_up);

  std::vector<LagSamples> samples() const;

 private:
  struct Mark {
    Sequence sequence = 0;
    Clock::time_point acknowledged;
    bool last = false;  // of drain()
  };
  struct State {
    std::deque<Mark> marks;
    bool asking = false;
    bool drained = false;
    LagSamples samples;
  };
  static constexpr std::size_t kMostMarks = 100'000;

  explicit LagProbe(const std::vector<Slave>& slaves);
  void ask(std::size_t slave);
  void answered(std::size_t slave, const client::Reply& reply);

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::vector<State> states_ SQLCAST_GUARDED_BY(mutex_);  // as many as slaves_
  const std::size_t slaves_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::unique_ptr<client::Client> client_;
};

}  // namespace sqlcast::bench
