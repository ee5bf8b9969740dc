#include "tests/support/process_memory.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace sqlcast::support {

namespace {

std::uint64_t mib_of(pid_t process, const std::string& what) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(what)) return std::stoull(line.substr(what.size())) / 1024;
  throw std::runtime_error("the memory of process " + std::to_string(process) + " cannot be read");
}

}  // namespace

std::uint64_t peak_mib(pid_t process) { return mib_of(process, "VmHWM:"); }

std::uint64_t resident_mib(pid_t process) { return mib_of(process, "VmRSS:"); }

}  // namespace sqlcast::support
