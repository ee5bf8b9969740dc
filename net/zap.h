// Zap: the context's one handler of ZAP (RFC 27), a thread that libzmq asks about every CURVE handshake of a bound
// socket. Without it libzmq would let in any key; each such socket has ZAP_ENFORCE_DOMAIN, so that without an answer
// nobody is. It only looks a key up in the gate's table, so that nobody can hold it up. Internal to net/.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "base/mutex.h"
#include "net/gate.h"
#include "net/wake_up.h"
#include "net/zap_request.h"

namespace sqlcast::net {

class ZapHandler {
 public:
  explicit ZapHandler(std::shared_ptr<zmq::context_t> context);
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

  // The domain by which the handler knows the socket. Any thread.
  std::string enter(std::shared_ptr<Gate> gate, Gate::Door door);
  void leave(const std::string& domain);

 private:
  struct Guarded {
    std::shared_ptr<Gate> gate;
    Gate::Door door;
  };
  void run();
  void answer();
  bool admits(const ZapRequest& request);

  std::shared_ptr<zmq::context_t> context_;
  zmq::socket_t socket_;  // the thread's
  WakeUp stop_;
  Mutex mutex_;
  std::map<std::string, Guarded> doors_ SQLCAST_GUARDED_BY(mutex_);
  unsigned entered_ SQLCAST_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

// A socket's place at the handler, which lives as long as anybody has one.
class ZapDoor {
 public:
  ZapDoor(std::shared_ptr<Gate> gate, Gate::Door door);
  ~ZapDoor();
  ZapDoor(const ZapDoor&) = delete;
  ZapDoor& operator=(const ZapDoor&) = delete;

  const std::string& domain() const { return domain_; }
  Gate& gate() const { return *gate_; }
  Gate::Door door() const { return door_; }

 private:
  std::shared_ptr<ZapHandler> handler_;
  std::shared_ptr<Gate> gate_;
  Gate::Door door_;
  std::string domain_;
};

}  // namespace sqlcast::net
