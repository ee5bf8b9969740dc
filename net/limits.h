// Limits that bound what a peer can make this process hold. Plain constants.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sqlcast::net {

inline constexpr std::uint64_t kDefaultMaxMessageBytes = 64U << 20U;  // of one message, its frames together

inline constexpr std::size_t kMaxEnvelopeFrames = 8;     // identity, correlation, empty delimiter, and devices between
inline constexpr std::size_t kMaxRequestFrames = 64;     // envelope included
inline constexpr std::size_t kMaxReplyFrames = 100'000;  // one a result column

}  // namespace sqlcast::net
