#include "client/text/display_width.h"

#include <algorithm>

#include "base/utf8.h"
#include "client/text/width_tables.h"

namespace sqlcast::text {
namespace {

template <typename Ranges>
bool contains(const Ranges& ranges, std::uint32_t code_point) {
  const auto it = std::lower_bound(ranges.begin(), ranges.end(), code_point,
                                   [](const widths::Range& range, std::uint32_t point) { return range.last < point; });
  return it != ranges.end() && it->first <= code_point;
}

}  // namespace

std::size_t code_point_width(std::uint32_t code_point) {
  if (code_point < 0x300) return 1;
  if (contains(widths::kZeroWidth, code_point)) return 0;
  return contains(widths::kWide, code_point) ? 2 : 1;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      ++width, ++at;
      continue;
    }
    const CodePoint point = code_point_at(text, at);
    width += point.valid ? code_point_width(point.value) : 1;
    at += point.size;
  }
  return width;
}

}  // namespace sqlcast::text
