#include "net/dealer.h"

#include <utility>

#include "net/socket.h"

namespace sqlcast::net {

class Dealer::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  Status connect(std::string endpoint_text) {
    const Result<Endpoint> endpoint = parse_peer_endpoint(endpoint_text);
    if (!endpoint) return endpoint.status();
    try {
      auto socket = std::make_unique<Socket>(zmq::socket_type::dealer,
                                             SocketOptions{kDealerHwm, kDealerHwm, options_.max_message_bytes});
      if (Status status = socket->connect(*endpoint); !status) return status;
      if (socket_) socket_->discard_unsent();
      socket_ = std::move(socket);
      options_.endpoint = std::move(endpoint_text);
      return ok_status();
    } catch (const std::exception& error) {
      return environment_error(error);
    }
  }

  bool send(proto::Frames&& frames) { return socket_->send(delimiter_, std::move(frames)) == Sent::yes; }

  std::optional<proto::Frames> receive() {
    for (;;) {
      proto::Frames frames;
      const Received received = socket_->receive(frames, kMaxReplyFrames);
      if (received == Received::nothing) return std::nullopt;
      if (received == Received::message && frames.front().empty()) {
        frames.erase(frames.begin());
        return frames;
      }
      ++dropped_;
    }
  }

  const std::string& endpoint() const { return options_.endpoint; }
  std::uint64_t dropped() const { return dropped_; }
  Socket& socket() { return *socket_; }

 private:
  Options options_;
  const proto::Frames delimiter_{std::string()};
  std::unique_ptr<Socket> socket_;
  std::uint64_t dropped_ = 0;
};

Result<std::unique_ptr<Dealer>> Dealer::open(Options options) {
  const std::string endpoint = options.endpoint;
  auto impl = std::make_unique<Impl>(std::move(options));
  if (Status status = impl->connect(endpoint); !status) return status;
  return std::unique_ptr<Dealer>(new Dealer(std::move(impl)));
}

Dealer::Dealer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dealer::~Dealer() = default;
bool Dealer::send(proto::Frames frames) { return impl_->send(std::move(frames)); }
std::optional<proto::Frames> Dealer::receive() { return impl_->receive(); }
Status Dealer::reset(std::string endpoint) {
  return impl_->connect(endpoint.empty() ? std::string(impl_->endpoint()) : std::move(endpoint));
}
const std::string& Dealer::endpoint() const { return impl_->endpoint(); }
std::optional<Status> Dealer::take_refusal() { return impl_->socket().take_refusal(); }
std::uint64_t Dealer::dropped() const { return impl_->dropped(); }
Socket& Dealer::socket() const { return impl_->socket(); }

}  // namespace sqlcast::net
