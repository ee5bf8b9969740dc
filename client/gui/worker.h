// Worker: one thread for what is too slow for a frame and needs no network: sorting, filtering, files.
// Jobs run one after the other; their results come back through the Mailbox. Does not block but in the
// destructor, for the jobs that wait.
#pragma once

#include <functional>
#include <thread>

#include "base/queue.h"

namespace sqlcast::gui {

class Worker {
 public:
  using Job = std::function<void()>;

  explicit Worker(std::size_t capacity = 256) : jobs_(capacity), thread_([this] { loop(); }) {}
  ~Worker() {
    jobs_.close();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // False when too much is waiting; the job is then not run. Any thread.
  [[nodiscard]] bool run(Job job) { return jobs_.try_push(std::move(job)); }

 private:
  void loop() {
    while (!(jobs_.closed() && jobs_.size() == 0)) {
      if (auto job = jobs_.pop(std::chrono::hours{1})) (*job)();
    }
  }

  BoundedQueue<Job> jobs_;
  std::thread thread_;
};

}  // namespace sqlcast::gui
