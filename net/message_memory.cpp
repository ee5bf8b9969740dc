#include "net/message_memory.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#define SQLCAST_EXPORTED __attribute__((visibility("default")))

// All three, so that none frees what another one's kind has given.
extern "C" {
SQLCAST_EXPORTED void* sodium_malloc(std::size_t bytes) { return std::malloc(bytes); }
SQLCAST_EXPORTED void* sodium_allocarray(std::size_t count, std::size_t bytes) {
  return ::reallocarray(nullptr, count, bytes);
}
SQLCAST_EXPORTED void sodium_free(void* memory) {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}
}

namespace sqlcast::net {

bool messages_use_ordinary_memory() {
  return ::dlsym(RTLD_DEFAULT, "sodium_allocarray") == reinterpret_cast<void*>(&sodium_allocarray);
}

}  // namespace sqlcast::net
