// Times as numbers. Pure but for the clocks themselves; any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace sqlcast {

// Microseconds since 1970, by the machine's clock, which may be set.
inline std::uint64_t unix_microseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// Whole milliseconds that have passed since then, by the clock that cannot be set.
inline std::uint64_t milliseconds_since(std::chrono::steady_clock::time_point then) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - then).count());
}

}  // namespace sqlcast
