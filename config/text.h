// Text to value and back for the kinds of setting there are: whole numbers, durations, sizes, endpoints; and the
// nearest known word to a misspelt one. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqlcast::config {

// Decimal digits alone. Errors (code config) say what was found, and the accepted range.
Result<std::uint64_t> parse_whole(std::string_view text, std::uint64_t min, std::uint64_t max);

// "500ms", "2s", "1m", "12h", "7d", or a plain whole number of milliseconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                 std::chrono::milliseconds max);

// "64MiB", "512KiB", "1GiB", or a plain whole number of bytes.
Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max);

// tcp://HOST:PORT (HOST a name, an IPv4 address or [an IPv6 address]) or ipc:///PATH. `bind` also accepts the
// host `*`; without it, an address that nobody can connect to (`*`, 0.0.0.0, [::]) is refused.
Status check_endpoint(std::string_view text, bool bind);

// The shortest exact form that the parsers above read back.
std::string format_duration(std::chrono::milliseconds value);
std::string format_bytes(std::uint64_t value);

// The port of tcp://HOST:PORT; empty for ipc.
std::string endpoint_port(std::string_view endpoint);

// The candidate closest to `word` (case ignored), or empty when none is near. A candidate whose last dotted part
// is `word` counts as near: page_rows leads to limits.page_rows.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sqlcast::config
