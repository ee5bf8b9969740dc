// Goal: only allowed keys get as far as a message, in clear nobody does, and who is refused is told why. Method: real
// sockets on the loopback, with keys made for the test.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include <catch2/catch.hpp>
#include "base/types.h"
#include "net/dealer.h"
#include "net/gate.h"
#include "net/key_pair.h"
#include "net/key_ring.h"
#include "net/poller.h"
#include "net/publisher.h"
#include "net/requester.h"
#include "net/router.h"
#include "net/subscriber.h"
#include "tests/support/wait.h"

using namespace sqlcast;
using namespace sqlcast::net;
using Catch::Matchers::Contains;
using proto::Frames;

namespace {

using namespace std::chrono_literals;
using access::Grant;
using access::Role;

constexpr auto kLong = 30'000ms;

access::KeyFile named_key(const std::string& name) { return {name, make_key_pair().value()}; }

KeyRing::Own own_of(const access::KeyFile& file) { return std::make_shared<const access::KeyFile>(file); }

// A node's two sockets behind one gate; what the router gets it answers with the key that it came with.
struct Guarded {
  access::KeyPair own = make_key_pair().value();
  std::shared_ptr<Gate> gate;
  std::unique_ptr<Router> router;
  std::unique_ptr<Publisher> publisher;
  std::atomic<int> received{0};
  std::atomic<bool> slow{false};  // a millisecond for each

  explicit Guarded(std::vector<Grant> grants, ConnectionLimits connections = {})
      : gate(std::make_shared<Gate>(own, access::AllowedKeys(std::move(grants)), connections)) {
    Router::Options options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.gate = gate;
    router = std::move(Router::open(options).value());
    router->start([this](Envelope envelope, Frames) {
      ++received;
      if (slow) (void)::poll(nullptr, 0, 1);
      const std::string key = envelope.key ? to_hex(*envelope.key) : "none";
      router->send(std::move(envelope), {key});
    });
    Publisher::Options stream;
    stream.endpoint = "tcp://127.0.0.1:*";
    stream.gate = gate;
    stream.beacon_interval = 10ms;
    publisher = std::move(Publisher::open(stream).value());
    publisher->start([]() -> std::optional<Frames> { return Frames{"beacon"}; });
  }
  ~Guarded() {
    key_ring().forget(router->endpoint());
    key_ring().forget(publisher->endpoint());
  }

  void pin_to(const access::KeyFile& file, const access::PublicKey& node) const {
    key_ring().pin(own_of(file), {{router->endpoint(), node}, {publisher->endpoint(), node}});
  }
  void pin_to(const access::KeyFile& file) const { pin_to(file, own.public_key); }

