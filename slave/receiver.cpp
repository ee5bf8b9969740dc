#include "slave/receiver.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/logging.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "net/endpoint.h"
#include "net/key_ring.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 20ms;
constexpr auto kLiveTick = 100ms;         // nothing but silence is waited for
constexpr auto kReportInterval = 200ms;   // what is known of the own freshness is no older, with the way there and back
constexpr std::size_t kMaxReports = 256;  // without an answer
constexpr auto kMinReportInterval = 10ms;  // when there is something new to acknowledge
constexpr auto kAwaited = 1s;              // after the master has said that replies wait for it, at once
constexpr auto kStatusInterval = 500ms;
constexpr auto kResetInterval = 2000ms;
constexpr std::size_t kMaxReportedMessage = 2U << 10U;  // bytes; a master takes 12 KiB in all
constexpr std::size_t kMaxMessagesPerTurn = 256;

// The master may name its publisher by an address that only it can use (0.0.0.0): then the host that we reach the
// master by, with the publisher's port.
std::string reachable(const std::string& publisher, const std::string& master) {
  Result<net::Endpoint> endpoint = net::parse_endpoint(publisher);
  const Result<net::Endpoint> door = net::parse_endpoint(master);
  if (!endpoint || !door || endpoint->transport != net::Endpoint::Transport::tcp) return publisher;
  if (endpoint->host == "*" || endpoint->host == "0.0.0.0" || endpoint->host == "::") endpoint->host = door->host;
  return endpoint->text();
}

}  // namespace

Receiver::Receiver(const config::NodeConfig& config, node::Counters& counters, Hooks hooks)
    : config_(config), counters_(counters), hooks_(std::move(hooks)) {}

Receiver::~Receiver() { stop(); }

Status Receiver::start(const Replicator::Start& start) {
  net::Dealer::Options options;
  options.endpoint = config_.master;
  options.max_message_bytes = config_.limits.max_message_bytes;
  Result<std::unique_ptr<net::Dealer>> dealer = net::Dealer::open(std::move(options));
  if (!dealer) return dealer.status();
  dealer_ = std::move(*dealer);
  poller_.add(*dealer_);
  poller_.add(wake_up_);
  Replicator::Options replicator_options;
  replicator_options.master_timeout = config_.master_timeout;
  replicator_ = std::make_unique<Replicator>(replicator_options, start, std::random_device()());
  logged_ = start.logged;
  applied_ = start.applied;
  publish_view();
  thread_ = start_thread("receiver", [this] { run(); });
  return ok_status();
}

void Receiver::stop() {
  stopping_ = true;
  wake_up_.signal();
  if (thread_.joinable()) thread_.join();
}

template <typename T>
void Receiver::add_news(std::optional<T> News::*what, const T& is) {
  {
    const MutexLock lock(mutex_);
    news_.*what = is;
  }
  wake_up_.signal();
}

void Receiver::logged(const Position& position) { add_news(&News::logged, position); }
void Receiver::applied(const Position& position, std::optional<std::uint64_t> oldest_us) {
  add_news(&News::applied, Applied{position, oldest_us});
}
void Receiver::apply_failed(const std::string& message) { add_news(&News::apply_failed, message); }
void Receiver::failed(const std::string& message) { add_news(&News::failed, message); }

Receiver::View Receiver::view() const {
  const MutexLock lock(mutex_);
  return view_;
}

// ---- the thread ------------------------------------------------------------------------------------------------

void Receiver::run() {
  while (!stopping_) {
    poller_.wait(next_tick());
    if (poller_.ready(&wake_up_)) wake_up_.clear();
    take_news();
    if (poller_.ready(subscriber_.get())) receive_stream();
    if (poller_.ready(dealer_.get())) receive_replies();
    report_dropped();
    note_refusals();
    forget_refusal();
    find_publisher();
    // The log is read only once the stream is heard: what is committed in between comes by one or the other.
    if (subscriber_) act(replicator_->tick(Clock::now()));
    hand_on();
    report_if_due();
    publish_view();
  }
}

// What comes wakes the thread; the tick is for what does not.
std::chrono::milliseconds Receiver::next_tick() const {
  if (subscriber_ && has_news()) return kMinReportInterval;  // without, there is no report
  if (replicator_->state() != Replicator::State::live) return kTick;
  const auto until_report =
      std::chrono::ceil<std::chrono::milliseconds>(last_full_report_ + kReportInterval - Clock::now());
  return std::clamp<std::chrono::milliseconds>(until_report, 1ms, kLiveTick);
}

void Receiver::take_news() {
  News news;
  {
    const MutexLock lock(mutex_);
    std::swap(news, news_);
  }
  if (news.failed) replicator_->on_failed(*news.failed);
  if (news.apply_failed) replicator_->on_apply_failed(*news.apply_failed, Clock::now());
  if (news.applied) {
    applied_ = news.applied->position;
    replicator_->on_applied(applied_, news.applied->oldest_us);
  }
  if (news.logged) {
    logged_ = *news.logged;
    act(replicator_->on_logged(logged_, Clock::now()));
  }
}

