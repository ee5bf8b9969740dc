// Slow lane: a thread for requests that take too long to be read and judged on the router's thread, which answers
// status and small requests meanwhile. Bounded in number and in bytes.
//
// One thread: large requests are taken up in the order in which they came, and cost their memory one after the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

#include "base/queue.h"

namespace sqlcast::node {

class SlowLane {
 public:
  // Called once, on the lane's thread, unless it was not taken. False: the lane is being stopped; there is only time
  // to say so.
  using Work = std::function<void(bool runs)>;

  SlowLane(std::size_t capacity, std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes), queue_(capacity) {}
  ~SlowLane();  // stop()

  // Does not block.
  void start();
  // Finishes what is in hand. What waits is called with false. May block, for what is in hand.
  void stop();

  // Any thread. Does not block. `bytes` is what the work holds in memory until it is done; one alone is taken whatever
  // it holds. False: full or stopped, and `work` is untouched.
  [[nodiscard]] bool submit(std::uint64_t bytes, Work& work);

  // Whether anything waits or is in hand. Any thread. Does not block.
  bool busy() const { return bytes_ > 0; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Job {
    std::uint64_t bytes = 0;
    Work work;
  };
  void run();

  const std::uint64_t capacity_bytes_;
  std::atomic<std::uint64_t> bytes_{0};  // waiting and in hand
  BoundedQueue<Job> queue_;
  std::thread thread_;
};

}  // namespace sqlcast::node
