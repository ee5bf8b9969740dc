#include "tests/cluster/attacks.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <zmq.hpp>

#include "net/key_pair.h"
#include "tests/cluster/eavesdropper.h"
#include "tests/support/raw_socket.h"
#include "tests/support/session.h"

namespace sqlcast::support {
namespace {

using namespace std::chrono_literals;
using Stop = std::atomic<bool>;

// A greeting of ZMTP 3.1 with CURVE, as a client.
std::string greeting() {
  std::string text("\xFF\0\0\0\0\0\0\0\1\x7F\3\1CURVE", 17);
  text.resize(64, '\0');
  return text;
}

// A connection that is on its way, from an address of its own; -1: there are no more.
int stranger_to(const std::string& endpoint) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  sockaddr_in own = address_of(endpoint);
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  own.sin_port = 0;
  (void)::bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own);
  const sockaddr_in address = address_of(endpoint);
  (void)::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return descriptor;
}

bool has_ended(int descriptor) {
  std::array<char, 512> bytes{};
  ssize_t size = 0;
  while ((size = ::recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0) {
  }
  return size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

// So many connections at all times; what each says first, and then again and again (nothing: it waits).
void hold(const std::string& endpoint, std::size_t many, const std::string& first, const std::string& then,
          const Stop& stop) {
  struct One {
    int descriptor = -1;
    std::string left;
  };
  std::vector<One> all(many);
  while (!stop) {
    for (One& one : all) {
      if (stop) break;
      if (one.descriptor < 0 || has_ended(one.descriptor)) {
        if (one.descriptor >= 0) ::close(one.descriptor);
        one = {stranger_to(endpoint), first};
        continue;
      }
      if (one.left.empty()) one.left = then;
      if (one.left.empty()) continue;
      const ssize_t size = ::send(one.descriptor, one.left.data(), one.left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size > 0) one.left.erase(0, static_cast<std::size_t>(size));
    }
  }
  for (const One& one : all)
    if (one.descriptor >= 0) ::close(one.descriptor);
}

void come_and_go(const std::string& endpoint, const Stop& stop) {
  std::vector<int> open;
  while (!stop) {
    const int descriptor = stranger_to(endpoint);
    if (descriptor >= 0) open.push_back(descriptor);
    if (descriptor >= 0 && open.size() < 200) continue;
    for (const int each : open) ::close(each);
    open.clear();
  }
  for (const int each : open) ::close(each);
}

void replay_forever(const Scene& scene, const Stop& stop) {
  while (!stop) {
    const int descriptor = connect_to(scene.requests);
    (void)::send(descriptor, scene.heard.data(), scene.heard.size(), MSG_NOSIGNAL);
    std::array<char, 4'096> bytes{};
    while (::recv(descriptor, bytes.data(), bytes.size(), 0) > 0) {
    }
    ::close(descriptor);
  }
}

void unknown_keys(const Scene& scene, const Stop& stop) {
  zmq::context_t context;
  while (!stop) {
    std::vector<zmq::socket_t> some;
    for (int i = 0; i < 16; ++i) {
      const access::KeyPair pair = net::make_key_pair().value();
      const auto bytes = [](const auto& key) {
        return std::string_view(reinterpret_cast<const char*>(key.data()), key.size());
      };
      zmq::socket_t& socket = some.emplace_back(context, zmq::socket_type::dealer);
      socket.set(zmq::sockopt::linger, 0);
      socket.set(zmq::sockopt::curve_secretkey, bytes(pair.secret_key));
      socket.set(zmq::sockopt::curve_publickey, bytes(pair.public_key));
      socket.set(zmq::sockopt::curve_serverkey, bytes(scene.node));
      socket.connect(scene.requests);
    }
    // Nothing comes: as long as a handshake takes here.
    zmq::message_t none;
    some.back().set(zmq::sockopt::rcvtimeo, 20);
    (void)some.back().recv(none);
  }
}

// As much as there is room for, so that nothing piles up on this side.
class Flooder {
 public:
  Flooder(const Scene& scene, const access::KeyFile& key, const std::string& endpoint,
          zmq::socket_type type = zmq::socket_type::dealer)
      : socket_(context_, type) {
    const auto bytes = [](const auto& half) {
      return std::string_view(reinterpret_cast<const char*>(half.data()), half.size());
    };
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 64);
    socket_.set(zmq::sockopt::rcvhwm, 1);
    socket_.set(zmq::sockopt::sndtimeo, 100);
    socket_.set(zmq::sockopt::curve_secretkey, bytes(key.pair.secret_key));
    socket_.set(zmq::sockopt::curve_publickey, bytes(key.pair.public_key));
    socket_.set(zmq::sockopt::curve_serverkey, bytes(scene.node));
    socket_.connect(endpoint);
  }
  bool send(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (!socket_.send(zmq::buffer(frames[i]),
                        i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none))
        return false;
    return true;
  }
  void read_all() {
    zmq::message_t part;
    while (socket_.recv(part, zmq::recv_flags::dontwait)) {
    }
  }
  void subscribe(const std::string& topic) { socket_.set(zmq::sockopt::subscribe, topic); }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

void huge_frames(const Scene& scene, const Stop& stop) {
  Flooder flooder(scene, scene.reader, scene.requests);
  const std::vector<std::string> frames = {"", std::string(100U << 20U, 'h')};
  while (!stop) {
    (void)flooder.send(frames);
    flooder.read_all();
  }
}

void subscribe_forever(const Scene& scene, const Stop& stop) {
  for (std::uint64_t number = 0; !stop;) {
    // Who is cut comes again, with all that he wants to hear: so as somebody new.
    Flooder flooder(scene, scene.watcher, scene.stream, zmq::socket_type::sub);
    for (int i = 0; i < 2'000 && !stop; ++i) flooder.subscribe(std::to_string(++number) + std::string(900, 't'));
    std::this_thread::sleep_for(50ms);  // poll interval
  }
}

void never_read(const Scene& scene, const Stop& stop) {
  Flooder flooder(scene, scene.reader, scene.requests);
  for (std::uint64_t exchange = 1; !stop; ++exchange)
    (void)flooder.send(framed(query_of("SELECT REPEAT('x', 2000000)"), exchange));
}

// Hears nothing of what he has asked for.
void deaf_subscribers(const Scene& scene, const Stop& stop) {
  std::vector<std::unique_ptr<Flooder>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<Flooder>(scene, scene.watcher, scene.stream, zmq::socket_type::sub));
    all.back()->subscribe("");
  }
  Flooder writer(scene, scene.writer, scene.requests);
  for (std::uint64_t exchange = 1; !stop; ++exchange) {
    (void)writer.send(
        framed(query_of("INSERT INTO attacked.large(v) VALUES ('" + std::string(100'000, 'v') + "')"), exchange));
    writer.read_all();
  }
}

void reads(const Scene& scene, const Stop& stop) {
  Flooder flooder(scene, scene.reader, scene.requests);
  for (std::uint64_t exchange = 1; !stop; ++exchange) {
    (void)flooder.send(framed(query_of("SELECT v FROM attacked.t WHERE id = 1"), exchange));
    flooder.read_all();
  }
}

void bulk_writes(const Scene& scene, const Stop& stop) {
  Flooder flooder(scene, scene.writer, scene.requests);
  std::string sql = "INSERT INTO attacked.bulk(v) VALUES (1)";
  for (int i = 0; i < 2'000; ++i) sql += ",(" + std::to_string(i) + ")";
  for (std::uint64_t exchange = 1; !stop; ++exchange) {
    (void)flooder.send(framed(query_of(sql), exchange));
    flooder.read_all();
  }
}

void only_busy(const Stop& stop) {
  volatile std::uint64_t count = 0;
  while (!stop) count = count + 1;
}

}  // namespace

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> kAll = {
      {"none: a busy processor beside it", [](const Scene&, const Stop& stop) { only_busy(stop); }},
      {"half-open handshakes, 2,000 at a time",
       [](const Scene& scene, const Stop& stop) { hold(scene.requests, 2'000, greeting().substr(0, 20), {}, stop); }},
      {"connections, opened and closed",
       [](const Scene& scene, const Stop& stop) { come_and_go(scene.requests, stop); }},
      {"frames without an end, before a handshake, 50 at a time",
       [](const Scene& scene, const Stop& stop) {
         // A command of 100 MiB.
         hold(scene.requests, 50, greeting() + std::string("\x06\0\0\0\0\x06\x40\0\0", 9), std::string(65'536, 'x'),
              stop);
       }},
      {"a captured request again and again", replay_forever},
      {"unknown keys in a loop", unknown_keys},
      {"frames of 100 MiB (reader)", huge_frames},
      {"replies of 2 MB that are not read (reader)", never_read},
      {"small reads, as many as go (reader)", reads},
      {"bulk inserts, as many as go (writer)", bulk_writes},
      {"subscriptions to ever new topics (watcher)", subscribe_forever},
      {"50 subscribers that read nothing (watcher), while 100 kB are written at a time", deaf_subscribers},
  };
  return kAll;
}

}  // namespace sqlcast::support