void Receiver::receive_stream() {
  for (std::size_t i = 0; i < kMaxMessagesPerTurn; ++i) {
    std::optional<net::Subscriber::Received> received = subscriber_->receive(0ms);
    if (!received) return;
    Result<proto::Decoded> decoded = proto::decode(std::move(received->frames));
    if (!decoded) {
      // Not fatal: what it held is in the log.
      ++counters_.bad_messages;
      logging::warn("a message of the stream was not understood: {}", decoded.status().message);
      continue;
    }
    if (auto* group = std::get_if<proto::GroupMessage>(&decoded->message)) {
      act(replicator_->on_group(std::move(group->group), Clock::now()));
    } else if (const auto* beacon = std::get_if<proto::Beacon>(&decoded->message)) {
      act(replicator_->on_beacon(*beacon, Clock::now()));
    }
  }
}

void Receiver::report_dropped() {
  const std::uint64_t dropped = dealer_->dropped() + (subscriber_ ? subscriber_->dropped() : 0);
  if (dropped != reported_dropped_)
    logging::error(
        "a message of the master was not understood, or over this node's limits.max_message_bytes ({}); "
        "set it to what the master has",
        config_.limits.max_message_bytes);
  reported_dropped_ = dropped;
}

// A connection that is let in nowhere is begun anew, with the next key that is known, or what was learnt since.
void Receiver::note_refusals() {
  const auto note = [this](const std::optional<Status>& refused) {
    if (!refused) return false;
    if (refused->code != Code::not_allowed) return true;  // the next key of the node has its turn
    if (refusal_ != refused->message) logging::error("{}", refused->message);
    refusal_ = refused->message;
    report_refused(refused->message);
    return true;
  };
  if (note(dealer_->take_refusal()))
    if (const Status status = dealer_->reset(); !status.ok()) logging::error("{}", status.message);
  if (!subscriber_ || !note(subscriber_->take_refusal())) return;
  poller_.remove(subscriber_.get());
  subscriber_.reset();
}

void Receiver::receive_replies() {
  while (std::optional<proto::Frames> frames = dealer_->receive()) {
    Result<proto::Decoded> decoded = proto::decode(std::move(*frames));
    if (decoded) {
      on_reply(std::move(*decoded));
    } else {
      ++counters_.bad_messages;
      logging::warn("a reply of the master was not understood: {}", decoded.status().message);
    }
  }
}

void Receiver::on_reply(proto::Decoded decoded) {
  const Clock::time_point now = Clock::now();
  if (auto* batch = std::get_if<proto::LogBatch>(&decoded.message)) {
    if (decoded.header.exchange == log_exchange_) act(replicator_->on_log_batch(std::move(*batch), now));
  } else if (const auto* error = std::get_if<proto::ErrorReply>(&decoded.message)) {
    if (decoded.header.exchange == log_exchange_) act(replicator_->on_log_error(error->status, now));
    if (decoded.header.exchange == report_exchange_) report_refused(error->status.message);
  } else if (const auto* status = std::get_if<proto::StatusReply>(&decoded.message)) {
    if (status->self.role == "master") {
      const Status met = hooks_.meet(status->self);
      if (!met.ok() && met.code != Code::database_unavailable) replicator_->on_failed(met.message);
      if (!met.ok()) return;
      const std::string publisher = reachable(status->self.publisher, config_.master);
      net::key_ring().learn(config_.master, publisher, status->self.key);
      subscribe(publisher);
    } else {
      logging::error("the node at {} is a {}, not a master: correct the setting `master`", config_.master,
                     status->self.role);
    }
  } else if (const auto* report = std::get_if<proto::ReportReply>(&decoded.message)) {
    report_refused({});
    awaited_ = report->awaited;
    awaited_at_ = Clock::now();
    on_report_reply(decoded.header.exchange, report->beacon);
  }
}

void Receiver::report_refused(const std::string& why) {
  refused_at_ = why.empty() ? std::nullopt : std::optional(Clock::now());
  hooks_.report_refused(why);
}

// By a master that has not said so again: it is gone, and what it waited for with it.
void Receiver::forget_refusal() {
  if (refused_at_ && Clock::now() - *refused_at_ > config_.master_timeout) report_refused({});
}

void Receiver::on_report_reply(std::uint64_t exchange, const proto::Beacon& beacon) {
  const auto report =
      std::find_if(reports_.begin(), reports_.end(), [&](const SentReport& sent) { return sent.exchange == exchange; });
  if (report == reports_.end()) return;
  hooks_.end_of_log(beacon.head, report->at);
  act(replicator_->on_report_reply(beacon, report->applied, report->at, Clock::now()));
  reports_.erase(report);
}

