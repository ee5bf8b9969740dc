// DiskWatch: whether there is room on the node's disk. Below a reserve nothing is written any more, before the database
// runs into the wall: a MariaDB without room for a page may end, and wait in its next start until there is some.
// Posts the condition DiskFull, and clears it when there is room again. Thread-safe. Does not block.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/status.h"
#include "node/conditions.h"

namespace sqlcast::node {

// Room on the disk of a folder, for this user; nothing when the disk does not say.
std::optional<std::uint64_t> free_bytes(const std::string& folder);

class DiskWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `room` is asked at each look; none: what the database refuses is all that is known.
  DiskWatch(Conditions& conditions, std::string folder, std::uint64_t reserve,
            std::function<std::optional<std::uint64_t>()> room);

  // The ticker's. Looks at most once a moment.
  void tick(Clock::time_point now);

  // The database has refused something for want of room. That counts for a while, since the next one may fit.
  void refused(const std::string& why, Clock::time_point now = Clock::now());

  // Below the reserve: nothing is to be begun that writes.
  bool full() const { return full_; }
  // What a client is told.
  Status why() const;

 private:
  Conditions& conditions_;
  const std::string folder_;
  const std::uint64_t reserve_;
  const std::function<std::optional<std::uint64_t>()> room_;
  std::atomic<bool> full_{false};
  std::atomic<Clock::time_point> refused_at_{Clock::time_point::min()};
  Clock::time_point looked_at_ = Clock::time_point::min();  // the ticker's
};

}  // namespace sqlcast::node
