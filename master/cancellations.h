// Cancellations: which writes are under way and which of them a client wants stopped. A write can be stopped until
// its group's commit begins; from then on it has its effect. Thread-safe.
#pragma once

#include <map>
#include <mutex>

#include "base/status.h"
#include "base/types.h"

namespace sqlcast::master {

// What a client is told whose request was stopped.
Status cancelled_status();

class Cancellations {
 public:
  enum class Answer { unknown, too_late, stopping_queued, stopping_running };  // running: to be stopped now

  void enter(const RequestKey& key);
  void begin_execution(const RequestKey& key);
  // False when the write was cancelled: it must not commit. After true it cannot be cancelled any more.
  bool begin_commit(const RequestKey& key);
  bool cancelled(const RequestKey& key) const;
  void leave(const RequestKey& key);

  Answer cancel(const RequestKey& key);

 private:
  enum class State { queued, running, committing };
  struct Entry {
    State state = State::queued;
    bool cancelled = false;
    int users = 0;  // the same request may be queued twice, when a client resends
  };
  mutable std::mutex mutex_;
  std::map<RequestKey, Entry> entries_;
};

}  // namespace sqlcast::master
