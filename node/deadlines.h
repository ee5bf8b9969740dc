// Deadlines: callers who wait for what has no end of its own, as an answer of the database: at their deadline they are
// answered from here, and what comes later is dropped. Thread-safe. Does not block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "node/front.h"

namespace sqlcast::node {

class Deadlines {
 public:
  using Clock = std::chrono::steady_clock;

  // The caller to go on with, whose begin() is false once its time is over; it is forgotten when that and all its
  // copies are gone.
  Caller enter(Caller caller, Clock::time_point deadline);

  // Calls `answer` for each whose time is over, once. Some may have had an answer: front.fail() leaves those out.
  void tick(Clock::time_point now, const std::function<void(const Caller&)>& answer);
  // The same for each who came with one of these keys.
  void end(const RevokedKeys& keys, const std::function<void(const Caller&)>& answer);

 private:
  struct Open : AnswerOnce {
    Caller caller;
    Clock::time_point deadline;
  };
  void answer_those(const std::function<bool(const Open&)>& over, const std::function<void(const Caller&)>& answer);

  Mutex mutex_;
  std::vector<std::weak_ptr<Open>> open_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
