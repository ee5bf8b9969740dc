// AnswerOnce: a request that two may answer: who carries it out, and who looks at the clock. The first answer is the
// only one. Thread-safe.
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
    switch (state_.exchange(State::answered)) {
      case State::waiting: return Outcome::not_begun;
      case State::begun: return Outcome::begun;
      case State::answered: break;
    }
    return Outcome::had_one;
  }
  // The answer of who has not begun it.
  bool answer_unless_begun() {
    State expected = State::waiting;
    return state_.compare_exchange_strong(expected, State::answered);
  }

 private:
  enum class State { waiting, begun, answered };
  std::atomic<State> state_{State::waiting};
};

}  // namespace sqlcast::node
