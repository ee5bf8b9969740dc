// Goal: whoever owns an outbox hears of its end, whenever that comes. Method: it is closed between his look whether it
// is and his drain, by one thread, as two would do it.
#include <poll.h>

#include <catch2/catch.hpp>

#include "net/outbox.h"

using namespace sqlcast;
using namespace sqlcast::net;

namespace {

struct Item {
  std::uint64_t byte_size() const { return 1; }
};

bool is_woken(const Outbox<Item>& box) {
  pollfd item{box.fd(), POLLIN, 0};
  return ::poll(&item, 1, 0) == 1;
}

}  // namespace

TEST_CASE("outbox: one that is closed between the owner's look and his drain ends his next wait, too") {
  Outbox<Item> box(10, 10);
  CHECK(box.push(Item{}));
  CHECK(is_woken(box));
  CHECK_FALSE(box.closed());
  box.close();
  CHECK(box.drain().size() == 1);
  CHECK(is_woken(box));
  CHECK(box.closed());
  CHECK_FALSE(box.push(Item{}));
}
