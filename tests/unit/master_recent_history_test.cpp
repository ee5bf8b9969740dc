// Goal: the master knows the newest hashes of its log. Method: pure calls.
#include "master/recent_history.h"

using namespace sqlcast;
using namespace sqlcast::master;

TEST_CASE("recent history: holds what was added with its hash, and forgets the oldest") {
  RecentHistory history;
  const auto hash_of = [](Sequence sequence) {
    Hash hash{};
    hash[0] = static_cast<std::uint8_t>(sequence);
    hash[1] = static_cast<std::uint8_t>(sequence >> 8U);
    return hash;
  };
  CHECK(history.holds(0, {}));
  CHECK_FALSE(history.holds(1, to_hex(hash_of(1))));
  constexpr Sequence kLast = 3 * 70'000;
  for (Sequence last = 3; last <= kLast; last += 3) history.add(last, hash_of(last));
  CHECK(history.holds(kLast, to_hex(hash_of(kLast))));
  CHECK(history.holds(kLast - 3, to_hex(hash_of(kLast - 3))));
  CHECK_FALSE(history.holds(kLast, to_hex(hash_of(kLast - 3))));
  CHECK_FALSE(history.holds(kLast, {}));
  CHECK_FALSE(history.holds(kLast - 1, to_hex(hash_of(kLast - 1))));  // inside a group
  CHECK_FALSE(history.holds(kLast + 3, to_hex(hash_of(kLast + 3))));
  CHECK_FALSE(history.holds(3, to_hex(hash_of(3))));
}
