// Joined: a small message in one frame, its parts one after the other, where each frame costs and an encrypted one
// most. docs/protocol.md, "In one frame". Never throws, whatever the bytes. Pure; any thread.
#pragma once

#include <cstddef>

#include "base/status.h"
#include "proto/codec.h"

namespace sqlcast::proto {

// Of the frame. What is larger stays in frames: it is sent without a copy, and its frames are not what it costs.
inline constexpr std::size_t kMostJoined = 8U << 10U;

// Of encode()'s frames one, when they are small; otherwise they stay.
void join(Frames& frames);

// True when the frames say that they are one that was joined.
bool is_joined(const Frames& frames);

// The frames that were joined, for decode(). bad_message, and the frames as they were: they cannot be told apart, or it
// is longer than kMostJoined.
Status split(Frames& frames);

}  // namespace sqlcast::proto
