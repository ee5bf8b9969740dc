// ClusterModel: the nodes as last polled, what is wrong with each, their last minutes, and what happened.
// Time comes in with each call. UI thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/gui/model/time_series.h"
#include "proto/message.h"

namespace sqlcast::gui {

// In order of how bad it is.
enum class Health : std::uint8_t { good, alone, busy, lagging, troubled, unreachable, failed, forked };
// "live", "master away", "catching up", "lagging", "in trouble", "unreachable", "failed", "differs"
std::string_view health_word(Health health);

struct NodeModel {
  proto::NodeStatus status;  // of one that does not answer: as it was last, but for state and message
  bool master = false;
  bool reachable = true;
  Health health = Health::good;
  std::string problem;               // one sentence when health is not good
  TimeSeries throughput;             // entries per second
  TimeSeries lag;                    // milliseconds
  TimeSeries position;               // sequence
  TimeSeries states;                 // health and mastership
  double first_seen = 0;             // seconds
  double last_seen = 0;              // 0: it has not answered this window yet
  std::uint64_t last_seen_unix = 0;  // microseconds, for people
  double measured_rate = 0;          // entries per second, from the positions we saw
  std::string name() const { return status.name.empty() ? status.endpoint : status.name; }
  std::string key() const { return status.endpoint.empty() ? status.name : status.endpoint; }
};

enum class EventKind : std::uint8_t { joined, left, recovered, caught_up, gap, lagging, failed, master_changed };
std::string_view event_word(EventKind kind);

struct ClusterEvent {
  double time = 0;            // seconds, steady
  std::uint64_t unix_us = 0;  // for people
  EventKind kind = EventKind::joined;
  std::string node;
  std::string text;
};

// The master answers nobody: reads go on, writes wait.
struct LostMaster {
  std::string name;
  double since = 0;              // seconds; when it answered last
  std::uint64_t since_unix = 0;  // microseconds; 0: before this window looked
  std::string called() const { return name == "master" ? name : "master " + name; }
};

class ClusterModel {
 public:
  static constexpr std::size_t kMaxEvents = 500;
  static constexpr std::uint64_t kLagMs = 2'000;       // from here on a slave "lags"
  static constexpr double kNotLooking = 10;            // seconds without an answer: what was before says nothing of now
  static constexpr double kForgetAfter = 24 * 3600.0;  // seconds unreachable

  // One poll's answer: every node known to the cluster. Nodes left out become unreachable.
  void update(const std::vector<proto::NodeStatus>& nodes, double now, std::uint64_t unix_us);
  // Nothing answered at all.
  void update_failed(const Status& status, double now, std::uint64_t unix_us);
  void forget();

  const std::vector<std::unique_ptr<NodeModel>>& nodes() const { return nodes_; }  // master first, then by name
  const NodeModel* find(std::string_view endpoint_or_name) const;
  const NodeModel* master() const { return master_of(nodes_); }
  // The one that answers before one that does not; null: none is known.
  static const NodeModel* master_of(const std::vector<std::unique_ptr<NodeModel>>& nodes);
  // Nothing: it answers, none has ever been heard of, or nobody answers at all.
  std::optional<LostMaster> lost_master() const;
  const std::deque<ClusterEvent>& events() const { return events_; }
  bool connected() const { return connected_; }
  const std::string& problem() const { return problem_; }  // of the last poll, when nothing answered
  Sequence head() const { return head_; }
  Health worst() const { return worst_of(nodes_); }
  std::size_t reachable() const;
  // "3 nodes, all live", or each kind counted, the worst first: "1 failed, 1 unreachable, 1 live".
  std::string summary() const { return summary_of(nodes_); }
  static Health worst_of(const std::vector<std::unique_ptr<NodeModel>>& nodes);
  static std::string summary_of(const std::vector<std::unique_ptr<NodeModel>>& nodes);
  // The nodes as they were then, as far as the last hour tells: who was master, health, position, lag, throughput; the
  // rest is empty.
  // Empty: this window did not look then.
  std::vector<std::unique_ptr<NodeModel>> as_of(double time) const;
  // The oldest moment that as_of() tells of; 0: none.
  double looked_since() const;

 private:
  NodeModel& entry(const proto::NodeStatus& status, double now, std::uint64_t unix_us);
  static void keep_last(NodeModel& node, const proto::NodeStatus& status);
  void take_answer(NodeModel& node, const proto::NodeStatus& status, double now, std::uint64_t unix_us);
  void judge(NodeModel& node);
  void note(const NodeModel& node, Health before, double now, std::uint64_t unix_us);
  void count_events(const NodeModel& node, const proto::NodeStatus& before, double now, std::uint64_t unix_us);
  void add_event(EventKind kind, const std::string& node, std::string text, double now, std::uint64_t unix_us);

  std::vector<std::unique_ptr<NodeModel>> nodes_;
  std::deque<ClusterEvent> events_;
  std::map<Sequence, std::string> hashes_;  // what hash was seen at a position: two different ones are a fork
  bool connected_ = false;
  bool master_answers_ = false;  // in the last poll: else what a slave calls its lag is how long the master is away
  bool ever_polled_ = false;
  std::string problem_;
  Sequence head_ = 0;
};

}  // namespace sqlcast::gui
