// AnswerOnce: a request that two may answer: who carries it out, and who looks at the clock. The first answer is the
// only one. Thread-safe. Does not block.
#pragma once

#include <atomic>

namespace sqlcast::node {

class AnswerOnce {
 public:
  enum class Outcome { not_begun, begun, had_one };

  // Before anything that may have an effect. False: it has been answered, and must not be carried out.
  bool begin() {
    State expected = State::waiting;
    return state_.compare_exchange_strong(expected, State::begun) || expected == State::begun;
  }

  // Whether it has been begun when it is answered now; had_one: somebody else has answered it.
  Outcome answer() {
    State seen = state_.load();
    do {
      if (seen == State::left_out || seen == State::answered) return Outcome::had_one;
    } while (!state_.compare_exchange_weak(seen, seen == State::waiting ? State::left_out : State::answered));
    return seen == State::waiting ? Outcome::not_begun : Outcome::begun;
  }
  // The answer of who has not begun it.
  bool answer_unless_begun() {
    State expected = State::waiting;
    return state_.compare_exchange_strong(expected, State::left_out);
  }

  // Answered before it was begun: it is not carried out any more.
  bool is_left_out() const { return state_.load() == State::left_out; }

 private:
  enum class State { waiting, begun, left_out, answered };
  std::atomic<State> state_{State::waiting};
};

}  // namespace sqlcast::node
