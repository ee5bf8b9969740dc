#include "client/gui/model/cluster_model.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

std::string_view health_word(Health health) {
  switch (health) {
    case Health::good: return "live";
    case Health::alone: return "master away";
    case Health::busy: return "catching up";
    case Health::lagging: return "lagging";
    case Health::troubled: return "in trouble";
    case Health::unreachable: return "unreachable";
    case Health::failed: return "failed";
    case Health::forked: return "differs";
  }
  return "";
}

std::string_view event_word(EventKind kind) {
  switch (kind) {
    case EventKind::joined: return "joined";
    case EventKind::left: return "unreachable";
    case EventKind::recovered: return "back";
    case EventKind::caught_up: return "caught up";
    case EventKind::gap: return "gap";
    case EventKind::lagging: return "lagging";
    case EventKind::failed: return "failed";
    case EventKind::master_changed: return "master";
  }
  return "";
}

namespace {
constexpr std::size_t kMaxHashes = 4'096;
constexpr int kMasterSample = 16;  // added to the Health of a master

double state_sample(const NodeModel& node) {
  return static_cast<double>(static_cast<int>(node.health) + (node.master ? kMasterSample : 0));
}

std::uint64_t counter(const proto::NodeStatus& status, const char* name) {
  const auto it = status.counters.find(name);
  return it == status.counters.end() ? 0 : it->second;
}
}  // namespace

NodeModel& ClusterModel::entry(const proto::NodeStatus& status, double now, std::uint64_t unix_us) {
  for (auto& node : nodes_) {
    const bool same_endpoint = !status.endpoint.empty() && node->status.endpoint == status.endpoint;
    if (same_endpoint || (status.endpoint.empty() && node->status.name == status.name)) return *node;
  }
  nodes_.push_back(std::make_unique<NodeModel>());
  NodeModel& node = *nodes_.back();
  node.status = status;
  node.first_seen = now;
  node.health = Health::good;
  // At the first poll everything is new: that is not news. Nor is an address of which nobody has told.
  if (ever_polled_ && !status.name.empty())
    add_event(EventKind::joined, node.name(), cat(status.role, " at ", status.endpoint), now, unix_us);
  return node;
}

void ClusterModel::judge(NodeModel& node) {
  const proto::NodeStatus& status = node.status;
  node.problem.clear();
  node.health = Health::good;
  if (!node.reachable) {
    node.health = Health::unreachable;
    node.problem = status.message.empty() ? "does not answer" : status.message;
    return;
  }
  if (!status.hash.empty() && status.position > 0) {
    const auto [known, fresh] = hashes_.emplace(status.position, status.hash);
    if (!fresh && known->second != status.hash) {
      node.health = Health::forked;
      node.problem = cat("its history at ", status.position, " differs from another node's");
      return;
    }
    while (hashes_.size() > kMaxHashes) hashes_.erase(hashes_.begin());
  }
  if (status.state == "Failed") {
    const bool fork = contains_ignoring_case(status.message, "fork") ||
                      contains_ignoring_case(status.message, "diverge") ||
                      contains_ignoring_case(status.message, "history");
    node.health = fork ? Health::forked : Health::failed;
    node.problem = status.message.empty() ? "it has failed; its log says why" : status.message;
    return;
  }
  if (!status.database_up && status.state != "Starting") {
    node.health = Health::failed;
    node.problem = "its database is down; the node is restarting it";
    return;
  }
  if (status.state == "DatabaseStalled" || status.state == "DiskFull" || status.state == "ReadOnly") {
    node.health = Health::troubled;
    node.problem = status.message.empty() ? status.state : status.message;
    return;
  }
  const bool seeks_master = status.state == "Waiting" || status.state == "Syncing" || status.state == "CatchingUp";
  if (!node.master && !master_answers_ && (seeks_master || status.lag_ms >= kLagMs)) {
    node.health = Health::alone;
    node.problem = "the master is away: it waits for it";
    return;
  }
  if (status.state == "Waiting" || status.state == "Starting" || status.state == "Syncing" ||
      status.state == "CatchingUp") {
    node.health = Health::busy;
    node.problem = status.message;
    return;
  }
  if (!node.master && status.lag_ms >= kLagMs) {
    node.health = Health::lagging;
    node.problem = cat(human_age(status.lag_ms), " behind the master");
  }
}

