#include "net/wake_up.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace sqlcast::net {
namespace {

int open_event() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

WakeUp::WakeUp() : fd_(open_event()) {}

WakeUp::~WakeUp() { ::close(fd_); }

void WakeUp::signal() {
  if (signaled_.exchange(true)) return;
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the fd is readable, which is what is wanted.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void WakeUp::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
  signaled_.store(false);
}

}  // namespace sqlcast::net
