#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "client/client.h"
#include "client/log_follower.h"
#include "net/subscriber.h"
#include "proto/codec.h"

namespace sqlcast::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFindPublisher{5'000};
constexpr milliseconds kTick{100};
constexpr milliseconds kSilence{3'000};

}  // namespace

// One thread: it alone touches the subscriber, the follower and the callbacks.
class Tail::Impl {
 public:
  Impl(std::unique_ptr<Client> client, std::string publisher, std::unique_ptr<net::Subscriber> subscriber,
       LogFollower follower, Callbacks callbacks)
      : client_(std::move(client)),
        publisher_(std::move(publisher)),
        subscriber_(std::move(subscriber)),
        follower_(std::move(follower)),
        callbacks_(std::move(callbacks)),
        thread_([this] { run(); }) {}

  ~Impl() {
    stopping_ = true;
    thread_.join();
  }

 private:
  void run() {
    heard_ = Clock::now();
    while (!stopping_) {
      auto received = subscriber_->receive(kTick);
      const TimePoint now = Clock::now();
      if (received) take(*received, now);
      if (const auto refused = subscriber_->take_refusal()) on_refusal(*refused);
      if (now - heard_ > kSilence) look_for_publisher(now);
      if (follower_.wants_log(now)) read_log(now);
      deliver();
    }
  }

  void take(const net::Subscriber::Received& received, TimePoint now) {
    auto decoded = proto::decode(received.frames);
    if (!decoded.ok()) return problem(decoded.status());
    heard_ = now;
    if (std::exchange(lost_, false)) problem(Status::error(Code::ok, "the master is publishing again"));
    if (auto* message = std::get_if<proto::GroupMessage>(&decoded->message)) {
      follower_.live(std::move(message->group), now);
    } else if (const auto* beacon = std::get_if<proto::Beacon>(&decoded->message)) {
      follower_.head(beacon->head.sequence, now);
      if (callbacks_.on_beacon) callbacks_.on_beacon(*beacon);
    }
  }

  // Said once, not at each of the attempts that follow.
  void on_refusal(const Status& refused) {
    if (refused.code == Code::not_allowed && std::exchange(refusal_, refused.message) != refused.message)
      problem(refused);
    if (const Status again = subscriber_->reset(); !again.ok()) problem(again);
  }

  // The master may have moved, or may be gone; any node knows.
  void look_for_publisher(TimePoint now) {
    heard_ = now;
    if (!std::exchange(lost_, true))
      problem(Status::error(Code::master_unavailable, "nothing from " + publisher_ + " for " +
                                                          std::to_string(kSilence.count()) + " ms; still listening"));
    const auto status = client_->status({}, milliseconds(1'000));
    if (!status.ok() || status->self.publisher.empty() || status->self.publisher == publisher_) return;
    if (const Status changed = subscriber_->reset(status->self.publisher); changed.ok()) {
      publisher_ = status->self.publisher;
    } else {
      problem(changed);
    }
  }

  void read_log(TimePoint now) {
    Position after;
    after.sequence = follower_.next() - 1;
    auto batch = client_->read_log(after);
    if (!batch.ok()) {
      problem(batch.status());
      return follower_.log_failed(now);
    }
    follower_.log(std::move(batch->groups), batch->head.sequence, Clock::now());
  }

  void deliver() {
    while (auto group = follower_.take()) {
      auto entries = proto::decode_entries(group->body);
      if (!entries.ok()) {
        problem(entries.status());
        continue;
      }
      std::erase_if(*entries, [this](const proto::Entry& entry) { return entry.sequence < follower_.first_wanted(); });
      if (callbacks_.on_group) callbacks_.on_group(*group, *entries);
    }
  }

  void problem(const Status& status) {
    if (callbacks_.on_problem) callbacks_.on_problem(status);
  }

  std::unique_ptr<Client> client_;
  std::string publisher_;
  std::unique_ptr<net::Subscriber> subscriber_;
  LogFollower follower_;
  const Callbacks callbacks_;
  TimePoint heard_{};
  bool lost_ = false;
  std::string refusal_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Tail::Tail(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tail::~Tail() = default;

Result<std::unique_ptr<Tail>> Tail::open(std::vector<std::string> endpoints, Sequence from, Callbacks callbacks) {
  Options options;
  options.endpoints = std::move(endpoints);
  auto client = Client::open(std::move(options));
  if (!client.ok()) return client.status();
  const auto status = (*client)->status({}, kFindPublisher);
  if (!status.ok()) return status.status();
  if (status->self.publisher.empty())
    return Status::error(Code::master_unavailable,
                         "node " + status->self.name + " does not know where its master publishes; is the master up?");
  net::Subscriber::Options subscription;
  subscription.endpoint = status->self.publisher;
  subscription.topics = {std::string(proto::kGroupTopic), std::string(proto::kBeaconTopic)};
  auto subscriber = net::Subscriber::open(std::move(subscription));
  if (!subscriber.ok()) return subscriber.status();
  const Sequence first = from != 0 ? from : std::max(status->self.position, status->self.head) + 1;
  return std::unique_ptr<Tail>(
      new Tail(std::make_unique<Impl>(std::move(*client), status->self.publisher, std::move(*subscriber),
                                      LogFollower(first, from != 0), std::move(callbacks))));
}

}  // namespace sqlcast::client
