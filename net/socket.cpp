#include "net/socket.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "net/context.h"
#include "net/deadline.h"
#include "net/outbox.h"
#include "net/unsent.h"

namespace sqlcast::net {
namespace {

// Smaller frames are copied: cheaper than a heap object that another thread frees.
constexpr std::size_t kZeroCopyFrom = 16U << 10U;
// But of a message that is large as a whole, whose frames are counted then.
constexpr std::size_t kZeroCopyOfLargeFrom = 1U << 10U;

struct SentFrame {
  std::string bytes;
  std::optional<UnsentBytes> unsent;

  SentFrame(std::string&& frame, const UnsentBytes* counts) : bytes(std::move(frame)) {
    if (counts == nullptr) return;
    unsent = *counts;
    *unsent->of_peer += bytes.size();
    *unsent->of_all += bytes.size();
  }
  ~SentFrame() {
    if (!unsent) return;
    *unsent->of_peer -= bytes.size();
    *unsent->of_all -= bytes.size();
  }
  SentFrame(const SentFrame&) = delete;
  SentFrame& operator=(const SentFrame&) = delete;
};

// Runs on libzmq's thread. Named, because tests/tsan.supp has to know it.
void free_sent_frame(void*, void* frame) { delete static_cast<SentFrame*>(frame); }

zmq::message_t to_message(std::string&& frame, std::size_t zero_copy_from, const UnsentBytes* unsent) {
  if (frame.size() < zero_copy_from) return zmq::message_t(frame.data(), frame.size());
  auto owned = std::make_unique<SentFrame>(std::move(frame), unsent);
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

}  // namespace

Socket::Socket(zmq::socket_type type, const SocketOptions& options)
    : context_(acquire_context()),
      socket_(*context_, type),
      options_(options),
      descriptor_(socket_.get(zmq::sockopt::fd)) {}

Status Socket::bind(const Endpoint& endpoint) {
  try {
    apply(socket_, options_, endpoint);
    socket_.bind(endpoint.text());
    return ok_status();
  } catch (const zmq::error_t& error) {
    return Status::error(Code::io,
                         "cannot listen on " + endpoint.text() + ": " + error.what() + "; " + bind_advice(error.num()));
  }
}

std::string Socket::bound_endpoint() { return socket_.get(zmq::sockopt::last_endpoint); }

Status Socket::connect(const Endpoint& endpoint) {
  try {
    apply(socket_, options_, endpoint);
    socket_.connect(endpoint.text());
    return ok_status();
  } catch (const zmq::error_t& error) {
    return Status::error(
        Code::io, "cannot connect to " + endpoint.text() + ": " + error.what() + "; check the host name and the port");
  }
}

Sent Socket::send(const proto::Frames& prefix, proto::Frames&& frames, const UnsentBytes* unsent) {
  settled_ = false;
  const std::size_t zero_copy_from = byte_size(frames) < kZeroCopyFrom ? kZeroCopyFrom : kZeroCopyOfLargeFrom;
  try {
    const std::size_t count = prefix.size() + frames.size();
    for (std::size_t i = 0; i < count; ++i) {
      const auto flags =
          i + 1 < count ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
      zmq::message_t message = i < prefix.size()
                                   ? zmq::message_t(prefix[i].data(), prefix[i].size())
                                   : to_message(std::move(frames[i - prefix.size()]), zero_copy_from, unsent);
      if (!uninterrupted([&] { return socket_.send(message, flags); })) return Sent::full;
    }
    return Sent::yes;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return Sent::gone;
    throw;
  }
}

Received Socket::receive(proto::Frames& frames, std::size_t max_frames) {
  frames.clear();
  bool over = false;
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  zmq::message_t message;
  do {
    // Later frames of a message are there when its first one is.
    settled_ = !uninterrupted([&] { return socket_.recv(message, zmq::recv_flags::dontwait); });
    if (settled_) return Received::nothing;
    bytes += message.size();
    ++count;
    if (!over && (bytes > options_.max_message_bytes || count > max_frames)) {
      over = true;
      const auto delimiter = std::find(frames.begin(), frames.end(), std::string());
      if (delimiter != frames.end()) frames.erase(delimiter + 1, frames.end());
    }
    if (!over) frames.push_back(message.to_string());
  } while (message.more());
  return over ? Received::over_limit : Received::message;
}

bool Socket::has_message() {
  settled_ = (uninterrupted([this] { return socket_.get(zmq::sockopt::events); }) & ZMQ_POLLIN) == 0;
  return !settled_;
}

bool Socket::wait(int fd, int timeout_ms) {
  const Deadline deadline{std::chrono::milliseconds(timeout_ms)};
  while (settled_ || !has_message()) {
    pollfd items[] = {{descriptor_, POLLIN, 0}, {fd, POLLIN, 0}};
    if (::poll(items, 2, timeout_ms < 0 ? -1 : deadline.left_ms()) <= 0) return false;
    if (items[1].revents != 0) return true;
    settled_ = false;
  }
  return true;
}

Status environment_error(const std::exception& error) {
  return Status::error(
      Code::io, std::string("cannot open a socket: ") + error.what() + "; check the limit on open files (ulimit -n)");
}

}  // namespace sqlcast::net
