// DiskWatch: whether there is room on the node's disk, and whether the disk answers at all. Below a reserve nothing is
// written any more, before the database runs into the wall: a MariaDB without room for a page may end, and wait in its
// next start until there is some. A disk that fails or hangs is said too: a database whose pages are in memory answers
// questions for long above a dead disk.
//
// Posts the condition DiskFull or DatabaseStalled, and clears it when that is over. Thread-safe. Does not block: a
// thread of its own looks at the disk, and is left behind when the disk never answers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "node/conditions.h"

namespace sqlcast::node {

// Room in bytes for this user; io: the disk does not say, or takes nothing. May take for ever.
using LookAtDisk = std::function<Result<std::uint64_t>()>;

// The disk of a folder: asks for its room each time, and now and then writes to it.
LookAtDisk look_at_disk(std::string folder);

class DiskWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `look` is called on the watch's own thread; none: what the database refuses is all that is known.
  DiskWatch(Conditions& conditions, std::string folder, std::uint64_t reserve, LookAtDisk look);
  ~DiskWatch();  // does not wait for a look that is under way
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  // The ticker's. Does not block. Takes what the last look has found, and has the next one begun, at most once a
  // moment.
  void tick(Clock::time_point now);

  // The database has refused something for want of room. That counts for a while, since the next one may fit.
  void refused(const std::string& why, Clock::time_point now = Clock::now());

  // Below the reserve, as of the last look that was answered: nothing is to be begun that writes.
  bool full() const { return full_; }
  // Below twice the reserve: what only fills the disk, and can wait, leaves the rest to what makes room again.
  bool low() const { return low_; }
  // What a client is told.
  Status why() const;
  // A look is under way.
  bool looking() const;

 private:
  struct Looks;
  static void look_when_asked(const std::shared_ptr<Looks>& looks, const LookAtDisk& look);
  void found(const Result<std::uint64_t>& room, Clock::time_point now);
  void say_silence(const std::string& why, Clock::time_point now);

  Conditions& conditions_;
  const std::string folder_;
  const std::uint64_t reserve_;
  const LookAtDisk look_;
  const std::shared_ptr<Looks> looks_;
  std::atomic<bool> full_{false};
  std::atomic<bool> low_{false};
  std::atomic<Clock::time_point> refused_at_{Clock::time_point::min()};
  // The ticker's.
  Clock::time_point looked_at_ = Clock::time_point::min();  // when the last look was asked for
  bool silent_ = false;
};

}  // namespace sqlcast::node
