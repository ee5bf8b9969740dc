// Cancellations: which writes are under way and which of them a client wants stopped. A write can be stopped until
// its group's commit begins; from then on it has its effect. Of one that is there twice, because its client has sent it
// again, the second copy gets the first one's outcome: of a failure it is kept here while there are copies.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"
#include "master/failed_requests.h"

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
  // The sequencer is done with one copy. `failure`: it was run, and this is what it came to.
  void leave(const RequestKey& key, std::optional<Failure> failure = std::nullopt);
  // One copy less, which never came to the sequencer: whatever the others are at.
  void turn_away(const RequestKey& key);
  // Whether the sequencer is not done with one.
  bool under_way(const RequestKey& key) const;
  // What another copy came to while this one waited.
  std::optional<Failure> failure(const RequestKey& key) const;

  // `executed` tells whether the request is in the log: then what waits is only its repetition.
  Answer cancel(const RequestKey& key, const std::function<bool()>& executed);

 private:
  enum class State { queued, running, committing };
  struct Entry {
    State state = State::queued;
    bool cancelled = false;
    int users = 0;  // the same request may be queued twice, when a client resends
    std::optional<Failure> failure;
  };
  mutable Mutex mutex_;
  std::map<RequestKey, Entry> entries_;
};

}  // namespace sqlcast::master
