// Histogram: latencies by the million in a fixed few kilobytes; percentiles within 2 % of the true value.
// Minimum, average and maximum are exact. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sqlcast::bench {

class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  void add(Duration value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Duration min() const { return count_ == 0 ? Duration(0) : min_; }
  Duration max() const { return max_; }
  Duration average() const;

  // The value that `percent` of all values do not exceed; 0 when there are none. 0 < percent <= 100.
  Duration percentile(double percent) const;

 private:
  // Every power of two is cut into 64 equal parts.
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kBuckets = (64 - kBits + 1) << kBits;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_end(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  Duration min_{Duration::max()};
  Duration max_{0};
};

}  // namespace sqlcast::bench
