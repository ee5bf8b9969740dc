// Overdue: writes whose time is over. The sequencer answers in time as long as its database does; when that hangs, who
// asked is answered from here. A write that has not been begun is then left out; of one that has been, nobody can tell
// what becomes of it. Thread-safe. Does not block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/types.h"
#include "node/front.h"

namespace sqlcast::master {

class Overdue {
 public:
  using Clock = std::chrono::steady_clock;
  // `since`: should it come to be committed, it is in the log after this.
  using Answer = std::function<void(const node::Caller& caller, Status status, Sequence since)>;

  // The caller to go on with; the request is forgotten when that and all its copies are gone. DDL that has been begun
  // may take its time.
  node::Caller enter(node::Caller caller, Clock::time_point deadline, Sequence since, bool ddl);

  void tick(Clock::time_point now, bool database_answers, const Answer& answer);

 private:
  struct Open : node::AnswerOnce {
    node::Caller caller;
    Clock::time_point deadline;
    Sequence since = 0;
    bool ddl = false;
  };
  std::mutex mutex_;
  std::vector<std::weak_ptr<Open>> open_;  // guarded by mutex_
};

}  // namespace sqlcast::master
