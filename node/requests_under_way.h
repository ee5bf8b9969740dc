// RequestsUnderWay: which requests are under way, by their keys, and which of them a client wants stopped. One can be
// stopped until whoever carries it out says otherwise: the sequencer when its group's commit begins, the forwarder when
// it goes to the master, which can still stop it. A client may send a request again while it is under way: what is said
// here is said of all copies, until the last of them has gone.
//
// Thread-safe. Does not block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"
#include "base/types.h"

namespace sqlcast::node {

// What a client is told whose request was stopped.
Status cancelled_status();

// What a request has come to that has no effect.
struct Failure {
  std::uint64_t digest = 0;  // of the request
  Status status;
  std::optional<std::uint32_t> statement;
};

class RequestsUnderWay {
 public:
  enum class Answer { unknown, too_late, stopping_queued, stopping_running };  // running: to be stopped now

  // There is one copy more.
  void enter(const RequestKey& key);
  void begin_execution(const RequestKey& key);
  // False when the request was cancelled: it must not be carried out. After true it is past stopping here.
  bool make_unstoppable(const RequestKey& key);
  bool cancelled(const RequestKey& key) const;
  // The one who carries out one copy after the other is done with one: those that are left wait again, and can be
  // stopped. `failure`: it was run, and this is what it came to; it is kept while there are copies.
  void leave(const RequestKey& key, std::optional<Failure> failure = std::nullopt);
  // One copy less, whatever the others are at: it was turned away, or several threads have a copy each.
  void remove_copy(const RequestKey& key);
  // Whether there is a copy.
  bool under_way(const RequestKey& key) const;
  // What another copy came to while this one waited.
  std::optional<Failure> failure(const RequestKey& key) const;

  // `executed` tells whether the request has had its effect already: then what waits is only its repetition. It is
  // called with this object's mutex held.
  Answer cancel(const RequestKey& key, const std::function<bool()>& executed);

 private:
  enum class State { queued, running, unstoppable };
  struct Request {
    State state = State::queued;
    bool cancelled = false;
    int copies = 0;
    std::optional<Failure> failure;
  };
  mutable Mutex mutex_;
  std::map<RequestKey, Request> requests_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
