#include "node/stop_guard.h"

#include <chrono>
#include <cstdlib>

#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::node {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 8s;  // as node/node_log has it

}  // namespace

StopGuard::StopGuard(const char* what) : what_(what), thread_(start_thread("stop guard", [this] { run(); })) {}

StopGuard::~StopGuard() {
  {
    const MutexLock lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StopGuard::run() {
  MutexLock lock(mutex_);
  if (changed_.wait_for(lock, kPatience, [this]() SQLCAST_REQUIRES(mutex_) { return done_; })) return;
  logging::error("this node ends although the disk does not answer: {} is left undone", what_);
  std::_Exit(EXIT_FAILURE);
}

}  // namespace sqlcast::node
