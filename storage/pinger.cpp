#include "storage/pinger.h"

#include <utility>

#include "base/mutex.h"
#include "base/thread.h"

namespace sqlcast::storage {

Pinger::Pinger(std::function<Answer()> ask, std::chrono::milliseconds interval)
    : ask_(std::move(ask)), interval_(interval) {}

Pinger::~Pinger() { stop(); }

void Pinger::start() {
  thread_ = start_thread("db-pinger", [this] { run(); });
}

void Pinger::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Pinger::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (!waiting_since_) waiting_since_ = Clock::now();
    lock.unlock();
    const Answer answer = ask_();
    lock.lock();
    if (answer == Answer::came) waiting_since_.reset();
    nobody_there_ = answer == Answer::nobody_there;
    wake_.wait_for(lock, interval_, [this]() SQLCAST_REQUIRES(mutex_) { return stopping_; });
  }
}

std::optional<Pinger::Clock::time_point> Pinger::silent_since(std::chrono::milliseconds patience,
                                                              Clock::time_point now) const {
  const MutexLock lock(mutex_);
  return waiting_since_ && now - *waiting_since_ >= patience ? waiting_since_ : std::nullopt;
}

void Pinger::forget() {
  const MutexLock lock(mutex_);
  waiting_since_.reset();
}

bool Pinger::nobody_there() const {
  const MutexLock lock(mutex_);
  return nobody_there_;
}

}  // namespace sqlcast::storage
