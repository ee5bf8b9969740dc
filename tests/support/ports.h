// Ports for nodes under test: free now, and not among those that the system gives to outgoing connections. One of
// those may be taken while its node is down, or a peer that keeps trying it may connect to itself. Any thread.
#pragma once

#include <cstdint>

namespace sqlcast::support {

std::uint16_t free_port();

}  // namespace sqlcast::support
