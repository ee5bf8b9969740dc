// Goal: requests go to the node that suits them, and a node that fails is left alone for a while, not for ever.
#include "client/endpoint_set.h"

#include <set>

using namespace sqlcast;
using namespace sqlcast::client;
using namespace std::chrono_literals;

namespace {

const std::string kOne = "tcp://127.0.0.1:1001";
const std::string kTwo = "tcp://127.0.0.1:1002";

}  // namespace

TEST_CASE("endpoint set: a session that writes and reads in turn reads at every slave") {
  const TimePoint now{};
  EndpointSet set({kOne, kTwo}, 1);
  for (const std::string& address : {kOne, kTwo}) {
    set.heard(address, now);
    set.learn(address, "slave", "Live", {}, std::chrono::milliseconds(0), now);
  }
  std::set<std::string> read_at;
  for (int i = 0; i < 4; ++i) {
    set.choose(Route::write, now);
    read_at.insert(set.choose(Route::read, now).address);
  }
  CHECK(read_at.size() == 2);
}

TEST_CASE("endpoint set: back-off grows to its limit and ends with the first word") {
  EndpointSet set({kOne, kTwo}, 1);
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 40; ++i) set.failed(kOne, now);
  CHECK(set.find(kOne)->retry_at - now <= EndpointSet::kLongestBackOff);
  CHECK(set.find(kOne)->retry_at - now >= EndpointSet::kLongestBackOff / 2);
  for (int i = 0; i < 5; ++i) CHECK(set.choose(Route::read, now).address == kTwo);
  set.failed(kTwo, now);
  const auto choice = set.choose(Route::read, now);
  CHECK(choice.address == kTwo);
  CHECK(choice.at > now);
  set.heard(kOne, now);
  CHECK(set.choose(Route::read, now).address == kOne);
}

TEST_CASE("endpoint set: addresses have one spelling, and what is no address has none") {
  CHECK(canonical_endpoint("tcp://localhost:5750/") == "tcp://127.0.0.1:5750");
  CHECK(canonical_endpoint("tcp://db.example:1") == "tcp://db.example:1");
  CHECK(canonical_endpoint("ipc:///tmp/x") == "ipc:///tmp/x");
  for (const char* bad : {"", "localhost:5750", "tcp://", "tcp://:1", "tcp://a", "tcp://a:", "tcp://a:0",
                          "tcp://a:65536", "tcp://a:1x", "tcp://*:1", "udp://a:1", "tcp://a b:1", "ipc://"})
    CHECK(canonical_endpoint(bad).empty());
}
