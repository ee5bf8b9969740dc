// WakeUp: how other threads end a wait of the one thread that polls (an eventfd). Many signals cost one wake-up.
#pragma once

#include <atomic>

namespace sqlcast::net {

class WakeUp {
 public:
  WakeUp();  // throws std::system_error when the process has no file descriptor left
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  // Any thread; never blocks. A system call only when the last signal has been cleared.
  void signal();

  // The polling thread, before it looks at what the signal was about: a signal that comes later wakes it again.
  void clear();

  int fd() const { return fd_; }

 private:
  const int fd_;
  std::atomic<bool> signaled_{false};
};

}  // namespace sqlcast::net
