// Mailbox: how other threads hand something to the UI thread, which drains it once a frame.
//
// Bounded. Does not block. post() may be called from any thread; drain() belongs to the UI thread and stops when its
// time is used up, so that a flood costs latency and never a frame.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "base/queue.h"

namespace sqlcast::gui {

class Mailbox {
 public:
  using Task = std::function<void()>;

  // `wake` is called after each post, from the posting thread: it makes the UI thread draw a frame.
  explicit Mailbox(std::size_t capacity, std::function<void()> wake = {}) : tasks_(capacity), wake_(std::move(wake)) {}

  // False when full: the caller decides what a lost delivery means.
  [[nodiscard]] bool post(Task task) {
    if (!tasks_.try_push(std::move(task))) return false;
    if (wake_) wake_();
    return true;
  }

  // Runs what has arrived, for about `budget` at most. True when something ran.
  bool drain(std::chrono::microseconds budget) {
    const auto end = std::chrono::steady_clock::now() + budget;
    bool any = false;
    while (auto task = tasks_.try_pop()) {
      (*task)();
      any = true;
      if (std::chrono::steady_clock::now() >= end) break;
    }
    return any;
  }

  std::size_t size() const { return tasks_.size(); }

 private:
  BoundedQueue<Task> tasks_;
  std::function<void()> wake_;
};

}  // namespace sqlcast::gui
