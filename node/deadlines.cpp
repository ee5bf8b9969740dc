#include "node/deadlines.h"

#include <utility>

#include "base/mutex.h"

namespace sqlcast::node {

Caller Deadlines::enter(Caller caller, Clock::time_point deadline) {
  const auto open = std::make_shared<Open>();
  open->caller = caller;
  open->caller.held.reset();  // the request has its share; this is who to answer
  open->deadline = deadline;
  caller.once = open;
  const MutexLock lock(mutex_);
  open_.push_back(open);
  return caller;
}

void Deadlines::tick(Clock::time_point now, const std::function<void(const Caller&)>& answer) {
  answer_those([now](const Open& open) { return now >= open.deadline; }, answer);
}

void Deadlines::end(const RevokedKeys& keys, const std::function<void(const Caller&)>& answer) {
  answer_those([&keys](const Open& open) { return is_of(open.caller.who, keys); }, answer);
}

void Deadlines::answer_those(const std::function<bool(const Open&)>& over,
                             const std::function<void(const Caller&)>& answer) {
  std::vector<std::shared_ptr<Open>> late;
  {
    const MutexLock lock(mutex_);
    std::erase_if(open_, [&](const std::weak_ptr<Open>& one) {
      std::shared_ptr<Open> open = one.lock();
      if (!open) return true;
      if (!over(*open)) return false;
      late.push_back(std::move(open));
      return true;
    });
  }
  for (const std::shared_ptr<Open>& open : late) {
    Caller caller = open->caller;
    caller.once = open;
    answer(caller);
  }
}

}  // namespace sqlcast::node
