#include "net/socket.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "base/types.h"
#include "net/context.h"
#include "net/deadline.h"
#include "net/outbox.h"
#include "net/unsent.h"

namespace sqlcast::net {
namespace {

// Smaller frames are copied: cheaper than a heap object that another thread frees.
constexpr std::size_t kZeroCopyFrom = 16U << 10U;
// A message of so much is counted while it has not gone: with its longest frame, which is not copied then.
constexpr std::size_t kCountedFrom = 2U << 10U;

// A frame that libzmq sends from where it is; what is counted for it, until it has gone, is the whole message.
struct SentFrame {
  std::string bytes;
  std::optional<UnsentBytes> unsent;
  std::uint64_t counted = 0;

  SentFrame(std::string&& frame, const UnsentBytes* counts, std::uint64_t count) : bytes(std::move(frame)) {
    if (counts == nullptr) return;
    unsent = *counts;
    counted = count;
    *unsent->of_peer += counted;
    *unsent->of_all += counted;
  }
  ~SentFrame() {
    if (!unsent) return;
    *unsent->of_peer -= counted;
    *unsent->of_all -= counted;
  }
  SentFrame(const SentFrame&) = delete;
  SentFrame& operator=(const SentFrame&) = delete;
};

// Runs on libzmq's thread. Named, because tests/tsan.supp has to know it.
void free_sent_frame(void*, void* frame) { delete static_cast<SentFrame*>(frame); }

zmq::message_t without_copy(std::string&& frame, const UnsentBytes* unsent, std::uint64_t count) {
  auto owned = std::make_unique<SentFrame>(std::move(frame), unsent, count);
  zmq::message_t message(owned->bytes.data(), owned->bytes.size(), free_sent_frame, owned.get());
  static_cast<void>(owned.release());
  return message;
}

// A signal handler may end any call; a message must still go or come whole.
template <typename Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

std::string bind_advice(int error) {
  switch (error) {
    case EADDRINUSE: return "another program, perhaps another node, listens there: stop it or choose another port";
    case EADDRNOTAVAIL:
    case ENODEV: return "this machine has no such address: use one of its own, 127.0.0.1, or *";
    case EACCES: return "the port or path needs other rights: choose a port over 1023 or another path";
    case ENOENT: return "the folder of the path does not exist: create it";
    default: return "choose another endpoint";
  }
}

// ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h names for draft builds alone; every libzmq from 4.3 on knows it.
constexpr int kZapEnforceDomain = 93;

constexpr auto kWarnAgain = std::chrono::minutes(1);

// A node that ends while it shakes hands looks the same, and is back, or gone for good, after fewer.
constexpr unsigned kBrokenOff = 3;

Status refused(const std::string& why) { return Status::error(Code::not_allowed, why); }

Status not_in_table(const std::string& peer, const KeyRing::Pin& pin, bool stream) {
  const std::string key = to_hex(pin.own->pair.public_key);
  if (stream)
    return refused("the node at " + peer + " does not let the key '" + pin.own->name +
                   "' subscribe: it does not know it, or its role is neither node, watcher nor admin. On the node: "
                   "sqlcast keys allow " +
                   pin.own->name + " watcher " + key);
  return refused("the node at " + peer + " does not know the key '" + pin.own->name +
                 "'; on the node: sqlcast keys allow " + pin.own->name + " ROLE " + key);
}

Status other_mechanism(const std::string& peer, bool with_key) {
  if (with_key)
    return refused("the node at " + peer +
                   " is not encrypted, and a key is known for it here: nothing was sent. It may be another program, or "
                   "the node was started with security.mode none; if that is meant, take its line out of the file "
                   "`nodes`");
  return refused("the node at " + peer +
                 " lets in nobody without a key, and none was given here. Give one with --key FILE or $SQLCAST_KEY, or "
                 "the cluster's folder with --dir; `sqlcast keys new NAME --role ROLE` makes one");
}

Status other_node(const std::string& peer, const KeyRing::Pin& pin) {
  return refused("the node at " + peer + " has another key than the one that is known for it here, " +
                 to_hex(pin.node).substr(0, 16) +
                 "…: nothing was sent. If its key was replaced, put the new one into the file `nodes` beside your "
                 "private key (`sqlcast keys list` at the node shows it); otherwise it is another node, or somebody in "
                 "between, or one that has as many connections as it may (limits.address_connections)");
}

}  // namespace

Socket::Socket(zmq::socket_type type, const SocketOptions& options)
    : context_(acquire_context()),
      socket_(*context_, type),
      options_(options),
      descriptor_(socket_.get(zmq::sockopt::fd)) {}

Status Socket::bind(const Endpoint& endpoint, const std::shared_ptr<Gate>& gate, Gate::Door door) {
  try {
    apply(socket_, options_, endpoint);
    if (gate) {
      zap_.emplace(gate, door);
      const access::KeyPair own = gate->own();
      socket_.set(zmq::sockopt::curve_server, 1);
      socket_.set(zmq::sockopt::curve_secretkey, zmq::const_buffer(own.secret_key.data(), own.secret_key.size()));
      socket_.set(zmq::sockopt::zap_domain, zap_->domain());
      const int on = 1;
      if (zmq_setsockopt(socket_.handle(), kZapEnforceDomain, &on, sizeof on) != 0) throw zmq::error_t();
      monitor_.emplace(*context_, socket_, true);
      connections_.emplace(gate->connections());
      const auto largest = static_cast<std::uint64_t>(transport_limit(options_.max_message_bytes));
      unfinished_.emplace(Unfinished::Limits{largest, 2 * largest});
    }
    socket_.bind(endpoint.text());
    listens();
    return ok_status();
  } catch (const zmq::error_t& error) {
    return Status::error(Code::io,
                         "cannot listen on " + endpoint.text() + ": " + error.what() + "; " + bind_advice(error.num()));
  }
}

void Socket::unbind(const std::string& bound_endpoint) { socket_.unbind(bound_endpoint); }

Status Socket::bind_anew(const Endpoint& endpoint) {
  constexpr auto kTries = 200;
  constexpr auto kPause = std::chrono::milliseconds(10);
  const access::KeyPair own = zap_->gate().own();
  try {
    socket_.unbind(endpoint.text());
  } catch (const zmq::error_t&) {
    // It listens nowhere since the last time, when somebody else had taken the port.
  }
  socket_.set(zmq::sockopt::curve_secretkey, zmq::const_buffer(own.secret_key.data(), own.secret_key.size()));
  for (int i = 1;; ++i) {
    try {
      socket_.bind(endpoint.text());
      listens();
      return ok_status();
    } catch (const zmq::error_t& error) {
      if (error.num() != EADDRINUSE || i == kTries)
        return Status::error(Code::io, "cannot listen on " + endpoint.text() + " anew: " + error.what());
    }
    std::this_thread::sleep_for(kPause);
  }
}

void Socket::listens() {
  if (!connections_) return;
  const Result<Endpoint> endpoint = parse_endpoint(bound_endpoint());
  connections_->listens_at(endpoint ? endpoint->port : std::uint16_t{0});
}

std::string Socket::bound_endpoint() { return socket_.get(zmq::sockopt::last_endpoint); }

Status Socket::secure_connection(const Endpoint& endpoint) {
  peer_ = endpoint.text();
  Result<std::optional<KeyRing::Pin>> pin = key_ring().key_for(peer_);
  if (!pin) return pin.status();
  pin_ = std::move(*pin);
  monitor_.emplace(*context_, socket_, false);
  if (!pin_) return ok_status();
  const access::KeyPair& own = pin_->own->pair;
  socket_.set(zmq::sockopt::curve_serverkey, zmq::const_buffer(pin_->node.data(), pin_->node.size()));
  socket_.set(zmq::sockopt::curve_publickey, zmq::const_buffer(own.public_key.data(), own.public_key.size()));
  socket_.set(zmq::sockopt::curve_secretkey, zmq::const_buffer(own.secret_key.data(), own.secret_key.size()));
  return ok_status();
}

Status Socket::connect(const Endpoint& endpoint) {
  try {
    apply(socket_, options_, endpoint);
    if (Status status = secure_connection(endpoint); !status) return status;
    socket_.connect(endpoint.text());
    return ok_status();
  } catch (const zmq::error_t& error) {
    return Status::error(
        Code::io, "cannot connect to " + endpoint.text() + ": " + error.what() + "; check the host name and the port");
  }
}

std::optional<Status> Socket::take_refusal() {
  if (!refusal_ && is_outdated())
    refusal_ = Status::error(Code::timeout,
                             "this process has got another key since it connected to " + peer_ + ": it connects anew");
  return std::exchange(refusal_, std::nullopt);
}

Sent Socket::send(const proto::Frames& prefix, proto::Frames&& frames, const UnsentBytes* unsent) {
  settled_ = false;
  const auto longest = std::max_element(frames.begin(), frames.end(),
                                        [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  const std::uint64_t bytes = unsent == nullptr ? 0 : byte_size(frames);
  const auto counted = bytes < kCountedFrom ? frames.end() : longest;
  try {
    const std::size_t count = prefix.size() + frames.size();
    for (std::size_t i = 0; i < count; ++i) {
      const auto flags =
          i + 1 < count ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
      const auto frame = frames.begin() + static_cast<std::ptrdiff_t>(std::max(i, prefix.size()) - prefix.size());
      zmq::message_t message;
      if (i < prefix.size())
        message.rebuild(prefix[i].data(), prefix[i].size());
      else if (frame == counted)
        message = without_copy(std::move(*frame), unsent, bytes);
      else if (frame->size() < kZeroCopyFrom)
        message.rebuild(frame->data(), frame->size());
      else
        message = without_copy(std::move(*frame), nullptr, 0);
      if (!uninterrupted([&] { return socket_.send(message, flags); })) return Sent::full;
    }
    return Sent::yes;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return Sent::gone;
    throw;
  }
}

Received Socket::receive(proto::Frames& frames, std::size_t max_frames, std::string* key, int* connection) {
  frames.clear();
  if (key != nullptr) key->clear();
  bool over = false;
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  zmq::message_t message;
  do {
    // Later frames of a message are there when its first one is.
    settled_ = !uninterrupted([&] { return socket_.recv(message, zmq::recv_flags::dontwait); });
    if (settled_) return Received::nothing;
    // Of any frame: all are of one connection, and a ROUTER that was asked whether there is something gives the
    // identity without it. (cppzmq's gets() throws where there is none.)
    if (const char* const user = key != nullptr && key->empty() ? zmq_msg_gets(message.handle(), "User-Id") : nullptr)
      *key = user;
    if (connection != nullptr) *connection = zmq_msg_get(message.handle(), ZMQ_SRCFD);
    bytes += message.size();
    ++count;
    if (!over && (bytes > options_.max_message_bytes || count > max_frames)) {
      over = true;
      const auto delimiter = std::find(frames.begin(), frames.end(), std::string());
      if (delimiter != frames.end()) frames.erase(delimiter + 1, frames.end());
    }
    if (!over) frames.push_back(message.to_string());
  } while (message.more());
  broken_off_ = 0;
  if (unfinished_ && unfinished_->watches()) unfinished_->delivered(zmq_msg_get(message.handle(), ZMQ_SRCFD));
  return over ? Received::over_limit : Received::message;
}

void Socket::look_at_unfinished() {
  if (!unfinished_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!unfinished_->is_due(now)) return;
  // While messages keep coming nobody waits for its descriptor.
  look_at_monitor();
  const std::vector<int> endless = unfinished_->look(now);
  if (endless.empty()) return;
  const Result<Endpoint> endpoint = parse_endpoint(bound_endpoint());
  std::size_t cut = 0;
  for (const int each : endless)
    if (endpoint && cut_connection(each, endpoint->port)) ++cut;
  if (cut == 0 || now < next_warning_) return;
  next_warning_ = now + kWarnAgain;
  logging::warn("{} connections to {} were cut: so much had come by them that was no message yet", cut,
                bound_endpoint());
}

bool Socket::has_message() {
  settled_ = (uninterrupted([this] { return socket_.get(zmq::sockopt::events); }) & ZMQ_POLLIN) == 0;
  return !settled_;
}

bool Socket::wait(int fd, int timeout_ms) {
  const Deadline deadline{std::chrono::milliseconds(timeout_ms)};
  while (settled_ || !has_message()) {
    if (refusal_) return true;
    pollfd items[] = {{descriptor_, POLLIN, 0}, {fd, POLLIN, 0}, {monitor_descriptor(), POLLIN, 0}};
    if (::poll(items, 3, timeout_ms < 0 ? -1 : deadline.left_ms()) <= 0) return false;
    if (items[1].revents != 0) return true;
    if (items[2].revents != 0) look_at_monitor();
    settled_ = settled_ && items[0].revents == 0;
  }
  return true;
}

void Socket::look_at_monitor() {
  if (!monitor_) return;
  while (const std::optional<Monitor::Event> event = monitor_->next()) note(*event);
}

void Socket::note_at_gate(const Monitor::Event& event) {
  std::string address;
  if (event.kind == ZMQ_EVENT_ACCEPTED) {
    unfinished_->accepted(static_cast<int>(event.value));
    if (!connections_->accepted(static_cast<int>(event.value), address)) zap_->gate().count_cut(zap_->door(), address);
  } else if (event.kind == ZMQ_EVENT_DISCONNECTED) {
    unfinished_->ended(static_cast<int>(event.value));
    connections_->ended(static_cast<int>(event.value));
  } else if (event.kind != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
    // What the handler has refused, it has counted.
    zap_->gate().count_keyless(zap_->door(), 1);
  }
}

void Socket::note(const Monitor::Event& event) {
  if (zap_) return note_at_gate(event);
  if (event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
    if (pin_) refusal_ = not_in_table(peer_, *pin_, socket_.get(zmq::sockopt::type) == ZMQ_SUB);
  } else if (event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
             event.value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
    refusal_ = other_mechanism(peer_, pin_.has_value());
  } else if (pin_ && ++broken_off_ == kBrokenOff) {
    broken_off_ = 0;
    const bool more = key_ring().failed(peer_, pin_->node);
    refusal_ = other_node(peer_, *pin_);
    if (more) refusal_->code = Code::timeout;
  }
}

Status environment_error(const std::exception& error) {
  return Status::error(
      Code::io, std::string("cannot open a socket: ") + error.what() + "; check the limit on open files (ulimit -n)");
}

}  // namespace sqlcast::net
