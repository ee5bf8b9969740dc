// Executor's scripts: the text of one round trip, and what each statement in it is for, so that an error's index says
// who failed. Pure. executor_script.cpp builds them from jobs, executor.cpp runs them. Only those two include this.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/executor.h"

namespace sqlcast::storage {

// One name a job: going back must never reach into the job before.
inline std::string savepoint_name(std::size_t job) { return "sqlcast_" + std::to_string(job); }

struct Executor::Step {
  enum class Kind { prelude, statements, effect, warnings };
  Kind kind = Kind::prelude;
  std::size_t job = 0;
  std::vector<Reference> run;                  // statements: one, or several merged; others: that it is for, if one
  std::optional<std::uint64_t> insert_id;      // imposed, when known beforehand
  std::optional<std::size_t> looked_up_value;  // index of the value that holds the imposed insert id
  std::optional<std::size_t> affected_value;   // indexes of values that the effect step fetches
  std::optional<std::size_t> insert_id_value;
};

// Jobs that succeed, or are taken back, together: one, or a window of inserts that go merged.
struct Executor::Unit {
  std::size_t first_job = 0;
  std::size_t end_job = 0;  // first job that is not in it
  std::size_t first_step = 0;
  bool has_savepoint = false;
  bool merged = false;
};

struct Executor::Script {
  std::string text;
  std::vector<Step> steps;
  std::vector<Unit> units;
  std::vector<std::size_t> value_steps;  // a value's step: it exists once that step has run
  std::size_t end_job = 0;               // first job that is not in it
  // May go as one statement: neither the default database nor the time limit changes, and nothing gives rows.
  bool may_be_one = true;
  bool is_looked_at = false;   // the last job's outcome decides whether it stays
  bool looks_up = false;       // AUTO_INCREMENT values
  bool shows_last_id = false;  // a statement of the job in hand looks at LAST_INSERT_ID()

  void add(Step step, std::string_view sql) {
    text += sql;
    text += ';';
    steps.push_back(std::move(step));
  }
  // A user variable that `SET` gives a value in the step about to be added.
  std::size_t new_value(std::size_t step) {
    value_steps.push_back(step);
    return value_steps.size() - 1;
  }
  const Unit& unit_of(std::size_t step) const {
    const auto after = std::upper_bound(units.begin(), units.end(), step,
                                        [](std::size_t at, const Unit& unit) { return at < unit.first_step; });
    return *std::prev(after);
  }
  static std::string variable(std::size_t value) { return "@v" + std::to_string(value); }
};

}  // namespace sqlcast::storage
