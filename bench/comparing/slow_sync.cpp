// Preloaded into the servers and nodes of both sides (`bench/compare --only slow_disk`): each sync of a file takes
// SLOW_SYNC_US microseconds longer, as on a disk that is slower than this machine's. The wait holds up the syncing
// thread alone; errors of the sync come through as they are.
#include <dlfcn.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace {

int sync_slowly(const char* name, int file) {
  static const long extra_us = [] {
    const char* text = std::getenv("SLOW_SYNC_US");
    return text == nullptr ? 0 : std::atol(text);
  }();
  const auto sync = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name));
  const int result = sync(file);
  const int problem = errno;
  timespec left{extra_us / 1'000'000, extra_us % 1'000'000 * 1'000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
  errno = problem;
  return result;
}

}  // namespace

extern "C" int fsync(int file) { return sync_slowly("fsync", file); }
extern "C" int fdatasync(int file) { return sync_slowly("fdatasync", file); }
