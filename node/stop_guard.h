// StopGuard: a step of a node's stop that only the disk can hold up, and that nobody needs to be done: when it takes
// too long, the process ends without it. For as long as the object lives; a thread of its own.
#pragma once

#include <thread>

#include "base/mutex.h"

namespace sqlcast::node {

class StopGuard {
 public:
  // `what`: what the disk is at, for the message.
  explicit StopGuard(const char* what);
  ~StopGuard();
  StopGuard(const StopGuard&) = delete;
  StopGuard& operator=(const StopGuard&) = delete;

 private:
  void run();

  const char* const what_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool done_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sqlcast::node
