#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sqlcast::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  constexpr std::uint64_t kParts = 1U << kBits;
  if (value < kParts) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
  return (static_cast<std::size_t>(shift + 1) << kBits) + ((value >> shift) - kParts);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) {
  constexpr std::uint64_t kParts = 1U << kBits;
  if (bucket < kParts) return bucket;
  const std::size_t shift = (bucket >> kBits) - 1;
  return (((bucket & (kParts - 1)) + kParts + 1) << shift) - 1;
}

void Histogram::add(Duration value) {
  value = std::max(value, Duration(0));
  ++buckets_[bucket_of(static_cast<std::uint64_t>(value.count()))];
  ++count_;
  sum_ += static_cast<double>(value.count());
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Histogram::Duration Histogram::average() const {
  if (count_ == 0) return Duration(0);
  return Duration(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

Histogram::Duration Histogram::percentile(double percent) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted && seen > 0) return std::min(Duration(static_cast<std::int64_t>(upper_end(i))), max_);
  }
  return max_;
}

}  // namespace sqlcast::bench
