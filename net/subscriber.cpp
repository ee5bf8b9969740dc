#include "net/subscriber.h"

#include <utility>

#include "net/deadline.h"
#include "net/socket.h"

namespace sqlcast::net {

class Subscriber::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  Status connect(std::string endpoint_text) {
    const Result<Endpoint> endpoint = parse_peer_endpoint(endpoint_text);
    if (!endpoint) return endpoint.status();
    try {
      auto socket =
          std::make_unique<Socket>(zmq::socket_type::sub, SocketOptions{0, kSubReceiveHwm, options_.max_message_bytes});
      for (const std::string& topic : options_.topics) socket->raw().set(zmq::sockopt::subscribe, topic);
      if (Status status = socket->connect(*endpoint); !status) return status;
      socket_ = std::move(socket);
      options_.endpoint = std::move(endpoint_text);
      return ok_status();
    } catch (const std::exception& error) {
      return environment_error(error);
    }
  }

  std::optional<Received> receive(std::chrono::milliseconds timeout) {
    const Deadline deadline(timeout);
    for (;;) {
      proto::Frames frames;
      switch (socket_->receive(frames, kMaxReplyFrames)) {
        case net::Received::message: {
          Received received{std::move(frames.front()), {}};
          frames.erase(frames.begin());
          received.frames = std::move(frames);
          return received;
        }
        case net::Received::over_limit: ++dropped_; break;
        case net::Received::nothing:
          if (deadline.passed() || !socket_->wait(-1, deadline.left_ms()) || socket_->is_refused()) return std::nullopt;
      }
    }
  }

  const std::string& endpoint() const { return options_.endpoint; }
  std::uint64_t dropped() const { return dropped_; }
  Socket& socket() { return *socket_; }

 private:
  Options options_;
  std::unique_ptr<Socket> socket_;
  std::uint64_t dropped_ = 0;
};

Result<std::unique_ptr<Subscriber>> Subscriber::open(Options options) {
  const std::string endpoint = options.endpoint;
  auto impl = std::make_unique<Impl>(std::move(options));
  if (Status status = impl->connect(endpoint); !status) return status;
  return std::unique_ptr<Subscriber>(new Subscriber(std::move(impl)));
}

Subscriber::Subscriber(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscriber::~Subscriber() = default;
std::optional<Subscriber::Received> Subscriber::receive(std::chrono::milliseconds timeout) {
  return impl_->receive(timeout);
}
Status Subscriber::reset(std::string endpoint) {
  return impl_->connect(endpoint.empty() ? std::string(impl_->endpoint()) : std::move(endpoint));
}
std::optional<Status> Subscriber::take_refusal() { return impl_->socket().take_refusal(); }
std::uint64_t Subscriber::dropped() const { return impl_->dropped(); }
Socket& Subscriber::socket() const { return impl_->socket(); }

}  // namespace sqlcast::net
