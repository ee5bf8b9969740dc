// parse_json_text(): JSON text to a tree, with what nlohmann::json alone would let pass refused. Internal to proto/.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/status.h"

namespace sqlcast::proto {

inline constexpr std::size_t kMaxJsonDepth = 16;

// bad_message: not JSON. bad_request: a name twice in one object, or an integer outside 64 bits (which would
// silently become a double). too_large: deeper than kMaxJsonDepth, or more than kMaxBodyElements values.
Result<nlohmann::json> parse_json_text(std::string_view text);

}  // namespace sqlcast::proto
