#include "client/io_thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/thread.h"
#include "net/key_ring.h"
#include "proto/codec.h"
#include "proto/joined.h"

namespace sqlcast::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{1'000};

// How long until `due`, rounded up: a poll that ends early would only be repeated.
milliseconds until(TimePoint due, TimePoint now) {
  if (due <= now) return milliseconds(0);
  if (due - now >= kLongestWait) return kLongestWait;
  return std::chrono::ceil<milliseconds>(due - now);
}

}  // namespace

IoThread::IoThread(const std::vector<std::string>& endpoints, Engine::Settings settings)
    : engine_(endpoints, std::move(settings)) {
  poller_.add(wake_up_);
  thread_ = start_thread("client-io", [this] { run(); });
}

IoThread::~IoThread() { stop(); }

bool IoThread::post(Command command) {
  if (!commands_.try_push(std::move(command))) return false;
  if (is_own()) return true;  // it looks before it waits
  const MutexLock lock(turn_mutex_);
  if (driver_ == Driver::nobody) {
    turn_.notify_one();
  } else {
    wake_up_.signal();
  }
  return true;
}

void IoThread::stop() {
  commands_.close();
  {
    const MutexLock lock(turn_mutex_);
    stopping_ = true;
    turn_.notify_one();
  }
  wake_up_.signal();
  if (thread_.joinable()) thread_.join();
}

// Somebody else's turn is due.
bool IoThread::wanted() const { return stopping_ || commands_.size() > 0; }

bool IoThread::run_here(const Command& command, const std::function<bool()>& done) {
  {
    const MutexLock lock(turn_mutex_);
    if (driver_ != Driver::nobody || left_over_ || wanted()) return false;
    driver_ = Driver::caller;
  }
  receive_what_came();
  const TimePoint now = Clock::now();
  command(engine_, now);
  step(now);
  while (!done() && !wanted()) {
    wait_and_receive();
    if (done()) break;
    step(Clock::now());
  }
  leave_to_thread();
  return true;
}

// Of the thread. Whatever is open has its replies to come.
void IoThread::wait_for_turn() {
  MutexLock lock(turn_mutex_);
  turn_.wait(lock,
             [this]() SQLCAST_REQUIRES(turn_mutex_) { return driver_ == Driver::nobody && (left_over_ || wanted()); });
  driver_ = Driver::own_thread;
  left_over_ = false;
}

// False when there is something to do yet.
bool IoThread::leave_turn() {
  const MutexLock lock(turn_mutex_);
  if (wanted()) return false;
  driver_ = Driver::nobody;
  return true;
}

void IoThread::leave_to_thread() {
  const MutexLock lock(turn_mutex_);
  driver_ = Driver::nobody;
  left_over_ = engine_.open_requests() > 0;
  if (left_over_ || wanted()) turn_.notify_one();
}

void IoThread::step(TimePoint now) {
  engine_.tick(now);
  // Carrying out may leave more to do: a send that failed is tried elsewhere.
  for (int round = 0; round < 8; ++round) {
    std::vector<Engine::Action> actions = engine_.take_actions();
    if (actions.empty()) break;
    for (Engine::Action& action : actions) carry_out(action, now);
  }
}

void IoThread::wait_and_receive() {
  poller_.wait(wanted() ? milliseconds(0) : until(engine_.next_tick(), Clock::now()));
  if (poller_.ready(&wake_up_)) wake_up_.clear();
  for (const auto& [endpoint, dealer] : dealers_)
    if (poller_.ready(dealer.get())) receive(endpoint, *dealer);
  for (const auto& [endpoint, dealer] : dealers_)
    if (const std::optional<Status> refused = dealer->take_refusal()) {
      if (refused->code == Code::not_allowed) engine_.refused(endpoint, *refused, Clock::now());
      if (refused->code != Code::not_allowed) engine_.lost(endpoint, Clock::now());
    }
}

