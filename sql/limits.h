// Limits: how long and how deep a statement may be. Plain values; any thread.
#pragma once

#include <cstddef>

namespace sqlcast::sql {

// Named limits, each a setting with the same name (docs/configuration.md).
struct Limits {
  std::size_t max_statement_bytes = 16U << 20U;
  std::size_t max_nesting_depth = 64;
};

// The most that the settings allow: for what a master has accepted under limits of its own.
inline constexpr Limits kWidestLimits{512U << 20U, 1024};

}  // namespace sqlcast::sql
