// What memory a process has, and has had at most since it started: for tests of what a node may hold.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace sqlcast::support {

// MiB. Throws std::runtime_error when there is no such process.
std::uint64_t peak_mib(pid_t process);
std::uint64_t resident_mib(pid_t process);

}  // namespace sqlcast::support
