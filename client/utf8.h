// UTF-8 read one code point at a time, for widths and for JSON. Never fails on any bytes. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sqlcast::client {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 1;  // bytes read
  bool valid = true;     // false: one byte that is not part of UTF-8; `value` is then U+FFFD
};

// The code point at `at`, which must be inside the text. Overlong forms and surrogates are not valid.
CodePoint code_point_at(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

}  // namespace sqlcast::client