void Receiver::act(Replicator::Actions actions) {
  std::move(actions.take.begin(), actions.take.end(), std::back_inserter(taken_));
  if (actions.read_log) {
    hand_on();  // the cluster is known by the first group
    actions.read_log->max_bytes = config_.limits.log_batch_bytes;
    actions.read_log->node = config_.name;
    actions.read_log->cluster = hooks_.cluster();
    log_exchange_ = next_exchange_++;
    if (!dealer_->send(proto::encode(*actions.read_log, log_exchange_)))
      logging::debug("a log_read could not be sent; it will be asked again");
  }
}

// All that has come together, so that it shares a sync.
void Receiver::hand_on() {
  if (taken_.empty()) return;
  hooks_.take(std::exchange(taken_, {}), is_awaited(Clock::now()));
  take_news();
}

// Until a publisher is known, and whenever the master has been silent: it may have come back elsewhere.
void Receiver::find_publisher() {
  const Clock::time_point now = Clock::now();
  if (subscriber_ && replicator_->master_heard(now)) return;
  if (now - last_status_request_ < kStatusInterval) return;
  last_status_request_ = now;
  // A request that waits in a socket for a master that is gone would be answered much later: a new socket now and
  // then keeps what is sent fresh.
  if (now - last_reset_ > kResetInterval) {
    last_reset_ = now;
    if (const Status status = dealer_->reset(); !status.ok())
      logging::warn("the connection to the master could not be renewed: {}", status.message);
  }
  if (!dealer_->send(proto::encode(proto::StatusRequest{}, next_exchange_++)))
    logging::debug("the master could not be asked for its status; trying again");
}

void Receiver::subscribe(const std::string& publisher) {
  if (subscriber_ && publisher == publisher_) return;
  net::Subscriber::Options options;
  options.endpoint = publisher;
  options.topics = {std::string(proto::kGroupTopic), std::string(proto::kBeaconTopic)};
  options.max_message_bytes = config_.limits.max_message_bytes;
  Result<std::unique_ptr<net::Subscriber>> subscriber = net::Subscriber::open(std::move(options));
  if (!subscriber) {
    logging::error("cannot subscribe to the master's stream at '{}': {}", publisher, subscriber.status().message);
    return;
  }
  if (subscriber_) poller_.remove(subscriber_.get());
  subscriber_ = std::move(*subscriber);
  poller_.add(*subscriber_);
  publisher_ = publisher;
  logging::info("following the stream of {} at {}", config_.master, publisher);
}

bool Receiver::is_awaited(Clock::time_point now) const {
  return awaited_ != proto::AckFor::unset && now - awaited_at_ < kAwaited;
}

std::chrono::milliseconds Receiver::report_interval(Clock::time_point now) const {
  if (!has_news()) return kReportInterval;
  const bool wanted = awaited_ == proto::AckFor::applied || logged_.sequence != reported_logged_;
  return wanted && is_awaited(now) ? 0ms : kMinReportInterval;
}

void Receiver::report_if_due() {
  const Clock::time_point now = Clock::now();
  if (now - last_report_ < report_interval(now) && now - last_full_report_ < kReportInterval) return;
  if (!subscriber_ && !replicator_->master_heard(now)) return;
  last_report_ = now;
  reported_logged_ = logged_.sequence;
  reported_applied_ = applied_.sequence;
  report_exchange_ = next_exchange_++;
  // What else there is to say, and to hear, can wait as long as on a quiet slave.
  proto::Report report;
  if (is_awaited(now) && now - last_full_report_ < kReportInterval && replicator_->state() == Replicator::State::live) {
    report.status = hooks_.brief_status();
  } else {
    last_full_report_ = now;
    publish_view();
    if (reports_.size() == kMaxReports) reports_.pop_front();
    reports_.push_back({report_exchange_, applied_.sequence, now});
    report.status = hooks_.status();
    report.status.message = shortened(std::move(report.status.message), kMaxReportedMessage);
  }
  if (!dealer_->send(proto::encode(report, report_exchange_))) logging::debug("a report could not be sent");
}

void Receiver::publish_view() {
  const Clock::time_point now = Clock::now();
  View view;
  view.state = replicator_->state();
  view.message = replicator_->message();
  view.master_heard = replicator_->master_heard(now);
  view.head = replicator_->head();
  view.lag_ms = static_cast<std::uint64_t>(replicator_->lag(now).count());
  view.level_at = replicator_->level_at();
  view.publisher = publisher_;
  counters_.gaps = replicator_->gaps();
  counters_.catch_ups = replicator_->catch_ups();
  const MutexLock lock(mutex_);
  if (view.state != view_.state)
    logging::info("{}{}{}", state_name(view.state), view.message.empty() ? "" : ": ", view.message);
  view_ = std::move(view);
}

}  // namespace sqlcast::slave