  Result<Frames> ask(std::chrono::milliseconds timeout = kLong) const {
    return Requester::open({router->endpoint()}).value()->request({"hello"}, timeout);
  }
  Result<std::string> hear(std::chrono::milliseconds timeout = kLong) const {
    auto subscriber = std::move(Subscriber::open({publisher->endpoint(), {""}}).value());
    return hear(*subscriber, timeout);
  }
  static Result<std::string> hear(Subscriber& subscriber, std::chrono::milliseconds timeout = kLong) {
    if (const auto received = subscriber.receive(timeout)) return received->frames.front();
    if (const auto refused = subscriber.take_refusal()) return *refused;
    return Status::error(Code::timeout, "nothing came");
  }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// -1: somebody else listens there.
int listener_at(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(descriptor, 1) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

int connection_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  (void)::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return descriptor;
}

// Waits for the other side to end it; false: a second has passed.
bool has_ended(int descriptor) {
  const timeval patience{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 256> bytes{};
  while (true) {
    const ssize_t size = ::recv(descriptor, bytes.data(), bytes.size(), 0);
    if (size == 0) return true;
    if (size < 0) return errno == ECONNRESET;
  }
}

// A subscriber that knows whether its connection was ever ended.
class Listener {
 public:
  using Keys = std::pair<access::KeyPair, access::PublicKey>;  // its own, and the node's
  Listener(const std::string& endpoint, const std::optional<Keys>& keys) {
    const auto bytes = [](const auto& key) {
      return std::string_view(reinterpret_cast<const char*>(key.data()), key.size());
    };
    socket_.set(zmq::sockopt::linger, 0);
    if (keys) {
      socket_.set(zmq::sockopt::curve_secretkey, bytes(keys->first.secret_key));
      socket_.set(zmq::sockopt::curve_publickey, bytes(keys->first.public_key));
      socket_.set(zmq::sockopt::curve_serverkey, bytes(keys->second));
    }
    REQUIRE(zmq_socket_monitor(socket_.handle(), "inproc://listener", ZMQ_EVENT_DISCONNECTED) == 0);
    events_.connect("inproc://listener");
    socket_.connect(endpoint);
  }
  ~Listener() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void subscribe(const std::string& topic) { socket_.set(zmq::sockopt::subscribe, topic); }
  // A message, in time.
  bool hears() {
    socket_.set(zmq::sockopt::rcvtimeo, 1'000);
    zmq::message_t message;
    if (!socket_.recv(message)) return false;
    while (message.more()) (void)socket_.recv(message);
    return true;
  }
  bool was_cut() {
    zmq::message_t event;
    return events_.recv(event, zmq::recv_flags::dontwait).has_value();
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::sub};
  zmq::socket_t events_{context_, zmq::socket_type::pair};
};

Grant grant(const access::KeyFile& file, Role role) { return {file.name, role, file.pair.public_key, false, {}}; }

}  // namespace

TEST_CASE("keys: a pair is made, belongs together, and no other half does") {
  const access::KeyPair pair = make_key_pair().value();
  CHECK(belong_together(pair));
  CHECK_FALSE(belong_together({make_key_pair()->public_key, pair.secret_key}));
}

TEST_CASE("gate: an allowed key is let in, and each message says by which key it came") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({grant(laptop, Role::reader)});
  node.pin_to(laptop);
  const Result<Frames> reply = node.ask();
  REQUIRE(reply.ok());
  CHECK(reply->front() == to_hex(laptop.pair.public_key));
  CHECK(node.gate->counters().admitted == 1);
}

TEST_CASE("gate: each of many messages says by which key it came, also when the socket was asked before") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({grant(laptop, Role::reader)});
  node.pin_to(laptop);
  const auto dealer = std::move(Dealer::open({node.router->endpoint()}).value());
  Poller poller;
  poller.add(*dealer);
  constexpr int kMany = 2'000;
  int wrong = 0;
  for (int sent = 0, answered = 0; answered < kMany;) {
    while (sent < kMany && sent - answered < 50 && dealer->send({"hello"})) ++sent;
    poller.wait(kLong);
    while (const auto reply = dealer->receive()) {
      ++answered;
      if (reply->front() != to_hex(laptop.pair.public_key)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("gate: an unknown key is refused at once, with what to do, and counted") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({grant(named_key("other"), Role::admin)});
  node.pin_to(laptop);
  const Result<Frames> reply = node.ask();
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.status().code == Code::not_allowed);
  CHECK_THAT(reply.status().message,
             Contains("does not know the key 'laptop'; on the node: sqlcast keys allow laptop ROLE " +
                      to_hex(laptop.pair.public_key)));
  CHECK(node.gate->counters().unknown >= 1);
  CHECK(node.received == 0);
}

TEST_CASE("gate: a client without a key is told so, and its bytes are nobody's") {
  const Guarded node({grant(named_key("other"), Role::admin)});
  const Result<Frames> reply = node.ask();
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.status().code == Code::not_allowed);
  CHECK_THAT(reply.status().message, Contains("lets in nobody without a key"));
  support::wait_for("the refusal to be counted", [&] { return node.gate->counters().keyless >= 1; });
  CHECK(node.received == 0);
}

TEST_CASE("gate: a client with a key at a node in clear is told so") {
  Router::Options options;
  options.endpoint = "tcp://127.0.0.1:*";
  const auto router = std::move(Router::open(options).value());
  std::atomic<int> received{0};
  router->start([&](Envelope, Frames) { ++received; });
  key_ring().pin(own_of(named_key("laptop")), {{router->endpoint(), make_key_pair()->public_key}});
  const Result<Frames> reply = Requester::open({router->endpoint()}).value()->request({"hello"}, kLong);
  key_ring().forget(router->endpoint());
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.status().code == Code::not_allowed);
  CHECK_THAT(reply.status().message, Contains("is not encrypted"));
  CHECK(received == 0);
}

TEST_CASE("gate: a node with another key than the pinned one is not talked to") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({grant(laptop, Role::admin)});
  node.pin_to(laptop, make_key_pair()->public_key);
  const Result<Frames> reply = node.ask();
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.status().code == Code::not_allowed);
  CHECK_THAT(reply.status().message, Contains("has another key than the one that is known for it here"));
  CHECK(node.received == 0);
}

TEST_CASE("gate: of several keys of a node each is tried") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({grant(laptop, Role::admin)});
  key_ring().pin(own_of(laptop), {{node.router->endpoint(), make_key_pair()->public_key},
                                  {node.router->endpoint(), node.own.public_key}});
  auto requester = std::move(Requester::open({node.router->endpoint()}).value());
  CHECK(requester->request({"hello"}, kLong).status().code == Code::timeout);
  CHECK(requester->request({"hello"}, kLong).ok());
}

