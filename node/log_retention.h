// LogRetention: removes the oldest files of this node's log, by age and size as its settings say, as far as neither
// this node nor a slave that still counts needs them. A thread of its own, which may hang with the disk; nobody waits
// for it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "config/config.h"
#include "log/retention.h"
#include "node/node_log.h"

namespace sqlcast::node {

class LogRetention {
 public:
  // Of the slaves that are known, by their reports; on this thread.
  using Slaves = std::function<std::vector<log::SlaveNeed>()>;
  // What the database has, and which life of its server that is.
  struct Applied {
    Sequence sequence = 0;
    std::uint64_t life = 0;
  };
  // Nothing while the database lacks what the log has, or is not there; on this thread.
  using AppliedPosition = std::function<std::optional<Applied>()>;

  LogRetention(NodeLog& log, const config::LogSettings& settings, AppliedPosition applied);
  ~LogRetention();  // stop()

  // Main thread. Does not block.
  void start(Slaves slaves);
  // Main thread. May block, for the removal in hand.
  void stop();

  using Clock = std::chrono::steady_clock;
  // As of the last look, a few seconds ago. Any thread. Does not block.
  struct View {
    Sequence first = 0;  // what the log begins with; 0 while that is not known
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t trimmed_files = 0;  // removed since the start
    Sequence trimmed_to = 0;          // the last one that was removed
    Clock::time_point trimmed_at;
    // Whom files are kept for that would go by age or size. Told when two looks have found it: at a start nobody has
    // said yet what he has.
    std::optional<log::Holder> held_by;
    Clock::time_point held_since;
  };
  View view() const;

 private:
  void run();
  void look(Sequence own);
  void note_holder(View& view, const std::optional<log::Holder>& held_by);

  NodeLog& log_;
  const log::RetentionRules rules_;
  const AppliedPosition applied_;
  Slaves slaves_;
  std::optional<log::Holder> held_by_;  // at the last look, with since when; the thread's
  Clock::time_point held_since_;
  std::thread thread_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  View view_ SQLCAST_GUARDED_BY(mutex_);
};

}  // namespace sqlcast::node
