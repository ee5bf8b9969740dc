#include "base/memory.h"

#include <malloc.h>

namespace sqlcast {

void keep_freed_memory() {
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 8 * kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 16 * kMebibyte);
}

}  // namespace sqlcast
