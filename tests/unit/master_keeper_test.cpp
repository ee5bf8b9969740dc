// Goal: nobody waits for the disk that the keeper writes to, and nothing that it keeps is lost. Method: a made-up disk
// that hangs and fails.
#include <condition_variable>
#include <mutex>

#include "master/keeper.h"

using namespace sqlcast;
using namespace sqlcast::master;
using namespace std::chrono_literals;

TEST_CASE("keeper: who wakes it never waits; what could not be kept is tried again, and once more at the end") {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  bool hangs = true;
  bool fails = true;
  Keeper keeper(
      [&] {
        std::unique_lock lock(mutex);
        ++calls;
        changed.notify_all();
        changed.wait(lock, [&] { return !hangs; });
        return !fails;
      },
      1ms);
  keeper.start();
  std::unique_lock lock(mutex);
  keeper.wake();
  changed.wait(lock, [&] { return calls == 1; });
  for (int i = 0; i < 1'000; ++i) keeper.wake();  // while the disk hangs
  CHECK(calls == 1);
  hangs = false;
  changed.notify_all();
  changed.wait(lock, [&] { return calls >= 5; });  // it fails again and again
  fails = false;
  const int by_now = calls;
  changed.wait(lock, [&] { return calls > by_now; });
  lock.unlock();
  keeper.wake();
  keeper.stop();
  const int at_the_end = calls;
  CHECK(at_the_end > by_now);
  keeper.wake();
  CHECK(calls == at_the_end);
}
