// Turns: several threads of which one at a time has the turn. Who has it may begin something that may take long while
// another waits for the turn: should it take more than a moment, that one has the turn.
//
// Any thread. The clock is looked at some hundred times a second while long things are begun, and not otherwise.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/mutex.h"

namespace sqlcast::net {

class Turns {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kMoment{1};

  // Waits for the turn; false after close(). May block.
  bool take();
  // Of who has the turn: what it does from here on may take long. Its number, or 0 when nobody is there to go on
  // meanwhile: then it must not. Does not block, nor do the next.
  std::uint64_t begin_long();
  // True: the turn is the caller's yet. Otherwise take() is next.
  bool end_long(std::uint64_t turn);
  // Of who has the turn: nobody has it any more.
  void close();

 private:
  static constexpr unsigned kQuietLooks = 3;

  Mutex mutex_;
  ConditionVariable changed_;
  bool closed_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool held_ SQLCAST_GUARDED_BY(mutex_) = false;
  bool long_ SQLCAST_GUARDED_BY(mutex_) = false;        // who has the turn is at something long
  std::uint64_t turn_ SQLCAST_GUARDED_BY(mutex_) = 0;   // whose it is
  std::uint64_t begun_ SQLCAST_GUARDED_BY(mutex_) = 0;  // long things
  Clock::time_point since_ SQLCAST_GUARDED_BY(mutex_);
  unsigned waiting_ SQLCAST_GUARDED_BY(mutex_) = 0;
  bool asleep_ SQLCAST_GUARDED_BY(mutex_) = false;  // who waits looks at no clock
};

}  // namespace sqlcast::net
