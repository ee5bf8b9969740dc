#include "net/router.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"
#include "net/outbox.h"
#include "net/socket.h"
#include "net/turns.h"
#include "net/unsent.h"

namespace sqlcast::net {
namespace {

// Requests taken before replies have their turn again.
constexpr std::size_t kBurst = 256;
constexpr std::uint64_t kBurstBytes = 1U << 20U;  // and no more begins behind so much

// Of identity, correlation ids and delimiter: they are kept beside each request, and come back with each reply.
constexpr std::uint64_t kMaxEnvelopeBytes = 1024;

// So few replies are sent by the thread that has them, which saves waking the router's. More are left to that one: the
// thread that has them has better to do.
constexpr std::size_t kSentAtOnce = 16;

SocketOptions socket_options(const Router::Options& options) {
  return {kRouterSendHwm, kRouterReceiveHwm, options.max_message_bytes};
}

// Answers in the form that the request seems to have.
proto::Frames problem_reply(const proto::Frames& payload, Status status) {
  proto::ErrorReply error;
  error.status = std::move(status);
  const std::uint64_t exchange = proto::glance_at_exchange(payload);
  if (!payload.empty() && payload.front().starts_with('{')) return {proto::encode_json_reply(error, exchange)};
  return proto::encode(error, exchange);
}

// In place of a reply for which there is no room: what was asked for has been done, and may have been a write.
Status unread() {
  return Status::error(Code::outcome_unknown,
                       "the reply could not be kept for this client, which has not read the ones before it; what was "
                       "asked for may have been carried out. Read them first, and have fewer requests under way; a "
                       "write with its client_id and request_id can be sent again as it was");
}

}  // namespace

std::uint64_t Outgoing::byte_size() const { return net::byte_size(envelope.frames) + net::byte_size(frames); }

class Router::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)),
        socket_(zmq::socket_type::router, socket_options(options_)),
        outbox_(options_.queue_items, options_.queue_bytes) {
    // Otherwise replies to nobody vanish uncounted.
    socket_.raw().set(zmq::sockopt::router_mandatory, 1);
  }

  Status bind(const Endpoint& endpoint) {
    const MutexLock lock(socket_mutex_);
    if (Status status = socket_.bind(endpoint, options_.gate, Gate::Door::requests); !status) return status;
    endpoint_ = socket_.bound_endpoint();
    return ok_status();
  }

  Status renew() {
    const Result<Endpoint> endpoint = parse_endpoint(endpoint_);
    if (!endpoint) return endpoint.status();
    const MutexLock lock(socket_mutex_);
    return socket_.bind_anew(*endpoint);
  }

  void start(OnMessage on_message, AfterBurst after_burst) {
    SQLCAST_CHECK(threads_.empty());
    on_message_ = std::move(on_message);
    after_burst_ = std::move(after_burst);
    for (int i = 0; i < (after_burst_ ? 2 : 1); ++i) threads_.push_back(start_thread("router", [this] { run(); }));
  }

  void stop() {
    outbox_.close();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  bool send_one(Outgoing&& reply) {
    std::vector<Outgoing> batch;
    batch.push_back(std::move(reply));
    return send(std::move(batch)) == 1;
  }

  std::size_t send(std::vector<Outgoing>&& batch) {
    const std::size_t count = batch.size();
    if (keep(batch)) return count;
    if (count <= kSentAtOnce && socket_mutex_.try_lock()) {
      const MutexLock lock(socket_mutex_, std::adopt_lock);
      if (outbox_.is_idle()) {
        for (Outgoing& reply : batch) deliver(std::move(reply));
        // What has come is announced once, and that may have been now.
        if (socket_.has_message()) outbox_.wake();
        return count;
      }
    }
    const std::size_t taken = outbox_.push(std::move(batch));
    dropped_ += count - taken;
    return taken;
  }

  const std::string& endpoint() const { return endpoint_; }
  Counters counters() const { return {received_, sent_, malformed_, too_large_, dropped_}; }

 private:
  struct Request {
    proto::Frames frames;
    std::string key;  // hexadecimal
    bool over_limit = false;
  };

  int descriptor() {
    const MutexLock lock(socket_mutex_);
    return socket_.descriptor();
  }
  int monitor_descriptor() {
    const MutexLock lock(socket_mutex_);
    return socket_.monitor_descriptor();
  }

  void run() {
    while (turns_.take()) lead();
  }

  // Until the turn is somebody else's, or the router has stopped.
  void lead() {
    std::vector<Request> requests;
    const int incoming = descriptor();
    const int monitor = monitor_descriptor();
    const int look_ms = options_.gate ? static_cast<int>(Unfinished::kLook.count()) : -1;
    bool waits = false;
    while (true) {
      pollfd items[] = {{incoming, POLLIN, 0}, {outbox_.fd(), POLLIN, 0}, {monitor, POLLIN, 0}};
      if (waits) ::poll(items, 3, look_ms);  // interrupted, it finds nothing
      requests.clear();
      {
        const MutexLock lock(socket_mutex_);
        if (items[2].revents != 0) socket_.look_at_monitor();
        socket_.look_at_unfinished();
        if (!waits)
          for (Outgoing& reply : take_kept()) deliver(std::move(reply));
        if (items[1].revents != 0 || !outbox_.is_idle()) {
          const bool last = outbox_.closed();
          for (Outgoing& reply : outbox_.drain()) deliver(std::move(reply));
          if (last) return turns_.close();
        }
        waits = !receive_burst(requests);
      }
      for (Request& request : requests) accept(std::move(request));
      if (!after_burst_ || requests.empty()) continue;
      const std::uint64_t turn = work();
      if (turn == 0) continue;
      if (!turns_.end_long(turn)) return;
      waits = false;
    }
  }

  // The turn in which something was done that may have taken long; 0: nothing was.
  std::uint64_t work() {
    std::uint64_t turn = 0;
    after_burst_([this, &turn] {
      // First: as soon as it has begun, the turn may be another thread's, which ends this.
      set_worker(std::this_thread::get_id());
      turn = turns_.begin_long();
      if (turn == 0) set_worker({});
      return turn != 0;
    });
    return turn;
  }

  // True, and the batch taken, when it is sent by who is at work in its turn.
  bool keep(std::vector<Outgoing>& batch) {
    if (worker_.load(std::memory_order_relaxed) != std::this_thread::get_id()) return false;
    const MutexLock lock(kept_mutex_);
    if (worker_ != std::this_thread::get_id()) return false;
    std::move(batch.begin(), batch.end(), std::back_inserter(kept_));
    return true;
  }

  void set_worker(std::thread::id worker) {
    const MutexLock lock(kept_mutex_);
    worker_ = worker;
  }

  std::vector<Outgoing> take_kept() {
    const MutexLock lock(kept_mutex_);
    worker_ = std::thread::id();
    return std::exchange(kept_, {});
  }

  void deliver(Outgoing&& reply) SQLCAST_REQUIRES(socket_mutex_) {
    UnsentBytes& unsent = unsent_.of(reply.envelope.frames.front());
    const bool room = unsent_.has_room(unsent);
    if (!room) reply.frames = problem_reply(reply.frames, unread());
    const bool sent = socket_.send(reply.envelope.frames, std::move(reply.frames), &unsent) == Sent::yes;
    ++(sent && room ? sent_ : dropped_);
  }

  // False: the socket is settled. True: there may be more.
  bool receive_burst(std::vector<Request>& requests) SQLCAST_REQUIRES(socket_mutex_) {
    std::uint64_t bytes = 0;
    while (requests.size() < kBurst && bytes < kBurstBytes) {
      Request request;
      const Received received =
          socket_.receive(request.frames, kMaxRequestFrames, options_.gate ? &request.key : nullptr);
      if (received == Received::nothing) return false;
      request.over_limit = received == Received::over_limit;
      bytes += byte_size(request.frames);
      requests.push_back(std::move(request));
    }
    return true;
  }

  void accept(Request&& request) {
    proto::Frames frames = std::move(request.frames);
    const auto end = frames.begin() + static_cast<std::ptrdiff_t>(std::min(frames.size(), kMaxEnvelopeFrames));
    const auto delimiter = std::find_if(frames.begin(), end, [](const std::string& frame) { return frame.empty(); });
    if (request.over_limit) return refuse_size(std::move(frames), delimiter != end);
    if (delimiter == end) return refuse_form(std::move(frames));
    const std::uint64_t way_back =
        std::accumulate(frames.begin(), delimiter, std::uint64_t{0},
                        [](std::uint64_t bytes, const std::string& frame) { return bytes + frame.size(); });
    if (way_back > kMaxEnvelopeBytes) return refuse_envelope(std::move(frames.front()));
    proto::Frames payload(std::make_move_iterator(delimiter + 1), std::make_move_iterator(frames.end()));
    frames.erase(delimiter + 1, frames.end());
    ++received_;
    Envelope envelope{std::move(frames)};
    if (const Result<access::PublicKey> key = access::parse_key(request.key); key) envelope.key = *key;
    on_message_(std::move(envelope), std::move(payload));
  }

  // `frames` ends with the delimiter when there is one.
  void refuse_size(proto::Frames&& frames, bool has_delimiter) {
    ++too_large_;
    if (!has_delimiter || byte_size(frames) > kMaxEnvelopeBytes) frames = {std::move(frames.front()), std::string()};
    answer(std::move(frames), {},
           Status::error(Code::too_large, "the message is over " + std::to_string(options_.max_message_bytes) +
                                              " bytes or has more than " + std::to_string(kMaxRequestFrames) +
                                              " frames; send less at once"));
  }

  void refuse_form(proto::Frames&& frames) {
    ++malformed_;
    proto::Frames payload(std::make_move_iterator(frames.begin() + 1), std::make_move_iterator(frames.end()));
    answer({std::move(frames.front()), std::string()}, payload,
           Status::error(Code::bad_message,
                         "the request has no empty delimiter frame before it; a DEALER must send one first, REQ does"));
  }

  void refuse_envelope(std::string&& peer) {
    ++malformed_;
    answer({std::move(peer), std::string()}, {},
           Status::error(Code::bad_message, "the frames in front of the empty delimiter have more than " +
                                                std::to_string(kMaxEnvelopeBytes) +
                                                " bytes; they are the request's way back, and nothing else"));
  }

  void answer(proto::Frames&& envelope, const proto::Frames& payload, Status status) {
    send_one({Envelope{std::move(envelope)}, problem_reply(payload, std::move(status))});
  }

  const Options options_;
  Mutex socket_mutex_;
  Socket socket_ SQLCAST_GUARDED_BY(socket_mutex_);
  Unsent unsent_ SQLCAST_GUARDED_BY(socket_mutex_);
  Outbox<Outgoing> outbox_;
  std::string endpoint_;
  OnMessage on_message_;
  AfterBurst after_burst_;
  Turns turns_;  // with the socket
  Mutex kept_mutex_;
  std::vector<Outgoing> kept_ SQLCAST_GUARDED_BY(kept_mutex_);  // replies of who is at work, until it is not
  std::atomic<std::thread::id> worker_;                         // changes under the mutex
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> too_large_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::vector<std::thread> threads_;
};

Result<std::unique_ptr<Router>> Router::open(Options options) {
  const Result<Endpoint> endpoint = parse_endpoint(options.endpoint);
  if (!endpoint) return endpoint.status();
  try {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Status status = impl->bind(*endpoint); !status) return status;
    return std::unique_ptr<Router>(new Router(std::move(impl)));
  } catch (const std::exception& error) {
    return environment_error(error);
  }
}

Router::Router(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Router::~Router() { stop(); }
void Router::start(OnMessage on_message, AfterBurst after_burst) {
  impl_->start(std::move(on_message), std::move(after_burst));
}
bool Router::send(Envelope envelope, proto::Frames frames) {
  return impl_->send_one({std::move(envelope), std::move(frames)});
}
std::size_t Router::send_batch(std::vector<Outgoing>&& batch) { return impl_->send(std::move(batch)); }
void Router::stop() { impl_->stop(); }
Status Router::renew() { return impl_->renew(); }
const std::string& Router::endpoint() const { return impl_->endpoint(); }
Router::Counters Router::counters() const { return impl_->counters(); }

}  // namespace sqlcast::net
