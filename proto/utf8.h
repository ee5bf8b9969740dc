// UTF-8: is it, and making it so. Internal to proto/. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlcast::proto {

// Length of the well-formed sequence at the start of the text (1 to 4); 0 when there is none. Surrogates,
// overlong forms and values over U+10FFFF are not well formed.
std::size_t utf8_length(std::string_view text);

// Offset of the first byte that is not part of a well-formed sequence; text.size() when there is none.
std::size_t utf8_valid_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_valid_prefix(text) == text.size(); }

// The text between quotes with its bytes escaped as JSON wants; each byte outside a well-formed sequence
// becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sqlcast::proto
