#include "client/command/interrupt.h"

#include <atomic>
#include <csignal>

namespace sqlcast::command {
namespace {

std::atomic<int> g_count{0};
static_assert(std::atomic<int>::is_always_lock_free);

void count(int) { g_count.fetch_add(1); }

void install(int signal) {
  struct sigaction action {};
  action.sa_handler = &count;  // without SA_RESTART: waits end early
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void count_interrupts() { install(SIGINT); }

void count_terminations() {
  install(SIGTERM);
  install(SIGHUP);
}

int interrupts() { return g_count; }
void reset_interrupts() { g_count = 0; }

}  // namespace sqlcast::command
