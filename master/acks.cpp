#include "master/acks.h"

#include <utility>

#include "base/mutex.h"

namespace sqlcast::master {
namespace {

constexpr std::size_t kMaxWaiters = 10'000;  // each is looked at for every report
constexpr std::chrono::seconds kLately{1};

}  // namespace

Acks::Outcome Acks::outcome(const Waiter& waiter) const {
  Outcome result;
  const Wanted& wanted = waiter.wanted;
  switch (wanted.ack) {
    case proto::Ack::unset:
    case proto::Ack::local: result.needed = 0; break;
    case proto::Ack::one: result.needed = 1; break;
    // Of all nodes, the master among them, which has it already.
    case proto::Ack::majority: result.needed = (slaves_.size() + 1) / 2; break;
    case proto::Ack::all: result.needed = slaves_.size(); break;
  }
  for (const auto& [name, progress] : slaves_) {
    const Sequence has = wanted.ack_for == proto::AckFor::applied ? progress.applied : progress.durable;
    (has >= wanted.sequence ? result.acked_by : result.missing).push_back(name);
  }
  result.enough = result.acked_by.size() >= result.needed;
  return result;
}

bool Acks::anyone_waits() const {
  const MutexLock lock(mutex_);
  return !waiters_.empty();
}

proto::AckFor Acks::awaited(Clock::time_point now) const {
  const MutexLock lock(mutex_);
  const auto lately = [now](const std::optional<Clock::time_point>& time) { return time && now - *time < kLately; };
  if (lately(waited_for_applied_)) return proto::AckFor::applied;
  return lately(waited_) || !waiters_.empty() ? proto::AckFor::durable : proto::AckFor::unset;
}

template <typename IsDone>
void Acks::release(IsDone is_done) {
  std::vector<std::pair<Done, Outcome>> done;
  {
    const MutexLock lock(mutex_);
    std::erase_if(waiters_, [&](Waiter& waiter) SQLCAST_REQUIRES(mutex_) {
      Outcome result = outcome(waiter);
      if (!is_done(waiter, result)) return false;
      done.emplace_back(std::move(waiter.done), std::move(result));
      return true;
    });
  }
  for (const auto& [call, result] : done) call(result);
}

void Acks::expect(const std::string& slave) {
  const MutexLock lock(mutex_);
  slaves_.emplace(slave, Progress{});
}

void Acks::report(const std::string& slave, const Progress& progress) {
  {
    const MutexLock lock(mutex_);
    slaves_[slave] = progress;
    if (waiters_.empty()) return;
  }
  release([](const Waiter&, const Outcome& result) { return result.enough; });
}

void Acks::when_acked(const Wanted& wanted, Clock::time_point deadline, Done done) {
  Waiter waiter{wanted, deadline, std::move(done)};
  Outcome result;
  {
    const MutexLock lock(mutex_);
    result = outcome(waiter);
    if (!result.enough && waiters_.size() < kMaxWaiters) {
      waited_ = Clock::now();
      if (wanted.ack_for == proto::AckFor::applied) waited_for_applied_ = waited_;
      waiters_.push_back(std::move(waiter));
      return;
    }
  }
  waiter.done(result);
}

void Acks::tick(Clock::time_point now) {
  release([now](const Waiter& waiter, const Outcome& result) { return result.enough || waiter.deadline <= now; });
}

}  // namespace sqlcast::master
