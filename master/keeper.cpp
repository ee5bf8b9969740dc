#include "master/keeper.h"

#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace sqlcast::master {

Keeper::Keeper(std::function<bool()> keep, std::chrono::milliseconds again_after, const char* name)
    : keep_(std::move(keep)), again_after_(again_after), name_(name) {}

Keeper::~Keeper() { stop(); }

void Keeper::start() {
  thread_ = start_thread(name_, [this] { run(); });
}

void Keeper::wake() {
  const MutexLock lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Keeper::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Keeper::run() {
  MutexLock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this]() SQLCAST_REQUIRES(mutex_) { return woken_ || stopping_; });
    const bool last = stopping_;
    if (!std::exchange(woken_, false)) return;
    lock.unlock();
    const bool kept = keep_();
    lock.lock();
    if (last) return;
    if (kept) continue;
    woken_ = true;
    changed_.wait_for(lock, again_after_, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
  }
}

}  // namespace sqlcast::master
