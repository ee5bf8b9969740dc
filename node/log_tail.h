// LogTail: which groups the database's end of the log need not have any more. It keeps the newest, at least kSteps
// times `step` of them: more than can be committed and not yet durable in the log, so that the database can always
// complete that. Pure; one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "base/types.h"

namespace sqlcast::node {

class LogTail {
 public:
  explicit LogTail(unsigned step = 256) : step_(step) {}

  // A group that ends at `last` was committed, again when the database had lost it, and the log is durable up to
  // `durable`. Now and then: up to where the groups may go.
  std::optional<Sequence> committed(Sequence last, Sequence durable) {
    if (last <= newest_) {
      while (!ends_.empty() && ends_.back() >= last) ends_.pop_back();
      since_step_ = 0;
    }
    newest_ = last;
    if (++since_step_ < step_) return std::nullopt;
    since_step_ = 0;
    ends_.push_back(last);
    if (ends_.size() <= kSteps || ends_.front() > durable) return std::nullopt;
    const Sequence unneeded = ends_.front();
    ends_.pop_front();
    return unneeded;
  }

 private:
  static constexpr std::size_t kSteps = 4;
  const unsigned step_;
  std::deque<Sequence> ends_;  // of every step_-th group, the newest last
  unsigned since_step_ = 0;
  Sequence newest_ = 0;
};

}  // namespace sqlcast::node
