#include "net/poller.h"

#include <poll.h>

#include <algorithm>

#include "net/deadline.h"
#include "net/dealer.h"
#include "net/socket.h"
#include "net/subscriber.h"
#include "net/wake_up.h"

namespace sqlcast::net {

void Poller::add(const Subscriber& subscriber) { items_.push_back({Kind::subscriber, &subscriber, false}); }
void Poller::add(const Dealer& dealer) { items_.push_back({Kind::dealer, &dealer, false}); }
void Poller::add(const WakeUp& wake_up) { items_.push_back({Kind::wake_up, &wake_up, false}); }

void Poller::remove(const void* object) {
  std::erase_if(items_, [object](const Item& item) { return item.object == object; });
}

// Asked for each time: reset() replaces it.
Socket* Poller::socket_of(const Item& item) {
  switch (item.kind) {
    case Kind::subscriber: return &static_cast<const Subscriber*>(item.object)->socket();
    case Kind::dealer: return &static_cast<const Dealer*>(item.object)->socket();
    case Kind::wake_up: break;
  }
  return nullptr;
}

std::size_t Poller::wait(std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  std::size_t ready = 0;
  bool refused = false;
  std::vector<pollfd> polled;
  polled.reserve(2 * items_.size());
  for (Item& item : items_) {
    Socket* const socket = socket_of(item);
    item.ready = socket != nullptr && !socket->is_settled() && socket->has_message();
    ready += item.ready ? 1U : 0U;
    const int descriptor = socket != nullptr ? socket->descriptor() : static_cast<const WakeUp*>(item.object)->fd();
    polled.push_back({item.ready ? -1 : descriptor, POLLIN, 0});
    polled.push_back({socket != nullptr ? socket->monitor_descriptor() : -1, POLLIN, 0});
    refused = (socket != nullptr && socket->is_refused()) || refused;
  }
  do {
    const int timeout_ms = ready > 0 || refused ? 0 : deadline.left_ms();
    if (::poll(polled.data(), polled.size(), timeout_ms) < 0) return ready;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      Socket* const socket = socket_of(items_[i]);
      if (polled[2 * i + 1].revents != 0) {
        socket->look_at_monitor();
        refused = socket->is_refused() || refused;
      }
      if (polled[2 * i].revents == 0) continue;
      items_[i].ready = socket == nullptr || socket->has_message();
      ready += items_[i].ready ? 1U : 0U;
    }
  } while (ready == 0 && !refused && !deadline.passed());
  return ready;
}

bool Poller::ready(const void* object) const {
  return std::any_of(items_.begin(), items_.end(),
                     [object](const Item& item) { return item.object == object && item.ready; });
}

}  // namespace sqlcast::net
