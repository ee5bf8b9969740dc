// Goal: the leaf nouns keep their promises. Method: pure calls.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/in_turns.h"
#include "base/queue.h"
#include "base/status.h"
#include "base/types.h"
#include "base/utf8.h"

using namespace sqlcast;
using namespace std::chrono_literals;

TEST_CASE("status: every code has a name that leads back to it") {
  for (const Code code : {Code::ok, Code::bad_message, Code::busy, Code::outcome_unknown, Code::internal}) {
    CHECK(code_from_name(code_name(code)) == code);
  }
  CHECK_FALSE(code_from_name("NO_SUCH_CODE").has_value());
}

TEST_CASE("queue: a full queue refuses and keeps what it has") {
  BoundedQueue<int> queue(2);
  CHECK(queue.try_push(1));
  CHECK(queue.try_push(2));
  CHECK_FALSE(queue.try_push(3));
  CHECK(queue.pop(0ms) == 1);
  CHECK(queue.try_pop() == 2);
  CHECK_FALSE(queue.try_pop().has_value());
}

TEST_CASE("queue: after close, pushes fail and pops drain") {
  BoundedQueue<int> queue(2);
  CHECK(queue.try_push(1));
  queue.close();
  CHECK_FALSE(queue.try_push(2));
  CHECK(queue.pop(1000ms) == 1);
  CHECK_FALSE(queue.pop(1000ms).has_value());
}

TEST_CASE("queue: lanes take turns, each in its own order, however much one of them has") {
  struct Initial {
    std::string operator()(const std::string& value) const { return value.substr(0, 1); }
  };
  BoundedQueue<std::string, InTurns<std::string, Initial>> queue(100);
  const auto all = [&] {
    std::string taken;
    while (const std::optional<std::string> next = queue.try_pop()) taken += *next + " ";
    return taken;
  };
  for (const char* value : {"a1", "a2", "a3", "b1", "a4", "c1", "b2"}) CHECK(queue.try_push(value));
  CHECK(queue.size() == 7);
  CHECK(queue.try_pop() == "a1");
  CHECK(queue.try_push("d1"));
  CHECK(queue.try_pop_if([](const std::string& value) { return value == "b1"; }) == "b1");
  CHECK_FALSE(queue.try_pop_if([](const std::string& value) { return value == "a2"; }).has_value());
  CHECK(all() == "c1 a2 d1 b2 a3 a4 ");
  CHECK(all().empty());
  // More lanes than are kept when they are empty.
  std::string wanted;
  for (char lane = '!'; lane <= '~'; ++lane) {
    CHECK(queue.try_push(std::string(1, lane)));
    wanted += std::string(1, lane) + " ";
  }
  CHECK(all() == wanted);
  CHECK(queue.try_push("a5"));
  CHECK(all() == "a5 ");
}

TEST_CASE("queue: waiting for several ends when they are there, when it is closed, or when the time is over") {
  BoundedQueue<int> queue(4);
  queue.wait_for(2, 1ms);
  CHECK(queue.size() == 0);
  std::atomic<int> taken = 0;
  std::thread producer([&] {
    for (int i = 0; i < 3; ++i) taken += queue.try_push(int{i}) ? 1 : 0;
  });
  queue.wait_for(3, 60s);
  CHECK(queue.size() == 3);
  producer.join();
  CHECK(taken == 3);
  queue.wait_for(100, 0ms);  // more than fit
  std::thread closer([&] { queue.close(); });
  queue.wait_for(4, 60s);
  CHECK(queue.closed());
  closer.join();
  CHECK(queue.pop(0ms) == 0);
}

TEST_CASE("queue: who waits for the end takes no consumer's wake-up, and is woken by the end at once") {
  BoundedQueue<int> queue(4);
  std::atomic<int> ended = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { ended += queue.wait_until_closed(600'000ms) ? 1 : 0; });
  threads.emplace_back([&] {
    while (queue.pop(600'000ms)) ++taken;
  });
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  for (int i = 0; i < 200 && taken == i; ++i) {
    CHECK(queue.try_push(int{i}));
    while (taken == i && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  }
  CHECK(taken == 200);
  CHECK(ended == 0);
  queue.close();
  for (std::thread& thread : threads) thread.join();
  CHECK(ended == 4);
}

TEST_CASE("types: hex is lower case and complete") { CHECK(to_hex(std::string_view("\x00\xffz", 3)) == "00ff7a"); }

TEST_CASE("utf8: a shortened text ends between two characters") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("longer", 5) == "lo...");
  CHECK(shortened("a\xC3\xA4\xC3\xA4\xC3\xA4", 6) == "a\xC3\xA4...");
  CHECK(shortened("a\xC3\xA4\xC3\xA4\xC3\xA4", 5) == "a...");
}
