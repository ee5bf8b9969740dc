// RetryMemory: keeps the retry window with the log: a copy of it, `retry.snapshot` in the log's folder, with the
// position that it stands at, so that a start knows what the process before it knew, and reads little of the log.
//
// Copied in short steps and written by a thread of its own, now and then and at the end: whoever writes waits for a
// step at most, and nobody for the disk. A copy is worth nothing but with the log that made it: one that is missing,
// damaged, another log's, or of entries that the log does not have, is not used, and the window is made of the newest
// entries. Why so: docs/decisions/0012-executed-once.md.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/status.h"
#include "base/types.h"
#include "master/keeper.h"
#include "master/retry_window.h"
#include "node/node_log.h"

namespace sqlcast::master {

class RetryMemory {
 public:
  using Clock = std::chrono::steady_clock;

  // Both outlive it. `entries`: of the log's newest, from which the window is made when there is no copy.
  RetryMemory(RetryWindow& window, node::NodeLog& log, std::uint64_t entries)
      : window_(window), log_(log), entries_(entries) {}
  ~RetryMemory() { stop(); }

  // Makes the window that of the copy, or forgets everything in it; what follows the sequence that is returned is to be
  // added. `end`: of the log. Any thread, before start(). May block, for the disk.
  Sequence load(const Position& end);

  // Main thread. Does not block.
  void start();
  // Several times a second; wakes the thread when a copy is due. Any thread, one at a time. Does not block.
  void tick(Clock::time_point now);
  // Keeps what is not kept yet. When nothing is added any more, and all that was is durable. Main thread. May block,
  // for the disk.
  void stop();

 private:
  Status try_load(const Position& end, bool& missing);
  bool keep();
  Result<bool> save();

  std::string path() const { return log_.folder() + "/retry.snapshot"; }

  RetryWindow& window_;
  node::NodeLog& log_;
  const std::uint64_t entries_;
  std::atomic<Sequence> kept_{0};  // the position of the file's copy
  Clock::time_point tried_at_;     // the ticker's
  bool begun_ = false;             // the ticker's, too
  bool failing_ = false;           // the keeper's
  bool started_ = false;           // the main thread's
  Keeper keeper_{[this] { return keep(); }, std::chrono::seconds(1), "retry memory"};
};

}  // namespace sqlcast::master
