#include "client/gui/model/time_series.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

void TimeSeries::add(double time, double value) {
  if (size_ > 0 && time < at(size_ - 1).time) clear();  // the clock went back: what is older means nothing now
  if (ring_.empty()) ring_.resize(kCapacity);
  keep_coarse(time, value);
  ring_[next_] = {time, value};
  next_ = (next_ + 1) % kCapacity;
  size_ = std::min(size_ + 1, kCapacity);
}

void TimeSeries::add_second(double time, double value) {
  if (size_ > 0 && time >= at(size_ - 1).time && time - at(size_ - 1).time < kApart) {
    Sample& last = ring_[(next_ + kCapacity - 1) % kCapacity];
    last.value = std::max(last.value, value);
    keep_coarse(last.time, value);
    return;
  }
  add(time, value);
}

// Samples are in order of time.
const Sample* TimeSeries::before(double time) const {
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    at(middle).time <= time ? low = middle + 1 : high = middle;
  }
  return low == 0 ? nullptr : &at(low - 1);
}

void TimeSeries::keep_coarse(double time, double value) {
  if (!coarse_.empty() && time - coarse_.back().time < kCoarse) {
    coarse_.back().low = std::min(coarse_.back().low, value);
    coarse_.back().high = std::max(coarse_.back().high, value);
    return;
  }
  coarse_.push_back({time, value, value});
  if (coarse_.size() > kCoarseMost) coarse_.pop_front();
}

// The newest first, back to `from`. An hour of many nodes is walked through in each frame: in steps of ten seconds
// then.
template <typename Each>
void TimeSeries::back_to(double from, double to, Each each) const {
  if (to - from >= kLong) {
    for (auto it = coarse_.rbegin(); it != coarse_.rend() && it->time >= from; ++it) each(it->time, it->low, it->high);
    return;
  }
  for (std::size_t i = size_; i-- > 0;) {
    const Sample& sample = at(i);
    if (sample.time < from) return;
    each(sample.time, sample.value, sample.value);
  }
}

PixelRange TimeSeries::extent(double from, double to) const {
  PixelRange all;
  back_to(from, to, [&all](double, double low, double high) {
    if (!all.any) all = {true, low, high, high};
    all.low = std::min(all.low, low);
    all.high = std::max(all.high, high);
  });
  return all;
}

double TimeSeries::longest_gap(double seconds, std::size_t pixels) {
  const double step =
      std::max(seconds / static_cast<double>(std::max<std::size_t>(pixels, 1)), seconds >= kLong ? kCoarse + 1 : 0.0);
  return std::max(6.0, 2.5 * step);
}

void TimeSeries::reduce(double from, double to, std::size_t pixels, std::vector<PixelRange>& out) const {
  out.assign(pixels, PixelRange{});
  if (pixels == 0 || to <= from) return;
  const double per_second = static_cast<double>(pixels) / (to - from);
  back_to(from, to, [&](double time, double low, double high) {
    if (time > to) return;
    PixelRange& range = out[std::min(static_cast<std::size_t>((time - from) * per_second), pixels - 1)];
    if (!range.any) {
      range = {true, low, high, high};
    } else {
      range.low = std::min(range.low, low);
      range.high = std::max(range.high, high);
    }
  });
}

Axis make_axis(double low, double high, double step, std::string_view unit) {
  Axis axis;
  axis.unit = unit;
  double per = 1;
  if (unit == "ms" && high > 2'000) axis.unit = "s", per = 1'000;
  const auto write = [&](bool full) {
    axis.ticks.clear();
    const double shown_step = step / per;
    const int decimals = shown_step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(shown_step) - 1e-9));
    const auto count = static_cast<int>(std::floor((high - low) / step + 1e-6));
    for (int i = 0; i <= count; ++i) {
      const double value = low + step * i;
      const double shown = value / per;
      std::string label = decimals > 0         ? fixed(shown, decimals)
                          : full && shown >= 0 ? with_separators(static_cast<std::uint64_t>(shown + 0.5))
                                               : short_count(shown);
      axis.ticks.emplace_back(value, std::move(label));
    }
  };
  write(false);
  for (std::size_t i = 1; i < axis.ticks.size(); ++i) {
    if (axis.ticks[i].second != axis.ticks[i - 1].second) continue;
    write(true);
    break;
  }
  return axis;
}

double axis_step(double high, std::size_t most) {
  if (!(high > 0) || most == 0) return 1;
  const double rough = high / static_cast<double>(most);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999999) return factor * power;
  }
  return 10 * power;
}

}  // namespace sqlcast::gui
