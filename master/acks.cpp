#include "master/acks.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/mutex.h"

namespace sqlcast::master {
namespace {

constexpr std::size_t kMaxWaiters = 10'000;  // each is looked at for every report
constexpr std::chrono::seconds kLately{1};

}  // namespace

std::size_t Acks::needed(proto::Ack ack) const {
  switch (ack) {
    case proto::Ack::unset:
    case proto::Ack::local: return 0;
    case proto::Ack::one: return 1;
    // Of all nodes, the master among them, which has it already.
    case proto::Ack::majority: return (slaves_.size() + 1) / 2;
    case proto::Ack::all: return slaves_.size();
  }
  return 0;
}

// What the slaves have, the highest first: the n-th of them is what n slaves have.
Acks::Reached Acks::reached() const {
  Reached reached;
  for (const auto& [name, progress] : slaves_) {
    reached.durable.push_back(progress.durable);
    reached.applied.push_back(progress.applied);
  }
  std::sort(reached.durable.begin(), reached.durable.end(), std::greater<>());
  std::sort(reached.applied.begin(), reached.applied.end(), std::greater<>());
  return reached;
}

bool Acks::enough(const Wanted& wanted, const Reached& reached) const {
  const std::size_t count = needed(wanted.ack);
  const std::vector<Sequence>& has = wanted.ack_for == proto::AckFor::applied ? reached.applied : reached.durable;
  return count == 0 || (count <= has.size() && has[count - 1] >= wanted.sequence);
}

Acks::Outcome Acks::outcome(const Wanted& wanted) const {
  Outcome result;
  result.needed = needed(wanted.ack);
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
    const Reached now = reached();
    std::erase_if(waiters_, [&](Waiter& waiter) SQLCAST_REQUIRES(mutex_) {
      if (!is_done(waiter, enough(waiter.wanted, now))) return false;
      done.emplace_back(std::move(waiter.done), outcome(waiter.wanted));
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
  release([](const Waiter&, bool enough) { return enough; });
}

void Acks::when_acked(const Wanted& wanted, Clock::time_point deadline, Done done) {
  Waiter waiter{wanted, deadline, std::move(done)};
  Outcome result;
  {
    const MutexLock lock(mutex_);
    result = outcome(wanted);
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
  release([now](const Waiter& waiter, bool enough) { return enough || waiter.deadline <= now; });
}

}  // namespace sqlcast::master
