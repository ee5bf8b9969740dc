// Text as a JSON string. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast {

// Appends the text between quotes with its bytes escaped as JSON wants; each byte outside a well-formed UTF-8 sequence
// becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sqlcast
