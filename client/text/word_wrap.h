// Text broken at blanks, so that it is no wider than a terminal. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlcast::text {

// Its own line breaks stay, and so do blanks within a line; a word that is wider than `columns` stays whole, so that it
// can be copied. `columns` 0: as it is.
std::string wrap_words(std::string_view text, std::size_t columns);

}  // namespace sqlcast::text
