// Counters and rates that a node shows in its status. Thread-safe. Does not block.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/mutex.h"

namespace sqlcast::node {

struct Counters {
  std::atomic<std::uint64_t> requests{0};        // queries taken
  std::atomic<std::uint64_t> reads{0};           // answered here
  std::atomic<std::uint64_t> reads_together{0};  // of them: shared a round trip to the database with others
  std::atomic<std::uint64_t> reads_at_door{0};   // of them: by the router's own thread
  std::atomic<std::uint64_t> writes{0};          // committed (master) or forwarded (slave)
  std::atomic<std::uint64_t> refused{0};         // by the policy or the role
  std::atomic<std::uint64_t> failed{0};          // other errors
  std::atomic<std::uint64_t> busy{0};
  std::atomic<std::uint64_t> bad_messages{0};  // could not be decoded
  std::atomic<std::uint64_t> replayed{0};      // retries answered from the window
  std::atomic<std::uint64_t> gaps{0};
  std::atomic<std::uint64_t> catch_ups{0};
  std::atomic<std::uint64_t> groups{0};       // committed or applied
  std::atomic<std::uint64_t> definitions{0};  // changed: by DDL, here or begun before
  std::atomic<std::uint64_t> unpublished{0};  // groups that PUB had no room for: slaves catch up

  std::map<std::string, std::uint64_t> snapshot() const {
    return {{"requests", requests},
            {"reads", reads},
            {"writes", writes},
            {"refused", refused},
            {"failed", failed},
            {"busy", busy},
            {"bad_messages", bad_messages},
            {"replayed", replayed},
            {"gaps", gaps},
            {"catch_ups", catch_ups},
            {"groups", groups},
            {"unpublished", unpublished},
            {"definitions", definitions},
            {"reads_together", reads_together},
            {"reads_at_door", reads_at_door}};
  }
};

// Events per second over the last five seconds.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;
  void add(std::uint64_t events, Clock::time_point now = Clock::now()) {
    const MutexLock lock(mutex_);
    if (!samples_.empty() && now - samples_.back().time < std::chrono::milliseconds(100)) {
      samples_.back().events += events;
    } else {
      samples_.push_back({now, events});
    }
    forget(now);
  }
  double per_second(Clock::time_point now = Clock::now()) {
    const MutexLock lock(mutex_);
    forget(now);
    std::uint64_t sum = 0;
    for (const Sample& sample : samples_) sum += sample.events;
    return static_cast<double>(sum) / std::chrono::duration<double>(kWindow).count();
  }

 private:
  struct Sample {
    Clock::time_point time;
    std::uint64_t events;
  };
  static constexpr std::chrono::seconds kWindow{5};
  void forget(Clock::time_point now) SQLCAST_REQUIRES(mutex_) {
    while (!samples_.empty() && now - samples_.front().time > kWindow) samples_.pop_front();
  }
  Mutex mutex_;
  std::deque<Sample> samples_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
