// Goal: a database that does not answer is noticed while the question is open, and as soon as it answers it is well.
// Method: answers by hand; times ahead of the clock instead of waiting.
#include <condition_variable>
#include <mutex>

#include "storage/pinger.h"

using namespace sqlcast;
using namespace sqlcast::storage;
using namespace std::chrono_literals;

namespace {

// A database that answers only when it is told to.
class Oracle {
 public:
  Pinger::Answer ask() {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return answers_ > 0; });
    --answers_;
    return answer_;
  }
  void answer(Pinger::Answer answer, int times) {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
    answers_ += times;
    changed_.notify_all();
  }
  void wait_until_asked(int times) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 60s, [&] { return asked_ >= times; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  int answers_ = 0;
  Pinger::Answer answer_ = Pinger::Answer::came;
};

}  // namespace

TEST_CASE("pinger: a question without an answer counts from when it was first asked, failures included") {
  Oracle oracle;
  Pinger pinger([&oracle] { return oracle.ask(); }, 1ms);
  const auto before = Pinger::Clock::now();
  pinger.start();
  oracle.wait_until_asked(1);
  CHECK_FALSE(pinger.silent_since(1h));
  const auto since = pinger.silent_since(3s, Pinger::Clock::now() + 3s);
  REQUIRE(since);
  CHECK(*since >= before);
  // A session that broke is no answer, and the time goes on from the first question.
  oracle.answer(Pinger::Answer::failed, 1);
  oracle.wait_until_asked(2);
  CHECK(pinger.silent_since(3s, Pinger::Clock::now() + 3s) == since);
  CHECK_FALSE(pinger.nobody_there());
  oracle.answer(Pinger::Answer::came, 1);
  oracle.wait_until_asked(3);
  const auto later = pinger.silent_since(0s);
  REQUIRE(later);
  CHECK(*later > *since);
  oracle.answer(Pinger::Answer::nobody_there, 1);
  oracle.wait_until_asked(4);
  CHECK(pinger.nobody_there());
  oracle.answer(Pinger::Answer::came, 1000);
  pinger.stop();
  CHECK_FALSE(pinger.silent_since(0s, Pinger::Clock::now() + 1h));
}

TEST_CASE("pinger: the silence of a server that has ended is not the next one's") {
  Oracle oracle;
  Pinger pinger([&oracle] { return oracle.ask(); }, 1ms);
  pinger.start();
  oracle.wait_until_asked(1);
  REQUIRE(pinger.silent_since(3s, Pinger::Clock::now() + 1h));
  // The question to the old one is open still, and breaks off.
  const auto started = Pinger::Clock::now();
  pinger.forget();
  CHECK_FALSE(pinger.silent_since(0s, Pinger::Clock::now() + 1h));
  oracle.answer(Pinger::Answer::failed, 1);
  oracle.wait_until_asked(2);
  const auto since = pinger.silent_since(3s, Pinger::Clock::now() + 1h);
  REQUIRE(since);  // a new one that hangs as well is noticed, by its own time
  CHECK(*since >= started);
  oracle.answer(Pinger::Answer::came, 1000);
  pinger.stop();
}
