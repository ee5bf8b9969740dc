// How many columns text takes on a terminal. Counts code points as wcwidth() does: combining marks none, CJK
// and emoji two. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sqlcast::text {

// 0, 1 or 2.
std::size_t code_point_width(std::uint32_t code_point);

// Of one line: control characters count as one column each, as do bytes that are not UTF-8.
std::size_t display_width(std::string_view text);

}  // namespace sqlcast::text
