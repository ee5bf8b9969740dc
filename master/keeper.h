// Keeper: writes what the master has to remember beside its database, on a thread of its own: the disk may take its
// time, or hang, and nobody who answers requests waits for it.
//
// Thread-safe. Nothing but stop() blocks.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace sqlcast::master {

class Keeper {
 public:
  // `keep`, on the keeper's thread, writes what is not written yet, and may take as long as it likes. False: some of it
  // could not be; it is called again after `again_after`.
  // `name`: of the thread (base/thread.h).
  explicit Keeper(std::function<bool()> keep, std::chrono::milliseconds again_after = std::chrono::seconds(1),
                  const char* name = "keeper");
  ~Keeper();  // stop()
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  void start();
  // There is something to keep.
  void wake();
  // Keeps what there is; waits for the disk. What cannot be written is lost.
  void stop();

 private:
  void run();

  const std::function<bool()> keep_;
  const std::chrono::milliseconds again_after_;
  const char* const name_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool woken_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sqlcast::master
