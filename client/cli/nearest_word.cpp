#include "client/cli/nearest_word.h"

#include <algorithm>
#include <cstddef>

namespace sqlcast::cli {
namespace {

// Damerau and Levenshtein: letters to change, leave out, put in, or swap with the next.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t k = 0; k <= b.size(); ++k) cost[0][k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t other = a[i - 1] == b[k - 1] ? 0 : 1;
      cost[i][k] = std::min({cost[i - 1][k] + 1, cost[i][k - 1] + 1, cost[i - 1][k - 1] + other});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        cost[i][k] = std::min(cost[i][k], cost[i - 2][k - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  constexpr std::size_t kLongest = 40;
  std::string nearest;
  if (word.size() > kLongest) return nearest;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string& each : words) {
    const std::size_t far = distance(word, each);
    if (far >= least) continue;
    least = far;
    nearest = each;
  }
  return nearest;
}

}  // namespace sqlcast::cli
