// Backlog: how old the oldest of the groups is that this node has and has not applied, however many these are. Of
// neighbours that were committed within a moment it keeps one time, the oldest's; the moment grows with the backlog: to
// a thousandth of all of it. Pure. One thread. Does not block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/types.h"

namespace sqlcast::slave {

class Backlog {
 public:
  // In order of their sequences.
  void add(Sequence last, std::uint64_t commit_time_us) {
    if (!spans_.empty() && commit_time_us < spans_.back().time_us + moment_us_) {
      spans_.back().last = last;
      return;
    }
    spans_.push_back({last, commit_time_us});
    if (spans_.size() > kMostSpans) merge();
  }

  void applied(Sequence sequence) {
    while (!spans_.empty() && spans_.front().last <= sequence) spans_.pop_front();
    if (spans_.empty()) moment_us_ = kMomentUs;
  }

  // The oldest is no older than that.
  void begins_at(std::uint64_t time_us) {
    if (!spans_.empty() && spans_.front().time_us < time_us) spans_.front().time_us = time_us;
  }

  std::optional<std::uint64_t> oldest_us() const {
    return spans_.empty() ? std::nullopt : std::optional(spans_.front().time_us);
  }

 private:
  struct Span {
    Sequence last;
    std::uint64_t time_us;  // of its first group
  };
  static constexpr std::size_t kMostSpans = 2'048;
  static constexpr std::uint64_t kMomentUs = 1'000;

  // With a moment twice as long; should that not be enough, the next add() goes on.
  void merge() {
    moment_us_ *= 2;
    std::deque<Span> merged;
    for (const Span& span : spans_) {
      if (!merged.empty() && span.time_us < merged.back().time_us + moment_us_)
        merged.back().last = span.last;
      else
        merged.push_back(span);
    }
    spans_ = std::move(merged);
  }

  std::deque<Span> spans_;
  std::uint64_t moment_us_ = kMomentUs;
};

}  // namespace sqlcast::slave
