#include "net/context.h"

#include "base/mutex.h"

namespace sqlcast::net {

std::shared_ptr<zmq::context_t> acquire_context() {
  // Never destroyed: sockets of threads that outlive main() may still let go of their context.
  static auto& mutex = *new Mutex;
  static auto& shared = *new std::weak_ptr<zmq::context_t>;
  const MutexLock lock(mutex);
  std::shared_ptr<zmq::context_t> context = shared.lock();
  if (!context) {
    context = std::make_shared<zmq::context_t>(kIoThreads);
    context->set(zmq::ctxopt::max_sockets, kMaxSockets);
    shared = context;
  }
  return context;
}

}  // namespace sqlcast::net
