#include "client/log_follower.h"

#include <utility>

namespace sqlcast::client {

void LogFollower::live(proto::Group group, TimePoint) {
  if (group.last < next_) return;
  if (group.first <= next_) {
    accept(std::move(group));
    join_kept();
    return;
  }
  behind_ = true;
  if (kept_.size() < kMostKept) kept_.emplace(group.first, std::move(group));
}

void LogFollower::head(Sequence sequence, TimePoint now) {
  if (sequence < next_) {
    missing_.reset();
  } else if (!missing_) {
    missing_ = now;
  } else if (now - *missing_ >= kPatience) {
    behind_ = true;
  }
}

void LogFollower::log(std::vector<proto::Group> groups, Sequence head, TimePoint now) {
  const Sequence before = next_;
  for (proto::Group& group : groups)
    if (group.last >= next_ && group.first <= next_) accept(std::move(group));
  join_kept();
  behind_ = next_ <= head || !kept_.empty();
  if (!behind_) missing_.reset();
  // A node that is itself behind has nothing for us yet.
  if (next_ == before) not_before_ = now + kRetry;
}

bool LogFollower::wants_log(TimePoint now) const { return behind_ && now >= not_before_; }

void LogFollower::accept(proto::Group group) {
  next_ = group.last + 1;
  missing_.reset();
  ready_.push_back(std::move(group));
}

void LogFollower::join_kept() {
  while (!kept_.empty() && kept_.begin()->first <= next_) {
    proto::Group group = std::move(kept_.begin()->second);
    kept_.erase(kept_.begin());
    if (group.last >= next_) accept(std::move(group));
  }
}

std::optional<proto::Group> LogFollower::take() {
  if (ready_.empty()) return std::nullopt;
  proto::Group group = std::move(ready_.front());
  ready_.pop_front();
  return group;
}

}  // namespace sqlcast::client
