// Goal: a socket that is shared by turns is never left alone while its thread is at something long. Method: threads
// that wait for each other, so that a wrong order hangs or fails; no clock.
#include "net/turns.h"

#include <future>
#include <thread>

#include "net/dealer.h"
#include "net/poller.h"
#include "net/router.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::net;
using namespace std::chrono_literals;
using support::wait_for;

namespace {

std::string answer_of(Dealer& dealer) {
  std::string answer;
  wait_for("an answer", [&] {
    const std::optional<proto::Frames> frames = dealer.receive();
    if (frames) answer = frames->front();
    return frames.has_value();
  });
  return answer;
}

}  // namespace

TEST_CASE("turns: one at a time, and nothing long while nobody would go on") {
  Turns turns;
  REQUIRE(turns.take());
  CHECK(turns.begin_long() == 0);
  auto other = std::async(std::launch::async, [&] { return turns.take(); });
  std::uint64_t turn = 0;
  wait_for("the other to wait", [&] { return (turn = turns.begin_long()) != 0; });
  if (turns.end_long(turn)) turns.close();
  CHECK((other.get() || !turns.take()));
}

TEST_CASE("turns: who is at something long loses the turn, and has it again after the other") {
  Turns turns;
  REQUIRE(turns.take());
  // Often: the second half of the rounds begins when who waits looks at no clock any more.
  for (int round = 0; round < 4; ++round) {
    auto other = std::async(std::launch::async, [&] { return turns.take(); });
    if (round >= 2) wait_for("the other to look no more", [looks = 0]() mutable { return ++looks > 5; });
    std::uint64_t turn = 0;
    wait_for("the other to wait", [&] { return (turn = turns.begin_long()) != 0; });
    CHECK(other.get());  // at its end this one's work is not over yet
    CHECK(!turns.end_long(turn));
    // Now the other's role is this thread's.
  }
  turns.close();
  CHECK(!turns.take());
}

TEST_CASE("turns: something short does not lose the turn") {
  Turns turns;
  REQUIRE(turns.take());
  auto other = std::async(std::launch::async, [&] { return turns.take(); });
  wait_for("some short things", [&, done = 0]() mutable {
    const std::uint64_t turn = turns.begin_long();
    if (turn == 0) return false;
    return !turns.end_long(turn) || ++done == 1'000;
  });
  turns.close();
  (void)other.get();  // true where this thread was held up for so long
}

TEST_CASE("router: while its thread is at something long, others are answered, and so is who was before") {
  Router::Options options;
  options.endpoint = "tcp://127.0.0.1:*";
  auto opened = Router::open(std::move(options));
  REQUIRE(opened.ok());
  Router& router = **opened;
  std::promise<void> enough;
  std::atomic<int> long_ones{0};
  std::optional<Envelope> held;  // the router's thread's
  router.start(
      [&](Envelope envelope, proto::Frames frames) {
        if (frames.front() == "long") {
          held = std::move(envelope);
        } else {
          router.send(std::move(envelope), std::move(frames));
        }
      },
      [&](const Router::MayTakeLong& may_take_long) {
        if (!held) return;
        Envelope envelope = std::move(*held);
        held.reset();
        if (!may_take_long()) {
          router.send(std::move(envelope), {"busy"});
          return;
        }
        ++long_ones;
        router.send(Envelope(envelope), {"first"});
        enough.get_future().wait();
        router.send(std::move(envelope), {"second"});
      });
  auto peer = Dealer::open({router.endpoint()});
  REQUIRE(peer.ok());
  Dealer& dealer = **peer;
  // Until the other thread is there.
  std::string answer = "busy";
  while (answer == "busy") {
    dealer.send({"long"});
    answer = answer_of(dealer);
  }
  CHECK(answer == "first");  // though what sent it goes on
  for (int i = 0; i < 100; ++i) {
    dealer.send({"quick"});
    CHECK(answer_of(dealer) == "quick");
  }
  // One alone is left: it does nothing long.
  dealer.send({"long"});
  CHECK(answer_of(dealer) == "busy");
  enough.set_value();
  CHECK(answer_of(dealer) == "second");
  CHECK(long_ones == 1);
  dealer.send({"quick"});
  CHECK(answer_of(dealer) == "quick");
  router.stop();
}
