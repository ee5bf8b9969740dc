// TimeSeries: the last hour of one measured value, a sample a second, and its minimum and maximum per pixel for
// drawing. A ring that grows to an hour (59 KB) and no further. Plain; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sqlcast::gui {

struct Sample {
  double time = 0;  // seconds, any steady origin
  double value = 0;
};

struct PixelRange {
  bool any = false;
  double low = 0;
  double high = 0;
  double last = 0;
};

class TimeSeries {
 public:
  static constexpr std::size_t kCapacity = 3'700;
  static constexpr double kApart = 0.95;  // seconds

  void add(double time, double value);
  // The same, but a second keeps the largest of its values.
  void add_second(double time, double value);
  void clear() {
    size_ = 0;
    coarse_.clear();
  }
  std::size_t size() const { return size_; }
  const Sample& at(std::size_t index) const {
    return ring_[(next_ + kCapacity - size_ + index) % kCapacity];
  }  // oldest first
  double last() const { return size_ == 0 ? 0 : at(size_ - 1).value; }
  const Sample* before(double time) const;  // the last one up to then; null: there is none

  // The smallest and the largest of [from, to].
  PixelRange extent(double from, double to) const;
  // Of a stretch of so many seconds in so many pixels: what is further apart than this is a hole, and no slope.
  static double longest_gap(double seconds, std::size_t pixels);
  // `pixels` columns for [from, to]; out has `pixels` elements afterwards.
  void reduce(double from, double to, std::size_t pixels, std::vector<PixelRange>& out) const;

 private:
  struct Coarse {
    double time = 0;
    double low = 0;
    double high = 0;
  };
  static constexpr double kLong = 1'000;  // seconds; from so many on, steps of kCoarse are as good as samples
  static constexpr double kCoarse = 10;   // seconds
  static constexpr std::size_t kCoarseMost = 380;
  void keep_coarse(double time, double value);
  template <typename Each>
  void back_to(double from, double to, Each each) const;

  std::vector<Sample> ring_;
  std::deque<Coarse> coarse_;  // of the same hour, the oldest first
  std::size_t next_ = 0;
  std::size_t size_ = 0;
};

// Round axis steps (1, 2, 5 · 10ⁿ) that give at most `most` labels up to `high`.
double axis_step(double high, std::size_t most);

// What stands at an axis from `low` to `high`: each label another, all in the unit that is named with them.
struct Axis {
  std::string unit;
  std::vector<std::pair<double, std::string>> ticks;  // value as measured, label
};
// `unit`: of the values; milliseconds become seconds where they are many.
Axis make_axis(double low, double high, double step, std::string_view unit);

}  // namespace sqlcast::gui
