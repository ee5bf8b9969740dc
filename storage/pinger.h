// Pinger: asks the database a small question again and again, and knows for how long it has not had an answer: a server
// may run and not answer, when its disk hangs or somebody has stopped it.
//
// Thread-safe; nothing but stop() blocks. A thread of its own waits for the answers.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "base/mutex.h"

namespace sqlcast::storage {

class Pinger {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Answer { came, failed, nobody_there };

  // `ask` is called on the pinger's thread, every `interval`, and may take as long as it likes.
  Pinger(std::function<Answer()> ask, std::chrono::milliseconds interval);
  ~Pinger();  // stop()

  void start();
  void stop();  // waits for the question under way

  // Since when there has been no answer, though asked; nothing when the last question was answered and the next one, if
  // it has been asked, has not been open for longer than `patience`.
  std::optional<Clock::time_point> silent_since(std::chrono::milliseconds patience,
                                                Clock::time_point now = Clock::now()) const;
  // At the last question nobody was there.
  bool nobody_there() const;
  // Another server is asked from now on: the silence was not its own.
  void forget();

 private:
  void run();

  const std::function<Answer()> ask_;
  const std::chrono::milliseconds interval_;
  mutable Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool nobody_there_ SQLCAST_GUARDED_BY(mutex_) = false;
  std::optional<Clock::time_point> waiting_since_
      SQLCAST_GUARDED_BY(mutex_);  // of the first question without an answer
  std::thread thread_;
};

}  // namespace sqlcast::storage
