#include "base/crash_point.h"

#include <csignal>
#include <cstdlib>

namespace sqlcast {

void crash_point(std::string_view name) {
  static const char* const kWanted = std::getenv("SQLCAST_TEST_CRASH");
  if (kWanted != nullptr && name == kWanted) std::raise(SIGKILL);
}

}  // namespace sqlcast
