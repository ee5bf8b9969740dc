// ReadShapes: which SELECTs have been quick and small of late, told by their text without its literals. What is known
// to be so may share a round trip to the database with others. A guess: who acts on it has to stand being wrong.
//
// Pure. Any thread. Does not block. Bounded: one that comes forgets another.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sqlcast::node {

// The same for two texts that differ in their literals alone, as good as ever another one otherwise; 0 for a text that
// cannot stand in front of another statement as it is: one with comments.
std::uint64_t read_shape(std::string_view sql);

class ReadShapes {
 public:
  // Of so many runs each was quick, and gave little.
  static constexpr unsigned kRuns = 3;
  static constexpr std::chrono::milliseconds kQuick{10};
  static constexpr std::chrono::milliseconds kSwift{1};
  static constexpr std::size_t kSmallBytes = 64U << 10U;
  static constexpr std::size_t kMost = 4'096;

  bool known_small(std::uint64_t shape) const;
  // And so quick that its caller's thread may wait for it.
  bool known_swift(std::uint64_t shape) const;
  // One run of it: how long it took and what it gave, all of it.
  void ran(std::uint64_t shape, std::chrono::nanoseconds took, std::size_t bytes);
  // It failed, or gave more than a page.
  void forget(std::uint64_t shape);

 private:
  // A shape, with its good runs in place of its lowest bits, and those that were swift above them.
  static constexpr unsigned kSwiftAt = 2;
  static constexpr unsigned kCountBits = 4;
  static constexpr std::uint64_t kGood = 3;
  static constexpr std::uint64_t kCounts = 15;
  static std::size_t place_of(std::uint64_t shape) { return (shape >> kCountBits) % kMost; }
  std::uint64_t runs_of(std::uint64_t shape) const;

  std::array<std::atomic<std::uint64_t>, kMost> places_{};
};

}  // namespace sqlcast::node
