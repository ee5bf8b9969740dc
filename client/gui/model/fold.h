// What a filter takes for the same letter: İzmir, IZMIR and izmir. Case and marks are left out of Latin, Greek and
// Cyrillic letters, as MariaDB's utf8mb4_unicode_ci does; other scripts know neither or stay as they are.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sqlcast::gui {

// The text without case and marks. Bytes that are not UTF-8 stay.
std::string folded(std::string_view text);

// Whether the text, folded, contains what is folded already. Text of ASCII is searched in place.
bool contains_folded(std::string_view text, std::string_view folded_needle);

}  // namespace sqlcast::gui
