// BackOff: how long to wait before what has failed is tried again: twice as long each time, up to a longest. Whoever
// waits does so where he is woken when he is to stop. Belongs to one thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace sqlcast {

class BackOff {
 public:
  BackOff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), next_(first) {}

  std::chrono::milliseconds next() {
    const std::chrono::milliseconds wait = next_;
    next_ = std::min(next_ * 2, longest_);
    return wait;
  }
  void reset() { next_ = first_; }  // it has worked

 private:
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds longest_;
  std::chrono::milliseconds next_;
};

}  // namespace sqlcast
