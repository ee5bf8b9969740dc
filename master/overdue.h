// Overdue: writes whose time is over. The sequencer answers in time as long as its database does; when that hangs, who
// asked is answered from here. A write that has not been begun is then left out; of one that has been, nobody can tell
// what becomes of it; nor of one that is left out while another copy of it, sent under the same key, is not, or has
// been executed. Thread-safe. Does not block.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.h"
#include "base/types.h"
#include "node/front.h"

namespace sqlcast::master {

// What is said of a write that was left out because its time was over; the second where another copy of it is here, or
// was executed: should that be committed, it is in the log after `since`.
Status too_late_status();
Status other_copy_status(Sequence since);

class Overdue {
 public:
  using Clock = std::chrono::steady_clock;
  // Whether a copy that is not here any more was executed. Any thread. Must not block.
  using Executed = std::function<bool(const RequestKey& key)>;

  explicit Overdue(Executed executed) : executed_(std::move(executed)) {}

  // `since`: should it come to be committed, it is in the log after this.
  using Answer = std::function<void(const node::Caller& caller, Status status, Sequence since)>;

  // The caller to go on with; the request is forgotten when that and all its copies are gone. `key`: empty for one that
  // cannot be sent again. DDL that has been begun may take its time.
  node::Caller enter(node::Caller caller, const RequestKey& key, Clock::time_point deadline, Sequence since, bool ddl);

  // Whether this request is here in another copy as well, which may be executed, or is just being so.
  bool has_other_copy(const RequestKey& key, const node::Caller& caller) const;

  void tick(Clock::time_point now, bool database_answers, const Answer& answer);
  // Writes that came with these keys and have not been begun are answered `status`, and left out.
  using StatusOf = std::function<Status(const node::Who& who)>;
  void end(const node::RevokedKeys& keys, const StatusOf& status, const Answer& answer);

 private:
  struct Open : node::AnswerOnce {
    node::Caller caller;
    Clock::time_point deadline;
    Sequence since = 0;
    bool ddl = false;
  };
  void answer_left_out(const RequestKey& key, const std::shared_ptr<Open>& open, Status status, const Answer& answer);
  using Opens = std::multimap<RequestKey, std::weak_ptr<Open>>;
  const Executed executed_;
  mutable Mutex mutex_;
  Opens open_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::master
