// Threads with names, which `top -H`, `ps -L` and debuggers show.
#pragma once

#include <pthread.h>

#include <thread>
#include <utility>

namespace sqlcast {

// `name`: at most 15 letters, and a literal. Throws std::system_error when there can be no more threads.
template <typename Work>
std::thread start_thread(const char* name, Work work) {
  return std::thread([name, work = std::move(work)]() mutable {
    ::pthread_setname_np(::pthread_self(), name);
    work();
  });
}

}  // namespace sqlcast
