// IoThread: carries out what the Engine wants, over one Dealer an endpoint, on one thread of its own.
// post() and stop() may be called from any thread but its own; everything else happens on it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "client/engine.h"
#include "net/dealer.h"
#include "net/poller.h"
#include "net/wake_up.h"

namespace sqlcast::client {

class IoThread {
 public:
  using Command = std::function<void(Engine&, TimePoint)>;

  static constexpr std::size_t kQueue = 65'536;

  // Throws std::system_error when the process has no descriptor or thread left.
  IoThread(const std::vector<std::string>& endpoints, Engine::Settings settings);
  ~IoThread();  // stop()
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // Runs the command on the thread, soon. False when the queue is full or the thread has stopped; not run then. Does
  // not block.
  bool post(Command command);

  // Runs what was posted, ends what is open with `cancelled`, and ends the thread. Twice is once. May block, for those.
  void stop();

  bool is_own() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void run();
  void carry_out(Engine::Action& action, TimePoint now);
  void send(const Engine::Send& send, TimePoint now);
  void receive(const std::string& endpoint, net::Dealer& dealer);
  net::Dealer* dealer(const std::string& endpoint, Status& problem);

  Engine engine_;
  net::WakeUp wake_up_;
  net::Poller poller_;
  std::map<std::string, std::unique_ptr<net::Dealer>> dealers_;
  BoundedQueue<Command> commands_{kQueue};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sqlcast::client