TEST_CASE("gate: a dealer's wait ends with the refusal") {
  const access::KeyFile laptop = named_key("laptop");
  const Guarded node({});
  node.pin_to(laptop);
  const auto dealer = std::move(Dealer::open({node.router->endpoint()}).value());
  Poller poller;
  poller.add(*dealer);
  poller.wait(kLong);
  const auto refused = dealer->take_refusal();
  REQUIRE(refused.has_value());
  CHECK_THAT(refused->message, Contains("does not know the key 'laptop'"));
  CHECK_FALSE(dealer->take_refusal().has_value());
}

TEST_CASE("gate: the stream lets in nodes, watchers and admins, and nobody else") {
  std::vector<access::KeyFile> keys;
  std::vector<Grant> grants;
  for (std::size_t i = 0; i < access::kRoles; ++i) {
    keys.push_back(named_key("key-" + std::to_string(i)));
    grants.push_back(grant(keys.back(), static_cast<Role>(i)));
  }
  const Guarded node(grants);
  for (std::size_t i = 0; i < access::kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    INFO(access::role_name(role));
    node.pin_to(keys[i]);
    const Result<std::string> heard = node.hear();
    if (role == Role::admin || role == Role::node || role == Role::watcher) {
      CHECK(heard.ok());
    } else {
      CHECK(heard.status().code == Code::not_allowed);
      CHECK_THAT(heard.status().message, Contains("does not let the key 'key-" + std::to_string(i) + "' subscribe"));
    }
  }
  CHECK(node.gate->counters().role >= 3);
}

