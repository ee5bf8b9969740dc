#include "net/poller.h"

#include <algorithm>
#include <cerrno>
#include <zmq.hpp>

#include "net/deadline.h"
#include "net/dealer.h"
#include "net/subscriber.h"
#include "net/wake_up.h"

namespace sqlcast::net {

void Poller::add(const Subscriber& subscriber) { items_.push_back({Kind::subscriber, &subscriber, false}); }
void Poller::add(const Dealer& dealer) { items_.push_back({Kind::dealer, &dealer, false}); }
void Poller::add(const WakeUp& wake_up) { items_.push_back({Kind::wake_up, &wake_up, false}); }

void Poller::remove(const void* object) {
  std::erase_if(items_, [object](const Item& item) { return item.object == object; });
}

std::size_t Poller::wait(std::chrono::milliseconds timeout) {
  // Handles are asked for each time: reset() replaces them.
  std::vector<zmq::pollitem_t> polled;
  polled.reserve(items_.size());
  for (Item& item : items_) {
    item.ready = false;
    switch (item.kind) {
      case Kind::subscriber:
        polled.push_back({static_cast<const Subscriber*>(item.object)->native(), 0, ZMQ_POLLIN, 0});
        break;
      case Kind::dealer: polled.push_back({static_cast<const Dealer*>(item.object)->native(), 0, ZMQ_POLLIN, 0}); break;
      case Kind::wake_up:
        polled.push_back({nullptr, static_cast<const WakeUp*>(item.object)->fd(), ZMQ_POLLIN, 0});
        break;
    }
  }
  try {
    zmq::poll(polled.data(), polled.size(), std::chrono::milliseconds(Deadline(timeout).left_ms()));
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
    return 0;
  }
  std::size_t ready = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i].ready = polled[i].revents != 0;
    ready += items_[i].ready ? 1U : 0U;
  }
  return ready;
}

bool Poller::ready(const void* object) const {
  return std::any_of(items_.begin(), items_.end(),
                     [object](const Item& item) { return item.object == object && item.ready; });
}

}  // namespace sqlcast::net
