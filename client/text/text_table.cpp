#include "client/text/text_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/logging.h"
#include "client/text/display_width.h"

namespace sqlcast::text {

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  const auto append = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t padding = widths[i] - display_width(cells[i]);
      if (i != 0) line.append("  ");
      if (columns_[i].right) line.append(padding, ' ');
      line.append(cells[i]);
      if (!columns_[i].right) line.append(padding, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.append(line).append("\n");
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  append(titles);
  for (const auto& row : rows_) append(row);
  return out;
}

long long parse_duration_ms(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, long long>, 4> kUnits{
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"", 1'000}}};
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000) return -1;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : kUnits)
    if (unit == name) return number * factor;
  return -1;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string duration_text(unsigned long long milliseconds) {
  const auto real = static_cast<double>(milliseconds);
  if (milliseconds < 1'000) return fmt::format("{} ms", milliseconds);
  if (milliseconds < 120'000) return fmt::format("{:.1f} s", real / 1e3);
  if (milliseconds < 7'200'000) return fmt::format("{:.1f} min", real / 6e4);
  return fmt::format("{:.1f} h", real / 3.6e6);
}

std::string microseconds_text(unsigned long long microseconds) {
  if (microseconds < 1'000) return fmt::format("{} µs", microseconds);
  if (microseconds < 1'000'000) return fmt::format("{:.1f} ms", static_cast<double>(microseconds) / 1e3);
  return duration_text(microseconds / 1'000);
}

}  // namespace sqlcast::text
