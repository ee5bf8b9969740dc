// Crash points: named places where a test can make the process die as if by kill -9. Nothing unless the
// environment variable SQLCAST_TEST_CRASH names the place. Any thread.
#pragma once

#include <string_view>

namespace sqlcast {

void crash_point(std::string_view name);

}  // namespace sqlcast
