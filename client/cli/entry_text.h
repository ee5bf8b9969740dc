// What of an entry the commands that show the log have in common: times, effects, statements. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "client/text/json.h"
#include "proto/entry.h"

namespace sqlcast::cli {

// Microseconds since 1970-01-01 UTC as "2026-11-27 08:35:00.000001Z", with that separator.
std::string time_text(std::uint64_t time_us, char separator);

std::string effect_text(const proto::Effect& effect);  // "2 rows, id 25"

// One statement; without its effect when that is not known.
text::json::Value statement_json(const proto::Statement& statement, bool with_effect);

}  // namespace sqlcast::cli