// Of a node that has proven its own key: those of the nodes that it leads to.
void IoThread::learn_keys(const std::string& endpoint, const proto::Message& message) {
  const auto* reply = std::get_if<proto::StatusReply>(&message);
  if (reply == nullptr || reply->self.key.empty()) return;
  net::KeyRing& ring = net::key_ring();
  ring.learn(endpoint, reply->self.endpoint, reply->self.key);
  ring.learn(endpoint, reply->self.master, reply->self.master_key);
  ring.learn(endpoint, reply->self.publisher, reply->self.master_key);
  for (const proto::NodeStatus& peer : reply->peers) ring.learn(endpoint, peer.endpoint, peer.key);
}

// While nobody drove: answers to questions of our own, without which their nodes would be taken for dead.
void IoThread::receive_what_came() {
  if (!engine_.awaits_words()) return;
  for (const auto& [endpoint, dealer] : dealers_) receive(endpoint, *dealer);
}

void IoThread::run() {
  while (true) {
    wait_for_turn();
    receive_what_came();
    bool last = false;
    while (true) {
      last = stopping_;
      const TimePoint now = Clock::now();
      while (auto command = commands_.try_pop()) (*command)(engine_, now);
      step(now);
      if (last || (engine_.open_requests() == 0 && leave_turn())) break;
      wait_and_receive();
    }
    if (last) break;
  }
  engine_.finish_all(Status::error(Code::cancelled, "the client was closed"), Clock::now());
  for (const auto& [endpoint, dealer] : dealers_) {
    poller_.remove(dealer.get());
    // Leaving must not wait for a node that is not there.
    const KnownNode* known = engine_.endpoints().find(endpoint);
    if (known == nullptr || !known->answered) (void)dealer->reset();
  }
  dealers_.clear();
}

net::Dealer* IoThread::dealer(const std::string& endpoint, Status& problem) {
  const auto it = dealers_.find(endpoint);
  if (it != dealers_.end()) return it->second.get();
  net::Dealer::Options options;
  options.endpoint = endpoint;
  auto opened = net::Dealer::open(std::move(options));
  if (!opened.ok()) {
    problem = opened.status();
    return nullptr;
  }
  poller_.add(**opened);
  return dealers_.emplace(endpoint, std::move(*opened)).first->second.get();
}

void IoThread::carry_out(Engine::Action& action, TimePoint now) {
  if (const auto* wanted = std::get_if<Engine::Send>(&action)) return send(*wanted, now);
  const auto it = dealers_.find(std::get<Engine::Reset>(action).endpoint);
  if (it == dealers_.end()) return;
  // On an error the old socket stays: worse, but not wrong.
  (void)it->second->reset();
}

void IoThread::send(const Engine::Send& send, TimePoint now) {
  Status problem;
  net::Dealer* const to = dealer(send.endpoint, problem);
  if (to == nullptr) return engine_.not_sent(send.exchange, problem, now);
  proto::Frames frames = proto::encode(send.message, send.exchange);
  std::uint64_t bytes = 0;
  for (const std::string& frame : frames) bytes += frame.size();
  if (bytes > net::kDefaultMaxMessageBytes) {
    const Status status =
        Status::error(Code::too_large, "a request of " + std::to_string(bytes) + " bytes is over the limit of " +
                                           std::to_string(net::kDefaultMaxMessageBytes) + "; send it in parts");
    return engine_.not_sent(send.exchange, status, now);
  }
  if (send.joined) proto::join(frames);
  if (to->send(std::move(frames))) return;
  engine_.not_sent(send.exchange, Status::error(Code::timeout, "too much waits to be sent to " + send.endpoint), now);
}

void IoThread::receive(const std::string& endpoint, net::Dealer& dealer) {
  while (auto frames = dealer.receive()) {
    const TimePoint now = Clock::now();
    const std::uint64_t exchange = proto::glance_at_exchange(*frames);
    const Status split = proto::is_joined(*frames) ? proto::split(*frames) : ok_status();
    auto decoded = split.ok() ? proto::decode(std::move(*frames)) : Result<proto::Decoded>(split);
    if (decoded.ok()) {
      learn_keys(endpoint, decoded->message);
      engine_.received(endpoint, decoded->header.exchange, std::move(decoded->message), now);
    } else {
      engine_.received_garbage(endpoint, exchange, decoded.status(), now);
    }
    // To see that there is no more costs two system calls; what there is yet, is found before the next wait.
    if (engine_.open_requests() == 0 && !engine_.awaits_words()) return;
  }
}

}  // namespace sqlcast::client