void ClusterModel::note(const NodeModel& node, Health before, double now, std::uint64_t unix_us) {
  if (node.health == before) return;
  const std::string name = node.name();
  switch (node.health) {
    case Health::good:
      if (before == Health::alone || before == Health::busy || before == Health::lagging) {
        add_event(EventKind::caught_up, name, cat("at ", with_separators(node.status.position)), now, unix_us);
      } else {
        add_event(EventKind::recovered, name, cat("live at ", with_separators(node.status.position)), now, unix_us);
      }
      break;
    case Health::alone:
    case Health::busy:
      if (before >= Health::unreachable) add_event(EventKind::recovered, name, "answers again", now, unix_us);
      break;
    case Health::lagging: add_event(EventKind::lagging, name, node.problem, now, unix_us); break;
    case Health::troubled: add_event(EventKind::failed, name, node.problem, now, unix_us); break;
    case Health::unreachable: add_event(EventKind::left, name, node.problem, now, unix_us); break;
    case Health::failed:
    case Health::forked: add_event(EventKind::failed, name, node.problem, now, unix_us); break;
  }
}

void ClusterModel::count_events(const NodeModel& node, const proto::NodeStatus& before, double now,
                                std::uint64_t unix_us) {
  const auto more = [&](const char* name) {
    const std::uint64_t old_count = counter(before, name);
    const std::uint64_t new_count = counter(node.status, name);
    return new_count > old_count ? new_count - old_count : 0;
  };
  if (const auto gaps = more("gaps")) {
    add_event(EventKind::gap, node.name(), plural(gaps, "gap, asked for", "gaps, asked for"), now, unix_us);
  }
}

// What is known of a node that does not answer stays known: who it was, and where.
void ClusterModel::keep_last(NodeModel& node, const proto::NodeStatus& status) {
  proto::NodeStatus& kept = node.status;
  if (kept.name.empty()) kept.name = status.name;
  if (kept.role.empty()) kept.role = status.role;
  if (kept.endpoint.empty()) kept.endpoint = status.endpoint;
  if (kept.publisher.empty()) kept.publisher = status.publisher;
  kept.position = std::max(kept.position, status.position);
  kept.epoch = std::max(kept.epoch, status.epoch);
  kept.state = "Unreachable";
  kept.message = status.message;
  kept.entries_per_second = 0;
}

void ClusterModel::take_answer(NodeModel& node, const proto::NodeStatus& status, double now, std::uint64_t unix_us) {
  const proto::NodeStatus before = std::exchange(node.status, status);
  const double seconds = now - node.last_seen;
  if (node.last_seen > 0) count_events(node, before, now, unix_us);
  node.throughput.add_second(now, std::max(status.entries_per_second, 0.0));
  // One that starts anew does not know yet where it stands: that is nothing, and no fall to 0.
  const bool fresh = node.position.last() == 0;
  if (status.position > 0 || fresh) {
    if (node.last_seen > 0 && seconds > 0 && status.position >= before.position && (before.position > 0 || fresh))
      node.measured_rate = static_cast<double>(status.position - before.position) / seconds;
    if (master_answers_ || status.lag_ms < kLagMs) node.lag.add_second(now, static_cast<double>(status.lag_ms));
    node.position.add_second(now, static_cast<double>(status.position));
  }
  node.last_seen = now;
  node.last_seen_unix = unix_us;
  connected_ = true;
  head_ = std::max(head_, std::max(status.position, status.head));
}

void ClusterModel::update(const std::vector<proto::NodeStatus>& nodes, double now, std::uint64_t unix_us) {
  connected_ = false;
  master_answers_ = std::any_of(nodes.begin(), nodes.end(), [](const proto::NodeStatus& one) {
    return one.role == "master" && one.state != "Unreachable";
  });
  std::vector<std::string> seen;
  for (const proto::NodeStatus& status : nodes) {
    NodeModel& node = entry(status, now, unix_us);
    const Health health_before = node.health;
    node.reachable = status.state != "Unreachable";
    if (node.reachable) {
      take_answer(node, status, now, unix_us);
    } else {
      keep_last(node, status);
      node.measured_rate = 0;
      // Slaves say whom they follow, also to a window that has never heard that one itself.
      const auto follows = [&](const proto::NodeStatus& other) {
        return other.state != "Unreachable" && other.role == "slave" && other.master == node.status.endpoint;
      };
      if (node.status.role.empty() && std::any_of(nodes.begin(), nodes.end(), follows)) node.status.role = "master";
    }
    const bool was_master = node.master;
    node.master = node.status.role == "master";
    if (node.master && !was_master && ever_polled_ && node.reachable && now > node.first_seen)
      add_event(EventKind::master_changed, node.name(), cat("is the master in epoch ", status.epoch), now, unix_us);
    judge(node);
    node.states.add_second(now, state_sample(node));
    note(node, health_before, now, unix_us);
    seen.push_back(node.key());
  }
  for (auto& node : nodes_) {
    if (std::find(seen.begin(), seen.end(), node->key()) != seen.end()) continue;
    const Health before = node->health;
    node->reachable = false;
    node->measured_rate = 0;
    judge(*node);
    node->states.add_second(now, state_sample(*node));
    note(*node, before, now, unix_us);
  }
  std::erase_if(nodes_, [&](const auto& node) { return !node->reachable && now - node->last_seen > kForgetAfter; });
  std::stable_sort(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) {
    if (a->master != b->master) return a->master;
    return a->status.name < b->status.name;
  });
  problem_.clear();
  if (!connected_ && !nodes_.empty()) problem_ = "No node of the cluster answers.";
  ever_polled_ = true;
}

