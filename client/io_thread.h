// IoThread: carries out what the Engine wants, over one Dealer an endpoint. One thread at a time drives: a thread that
// waits for its own request while nothing else is open, so that a reply wakes nobody but it, and otherwise the thread
// of its own. Callbacks run on the latter alone.
//
// post(), run_here() and stop() may be called from any thread but its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
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

  // Runs the command here and drives until done(), which is asked on this thread, or until anybody else wants
  // something: the thread goes on then. False, and nothing was run, when somebody drives already: post() it. May block,
  // as long as the engine lets what the command begins take.
  bool run_here(const Command& command, const std::function<bool()>& done);

  // Runs what was posted, ends what is open, writes that are out as outcome_unknown and the rest with `cancelled`, and
  // ends the thread. Twice is once. May block, for those.
  void stop();

  bool is_own() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  enum class Driver { nobody, own_thread, caller };
  void run();
  void wait_for_turn();
  bool leave_turn();
  void leave_to_thread();
  bool wanted() const;
  void step(TimePoint now);
  void wait_and_receive();
  void receive_what_came();
  void carry_out(Engine::Action& action, TimePoint now);
  void send(const Engine::Send& send, TimePoint now);
  void receive(const std::string& endpoint, net::Dealer& dealer);
  static void learn_keys(const std::string& endpoint, const proto::Message& message);
  net::Dealer* dealer(const std::string& endpoint, Status& problem);

  // Who drives owns these four.
  Engine engine_;
  net::WakeUp wake_up_;
  net::Poller poller_;
  std::map<std::string, std::unique_ptr<net::Dealer>> dealers_;

  Mutex turn_mutex_;
  ConditionVariable turn_;
  Driver driver_ SQLCAST_GUARDED_BY(turn_mutex_) = Driver::nobody;
  bool left_over_ SQLCAST_GUARDED_BY(turn_mutex_) = false;  // a caller left requests that are open
  BoundedQueue<Command> commands_{kQueue};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sqlcast::client
