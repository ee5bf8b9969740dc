// Goal: who waits for a position is called once, in time. Method: pure calls, times by hand.
#include "node/position_board.h"

using namespace sqlcast;
using namespace sqlcast::node;
using namespace std::chrono_literals;

using Wait = PositionBoard::Wait;

TEST_CASE("position board: calls at once when the position is reached already") {
  PositionBoard board;
  board.post({1, 5, {}});
  int reached = 0;
  CHECK(board.when_reached(5, PositionBoard::Clock::now(),
                           [&](Wait wait) { reached += wait == Wait::reached ? 1 : 100; }));
  CHECK(reached == 1);
  CHECK(board.position().sequence == 5);
}

TEST_CASE("position board: calls those whose position has come, and only them, once") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  std::vector<Sequence> called;
  for (Sequence sequence : {3U, 1U, 2U, 2U, 9U})
    CHECK(board.when_reached(sequence, later, [&called, sequence](Wait wait) {
      CHECK(wait == Wait::reached);
      called.push_back(sequence);
    }));
  CHECK(called.empty());
  board.post({1, 2, {}});
  CHECK(called == std::vector<Sequence>{1, 2, 2});
  board.post({1, 2, {}});
  board.post({1, 8, {}});
  CHECK(called == std::vector<Sequence>{1, 2, 2, 3});
}

TEST_CASE("position board: who waits in vain is told at the deadline, once") {
  PositionBoard board;
  const auto now = PositionBoard::Clock::now();
  int late = 0;
  CHECK(board.when_reached(7, now + 1s, [&](Wait wait) {
    CHECK(wait == Wait::too_late);
    ++late;
  }));
  board.tick(now);
  CHECK(late == 0);
  board.tick(now + 1s);
  CHECK(late == 1);
  board.post({1, 7, {}});
  board.tick(now + 2s);
  CHECK(late == 1);
}

TEST_CASE("position board: who waits for what is beyond the log's end is told, when the end was asked for since") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  const auto before = PositionBoard::Clock::now() - 1s;
  std::vector<Sequence> beyond;
  for (Sequence sequence : {4U, 5U, 6U, 7U})
    CHECK(board.when_reached(sequence, later, [&beyond, sequence](Wait wait) {
      CHECK(wait == Wait::beyond);
      beyond.push_back(sequence);
    }));
  board.give_up_beyond({1, 5, {}}, before);  // there may be more since
  CHECK(beyond.empty());
  board.give_up_beyond({1, 5, {}}, PositionBoard::Clock::now());
  CHECK(beyond == std::vector<Sequence>{6, 7});
  CHECK(board.end_of_log().sequence == 5);
}

TEST_CASE("position board: refuses when too many wait") {
  PositionBoard board;
  const auto later = PositionBoard::Clock::now() + 1h;
  constexpr int kMany = 10'000;
  for (int i = 0; i < kMany; ++i) REQUIRE(board.when_reached(1, later, [](Wait) {}));
  CHECK_FALSE(board.when_reached(1, later, [](Wait) { FAIL("called although it was refused"); }));
  board.post({1, 1, {}});
  CHECK(board.when_reached(2, later, [](Wait) {}));
}
