#include "net/zap.h"

#include <poll.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "net/context.h"

namespace sqlcast::net {
namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";  // RFC 27

std::shared_ptr<ZapHandler> acquire_handler() {
  // Never destroyed, as the context's.
  static auto& mutex = *new Mutex;
  static auto& shared = *new std::weak_ptr<ZapHandler>;
  const MutexLock lock(mutex);
  std::shared_ptr<ZapHandler> handler = shared.lock();
  if (!handler) {
    handler = std::make_shared<ZapHandler>(acquire_context());
    shared = handler;
  }
  return handler;
}

}  // namespace

ZapHandler::ZapHandler(std::shared_ptr<zmq::context_t> context)
    : context_(std::move(context)), socket_(*context_, zmq::socket_type::rep) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind(kAddress);
  thread_ = start_thread("zap", [this] { run(); });
}

ZapHandler::~ZapHandler() {
  stop_.signal();
  thread_.join();
  // At once, and not when libzmq gets to it: the next handler wants the address.
  socket_.unbind(kAddress);
}

std::string ZapHandler::enter(std::shared_ptr<Gate> gate, Gate::Door door) {
  const MutexLock lock(mutex_);
  std::string domain = "sqlcast-" + std::to_string(++entered_);
  doors_.emplace(domain, Guarded{std::move(gate), door});
  return domain;
}

void ZapHandler::leave(const std::string& domain) {
  const MutexLock lock(mutex_);
  doors_.erase(domain);
}

void ZapHandler::run() {
  const int descriptor = socket_.get(zmq::sockopt::fd);
  while (true) {
    try {
      while ((socket_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0) answer();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR && error.num() != EFSM) throw;
      continue;
    }
    pollfd items[] = {{descriptor, POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
    ::poll(items, 2, -1);
    if (items[1].revents != 0) return;
  }
}

void ZapHandler::answer() {
  std::vector<std::string> frames;
  zmq::message_t message;
  do {
    if (!socket_.recv(message, zmq::recv_flags::dontwait)) return;
    if (frames.size() <= kZapFrames) frames.push_back(message.to_string());
  } while (message.more());
  const std::optional<ZapRequest> request = parse_zap_request(frames);
  const bool admitted = request && admits(*request);
  const std::vector<std::string> reply = zap_reply(frames, admitted ? std::optional(request->key) : std::nullopt);
  for (std::size_t i = 0; i < reply.size(); ++i)
    socket_.send(zmq::buffer(reply[i]), i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

bool ZapHandler::admits(const ZapRequest& request) {
  std::shared_ptr<Gate> gate;
  Gate::Door door{};
  {
    const MutexLock lock(mutex_);
    const auto found = doors_.find(request.domain);
    if (found == doors_.end()) return false;
    gate = found->second.gate;
    door = found->second.door;
  }
  return gate->admit(door, request.key);
}

ZapDoor::ZapDoor(std::shared_ptr<Gate> gate, Gate::Door door)
    : handler_(acquire_handler()), gate_(std::move(gate)), door_(door), domain_(handler_->enter(gate_, door)) {}

ZapDoor::~ZapDoor() { handler_->leave(domain_); }

}  // namespace sqlcast::net