void ClusterModel::update_failed(const Status& status, double now, std::uint64_t unix_us) {
  connected_ = false;
  problem_ = status.message;
  for (auto& node : nodes_) {
    const Health before = node->health;
    node->reachable = false;
    node->measured_rate = 0;
    node->status.message = "does not answer";
    judge(*node);
    node->states.add_second(now, state_sample(*node));
    note(*node, before, now, unix_us);
  }
}

void ClusterModel::forget() { *this = ClusterModel(); }

const NodeModel* ClusterModel::find(std::string_view endpoint_or_name) const {
  for (const auto& node : nodes_) {
    if (node->status.endpoint == endpoint_or_name || node->status.name == endpoint_or_name) return node.get();
  }
  return nullptr;
}

const NodeModel* ClusterModel::master_of(const std::vector<std::unique_ptr<NodeModel>>& nodes) {
  const NodeModel* found = nullptr;
  for (const auto& node : nodes) {
    if (node->master && (found == nullptr || (node->reachable && !found->reachable))) found = node.get();
  }
  return found;
}

std::optional<LostMaster> ClusterModel::lost_master() const {
  const NodeModel* const lost = master();
  if (!connected_ || lost == nullptr || lost->reachable) return std::nullopt;
  return LostMaster{lost->name(), lost->last_seen, lost->last_seen_unix};
}

std::string ClusterModel::summary_of(const std::vector<std::unique_ptr<NodeModel>>& nodes) {
  std::map<Health, std::size_t, std::greater<>> counts;
  for (const auto& node : nodes) ++counts[node->health];
  const bool open = std::any_of(nodes.begin(), nodes.end(), [](const auto& n) { return n->status.security == "none"; });
  const char* const security = open ? "   security: none" : "";
  if (counts.size() == 1 && counts.contains(Health::good))
    return cat(plural(nodes.size(), "node", "nodes"), nodes.size() == 1 ? ", live" : ", all live", security);
  std::string out;
  for (const auto& [health, count] : counts) out += cat(out.empty() ? "" : ", ", count, " ", health_word(health));
  return out + security;
}

std::vector<std::unique_ptr<NodeModel>> ClusterModel::as_of(double time) const {
  std::vector<std::unique_ptr<NodeModel>> out;
  for (const auto& node : nodes_) {
    const Sample* const state = node->states.before(time);
    if (state == nullptr || time - state->time > kNotLooking) continue;  // it was not known, or nobody looked
    auto was = std::make_unique<NodeModel>();
    const int was_state = static_cast<int>(state->value);
    // Who it is stays; what else a status says is of now.
    was->status.name = node->status.name;
    was->status.endpoint = node->status.endpoint;
    was->status.publisher = node->status.publisher;
    was->status.version = node->status.version;
    was->status.security = node->status.security;
    was->status.database_version = node->status.database_version;
    was->master = was_state >= kMasterSample;
    was->status.role = was->master ? "master" : "slave";
    was->health = static_cast<Health>(was_state % kMasterSample);
    was->reachable = was->health != Health::unreachable;
    const auto value = [time](const TimeSeries& series) {
      const Sample* const sample = series.before(time);
      return sample == nullptr ? 0.0 : sample->value;
    };
    was->status.position = static_cast<Sequence>(value(node->position));
    was->status.lag_ms = static_cast<std::uint64_t>(value(node->lag));
    was->status.entries_per_second = was->reachable ? value(node->throughput) : 0;
    was->measured_rate = was->status.entries_per_second;
    was->status.database_up = was->health != Health::failed;
    out.push_back(std::move(was));
  }
  return out;
}

double ClusterModel::looked_since() const {
  double oldest = 0;
  for (const auto& node : nodes_) {
    if (node->states.size() > 0 && (oldest == 0 || node->states.at(0).time < oldest)) oldest = node->states.at(0).time;
  }
  return oldest;
}

Health ClusterModel::worst_of(const std::vector<std::unique_ptr<NodeModel>>& nodes) {
  Health worst = Health::good;
  for (const auto& node : nodes) worst = std::max(worst, node->health);
  return worst;
}

std::size_t ClusterModel::reachable() const {
  return static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->reachable; }));
}

void ClusterModel::add_event(EventKind kind, const std::string& node, std::string text, double now,
                             std::uint64_t unix_us) {
  events_.push_back({now, unix_us, kind, node, std::move(text)});
  while (events_.size() > kMaxEvents) events_.pop_front();
}

}  // namespace sqlcast::gui
