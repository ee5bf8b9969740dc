#include "tests/support/wait.h"

#include <stdexcept>
#include <thread>

namespace sqlcast::support {

using namespace std::chrono_literals;

void wait_for(const std::string& what, const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("waited " + std::to_string(patience.count()) + " ms in vain for: " + what);
    std::this_thread::sleep_for(20ms);  // poll interval
  }
}

}  // namespace sqlcast::support