TEST_CASE("gate: after a revocation subscriptions end, and those of others go on") {
  const access::KeyFile stays = named_key("stays");
  const access::KeyFile goes = named_key("goes");
  const Guarded node({grant(stays, Role::watcher), grant(goes, Role::watcher)});
  node.pin_to(goes);
  const auto gone = std::move(Subscriber::open({node.publisher->endpoint(), {""}}).value());
  REQUIRE(Guarded::hear(*gone).ok());
  node.pin_to(stays);
  const auto other = std::move(Subscriber::open({node.publisher->endpoint(), {""}}).value());
  REQUIRE(Guarded::hear(*other).ok());

  node.gate->replace(access::AllowedKeys({grant(stays, Role::watcher)}));
  node.publisher->readmit();
  support::wait_for("the revoked key to be told", [&] {
    while (gone->receive(0ms)) {
    }
    (void)gone->receive(20ms);
    return gone->take_refusal().has_value();
  });
  // What came before the refusal is read by now: nothing comes behind it.
  while (gone->receive(0ms)) {
  }
  node.publisher->publish("g", {"secret"});
  support::wait_for("the other one to hear on", [&] {
    const auto received = other->receive(1'000ms);
    return received && received->frames.front() == "beacon";
  });
  CHECK_FALSE(gone->receive(200ms).has_value());
}

TEST_CASE("gate: a node's key is replaced while it runs, and who knows both goes on") {
  const access::KeyFile laptop = named_key("laptop");
  Guarded node({grant(laptop, Role::admin)});
  node.pin_to(laptop);
  const auto before = std::move(Requester::open({node.router->endpoint()}).value());
  REQUIRE(before->request({"hello"}, kLong).ok());
  const access::KeyPair fresh = make_key_pair().value();
  key_ring().pin(own_of(laptop),
                 {{node.router->endpoint(), node.own.public_key}, {node.router->endpoint(), fresh.public_key}});
  node.gate->replace_own(fresh);
  REQUIRE(node.router->renew().ok());
  // Over a connection that has ended, or with the key that was; never refused for good.
  Result<Frames> again = before->request({"still"}, kLong);
  CHECK((again.ok() || again.status().code == Code::timeout));
  support::wait_for("the new key to be taken", [&] { return before->request({"still"}, 1'000ms).ok(); });
  node.pin_to(laptop, fresh.public_key);
  CHECK(node.ask().ok());
}

TEST_CASE("gate: a node that finds its port taken while its key is replaced listens again when it is free") {
  const access::KeyFile laptop = named_key("laptop");
  Guarded node({grant(laptop, Role::admin)});
  const auto port =
      static_cast<std::uint16_t>(std::stoi(node.router->endpoint().substr(node.router->endpoint().rfind(':') + 1)));
  Status status;
  std::atomic<bool> taken{false};
  access::KeyPair fresh;
  // Whoever is quicker has the port: until it is the thief.
  for (int i = 0; i < 1'000 && !taken; ++i) {
    fresh = make_key_pair().value();
    node.gate->replace_own(fresh);
    std::atomic<bool> over{false};
    int thief = -1;
    std::thread stealing([&] {
      while (!over && !taken) {
        thief = listener_at(port);
        taken = thief >= 0;
      }
    });
    status = node.router->renew();
    over = true;
    stealing.join();
    if (!taken) continue;
    CHECK(status.code == Code::io);
    CHECK_THAT(status.message, Contains("cannot listen on"));
    CHECK_FALSE(node.router->renew().ok());
    ::close(thief);
  }
  REQUIRE(taken);
  support::wait_for("the port", [&] { return node.router->renew().ok(); });
  node.pin_to(laptop, fresh.public_key);
  CHECK(node.ask().ok());
}

TEST_CASE("gate: connections of one address, and of all, are so many and no more; with one less there is room again") {
  const access::KeyFile laptop = named_key("laptop");
  const ConnectionLimits limits = GENERATE(ConnectionLimits{100, 5}, ConnectionLimits{5, 100});
  const Guarded node({grant(laptop, Role::admin)}, limits);
  node.pin_to(laptop);
  REQUIRE(node.ask().ok());
  const std::string endpoint = node.router->endpoint();
  const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  std::vector<int> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(connection_to(port));
  support::wait_for("strangers to be cut", [&] { return node.gate->counters().many >= 15; });
  int cut = 0;
  for (const int stranger : strangers)
    if (has_ended(stranger)) ++cut;
  CHECK(cut >= 15);
  CHECK(node.publisher->endpoint() != endpoint);
  CHECK(node.hear().ok());  // each port has its own
  for (const int stranger : strangers) ::close(stranger);
  support::wait_for("room", [&] { return node.ask(1'000ms).ok(); });
}

TEST_CASE("gate: connections are counted and cut while messages keep coming, too") {
  const access::KeyFile laptop = named_key("laptop");
  Guarded node({grant(laptop, Role::admin)}, {100, 5});
  node.pin_to(laptop);
  node.slow = true;  // a sender is quicker
  const auto dealer = std::move(Dealer::open({node.router->endpoint()}).value());
  std::jthread flood([&dealer](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      while (dealer->send({"hello"})) {
      }
      while (dealer->receive()) {
      }
      std::this_thread::sleep_for(1ms);  // poll interval
    }
  });
  support::wait_for("the flood", [&] { return node.received > 500; });
  const std::string endpoint = node.router->endpoint();
  const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  std::vector<int> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(connection_to(port));
  support::wait_for("strangers to be cut", [&] { return node.gate->counters().many >= 15; });
  for (const int stranger : strangers) ::close(stranger);
}

TEST_CASE("gate: a key that subscribes to topics without end is shut out, and the others hear on") {
  const access::KeyFile good = named_key("good");
  const access::KeyFile mad = named_key("mad");
  const Guarded node({grant(good, Role::watcher), grant(mad, Role::watcher)});
  node.pin_to(good);
  const auto stays = std::move(Subscriber::open({node.publisher->endpoint(), {"g", "b"}}).value());
  REQUIRE(Guarded::hear(*stays).ok());
  node.pin_to(mad);
  std::vector<std::string> topics = {"b"};
  for (int i = 0; i < 500; ++i) topics.push_back("topic " + std::to_string(i));
  const auto floods = std::move(Subscriber::open({node.publisher->endpoint(), topics}).value());
  support::wait_for("the flood to be refused", [&] {
    (void)floods->receive(10ms);
    return node.gate->counters().many >= 1 && floods->take_refusal().has_value();
  });
  node.pin_to(good);
  while (stays->receive(0ms)) {
  }
  support::wait_for("the other one to hear on", [&] { return stays->receive(1'000ms).has_value(); });
  CHECK(node.gate->counters().many >= 1);
}

TEST_CASE("stream: who subscribes to topics without end is cut, again and again, and nobody else is") {
  const bool keys = GENERATE(false, true);
  INFO((keys ? "with keys" : "in clear"));
  const access::KeyFile good = named_key("good");
  const access::KeyFile mad = named_key("mad");
  const Guarded guarded({grant(good, Role::watcher), grant(mad, Role::watcher)});
  Publisher::Options options;
  options.endpoint = "tcp://127.0.0.1:*";
  options.beacon_interval = 10ms;
  const auto clear = std::move(Publisher::open(options).value());
  clear->start([]() -> std::optional<Frames> { return Frames{"beacon"}; });
  const std::string& endpoint = keys ? guarded.publisher->endpoint() : clear->endpoint();
  Listener honest(endpoint, keys ? std::optional(std::pair(good.pair, guarded.own.public_key)) : std::nullopt);
  honest.subscribe("b");
  REQUIRE(honest.hears());
  for (int times = 0; times < (keys ? 1 : 5); ++times) {
    Listener flood(endpoint, keys ? std::optional(std::pair(mad.pair, guarded.own.public_key)) : std::nullopt);
    flood.subscribe("b");
    REQUIRE(flood.hears());
    for (int i = 0; i < 200; ++i) flood.subscribe("topic " + std::to_string(i));
    support::wait_for("the flood to be cut", [&] {
      (void)flood.hears();
      return flood.was_cut();
    });
    REQUIRE(honest.hears());
  }
  CHECK_FALSE(honest.was_cut());
}

TEST_CASE("key ring: when no key of a node fits, the file is asked again, and what it says now is tried") {
  KeyRing ring;
  const auto own = own_of(named_key("laptop"));
  const access::PublicKey before = make_key_pair()->public_key;
  const access::PublicKey after = make_key_pair()->public_key;
  std::vector<access::KnownNode> file = {{"tcp://127.0.0.1:1", before}};
  int asked = 0;
  ring.pin(own, file, [&] {
    ++asked;
    return file;
  });
  CHECK_FALSE(ring.failed("tcp://127.0.0.1:1", before));
  CHECK(asked == 1);
  file = {{"tcp://127.0.0.1:1", after}, {"tcp://127.0.0.1:2", before}};
  support::wait_for("the file to be asked again", [&] { return ring.failed("tcp://127.0.0.1:1", before); });
  CHECK((*ring.key_for("tcp://127.0.0.1:1"))->node == after);
  CHECK_FALSE(ring.knows("tcp://127.0.0.1:2"));
}

TEST_CASE("key ring: a key of this process that is replaced is so for all that it went to with the one before") {
  KeyRing ring;
  const auto first = own_of(named_key("node"));
  const auto other = own_of(named_key("laptop"));
  const access::PublicKey node = make_key_pair()->public_key;
  ring.strict(first);
  ring.pin(first, {{"tcp://127.0.0.1:1", node}});
  ring.learn("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", to_hex(node));
  ring.pin(other, {{"tcp://127.0.0.1:3", node}});
  const auto key_for = [&ring](int port) { return ring.key_for("tcp://127.0.0.1:" + std::to_string(port))->value(); };
  const KeyRing::Pin before = key_for(2);
  CHECK_FALSE(ring.replaced(before));
  ring.strict(own_of(*first));  // read again, and the same
  CHECK_FALSE(ring.replaced(before));
  const auto second = own_of(named_key("node"));
  ring.strict(second);
  CHECK(ring.replaced(before));
  for (const int port : {1, 2}) CHECK(key_for(port).own == second);
  CHECK(key_for(3).own == other);
  // Who connects anew is done with it, whichever key he goes there with.
  for (const int port : {1, 2, 3}) CHECK_FALSE(ring.replaced(key_for(port)));
}

TEST_CASE("key ring: what nodes tell replaces nothing that was said by a file, and strict means never in clear") {
  KeyRing ring;
  const auto own = own_of(named_key("laptop"));
  const access::PublicKey first = make_key_pair()->public_key;
  const access::PublicKey second = make_key_pair()->public_key;
  CHECK_FALSE(ring.key_for("tcp://127.0.0.1:1")->has_value());
  ring.pin(own, {{"tcp://localhost:1", first}});
  CHECK((*ring.key_for("tcp://127.0.0.1:1"))->node == first);
  ring.learn("tcp://127.0.0.1:1", "tcp://127.0.0.1:1", to_hex(second));
  CHECK((*ring.key_for("tcp://127.0.0.1:1"))->node == first);
  ring.learn("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", to_hex(second));
  CHECK((*ring.key_for("tcp://127.0.0.1:2"))->node == second);
  ring.learn("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", to_hex(first));
  CHECK((*ring.key_for("tcp://127.0.0.1:2"))->node == first);
  // Of somebody who has proven nothing.
  ring.learn("tcp://127.0.0.1:9", "tcp://127.0.0.1:3", to_hex(first));
  CHECK_FALSE(ring.knows("tcp://127.0.0.1:3"));
  ring.strict(own);
  const auto none = ring.key_for("tcp://127.0.0.1:3");
  REQUIRE_FALSE(none.ok());
  CHECK(none.status().code == Code::config);
  CHECK_THAT(none.status().message, Contains("nothing is sent to a node without one"));
}
