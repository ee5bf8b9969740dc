// What a mistyped word was perhaps to be. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlcast::cli {

// The word that is most like it: with a third of its letters wrong, missing, too many or swapped at most. Empty when
// there is none.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

}  // namespace sqlcast::cli
