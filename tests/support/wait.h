// To wait for a condition: with a limit that a slow machine does not reach. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace sqlcast::support {

inline constexpr std::chrono::seconds kPatience{120};

// Looks again and again until it is so; throws std::runtime_error with `what` after `patience`.
void wait_for(const std::string& what, const std::function<bool()>& condition,
              std::chrono::milliseconds patience = kPatience);

}  // namespace sqlcast::support
