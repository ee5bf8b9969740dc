#include "client/gui/model/time_series.h"

#include <algorithm>
#include <cmath>

namespace sqlcast::gui {

void TimeSeries::add(double time, double value) {
  if (size_ > 0 && time < at(size_ - 1).time) clear();  // the clock went back: what is older means nothing now
  ring_[next_] = {time, value};
  next_ = (next_ + 1) % kCapacity;
  size_ = std::min(size_ + 1, kCapacity);
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
