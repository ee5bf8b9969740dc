#include "client/gui/model/time_series.h"

#include <algorithm>
#include <cmath>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

void TimeSeries::add(double time, double value) {
  if (size_ > 0 && time < at(size_ - 1).time) clear();  // the clock went back: what is older means nothing now
  if (ring_.empty()) ring_.resize(kCapacity);
  ring_[next_] = {time, value};
  next_ = (next_ + 1) % kCapacity;
  size_ = std::min(size_ + 1, kCapacity);
}

void TimeSeries::add_second(double time, double value) {
  if (size_ > 0 && time >= at(size_ - 1).time && time - at(size_ - 1).time < kApart) {
    Sample& last = ring_[(next_ + kCapacity - 1) % kCapacity];
    last.value = std::max(last.value, value);
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

double TimeSeries::highest(double from) const {
  double high = 0;
  for (std::size_t i = size_; i-- > 0;) {
    const Sample& sample = at(i);
    if (sample.time < from) break;
    high = std::max(high, sample.value);
  }
  return high;
}

void TimeSeries::reduce(double from, double to, std::size_t pixels, std::vector<PixelRange>& out) const {
  out.assign(pixels, PixelRange{});
  if (pixels == 0 || to <= from) return;
  const double per_second = static_cast<double>(pixels) / (to - from);
  for (std::size_t i = size_; i-- > 0;) {
    const Sample& sample = at(i);
    if (sample.time < from) break;
    if (sample.time > to) continue;
    const auto pixel = std::min(static_cast<std::size_t>((sample.time - from) * per_second), pixels - 1);
    PixelRange& range = out[pixel];
    if (!range.any) {
      range = {true, sample.value, sample.value, sample.value};
    } else {
      range.low = std::min(range.low, sample.value);
      range.high = std::max(range.high, sample.value);
    }
  }
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
