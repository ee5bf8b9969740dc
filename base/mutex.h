// Mutex, MutexLock, ConditionVariable: std::mutex and its kin with annotations, so that clang's -Wthread-safety checks
// that what a mutex guards is touched under it (ctest label clang). Each method as in the standard library. Any thread.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SQLCAST_ANNOTATE(x) __attribute__((x))
#else
#define SQLCAST_ANNOTATE(x)
#endif

// Of a member: touched only while `mutex` is held. Of a pointer's target: the second.
#define SQLCAST_GUARDED_BY(mutex) SQLCAST_ANNOTATE(guarded_by(mutex))
#define SQLCAST_PT_GUARDED_BY(mutex) SQLCAST_ANNOTATE(pt_guarded_by(mutex))
// Of a function, or of a lambda that waits: called with `mutex` held; called without it.
#define SQLCAST_REQUIRES(...) SQLCAST_ANNOTATE(requires_capability(__VA_ARGS__))
#define SQLCAST_EXCLUDES(...) SQLCAST_ANNOTATE(locks_excluded(__VA_ARGS__))
// Of a function whose locking the analysis cannot follow; with the reason beside it.
#define SQLCAST_NOT_ANALYSED SQLCAST_ANNOTATE(no_thread_safety_analysis)

namespace sqlcast {

class SQLCAST_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() SQLCAST_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() SQLCAST_ANNOTATE(release_capability()) { mutex_.unlock(); }
  bool try_lock() SQLCAST_ANNOTATE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

class SQLCAST_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SQLCAST_ANNOTATE(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  MutexLock(Mutex& mutex, std::adopt_lock_t adopt) SQLCAST_REQUIRES(mutex) : lock_(mutex.mutex_, adopt) {}
  ~MutexLock() SQLCAST_ANNOTATE(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() SQLCAST_ANNOTATE(release_capability()) { lock_.unlock(); }
  void lock() SQLCAST_ANNOTATE(acquire_capability()) { lock_.lock(); }

 private:
  friend class ConditionVariable;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable. The mutex is held again when a wait returns; `until` is called with it held.
class ConditionVariable {
 public:
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

  template <typename Until>
  void wait(MutexLock& lock, Until until) {
    condition_.wait(lock.lock_, until);
  }
  template <typename Duration>
  void wait_for(MutexLock& lock, Duration duration) {
    condition_.wait_for(lock.lock_, duration);
  }
  template <typename Duration, typename Until>
  bool wait_for(MutexLock& lock, Duration duration, Until until) {
    return condition_.wait_for(lock.lock_, duration, until);
  }
  template <typename Time, typename Until>
  bool wait_until(MutexLock& lock, Time time, Until until) {
    return condition_.wait_until(lock.lock_, time, until);
  }

 private:
  std::condition_variable condition_;
};

}  // namespace sqlcast
