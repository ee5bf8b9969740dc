#include "tests/support/process_memory.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace sqlcast::support {

std::uint64_t peak_mib(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) / 1024;
  throw std::runtime_error("the memory of process " + std::to_string(process) + " cannot be read");
}

}  // namespace sqlcast::support
