// Goal: the sockets keep their promises with good peers and bad ones. Method: real sockets on loopback, ports chosen
// by the operating system, raw peers (TCP and bare libzmq) where ours would be too polite. Waits are for conditions.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include "net/dealer.h"
#include "net/endpoint.h"
#include "net/poller.h"
#include "net/publisher.h"
#include "net/requester.h"
#include "net/router.h"
#include "net/subscriber.h"
#include "net/wake_up.h"
#include "tests/support/wait.h"
#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::net;
using namespace std::chrono_literals;
using proto::Frames;
using support::wait_for;

namespace {

constexpr auto kLong = 10s;  // only ever waited out when a test fails
constexpr const char* kAnyPort = "tcp://127.0.0.1:*";

std::unique_ptr<Router> open_router(Router::Options options = {}) {
  options.endpoint = kAnyPort;
  Result<std::unique_ptr<Router>> router = Router::open(std::move(options));
  REQUIRE(router.ok());
  return std::move(*router);
}

// A router that sends every request back.
std::unique_ptr<Router> open_echo(Router::Options options = {}) {
  auto router = open_router(std::move(options));
  router->start(
      [&router = *router](Envelope envelope, Frames frames) { router.send(std::move(envelope), std::move(frames)); });
  return router;
}

template <typename T>
std::unique_ptr<T> open_peer(const std::string& endpoint) {
  Result<std::unique_ptr<T>> peer = T::open({endpoint});
  REQUIRE(peer.ok());
  return std::move(*peer);
}

// A libzmq socket without any of our manners.
class RawPeer {
 public:
  RawPeer(zmq::socket_type type, const std::string& endpoint) : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::chrono::milliseconds(kLong).count()));
    socket_.connect(endpoint);
  }
  void send(const Frames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      socket_.send(zmq::message_t(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  Frames receive() {
    Frames frames;
    zmq::message_t message;
    do {
      if (!socket_.recv(message)) return {};
      frames.push_back(message.to_string());
    } while (message.more());
    return frames;
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

std::uint16_t port_of(const std::string& endpoint) { return parse_endpoint(endpoint)->port; }

// Connects by plain TCP, sends the bytes, and waits until the other side closes.
void send_garbage(std::uint16_t port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  ::shutdown(fd, SHUT_WR);
  char sink[256];
  while (::recv(fd, sink, sizeof sink, 0) > 0) {
  }
  ::close(fd);
}

Status error_in(const Frames& frames) {
  const Result<proto::Decoded> decoded = proto::decode(frames);
  REQUIRE(decoded.ok());
  return std::get<proto::ErrorReply>(decoded->message).status;
}

}  // namespace

TEST_CASE("router: a request comes back to the requester that sent it") {
  const auto router = open_echo();
  CHECK(port_of(router->endpoint()) != 0);
  const auto one = open_peer<Requester>(router->endpoint());
  const auto two = open_peer<Requester>(router->endpoint());
  for (int i = 0; i < 20; ++i) {
    CHECK(*one->request({"header", "one", ""}, kLong) == Frames{"header", "one", ""});
    CHECK(*two->request({"{two}"}, kLong) == Frames{"{two}"});
  }
  wait_for("40 replies counted as sent", [&] { return router->counters().sent == 40; });
  CHECK(router->counters().received == 40);
}

TEST_CASE("router: an endpoint in use is a Status that names it") {
  const auto router = open_router();
  const auto second = Router::open({router->endpoint()});
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code == Code::io);
  CHECK(second.status().message.find(router->endpoint()) != std::string::npos);
  CHECK(second.status().message.find("another program") != std::string::npos);
}

TEST_CASE("router: a request without the empty delimiter is counted and answered") {
  const auto router = open_echo();
  RawPeer peer(zmq::socket_type::dealer, router->endpoint());
  peer.send(proto::encode(proto::StatusRequest{}, 9));
  Frames reply = peer.receive();
  REQUIRE(reply.size() == 3);
  CHECK(proto::peek_exchange(reply[1]) == 9);
  reply.erase(reply.begin());
  CHECK(error_in(reply).code == Code::bad_message);
  peer.send({R"({"sql": "select 1", "id": 3})"});
  reply = peer.receive();
  REQUIRE(reply.size() == 2);
  CHECK(reply[1].find(R"("id":3)") != std::string::npos);
  CHECK(router->counters().malformed == 2);
  peer.send({"", "still alive"});
  CHECK(peer.receive() == Frames{"", "still alive"});
}

TEST_CASE("router: a payload of no frames is handed on") {
  const auto router = open_echo();
  RawPeer peer(zmq::socket_type::dealer, router->endpoint());
  peer.send({""});
  CHECK(peer.receive() == Frames{""});
}

TEST_CASE("router: a message over the limit, or of too many frames, is answered with TOO_LARGE") {
  Router::Options options;
  options.max_message_bytes = 10'000;
  const auto router = open_echo(options);
  const auto requester = open_peer<Requester>(router->endpoint());
  Result<Frames> reply = requester->request({std::string(15'000, 'x')}, kLong);
  REQUIRE(reply.ok());
  CHECK(error_in(*reply).code == Code::too_large);
  reply = requester->request(Frames(70, "f"), kLong);
  REQUIRE(reply.ok());
  CHECK(error_in(*reply).code == Code::too_large);
  CHECK(router->counters().too_large == 2);
  CHECK(requester->request({"small"}, kLong).ok());
}

TEST_CASE("router: a frame over twice the limit costs its sender the connection, nobody else anything") {
  Router::Options options;
  options.max_message_bytes = 10'000;
  const auto router = open_echo(options);
  const auto good = open_peer<Requester>(router->endpoint());
  REQUIRE(good->request({"before"}, kLong).ok());
  RawPeer bad(zmq::socket_type::req, router->endpoint());
  bad.send({std::string(100'000, 'x')});
  for (int i = 0; i < 20; ++i) CHECK(good->request({"after"}, kLong).ok());
  CHECK(router->counters().received == 21);
}

TEST_CASE("router: bytes that are not ZMTP harm nobody") {
  const auto router = open_echo();
  const std::uint16_t port = port_of(router->endpoint());
  send_garbage(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  send_garbage(port, std::string(64, '\xff'));
  send_garbage(port, std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0", 12) + std::string(200, '\0'));
  CHECK(open_peer<Requester>(router->endpoint())->request({"x"}, kLong).ok());
}

TEST_CASE("router: a batch of replies arrives whole and in order; replies to nobody are counted") {
  constexpr std::size_t kCount = 2'000;
  std::vector<Outgoing> batch;  // before the router: outlives its thread
  std::atomic<std::size_t> taken{0};
  const auto router = open_router();
  router->start([&](Envelope envelope, Frames frames) {
    batch.push_back({std::move(envelope), std::move(frames)});
    if (batch.size() < kCount) return;
    batch.push_back({Envelope{{"nobody", ""}}, {"x"}});
    taken = router->send_batch(std::move(batch));
  });
  const auto dealer = open_peer<Dealer>(router->endpoint());
  for (std::size_t i = 0; i < kCount; ++i)
    wait_for("room in the dealer's queue", [&] { return dealer->send({std::to_string(i)}); });
  Poller poller;
  poller.add(*dealer);
  for (std::size_t next = 0; next < kCount;) {
    REQUIRE(poller.wait(kLong) == 1);
    while (const auto frames = dealer->receive()) CHECK(frames->at(0) == std::to_string(next++));
  }
  wait_for("a dropped reply counted", [&] { return router->counters().dropped == 1; });
  CHECK(router->counters().sent == kCount);
  CHECK(taken == kCount + 1);
}

TEST_CASE("router: stop delivers what is queued, then refuses") {
  std::promise<bool> sent;
  const auto router = open_router();
  router->start([&](Envelope envelope, Frames) {
    sent.set_value(router->send(std::move(envelope), {std::string(1'000'000, 'z')}));
  });
  const auto requester = open_peer<Requester>(router->endpoint());
  std::thread stopper([&] {
    sent.get_future().wait_for(kLong);
    router->stop();
  });
  const Result<Frames> reply = requester->request({"x"}, kLong);
  stopper.join();
  REQUIRE(reply.ok());
  CHECK(reply->at(0).size() == 1'000'000);
  CHECK_FALSE(router->send(Envelope{{"x", ""}}, {"late"}));
  router->stop();
}

TEST_CASE("router: a full queue of replies refuses and counts") {
  Router::Options options;
  options.queue_items = 31;
  const auto router = open_router(options);  // not started: nothing leaves the queue
  std::vector<Outgoing> batch(30, Outgoing{Envelope{{"nobody", ""}}, {"x"}});
  CHECK(router->send_batch(std::move(batch)) == 30);  // so many are not sent at once
  CHECK(router->send(Envelope{{"nobody", ""}}, {"x"}));
  CHECK_FALSE(router->send(Envelope{{"nobody", ""}}, {"x"}));
  CHECK(router->send_batch(std::vector<Outgoing>(2)) == 0);
  CHECK(router->counters().dropped == 3);
}

TEST_CASE("requester: after a time-out the late reply goes to nobody and the next request succeeds") {
  std::mutex mutex;
  std::optional<Envelope> kept;
  const auto router = open_router();
  router->start([&](Envelope envelope, Frames frames) {
    const std::lock_guard lock(mutex);
    if (!kept) {
      kept = std::move(envelope);
      return;
    }
    router->send(*kept, {"late reply of the first"});
    router->send(std::move(envelope), std::move(frames));
  });
  const auto requester = open_peer<Requester>(router->endpoint());
  const auto kept_one = [&] {
    const std::lock_guard lock(mutex);
    return kept.has_value();
  };
  while (!kept_one()) {
    const Result<Frames> first = requester->request({"first"}, 50ms);
    REQUIRE_FALSE(first.ok());
    CHECK(first.status().code == Code::timeout);
    CHECK(first.status().message.find(router->endpoint()) != std::string::npos);
  }
  const Result<Frames> second = requester->request({"second"}, kLong);
  REQUIRE(second.ok());
  CHECK(*second == Frames{"second"});
}

TEST_CASE("requester: correlation throws away a reply to an earlier request on the same socket") {
  const auto router = open_router();
  router->start([&](Envelope envelope, Frames frames) {
    // REQ_CORRELATE puts its id between identity and delimiter.
    if (envelope.frames.size() != 3) return;
    Envelope stale = envelope;
    stale.frames[1][0] = static_cast<char>(stale.frames[1][0] + 1);
    router->send(std::move(stale), {"stale"});
    router->send(std::move(envelope), std::move(frames));
  });
  const auto requester = open_peer<Requester>(router->endpoint());
  for (int i = 0; i < 5; ++i) CHECK(*requester->request({std::to_string(i)}, kLong) == Frames{std::to_string(i)});
}

TEST_CASE("requester: finds a node that starts after it, and one that has moved") {
  std::string endpoint;
  {
    const auto first = open_echo();
    endpoint = first->endpoint();
  }
  const auto requester = open_peer<Requester>(endpoint);
  CHECK(requester->request({"nobody there"}, 20ms).status().code == Code::timeout);
  {
    Router::Options options;
    options.endpoint = endpoint;
    Result<std::unique_ptr<Router>> again = Router::open(options);
    REQUIRE(again.ok());
    Router& router = **again;
    router.start([&router](Envelope envelope, Frames frames) { router.send(std::move(envelope), std::move(frames)); });
    CHECK(requester->request({"there now"}, kLong).ok());
  }
  const auto moved = open_echo();
  REQUIRE(requester->reset(moved->endpoint()).ok());
  CHECK(requester->request({"moved"}, kLong).ok());
  CHECK(requester->reset("tcp://*:1").code == Code::bad_request);
  CHECK(requester->endpoint() == moved->endpoint());
}

TEST_CASE("requester: interrupt ends the request under way") {
  std::promise<void> arrived;
  const auto router = open_router();
  router->start([&](Envelope, Frames) { arrived.set_value(); });
  const auto requester = open_peer<Requester>(router->endpoint());
  std::thread other([&] {
    arrived.get_future().wait_for(kLong);
    requester->interrupt();
  });
  CHECK(requester->request({"x"}, kLong).status().code == Code::shutting_down);
  other.join();
  CHECK(requester->request({"y"}, kLong).status().code == Code::shutting_down);
}

TEST_CASE("publisher: subscribers get their topics, in order, and beacons by themselves") {
  Publisher::Options options;
  options.endpoint = kAnyPort;
  options.beacon_interval = 5ms;
  auto publisher = std::move(*Publisher::open(options));
  publisher->start([] { return std::optional<Frames>(Frames{"beat"}); });
  auto all = std::move(*Subscriber::open({publisher->endpoint(), {"b", "g"}}));
  auto groups = std::move(*Subscriber::open({publisher->endpoint(), {"g"}}));

  // A beacon shows that the subscription has arrived; `groups` needs a group for that.
  const auto beacon = all->receive(kLong);
  REQUIRE(beacon.has_value());
  CHECK(beacon->topic == "b");
  CHECK(beacon->frames == Frames{"beat"});
  wait_for("a group", [&] {
    publisher->publish("g", {"sync"});
    return groups->receive(10ms).has_value();
  });
  for (int i = 0; i < 500; ++i) REQUIRE(publisher->publish("g", {"group", std::to_string(i)}));
  for (int next = 0; next < 500;) {
    const auto received = groups->receive(kLong);
    REQUIRE(received.has_value());
    CHECK(received->topic == "g");
    if (received->frames.size() == 2) CHECK(received->frames[1] == std::to_string(next++));
  }
  publisher->stop();
  CHECK_FALSE(publisher->publish("g", {"late"}));
}

TEST_CASE(
    "publisher: of a stream, what follows the first message goes out together; one that is urgent ends the wait") {
  Publisher::Options options;
  options.endpoint = kAnyPort;
  options.beacon_interval = 1h;
  options.burst_interval = 1h;
  const auto publisher = std::move(*Publisher::open(options));
  const auto subscriber = std::move(*Subscriber::open({publisher->endpoint(), {"g"}}));
  publisher->start(nullptr);
  // Urgent ones until one arrives: the subscription has then.
  wait_for("an urgent message", [&] {
    publisher->publish("g", {"sync"}, Publisher::Urgency::at_once);
    return subscriber->receive(10ms).has_value();
  });
  // What is not urgent stays. What came before may still be on its way, and the signal of an urgent one may come when
  // that has gone already, and let the next one go.
  wait_for("a message that stays", [&] {
    REQUIRE(publisher->publish("g", {"1"}));
    return !subscriber->receive(50ms).has_value();
  });
  REQUIRE(publisher->publish("g", {"2"}));
  REQUIRE(publisher->publish("g", {"3"}, Publisher::Urgency::at_once));
  std::vector<Frames> arrived;
  while (arrived.empty() || arrived.back() != Frames{"3"}) {
    const auto received = subscriber->receive(kLong);
    REQUIRE(received.has_value());
    arrived.push_back(received->frames);
  }
  REQUIRE(arrived.size() >= 3);
  CHECK(std::vector<Frames>(arrived.end() - 3, arrived.end()) == std::vector<Frames>{{"1"}, {"2"}, {"3"}});
  REQUIRE(publisher->publish("g", {"last"}));
  publisher->stop();  // does not wait for the hour to be over
  const auto received = subscriber->receive(kLong);
  REQUIRE(received.has_value());
  CHECK(received->frames == Frames{"last"});
}

TEST_CASE("publisher: a full queue refuses at once") {
  Publisher::Options options;
  options.endpoint = kAnyPort;
  options.queue_items = 2;
  const auto publisher = std::move(*Publisher::open(options));  // not started
  CHECK(publisher->publish("g", {"1"}));
  CHECK(publisher->publish("g", {"2"}));
  CHECK_FALSE(publisher->publish("g", {"3"}));
  CHECK(publisher->counters().dropped == 1);
}

TEST_CASE("poller: tells which of a subscriber, a dealer and a wake-up is ready") {
  Publisher::Options options;
  options.endpoint = kAnyPort;
  options.beacon_interval = 1h;
  const auto publisher = std::move(*Publisher::open(options));
  publisher->start(nullptr);
  const auto router = open_echo();
  const auto subscriber = std::move(*Subscriber::open({publisher->endpoint(), {""}}));
  const auto dealer = open_peer<Dealer>(router->endpoint());
  WakeUp wake_up;
  Poller poller;
  poller.add(*subscriber);
  poller.add(*dealer);
  poller.add(wake_up);
  CHECK(poller.wait(0ms) == 0);

  wake_up.signal();
  wake_up.signal();
  REQUIRE(poller.wait(kLong) == 1);
  CHECK(poller.ready(&wake_up));
  wake_up.clear();
  CHECK(poller.wait(0ms) == 0);

  REQUIRE(dealer->send({"hello"}));
  REQUIRE(poller.wait(kLong) == 1);
  CHECK(poller.ready(dealer.get()));
  CHECK_FALSE(poller.ready(subscriber.get()));
  CHECK(dealer->receive() == Frames{"hello"});
  CHECK_FALSE(dealer->receive().has_value());

  wait_for("a message", [&] {
    publisher->publish("t", {"x"});
    return poller.wait(5ms) == 1 && poller.ready(subscriber.get());
  });
  CHECK(subscriber->receive(0ms)->topic == "t");
  REQUIRE(dealer->reset().ok());
  REQUIRE(dealer->send({"after reset"}));
  poller.remove(subscriber.get());
  REQUIRE(poller.wait(kLong) == 1);
  CHECK(dealer->receive() == Frames{"after reset"});
}

TEST_CASE("dealer: sends are refused when a thousand wait for a peer that is not there") {
  std::string endpoint = open_router()->endpoint();
  const auto dealer = open_peer<Dealer>(endpoint);
  int taken = 0;
  while (dealer->send({"x"}) && taken < 100'000) ++taken;
  CHECK(taken == 1'000);
  REQUIRE(dealer->reset().ok());
  CHECK(dealer->send({"x"}));
}

TEST_CASE("net: large frames go there and back unharmed") {
  const auto router = open_echo();
  const auto requester = open_peer<Requester>(router->endpoint());
  std::string large(8'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3U);
  const Result<Frames> reply = requester->request({large, "", large}, kLong);
  REQUIRE(reply.ok());
  CHECK((*reply == Frames{large, "", large}));
}
