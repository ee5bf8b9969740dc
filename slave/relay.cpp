#include "slave/relay.h"

#include "base/back_off.h"
#include "base/logging.h"
#include "base/thread.h"

namespace sqlcast::slave {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCondition = "relay";
constexpr unsigned kTellAfter = 64;  // groups, while there are more

}  // namespace

Relay::Relay(node::NodeLog& log, node::Conditions& conditions, Hooks hooks)
    : log_(log), conditions_(conditions), hooks_(std::move(hooks)), queue_(Replicator::kMaxQueuedGroups) {}

Relay::~Relay() { stop(); }

void Relay::start() {
  thread_ = start_thread("relay", [this] { run(); });
}

void Relay::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Relay::run() {
  bool failed = false;
  while (true) {
    const std::optional<proto::Group> group = queue_.pop(500ms);
    if (queue_.closed()) return;
    if (!group || failed) continue;
    if (!wait_for_room() || !begin_log(*group)) return;
    const Status status = append(*group);
    if (status.code == Code::shutting_down) return;
    if (status.ok()) continue;
    failed = true;
    logging::error("nothing more is taken, from entry {} on: {}", group->first, status.message);
    hooks_.failed("entry " + std::to_string(group->first) + " cannot be added to this node's log: " + status.message);
  }
}

// False when the node is stopping.
bool Relay::wait_for_room() {
  bool waited = false;
  for (std::string why; !(why = hooks_.no_room()).empty(); waited = true) {
    conditions_.post(kCondition, node::Trouble::disk_full, why);
    if (queue_.wait_until_closed(100ms)) return false;
  }
  if (waited) conditions_.clear(kCondition);
  return true;
}

// False when the node is stopping.
bool Relay::begin_log(const proto::Group& first) {
  BackOff back_off(100ms, 5000ms);
  while (!log_.begun()) {
    const Status status = log_.begin(first.previous_hash, {0, 0, first.previous_hash});
    if (status.ok()) {
      conditions_.clear(kCondition);
      break;
    }
    logging::warn("the log cannot be begun yet: {}", status.message);
    conditions_.post(kCondition, node::Trouble::disk_full, "the log cannot be begun: " + status.message);
    if (queue_.wait_until_closed(back_off.next())) return false;
  }
  return true;
}

Status Relay::append(const proto::Group& group) {
  using Sync = node::NodeLog::Sync;
  const bool nothing_else = queue_.size() == 0;
  std::function<void()> tell;
  if (nothing_else || ++untold_ >= kTellAfter) {
    untold_ = 0;
    tell = [this, position = Position{group.epoch, group.last, group.hash}] { hooks_.logged(position); };
  }
  return log_.append(group, std::move(tell), nothing_else ? Sync::at_once : Sync::behind);
}

}  // namespace sqlcast::slave
