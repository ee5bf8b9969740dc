#include "base/memory.h"

#include <malloc.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstring>

namespace sqlcast {

void keep_freed_memory() {
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 8 * kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 16 * kMebibyte);
}

// Not by a limit on core files, of which a program that takes them from the kernel knows nothing.
Status forbid_core_dumps() {
  if (prctl(PR_SET_DUMPABLE, 0) == 0) return ok_status();
  return Status::error(Code::io, std::string("core dumps cannot be forbidden: ") + std::strerror(errno));
}

}  // namespace sqlcast
