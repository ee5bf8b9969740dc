// Acks: how far each slave has the log on disk and how far it has applied that, and the replies that wait for enough of
// them. Thread-safe. Does not block; nor must what it calls.
//
// A slave counts from when it is expected, or from its first report on: one that has gone away makes `all` (and, with
// others, `majority`) miss its time, never shrink it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/types.h"
#include "proto/message.h"

namespace sqlcast::master {

class Acks {
 public:
  using Clock = std::chrono::steady_clock;
  struct Outcome {
    bool enough = false;
    std::vector<std::string> acked_by;  // slaves' names
    std::vector<std::string> missing;   // and of those that are known besides
    std::size_t needed = 0;             // slaves
  };
  using Done = std::function<void(const Outcome&)>;

  // There is such a slave, though nothing is known of its position.
  void expect(const std::string& slave);

  // What a slave has, everything up to there.
  struct Progress {
    Sequence durable = 0;  // in its log
    Sequence applied = 0;
    bool operator==(const Progress&) const = default;
  };
  void report(const std::string& slave, const Progress& progress);

  struct Wanted {
    proto::Ack ack = proto::Ack::local;              // by how many
    proto::AckFor ack_for = proto::AckFor::durable;  // not unset
    Sequence sequence = 0;
  };
  // Calls `done` once: at once when there are enough (or `ack` is local) or too many wait, from report(), or from
  // tick() after the deadline.
  void when_acked(const Wanted& wanted, Clock::time_point deadline, Done done);

  // For slaves to have an entry.
  bool anyone_waits() const;
  // What is waited for, or was within the last second; the more of both.
  proto::AckFor awaited(Clock::time_point now) const;

  // Lets those go whose time is over. Call several times a second.
  void tick(Clock::time_point now);

 private:
  struct Waiter {
    Wanted wanted;
    Clock::time_point deadline;
    Done done;
  };
  struct Reached {
    std::vector<Sequence> durable;
    std::vector<Sequence> applied;
  };
  std::size_t needed(proto::Ack ack) const SQLCAST_REQUIRES(mutex_);
  Reached reached() const SQLCAST_REQUIRES(mutex_);
  bool enough(const Wanted& wanted, const Reached& reached) const SQLCAST_REQUIRES(mutex_);
  Outcome outcome(const Wanted& wanted) const SQLCAST_REQUIRES(mutex_);
  template <typename IsDone>
  void release(IsDone is_done);

  mutable Mutex mutex_;
  std::map<std::string, Progress> slaves_ SQLCAST_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ SQLCAST_GUARDED_BY(mutex_);
  // When one that waits was last added: for anything, and for what is applied.
  std::optional<Clock::time_point> waited_ SQLCAST_GUARDED_BY(mutex_);
  std::optional<Clock::time_point> waited_for_applied_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::master
