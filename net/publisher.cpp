#include "net/publisher.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "net/connections.h"
#include "net/outbox.h"
#include "net/socket.h"

namespace sqlcast::net {
namespace {

using Clock = std::chrono::steady_clock;

// What comes in are subscriptions, and a handshake's messages: libzmq keeps a node for each byte of a topic, and
// removes them one by one. Twice as many bytes end the connection.
constexpr std::uint64_t kMaxSubscriptionBytes = 1024;
// Subscriptions of one peer that wait in its connection; those of one key that are taken between two looks at what is
// to be published, which the same topic again and again would be; and those of all.
constexpr int kSubscriptionsHwm = 1'000;
constexpr std::size_t kAtOnce = 1'000;
constexpr int kLookedAt = 100'000;
// libzmq keeps what somebody subscribes to for as long as he is connected. There are three topics that anything is
// published under; a key may subscribe to so many others (in clear: all together), then the connections that have some
// are cut.
constexpr std::size_t kOtherTopics = 64;
constexpr auto kWarnAgain = std::chrono::minutes(1);

bool is_subscription(const std::string& message) {
  if (message.empty() || (message.front() != 0 && message.front() != 1)) return false;
  const std::string_view topic = std::string_view(message).substr(1);
  return message.front() == 0 || topic.empty() || topic == proto::kGroupTopic || topic == proto::kBeaconTopic;
}

struct Published {
  std::string topic;
  proto::Frames frames;
  std::uint64_t byte_size() const { return net::byte_size(frames); }
};

}  // namespace

class Publisher::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)), socket_(make_socket()), outbox_(options_.queue_items, options_.queue_bytes) {}

  Status bind(const Endpoint& endpoint) {
    const MutexLock lock(socket_mutex_);
    if (Status status = socket_->bind(endpoint, options_.gate, Gate::Door::stream); !status) return status;
    endpoint_ = socket_->bound_endpoint();
    const Result<Endpoint> bound = parse_endpoint(endpoint_);
    port_ = bound ? bound->port : std::uint16_t{0};
    return ok_status();
  }

  void start(Beacon beacon) {
    SQLCAST_CHECK(!thread_.joinable());
    beacon_ = std::move(beacon);
    thread_ = start_thread("publisher", [this] { run(); });
  }

  void stop() {
    outbox_.close();
    hurry_.signal();
    if (thread_.joinable()) thread_.join();
  }

  void readmit() {
    readmit_ = true;
    hurry_.signal();
    outbox_.wake();
  }

  bool publish(Published&& message, Urgency urgency) {
    if (urgency == Urgency::at_once && send_here(message)) return true;
    const bool taken = outbox_.push(std::move(message));
    if (!taken) ++dropped_;
    if (urgency == Urgency::at_once) hurry_.signal();
    return taken;
  }

  const std::string& endpoint() const { return endpoint_; }
  Counters counters() const { return {published_, dropped_}; }

 private:
  // By who has it, which saves waking the publisher's thread, unless something else goes first. False: not sent.
  bool send_here(Published& message) {
    if (!socket_mutex_.try_lock()) return false;
    const MutexLock lock(socket_mutex_, std::adopt_lock);
    if (!outbox_.is_idle()) return false;
    send(std::move(message));
    // What has come is announced once, and that may have been now.
    if (socket_->has_message()) outbox_.wake();
    return true;
  }

  void run() {
    auto next_beacon = Clock::now();
    auto next_burst = next_beacon;
    for (;;) {
      wait(outbox_.fd(), next_beacon);
      wait(hurry_.fd(), next_burst);
      hurry_.clear();
      const bool last = outbox_.closed();
      const MutexLock lock(socket_mutex_);
      look_at_subscriptions();
      if (readmit_.exchange(false) || reopen_) reopen();
      std::vector<Published> burst = outbox_.drain();
      for (Published& message : burst) send(std::move(message));
      if (last) return;
      if (!burst.empty()) next_burst = Clock::now() + options_.burst_interval;
      if (Clock::now() < next_beacon) continue;
      // From now, not from when it was due: after a stall one beacon is enough.
      next_beacon = Clock::now() + options_.beacon_interval;
      if (!beacon_) continue;
      if (std::optional<proto::Frames> frames = beacon_()) send({std::string(proto::kBeaconTopic), std::move(*frames)});
    }
  }

  // Until something has come, `fd` is readable, or that time.
  void wait(int fd, Clock::time_point until) {
    pollfd items[] = {{-1, POLLIN, 0}, {fd, POLLIN, 0}, {-1, POLLIN, 0}};
    {
      const MutexLock lock(socket_mutex_);
      if (socket_->has_message()) return;
      items[0].fd = socket_->descriptor();
      items[2].fd = socket_->monitor_descriptor();
    }
    const int left = milliseconds_until(until);
    if (left > 0 && ::poll(items, 3, left) > 0 && items[2].revents != 0) {
      const MutexLock lock(socket_mutex_);
      socket_->look_at_monitor();
    }
  }

  std::unique_ptr<Socket> make_socket() const {
    auto socket = std::make_unique<Socket>(zmq::socket_type::xpub,
                                           SocketOptions{kPubSendHwm, kSubscriptionsHwm, kMaxSubscriptionBytes});
    socket->raw().set(zmq::sockopt::xpub_verbose, 1);  // also what others have subscribed to
    return socket;
  }

  void look_at_subscriptions() SQLCAST_REQUIRES(socket_mutex_) {
    proto::Frames frames;
    std::string key;
    int connection = -1;
    std::map<int, std::size_t> at_once;
    std::set<int> ended;  // what else has come by them is nothing any more
    for (int i = 0; i < kLookedAt; ++i) {
      const Received received = socket_->receive(frames, 1, options_.gate ? &key : nullptr, &connection);
      if (received == Received::nothing) return;
      // Without a connection: the last one with a topic has left.
      if (connection < 0 || ended.contains(connection)) continue;
      if (received == Received::message && is_subscription(frames.front())) {
        if (++at_once[connection] > kAtOnce) ended.merge(cut(key, connection));
        continue;
      }
      Others& others = others_[key];
      others.connections.insert(connection);
      if (++others.topics > kOtherTopics) ended.merge(cut(key, connection));
    }
  }

  // Those of a key that have topics that are none, with this one. The connections that were.
  std::set<int> cut(const std::string& key, int connection) SQLCAST_REQUIRES(socket_mutex_) {
    std::set<int> connections = std::move(others_[key].connections);
    others_.erase(key);
    connections.insert(connection);
    for (const int each : connections) cut_connection(each, port_);
    if (options_.gate) {
      if (const Result<access::PublicKey> whose = access::parse_key(key); whose) options_.gate->shut_out(*whose);
    } else if (const auto now = Clock::now(); now >= next_warning_) {
      next_warning_ = now + kWarnAgain;
      logging::warn("somebody has subscribed to too many topics that are none: {} connections to the stream were cut",
                    connections.size());
    }
    return connections;
  }

  // Tried again at the next turn, a beacon later, while libzmq has not let go of the port.
  void reopen() SQLCAST_REQUIRES(socket_mutex_) {
    const Result<Endpoint> endpoint = parse_endpoint(endpoint_);
    SQLCAST_CHECK(endpoint.ok());  // it was listened on
    try {
      if (!reopen_) socket_->unbind(endpoint_);
      // What has been published is in the log: nothing waits for a subscriber that is slow.
      socket_->discard_unsent();
      socket_ = make_socket();
      others_.clear();
      const Status status = socket_->bind(*endpoint, options_.gate, Gate::Door::stream);
      if (!status.ok() && !reopen_) logging::debug("the stream is not there again yet: {}", status.message);
      reopen_ = !status.ok();
    } catch (const zmq::error_t& error) {
      logging::warn("the stream could not be closed and opened again: {}", error.what());
      reopen_ = true;
    }
  }

  static int milliseconds_until(Clock::time_point time) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
  }

  // A PUB socket takes everything; what a subscriber's pipe cannot hold is lost to that subscriber alone.
  void send(Published&& message) SQLCAST_REQUIRES(socket_mutex_) {
    if (socket_->send({std::move(message.topic)}, std::move(message.frames)) == Sent::yes) ++published_;
  }

  const Options options_;
  Mutex socket_mutex_;
  std::unique_ptr<Socket> socket_ SQLCAST_GUARDED_BY(socket_mutex_);
  Outbox<Published> outbox_;
  WakeUp hurry_;
  std::atomic<bool> readmit_{false};
  // Topics that are none, and by which connections they came.
  struct Others {
    std::size_t topics = 0;
    std::set<int> connections;
  };
  bool reopen_ = false;                   // the thread's: the socket is not bound
  std::map<std::string, Others> others_;  // the thread's: of each key; in clear, of all
  Clock::time_point next_warning_;        // the thread's
  std::string endpoint_;
  std::uint16_t port_ = 0;
  Beacon beacon_;
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;
};

Result<std::unique_ptr<Publisher>> Publisher::open(Options options) {
  const Result<Endpoint> endpoint = parse_endpoint(options.endpoint);
  if (!endpoint) return endpoint.status();
  try {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Status status = impl->bind(*endpoint); !status) return status;
    return std::unique_ptr<Publisher>(new Publisher(std::move(impl)));
  } catch (const std::exception& error) {
    return environment_error(error);
  }
}

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() { stop(); }
void Publisher::start(Beacon beacon) { impl_->start(std::move(beacon)); }
bool Publisher::publish(std::string_view topic, proto::Frames frames, Urgency urgency) {
  return impl_->publish({std::string(topic), std::move(frames)}, urgency);
}
void Publisher::readmit() { impl_->readmit(); }
void Publisher::stop() { impl_->stop(); }
const std::string& Publisher::endpoint() const { return impl_->endpoint(); }
Publisher::Counters Publisher::counters() const { return impl_->counters(); }

}  // namespace sqlcast::net
