// Receiver: the thread that listens. Owns the SUB socket and the DEALER to the master, feeds the replicator, hands
// groups to the relay, asks for catch-up, and reports to the master.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "config/config.h"
#include "net/dealer.h"
#include "net/poller.h"
#include "net/subscriber.h"
#include "net/wake_up.h"
#include "node/counters.h"
#include "proto/codec.h"
#include "proto/message.h"
#include "slave/replicator.h"

namespace sqlcast::slave {

class Receiver {
 public:
  using Clock = std::chrono::steady_clock;

  struct Hooks {
    // `awaited`: replies of the master wait for them to be durable here. Then it may block, for the disk.
    std::function<void(std::vector<proto::Group>, bool awaited)> take;
    std::function<proto::NodeStatus()> status;               // for the report
    std::function<proto::NodeStatus()> brief_status;         // for a brief one
    std::function<void(const std::string&)> report_refused;  // why; empty = it was taken
    std::function<std::string()> cluster;                    // the own, hex; empty while there are no entries
    // Where the master's log ended, as it said when it was asked then.
    std::function<void(const Position& end, std::chrono::steady_clock::time_point asked)> end_of_log;
    // Whether this node can follow that master. database_unavailable: not known yet.
    std::function<Status(const proto::NodeStatus& master)> meet;
  };
  // What others may know of the replicator.
  struct View {
    Replicator::State state = Replicator::State::syncing;
    std::string message;
    bool follows() const { return state != Replicator::State::diverged && state != Replicator::State::failed; }
    bool master_heard = false;
    Sequence head = 0;
    std::uint64_t lag_ms = 0;
    std::optional<Clock::time_point> level_at;  // Replicator::level_at()
    std::string publisher;
  };

  Receiver(const config::NodeConfig& config, node::Counters& counters, Hooks hooks);
  ~Receiver();  // stop()

  // Main thread. Does not block. An error: the address, or sockets.
  Status start(const Replicator::Start& start);
  // Main thread. May block, for a moment.
  void stop();

  // What the relay and the applier have come to. Any thread. Does not block.
  void logged(const Position& position);
  // `oldest_us`, `message`: as the replicator has them.
  void applied(const Position& position, std::optional<std::uint64_t> oldest_us);
  void apply_failed(const std::string& message);
  void failed(const std::string& message);  // nothing more can be taken

  // Any thread. Does not block.
  View view() const;

 private:
  struct Applied {
    Position position;
    std::optional<std::uint64_t> oldest_us;
  };
  struct News {
    std::optional<Position> logged;
    std::optional<Applied> applied;
    std::optional<std::string> apply_failed;
    std::optional<std::string> failed;
  };
  void run();
  std::chrono::milliseconds next_tick() const;
  void take_news();
  template <typename T>
  void add_news(std::optional<T> News::*what, const T& is);
  bool has_news() const { return logged_.sequence != reported_logged_ || applied_.sequence != reported_applied_; }
  void receive_stream();
  void receive_replies();
  void report_dropped();
  void note_refusals();
  void on_reply(proto::Decoded decoded);
  void report_refused(const std::string& why);
  void forget_refusal();
  void on_report_reply(std::uint64_t exchange, const proto::Beacon& beacon);
  void act(Replicator::Actions actions);
  void hand_on();
  void find_publisher();
  void subscribe(const std::string& publisher);
  bool is_awaited(Clock::time_point now) const;
  std::chrono::milliseconds report_interval(Clock::time_point now) const;
  void report_if_due();
  void publish_view();

  const config::NodeConfig config_;
  node::Counters& counters_;
  const Hooks hooks_;

  mutable Mutex mutex_;
  View view_ SQLCAST_GUARDED_BY(mutex_);
  News news_ SQLCAST_GUARDED_BY(mutex_);
  net::WakeUp wake_up_;
  std::atomic<bool> stopping_{false};

  // The thread's own.
  std::thread thread_;
  net::Poller poller_;
  std::unique_ptr<Replicator> replicator_;
  std::unique_ptr<net::Dealer> dealer_;
  std::unique_ptr<net::Subscriber> subscriber_;
  std::string publisher_;
  std::vector<proto::Group> taken_;  // and not handed on yet
  std::uint64_t next_exchange_ = 1;
  std::uint64_t log_exchange_ = 0;  // of the log_read in flight
  struct SentReport {
    std::uint64_t exchange = 0;
    Sequence applied = 0;
    Clock::time_point at;
  };
  std::deque<SentReport> reports_;                // not answered yet
  std::uint64_t report_exchange_ = 0;             // of the last report
  std::optional<Clock::time_point> refused_at_;   // a report was, and none has been taken since
  proto::AckFor awaited_ = proto::AckFor::unset;  // as the master has said last
  Clock::time_point awaited_at_{};
  Sequence reported_logged_ = 0;
  Sequence reported_applied_ = 0;
  std::uint64_t reported_dropped_ = 0;
  std::string refusal_;  // of a connection, as it was logged last
  Position logged_;
  Position applied_;
  Clock::time_point last_report_{};
  Clock::time_point last_full_report_{};
  Clock::time_point last_status_request_{};
  Clock::time_point last_reset_{};
};

}  // namespace sqlcast::slave
