// Deadline: a time-out that several waits share. Internal to net/. A value; belongs to one thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace sqlcast::net {

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds timeout) : at_(Clock::now() + std::min(timeout, kLongest)) {}
  bool passed() const { return Clock::now() >= at_; }
  // Rounded up, so that a wait of this length ends after the deadline.
  int left_ms() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    return static_cast<int>(std::max(left.count(), std::chrono::milliseconds::rep{0}));
  }

 private:
  using Clock = std::chrono::steady_clock;
  // So that the sum, and an int of milliseconds, cannot overflow.
  static constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
  Clock::time_point at_;
};

}  // namespace sqlcast::net
