#include "client/gui/ui/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "client/gui/model/text.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui::ui {

namespace {

std::string value_text(double value, std::string_view unit) {
  if (unit == "ms") {
    if (value >= 10'000) return cat(fixed(value / 1000, 0), " s");
    if (value >= 1'000) return cat(fixed(value / 1000, 1), " s");
    return cat(fixed(value, 0), " ms");
  }
  return short_count(value);
}

// Each piece by itself: a thick line of many pieces frays at sharp peaks. With many series there is no time for that.
void stroke(const std::vector<ImVec2>& points, ImU32 colour, bool pieces) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (!pieces) return list->AddPolyline(points.data(), static_cast<int>(points.size()), colour, 0, px(1.6F));
  for (std::size_t i = 1; i < points.size(); ++i) list->AddLine(points[i - 1], points[i], colour, px(1.6F));
}

struct Range {
  double low = 0;
  double high = 1;
};

Range range_of(const Plot& plot, const std::vector<PlotSeries>& series) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  const double from = plot.now - plot.seconds;
  for (const PlotSeries& one : series) {
    const PixelRange all = one.series->extent(from, plot.now);
    if (!all.any) continue;
    low = std::min(low, all.low);
    high = std::max(high, all.high);
  }
  if (plot.from_zero || low > high) low = 0;
  if (high <= low) high = low + (plot.unit == "ms" ? 100 : 10);
  return {low, high};
}

// Where the curves are, and which values and times its edges stand for.
struct Area {
  ImVec2 low;
  ImVec2 high;
  Range range;
  double from = 0;  // seconds
  std::size_t pixels = 0;
  float width() const { return high.x - low.x; }
  float height() const { return high.y - low.y; }
  float y_of(double value) const {
    return high.y - height() * static_cast<float>((value - range.low) / (range.high - range.low));
  }
};

void draw_title(const Plot& plot, std::string_view unit, const std::vector<PlotSeries>& series, ImVec2 low,
                ImVec2 high) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = look().fonts.small;
  const float line = font->FontSize;
  draw_text(list, look().fonts.bold, low, p.text, plot.title);
  const float title_width = text_width(look().fonts.bold, plot.title);
  const float unit_width = draw_text(list, font, {low.x + title_width + px(8), low.y + px(2)}, p.dim, unit) + px(16);
  float legend_width = 0;
  for (const PlotSeries& one : series) legend_width += text_width(font, one.label) + px(24);
  if (plot.legend && low.x + title_width + unit_width + legend_width < high.x) {
    float x = high.x - legend_width;
    for (const PlotSeries& one : series) {
      list->AddRectFilled({x, low.y + line / 2 - px(1)}, {x + px(10), low.y + line / 2 + px(2)}, one.colour, px(1));
      draw_text(list, font, {x + px(14), low.y + px(1)}, p.dim, one.label);
      x += text_width(font, one.label) + px(24);
    }
  }
}

// Lines and labels of the values.
void draw_values(const Axis& axis, const Area& area) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = look().fonts.small;
  const float line = font->FontSize;
  for (const auto& [value, label] : axis.ticks) {
    const float y = std::floor(area.y_of(value)) + 0.5F;
    list->AddLine({area.low.x, y}, {area.high.x, y}, p.grid_line);
    draw_text(list, font, {area.low.x - px(6) - text_width(font, label), y - line / 2}, p.faint, label);
  }
}

void draw_times(const Plot& plot, const Area& area, float right) {
  const Palette& p = colours();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = look().fonts.small;
  float free_until = right + 1;  // labels are put from the right, those without room are left out
  double tick = plot.seconds > 1'000 ? 600 : plot.seconds > 200 ? 60 : plot.seconds > 90 ? 30 : 15;
  const double label_room = static_cast<double>(text_width(font, "−4 min") + px(16));
  while (tick * static_cast<double>(area.width()) / plot.seconds < label_room && tick < plot.seconds) tick *= 2;
  for (double back = 0; back <= plot.seconds + 0.5; back += tick) {
    const float x = area.high.x - area.width() * static_cast<float>(back / plot.seconds);
    const std::string label =
        back == 0.0 ? std::string("now") : cat("−", fixed(back / (tick >= 60 ? 60 : 1), 0), tick >= 60 ? " min" : " s");
    const float label_width = text_width(font, label);
    list->AddLine({x, area.high.y}, {x, area.high.y + px(3)}, p.border);
    const float left = std::clamp(x - label_width / 2, area.low.x, area.high.x - label_width);
    if (left + label_width > free_until) continue;
    free_until = left - px(8);
    draw_text(list, font, {left, area.high.y + px(4)}, p.faint, label);
  }
}

