// UTF-8: what is well formed, read one character at a time. Overlong forms, surrogates and values over U+10FFFF are
// not well formed. Never fails on any bytes. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlcast {

// Length of the well-formed sequence at `at`, which is inside the text: 1 to 4; 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at = 0);

struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t size = 1;  // bytes read
  bool valid = false;    // false: one byte that is not part of UTF-8; `value` is then U+FFFD
};
CodePoint code_point_at(std::string_view text, std::size_t at);

// Of a value up to U+10FFFF that is no surrogate.
void append_utf8(std::string& out, char32_t character);

// Where the character before `at` begins; one byte back when that is no character.
std::size_t utf8_previous(std::string_view text, std::size_t at);

// Offset of the first byte that is not part of a well-formed sequence; text.size() when there is none.
std::size_t utf8_valid_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_valid_prefix(text) == text.size(); }

// At most so many bytes of it, which may be three dots at the end; no character is cut in two.
std::string shortened(std::string text, std::size_t max_bytes);

// Each byte outside a well-formed sequence becomes U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace sqlcast
