#include "net/router.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "net/outbox.h"
#include "net/socket.h"

namespace sqlcast::net {
namespace {

// Requests taken before replies have their turn again.
constexpr int kBurst = 256;

SocketOptions socket_options(const Router::Options& options) {
  return {kRouterSendHwm, kRouterReceiveHwm, options.max_message_bytes};
}

// Answers in the form that the request seems to have.
proto::Frames problem_reply(const proto::Frames& payload, Status status) {
  proto::ErrorReply error;
  error.status = std::move(status);
  const std::uint64_t exchange = payload.empty() ? 0 : proto::peek_exchange(payload.front());
  if (!payload.empty() && payload.front().starts_with('{')) return {proto::encode_json_reply(error, exchange)};
  return proto::encode(error, exchange);
}

}  // namespace

std::uint64_t Outgoing::byte_size() const { return net::byte_size(frames); }

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
    if (Status status = socket_.bind(endpoint); !status) return status;
    endpoint_ = socket_.bound_endpoint();
    return ok_status();
  }

  void start(OnMessage on_message) {
    SQLCAST_CHECK(!thread_.joinable());
    on_message_ = std::move(on_message);
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    outbox_.close();
    if (thread_.joinable()) thread_.join();
  }

  bool send(Outgoing&& reply) {
    const bool taken = outbox_.push(std::move(reply));
    if (!taken) ++dropped_;
    return taken;
  }

  std::size_t send_batch(std::vector<Outgoing>&& batch) {
    const std::size_t count = batch.size();
    const std::size_t taken = outbox_.push(std::move(batch));
    dropped_ += count - taken;
    return taken;
  }

  const std::string& endpoint() const { return endpoint_; }
  Counters counters() const { return {received_, sent_, malformed_, too_large_, dropped_}; }

 private:
  void run() {
    bool more_requests = false;
    for (;;) {
      if (!more_requests) socket_.wait(outbox_.fd(), -1);
      const bool last = outbox_.closed();
      for (Outgoing& reply : outbox_.drain()) deliver(std::move(reply));
      if (last) return;
      more_requests = receive_burst();
    }
  }

  void deliver(Outgoing&& reply) {
    const bool sent = socket_.send(reply.envelope.frames, std::move(reply.frames)) == Sent::yes;
    ++(sent ? sent_ : dropped_);
  }

  // True when there may be more.
  bool receive_burst() {
    proto::Frames frames;
    for (int i = 0; i < kBurst; ++i) {
      const Received received = socket_.receive(frames, kMaxRequestFrames);
      if (received == Received::nothing) return false;
      accept(std::move(frames), received == Received::over_limit);
    }
    return true;
  }

  void accept(proto::Frames&& frames, bool over_limit) {
    const auto end = frames.begin() + static_cast<std::ptrdiff_t>(std::min(frames.size(), kMaxEnvelopeFrames));
    const auto delimiter = std::find_if(frames.begin(), end, [](const std::string& frame) { return frame.empty(); });
    if (over_limit) return refuse_size(std::move(frames), delimiter != end);
    if (delimiter == end) return refuse_form(std::move(frames));
    proto::Frames payload(std::make_move_iterator(delimiter + 1), std::make_move_iterator(frames.end()));
    frames.erase(delimiter + 1, frames.end());
    ++received_;
    on_message_(Envelope{std::move(frames)}, std::move(payload));
  }

  // `frames` ends with the delimiter when there is one.
  void refuse_size(proto::Frames&& frames, bool has_delimiter) {
    ++too_large_;
    if (!has_delimiter) frames = {std::move(frames.front()), std::string()};
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

  void answer(proto::Frames&& envelope, const proto::Frames& payload, Status status) {
    deliver({Envelope{std::move(envelope)}, problem_reply(payload, std::move(status))});
  }

  const Options options_;
  Socket socket_;
  Outbox<Outgoing> outbox_;
  std::string endpoint_;
  OnMessage on_message_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> too_large_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;
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
void Router::start(OnMessage on_message) { impl_->start(std::move(on_message)); }
bool Router::send(Envelope envelope, proto::Frames frames) {
  return impl_->send({std::move(envelope), std::move(frames)});
}
std::size_t Router::send_batch(std::vector<Outgoing>&& batch) { return impl_->send_batch(std::move(batch)); }
void Router::stop() { impl_->stop(); }
const std::string& Router::endpoint() const { return impl_->endpoint(); }
Router::Counters Router::counters() const { return impl_->counters(); }

}  // namespace sqlcast::net
