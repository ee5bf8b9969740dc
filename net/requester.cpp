#include "net/requester.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "net/deadline.h"
#include "net/socket.h"
#include "net/wake_up.h"

namespace sqlcast::net {

class Requester::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}

  Status connect(std::string endpoint_text) {
    const Result<Endpoint> endpoint = parse_peer_endpoint(endpoint_text);
    if (!endpoint) return endpoint.status();
    try {
      auto socket = std::make_unique<Socket>(zmq::socket_type::req,
                                             SocketOptions{kRequesterHwm, kRequesterHwm, options_.max_message_bytes});
      socket->raw().set(zmq::sockopt::req_relaxed, 1);
      socket->raw().set(zmq::sockopt::req_correlate, 1);
      if (Status status = socket->connect(*endpoint); !status) return status;
      if (socket_) socket_->discard_unsent();
      socket_ = std::move(socket);
      options_.endpoint = std::move(endpoint_text);
      return ok_status();
    } catch (const std::exception& error) {
      return environment_error(error);
    }
  }

  Result<proto::Frames> request(proto::Frames&& frames, std::chrono::milliseconds timeout,
                                const std::function<bool()>& go_on) {
    constexpr int kAskEvery = 200;  // ms
    const Deadline deadline(timeout);
    if (interrupted_) return interrupted_status();
    if (socket_->is_outdated())
      if (Status status = connect(options_.endpoint); !status) return status;
    if (socket_->send({}, std::move(frames)) != Sent::yes)
      return give_up(Status::error(Code::io, "the request to " + options_.endpoint + " could not be sent"));
    for (;;) {
      proto::Frames reply;
      switch (socket_->receive(reply, kMaxReplyFrames)) {
        case Received::message: return reply;
        case Received::over_limit:
          return give_up(Status::error(Code::too_large, "the reply of " + options_.endpoint + " is over " +
                                                            std::to_string(options_.max_message_bytes) + " bytes"));
        case Received::nothing:
          if (interrupted_) return give_up(interrupted_status());
          if (std::optional<Status> refused = socket_->take_refusal()) return give_up(std::move(*refused));
          if (deadline.passed() || (go_on && !go_on()))
            return give_up(Status::error(Code::timeout, options_.endpoint + " has not answered within " +
                                                            std::to_string(timeout.count()) + " ms"));
          socket_->wait(wake_up_.fd(), go_on ? std::min(deadline.left_ms(), kAskEvery) : deadline.left_ms());
      }
    }
  }

  const std::string& endpoint() const { return options_.endpoint; }

  void interrupt() {
    interrupted_ = true;
    wake_up_.signal();
  }

 private:
  // The socket goes too: its reply, should it come, is nobody's.
  Status give_up(Status status) {
    if (Status fresh = connect(options_.endpoint); !fresh) return fresh;
    return status;
  }

  static Status interrupted_status() {
    return Status::error(Code::shutting_down, "the request was interrupted: this program is stopping");
  }

  Options options_;
  std::unique_ptr<Socket> socket_;
  WakeUp wake_up_;
  std::atomic<bool> interrupted_{false};
};

Result<std::unique_ptr<Requester>> Requester::open(Options options) {
  const std::string endpoint = options.endpoint;
  try {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Status status = impl->connect(endpoint); !status) return status;
    return std::unique_ptr<Requester>(new Requester(std::move(impl)));
  } catch (const std::exception& error) {
    return environment_error(error);
  }
}

Requester::Requester(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Requester::~Requester() = default;
Result<proto::Frames> Requester::request(proto::Frames frames, std::chrono::milliseconds timeout,
                                         const std::function<bool()>& go_on) {
  return impl_->request(std::move(frames), timeout, go_on);
}
Status Requester::reset(std::string endpoint) {
  return impl_->connect(endpoint.empty() ? std::string(impl_->endpoint()) : std::move(endpoint));
}
const std::string& Requester::endpoint() const { return impl_->endpoint(); }
void Requester::interrupt() { impl_->interrupt(); }

}  // namespace sqlcast::net