void draw_curves(const Plot& plot, const std::vector<PlotSeries>& series, const Area& area) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  static std::vector<PixelRange> ranges;  // UI thread only: kept so that a frame allocates nothing
  static std::vector<ImVec2> points;
  const bool pieces = series.size() <= 8;
  const double gap = TimeSeries::longest_gap(plot.seconds, area.pixels);
  ImGui::PushClipRect({area.low.x, area.low.y - px(2)}, {area.high.x, area.high.y + px(2)}, true);
  for (const PlotSeries& one : series) {
    one.series->reduce(area.from, area.from + plot.seconds, area.pixels, ranges);
    points.clear();
    const ImU32 soft = fade(one.colour, 0.5F);
    std::size_t last = 0;
    for (std::size_t i = 0; i < area.pixels; ++i) {
      if (!ranges[i].any) continue;
      const float x = area.low.x + static_cast<float>(i) + 0.5F;
      // A hole of several polls is a hole, not a slope.
      if (!points.empty() && static_cast<double>(i - last) * plot.seconds / static_cast<double>(area.pixels) > gap) {
        stroke(points, one.colour, pieces);
        points.clear();
      }
      points.emplace_back(x, area.y_of(ranges[i].high));
      if (ranges[i].low < ranges[i].high)
        list->AddRectFilled({x - 0.5F, area.y_of(ranges[i].high)}, {x + 0.5F, area.y_of(ranges[i].low)}, soft);
      last = i;
    }
    stroke(points, one.colour, pieces);
  }
  ImGui::PopClipRect();
}

// What the curves are under the mouse.
void draw_tip(const Plot& plot, const std::vector<PlotSeries>& series, const Area& area) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  if (!ImGui::IsWindowHovered() || mouse.x < area.low.x || mouse.x > area.high.x || mouse.y < area.low.y ||
      mouse.y > area.high.y)
    return;
  ImGui::GetWindowDrawList()->AddLine({mouse.x, area.low.y}, {mouse.x, area.high.y}, fade(colours().text, 0.35F));
  const double time = area.from + static_cast<double>((mouse.x - area.low.x) / area.width()) * plot.seconds;
  ImGui::BeginTooltip();
  ui::dim(cat(fixed(plot.now - time, 0), " s ago"));
  for (const PlotSeries& one : series) {
    const Sample* nearest = nullptr;
    for (std::size_t i = one.series->size(); i-- > 0;) {
      if (one.series->at(i).time > time) continue;
      nearest = &one.series->at(i);
      break;
    }
    if (nearest != nullptr) ui::text(cat(one.label, "  ", value_text(nearest->value, plot.unit)), one.colour);
  }
  ImGui::EndTooltip();
}

}  // namespace

void draw_plot(const Plot& plot, const std::vector<PlotSeries>& series, ImVec2 low, ImVec2 high) {
  const float line = look().fonts.small->FontSize;
  Area area{{low.x + px(52), low.y + look().fonts.bold->FontSize + px(8)},
            {high.x - px(4), high.y - line - px(6)},
            range_of(plot, series)};
  if (area.width() < px(20) || area.height() < px(20)) return draw_title(plot, plot.unit, series, low, high);
  const auto most = std::max<std::size_t>(1, static_cast<std::size_t>(area.height() / (line * 2.2F)));
  // Milliseconds and positions are whole.
  const double least = plot.unit == "statements/s" ? 0 : 1;
  const double step = std::max(least, axis_step(area.range.high - area.range.low, most));
  area.range.low = std::floor(area.range.low / step) * step;
  area.range.high = std::ceil(area.range.high / step + 0.0001) * step;
  const Axis axis = make_axis(area.range.low, area.range.high, step, plot.unit);
  draw_title(plot, axis.unit, series, low, high);
  float widest = 0;
  for (const auto& [value, label] : axis.ticks) widest = std::max(widest, text_width(look().fonts.small, label));
  area.low.x = low.x + std::max(px(46), widest) + px(8);
  if (area.width() < px(20)) return;
  // Moves by whole pixels: a sample stays in its pixel, and nothing is drawn anew when nothing has moved.
  area.pixels = static_cast<std::size_t>(area.width());
  const double pixel = plot.seconds / static_cast<double>(area.pixels);
  area.from = std::ceil(plot.now / pixel) * pixel - plot.seconds;
  draw_values(axis, area);
  draw_times(plot, area, high.x);
  draw_curves(plot, series, area);
  if (plot.mark > area.from) {
    const float x = area.low.x + area.width() * static_cast<float>((plot.mark - area.from) / plot.seconds);
    ImGui::GetWindowDrawList()->AddLine({x, area.low.y}, {x, area.high.y}, colours().accent, px(1.5F));
  }
  draw_tip(plot, series, area);
}

}  // namespace sqlcast::gui::ui
