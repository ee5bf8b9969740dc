#include "node/key_limits.h"

#include <algorithm>
#include <utility>

namespace sqlcast::node {
namespace {

// Names come and go with the table of keys.
constexpr std::size_t kFewKeys = 1'024;

Status too_much(const std::string& name, const std::string& what, const std::string& setting,
                std::chrono::milliseconds wait) {
  Status status = Status::error(Code::busy, "the key '" + name + "' " + what + " at this node (" + setting +
                                                "): nothing was done; try again a little later");
  status.retry_after_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait.count(), 10, 1'000));
  return status;
}

}  // namespace

struct KeyLimits::Usage {
  Mutex mutex;
  std::uint32_t requests SQLCAST_GUARDED_BY(mutex) = 0;
  std::uint64_t bytes SQLCAST_GUARDED_BY(mutex) = 0;
  double left SQLCAST_GUARDED_BY(mutex) = 0;  // of the burst
  Clock::time_point seen SQLCAST_GUARDED_BY(mutex);
};

KeyLimits::Ticket::~Ticket() {
  const MutexLock lock(usage_->mutex);
  --usage_->requests;
  usage_->bytes -= bytes_;
}

KeyLimits::KeyLimits(const config::Limits& limits)
    : max_requests_(limits.key_requests),
      max_bytes_(limits.key_memory),
      rate_(limits.key_rate),
      burst_(limits.key_burst) {}

std::shared_ptr<KeyLimits::Usage> KeyLimits::usage_of(const std::string& name, Clock::time_point now) {
  const MutexLock lock(mutex_);
  if (const auto found = keys_.find(name); found != keys_.end()) return found->second;
  if (keys_.size() > 2 * swept_ + kFewKeys) {
    std::erase_if(keys_, [](const auto& key) { return key.second.use_count() == 1; });
    swept_ = keys_.size();
  }
  auto usage = std::make_shared<Usage>();
  {
    const MutexLock fresh(usage->mutex);
    usage->left = burst_;
    usage->seen = now;
  }
  return keys_[name] = std::move(usage);
}

Result<KeyLimits::Held> KeyLimits::enter(const std::string& name, bool rated, bool frees, Clock::time_point now) {
  std::shared_ptr<Usage> usage = usage_of(name, now);
  {
    const MutexLock lock(usage->mutex);
    if (usage->requests >= max_requests_ && !frees)
      return too_much(name, "has " + std::to_string(max_requests_) + " requests under way, and may have no more",
                      "limits.key_requests", std::chrono::milliseconds(50));
    if (rated && rate_ > 0) {
      const std::chrono::duration<double> since = now - usage->seen;
      usage->left = std::min(burst_, usage->left + std::max(0.0, since.count()) * rate_);
      usage->seen = std::max(usage->seen, now);
      if (usage->left < 1)
        return too_much(name, "sends more than its requests of a second", "limits.key_rate",
                        std::chrono::milliseconds(static_cast<std::int64_t>((1 - usage->left) / rate_ * 1'000) + 1));
      usage->left -= 1;
    }
    ++usage->requests;
  }
  return std::make_shared<Ticket>(std::move(usage));
}

Status KeyLimits::hold(Ticket& ticket, const std::string& name, std::uint64_t bytes) const {
  Usage& usage = *ticket.usage_;
  const MutexLock lock(usage.mutex);
  const std::uint64_t others = usage.bytes - ticket.bytes_;
  if (others > 0 && others + bytes > max_bytes_)
    return too_much(name, "has requests that hold as much memory as they may", "limits.key_memory",
                    std::chrono::milliseconds(200));
  usage.bytes = others + bytes;
  ticket.bytes_ = bytes;
  return ok_status();
}

}  // namespace sqlcast::node
