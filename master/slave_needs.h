// SlaveNeeds: what slaves may still ask of the log, by their reports. For how long one has been silent is told by the
// clock that cannot be set: the machine's, put right by days, is to make nobody silent.
// Pure; times by hand. Belongs to whoever guards it. Does not block.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/log_retention.h"

namespace sqlcast::master {

class SlaveNeeds {
 public:
  using Clock = std::chrono::steady_clock;

  // It has reported that up to there it needs nothing any more.
  void note(const std::string& slave, Sequence has, Clock::time_point reported) { known_[slave] = {has, reported}; }

  // As last noted.
  bool has(const std::string& slave, Sequence sequence) const {
    const auto known = known_.find(slave);
    return known != known_.end() && known->second.has == sequence;
  }

  // One that has not reported since the node began, at `start`, may need all of the log. `now_us`: what the machine's
  // clock shows.
  std::vector<log::SlaveNeed> of(const std::set<std::string>& slaves, Clock::time_point start, Clock::time_point now,
                                 std::uint64_t now_us) const {
    std::vector<log::SlaveNeed> needs;
    for (const std::string& slave : slaves) {
      const auto known = known_.find(slave);
      const Need need = known == known_.end() ? Need{0, start} : known->second;
      const auto silent = std::chrono::duration_cast<std::chrono::microseconds>(now - need.reported).count();
      needs.push_back(
          {slave, need.has, now_us - std::min(now_us, static_cast<std::uint64_t>(std::max<std::int64_t>(silent, 0)))});
    }
    return needs;
  }

 private:
  struct Need {
    Sequence has = 0;
    Clock::time_point reported;
  };
  std::map<std::string, Need> known_;
};

}  // namespace sqlcast::master
