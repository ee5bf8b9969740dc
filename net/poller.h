// Poller: one thread's wait for several of its sockets and its wake-up. One object belongs to that thread, as do the
// subscribers and dealers in it; they must be removed before they are destroyed. reset() on them is fine.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace sqlcast::net {

class Dealer;
class Socket;
class Subscriber;
class WakeUp;

class Poller {
 public:
  void add(const Subscriber& subscriber);
  void add(const Dealer& dealer);
  void add(const WakeUp& wake_up);
  void remove(const void* object);  // the address given to add(); nothing happens when it is not in

  // Waits until something is ready, a peer has refused one of the sockets (take_refusal()), the time-out, or a signal
  // handler. Returns how many are ready.
  std::size_t wait(std::chrono::milliseconds timeout);

  // As of the last wait(). The address given to add(). Receive until there is nothing: readiness is not a count.
  // A WakeUp stays ready until clear().
  bool ready(const void* object) const;

 private:
  enum class Kind { subscriber, dealer, wake_up };
  struct Item {
    Kind kind;
    const void* object;
    bool ready;
  };
  static Socket* socket_of(const Item& item);  // nullptr: a wake-up
  std::vector<Item> items_;
};

}  // namespace sqlcast::net
