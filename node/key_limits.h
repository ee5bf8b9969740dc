// KeyLimits: what one key may have of a node at a time: requests under way, the bytes that they hold, and how many a
// second. All of a name's keys count together, by whatever connections and slaves they come.
//
// Any thread. Does not block.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "config/config.h"

namespace sqlcast::node {

class KeyLimits {
  struct Usage;

 public:
  using Clock = std::chrono::steady_clock;

  // A request under way, until its last copy is gone. It may outlive the limits.
  class Ticket {
   public:
    explicit Ticket(std::shared_ptr<Usage> usage) : usage_(std::move(usage)) {}
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    friend class KeyLimits;
    const std::shared_ptr<Usage> usage_;  // shared with the other requests of the key
    std::uint64_t bytes_ = 0;             // under the usage's mutex
  };
  using Held = std::shared_ptr<Ticket>;  // shared by the copies of whom to answer

  explicit KeyLimits(const config::Limits& limits);

  // busy, with when to try again, and which limit it was. `rated`: it counts among those of a second; `frees`: it is
  // let in however many are under way.
  Result<Held> enter(const std::string& name, bool rated, bool frees, Clock::time_point now);
  // So many bytes in all, of which one request alone may always have as many as it likes. busy, as above.
  Status hold(Ticket& ticket, const std::string& name, std::uint64_t bytes) const;

 private:
  std::shared_ptr<Usage> usage_of(const std::string& name, Clock::time_point now);

  const std::uint32_t max_requests_;
  const std::uint64_t max_bytes_;
  const double rate_;
  const double burst_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Usage>> keys_ SQLCAST_GUARDED_BY(mutex_);
  std::size_t swept_ SQLCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace sqlcast::node
