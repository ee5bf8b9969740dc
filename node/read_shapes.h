// ReadShapes: which SELECTs have been quick and small of late, told by their text without its literals. What is known
// to be so may share a round trip to the database with others. A guess: who acts on it has to stand being wrong.
//
// Pure. One thread. Bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace sqlcast::node {

// The same for two texts that differ in their literals alone, as good as ever another one otherwise; 0 for a text that
// cannot stand in front of another statement as it is: one with comments.
std::uint64_t read_shape(std::string_view sql);

class ReadShapes {
 public:
  // Of so many runs each was quick, and gave little.
  static constexpr unsigned kRuns = 3;
  static constexpr std::chrono::milliseconds kQuick{10};
  static constexpr std::size_t kSmallBytes = 64U << 10U;
  static constexpr std::size_t kMost = 4'096;

  bool known_small(std::uint64_t shape) const;
  // One run of it: how long it took and what it gave, all of it.
  void ran(std::uint64_t shape, std::chrono::nanoseconds took, std::size_t bytes);
  // It failed, or gave more than a page.
  void forget(std::uint64_t shape) { good_runs_.erase(shape); }

 private:
  std::unordered_map<std::uint64_t, unsigned> good_runs_;
};

}  // namespace sqlcast::node
