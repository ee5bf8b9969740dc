// Conditions: what makes a node less than healthy at the moment, each from one source: its database, its disk, its
// applier. Whoever finds out posts it, and clears it when it has passed; the node's status names the gravest.
// Thread-safe. Does not block.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "proto/message.h"

namespace sqlcast::node {

// The states of docs/protocol.md that a condition can put a node in; the graver, the later.
enum class Trouble { waiting, starting, read_only, disk_full, database_stalled, database_down, failed };

std::string_view state_name(Trouble trouble);  // "Waiting", "DatabaseDown" …

struct Condition {
  using Clock = std::chrono::steady_clock;
  Trouble trouble = Trouble::waiting;
  std::string message;      // what, and what is done or to be done about it
  Clock::time_point since;  // when this source first said so, whatever the message was
};

class Conditions {
 public:
  using Clock = Condition::Clock;

  // The condition of a source, in place of the one that it had.
  void post(const std::string& source, Trouble trouble, std::string message, Clock::time_point now = Clock::now());
  // Nothing when the source has none.
  void clear(const std::string& source);

  // Of several equally grave ones the oldest.
  std::optional<Condition> gravest() const;

  // Puts the gravest one's state in place of the state that the node has otherwise, and says in `message` what it is
  // and for how long, and what else there is. A node that has failed stays so.
  void tell(proto::NodeStatus& status, Clock::time_point now = Clock::now()) const;

 private:
  std::vector<Condition> gravest_first() const;

  mutable Mutex mutex_;
  std::map<std::string, Condition> of_source_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
